-- check(note) and what it is made of: the algorithm of toolkit/motjuste/matcher.py, with the same answers.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

-- words(folded): the words of a folded text.
create or replace function motjuste.words(folded text)
    returns text[]
    language sql
    immutable
    strict
    parallel safe
as $$
    select array_remove(regexp_split_to_array(folded collate "C", '[^a-z0-9œæ]+'), '')
$$;

-- cut(...): the folded text without what `pattern` matches, of letters the first `keep` kept; `at` and `size` say where
-- in the result how many characters went.
create or replace function motjuste.cut(folded text, pattern text, keep int, out body text, out at int[], out size int[])
    language sql
    immutable
    strict
    parallel safe
as $$
    with piece as (
        select x.i, x.piece, h.hit, case when h.hit ~ '^[a-z]' then left(h.hit, keep) else '' end as kept
        from rows from (
            regexp_split_to_table(folded collate "C", pattern),
            regexp_matches(folded collate "C", '(' || pattern || ')', 'g')
        ) with ordinality as x (piece, hits, i)
        cross join lateral (select x.hits[1] as hit) as h
    ),
    placed as (
        select i, piece, hit, kept, sum(length(piece) + length(coalesce(kept, ''))) over (order by i) as at
        from piece
    )
    select
        string_agg(piece || coalesce(kept, ''), '' order by i),
        coalesce(array_agg(at::int order by i) filter (where hit is not null), '{}'),
        coalesce(array_agg((length(hit) - length(kept))::int order by i) filter (where hit is not null), '{}')
    from placed
$$;

-- variants(folded): the readings of a folded text, as text.variants in Python.
create or replace function motjuste.variants(folded text)
    returns table (body text, at int[], size int[])
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    dropped constant text := E'[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]';
    triple constant text := 'a{3,}|e{3,}|i{3,}|o{3,}|u{3,}|l{3,}|n{3,}|r{3,}|s{3,}|t{3,}';
    dot constant text := '(?<![a-z0-9œæ][a-z])(?<=[a-z])[.-](?=[a-z](?:[^a-z0-9œæ]|$))|(?<=[a-z])- (?=[a-z])';
begin
    if folded ~ dropped then
        return query select c.* from motjuste.cut(folded, dropped || '+', 0) as c;
    else
        return query select folded, '{}'::int[], '{}'::int[];
    end if;
    if folded ~ triple then
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 2) as c;
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 1) as c;
    end if;
    if folded ~ dot then
        return query select c.* from motjuste.cut(folded, dropped || '+|' || dot, 0) as c;
    end if;
end
$$;

-- gate_words(note): the words of a note in order, as the gate compares them: without ligatures; `#` after them for a long
-- number, `*` for a masked word. Of a note with several readings, the words of all, nulls between.
create or replace function motjuste.gate_words(note text)
    returns text[]
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    apart constant text[] := array_fill(null::text, array[60]); -- more than any term has words
    f text collate "C" := motjuste.fold(note);
    result text[] := '{}';
    v record;
begin
    -- Nearly every note is regular: the usual signs once folded, nothing drawn out, masked or dotted, no long number.
    -- The expressions are several and short because a regex pays for its letters at each call.
    if f !~ '[^a-z0-9 ,.''/:()!?;"+$%-]|[a-z][a-z0-9]*[$]|[a-z][0134][0134a-z]*[a-z]|(?:^|[^a-z0-9])[a-z][.-][a-z](?:[^a-z0-9]|$)|[a-z]- [a-z]|(?:[0-9][ ./-]{0,2}){12}'
        and f !~ 'aaa|eee|iii|ooo|uuu'
        and f !~ 'lll|nnn|rrr|sss|ttt'
    then
        return array_remove(string_to_array(
            replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            replace(f
            , ',', ' '), '.', ' '), '''', ' '), '-', ' '), '/', ' '), ':', ' '), '(', ' '), ')', ' '), '$', ' ')
            , '"', ' '), '!', ' '), '?', ' '), ';', ' '), '+', ' '), '%', ' '),
            ' '), '');
    end if;
    for v in select x.body from motjuste.variants(f) as x loop
        result := result || apart || motjuste.words(replace(replace(v.body, 'œ', 'oe'), 'æ', 'ae'));
        if v.body ~ '(?:[0-9][ ./-]{0,2}){12}' then
            result := result || '#'::text;
        end if;
    end loop;
    if f ~ '[a-z][a-z0-9œæ]*[*@$#]|[a-z][0134][0134a-z]*[a-z]' then
        result := result || '*'::text;
    end if;
    return result;
end
$$;

-- bodies(note): the readings of a note, one after the other.
create or replace function motjuste.bodies(note text)
    returns text
    language sql
    stable
    strict
    parallel safe
as $$
    select string_agg(v.body, ' | ') from motjuste.variants(motjuste.fold(note)) as v
$$;

-- calls(words, body): the keys for which all is there in these words; where, and of a raw term its sign and its loose
-- pattern in the body. Each `offset 0` keeps the steps in this order, the cheapest first, whatever the planner thinks.
create or replace function motjuste.calls(words text[], body text)
    returns table (term_id int, at int)
    language sql
    stable
    parallel safe
    rows 5
as $$
    select k.term_id, k.at
    from (
        select x.term_id, x.sets, x.least, x.most, x.holds, x.loose, a.at
        from (
            select w.token, w.at::int
            from unnest(words) with ordinality as w (token, at)
            cross join lateral (select * from motjuste.head as x where x.token = w.token offset 0) as h
            where h.near = '{}' or words[greatest(w.at + h.least, 1) : greatest(w.at + h.most, 0)] && h.near
            offset 0
        ) as h
        cross join lateral (
            select unnest(a.key_ids) as key_id, h.at
            from motjuste.anchor as a
            left join motjuste.word_set as s on s.id = a.set_id
            where a.token = h.token
                and (a.set_id < 0 or words[greatest(h.at + a.least, 1) : greatest(h.at + a.most, 0)] && s.words)
            offset 0
        ) as a
        cross join lateral (select * from motjuste.key as k where k.id = a.key_id offset 0) as x
        offset 0
    ) as k
    where (k.holds = '' or strpos(body, k.holds) > 0)
        and not exists (
            select
            from unnest(k.sets, k.least, k.most) as n (id, least, most)
            cross join lateral (select s.words from motjuste.word_set as s where s.id = n.id offset 0) as s
            where not words[greatest(k.at + n.least, 1) : greatest(k.at + n.most, 0)] && s.words
        )
        and (k.loose = '' or body ~ k.loose)
$$;

-- suspect(note): the gate. False is certain, true is worth a check.
create or replace function motjuste.suspect(note text)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    words constant text[] := motjuste.gate_words(note);
begin
    return exists (select from motjuste.calls(words, motjuste.bodies(note)));
end
$$;

-- skeleton(body): a folded text as patterns see it, character for character: words, spaces, and `.` or `;` where a
-- sentence ends; the dot of a title is a space.
create or replace function motjuste.skeleton(body text)
    returns text
    language sql
    immutable
    strict
    parallel safe
as $$
    select translate(
        regexp_replace(
            regexp_replace(
                body collate "C", '(?<![a-z0-9œæ])(m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)[.]', E'\\1 ', 'g'
            ),
            '[^a-z0-9œæ.!?;]', ' ', 'g'
        ),
        '!?', ';;'
    )
$$;

-- locate(body, pattern): where a pattern matches, leftmost then longest, in linear time.
create or replace function motjuste.locate(body text, pattern text)
    returns table (start int, length int)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    times int := regexp_count(body collate "C", pattern);
begin
    -- Functions without sub-expressions share one compiled pattern, and compiling is most of the work. They start again
    -- from the beginning for each match, so many matches are better read all at once, though that compiles twice more.
    if times <= 4 then
        for n in 1 .. times loop
            start := regexp_instr(body collate "C", pattern, 1, n) - 1;
            length := regexp_instr(body collate "C", pattern, 1, n, 1) - 1 - start;
            return next;
        end loop;
        return;
    end if;
    return query
        select
            (sum(length(x.piece)) over w + sum(length(x.hits[1])) over w - length(x.hits[1]))::int,
            length(x.hits[1])
        from rows from (
            regexp_split_to_table(body collate "C", pattern),
            regexp_matches(body collate "C", '(' || pattern || ')', 'g')
        ) with ordinality as x (piece, hits, i)
        where x.hits is not null
        window w as (order by x.i);
end
$$;

-- fill(pattern, words): the pattern with each <n> replaced by those words of the set n that the text holds, so that it stays
-- small: a regular expression of hundreds of words takes milliseconds to compile.
create or replace function motjuste.fill(pattern text, words text[])
    returns text
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    part record;
begin
    for part in
        select s.id, (
            select string_agg(w.word, '|')
            from motjuste.word_set as p
            cross join unnest(words) as w (word)
            where p.id = s.id and w.word = any (p.words)
        ) as present
        from (
            select distinct m[1]::int as id from regexp_matches(pattern collate "C", '<([0-9]+)>', 'g') as m
        ) as s
    loop
        -- `$a` can never match
        pattern := replace(pattern, '<' || part.id || '>', '(?:' || coalesce(part.present, '$a') || ')');
    end loop;
    return pattern;
end
$$;

create or replace function motjuste.luhn(value text)
    returns boolean
    language sql
    immutable
    strict
    parallel safe
as $$
    select count(*) between 13 and 19
        and count(distinct d.digit) > 1
        and sum(case when d.place % 2 = 1 then d.digit when d.digit > 4 then d.digit * 2 - 9 else d.digit * 2 end) % 10 = 0
    from (
        select c.digit::int, row_number() over (order by c.i desc) as place
        from string_to_table(regexp_replace(value collate "C", '[^0-9]', '', 'g'), null) with ordinality as c (digit, i)
    ) as d
$$;

-- nir(value): key = 97 - (number mod 97); 2A counts as 19, 2B as 18.
create or replace function motjuste.nir(value text)
    returns boolean
    language sql
    immutable
    strict
    parallel safe
as $$
    select case
        when n.plain ~ '^[0-9]{5}(?:[0-9]{2}|2[ab])[0-9]{8}$' then
            right(n.plain, 2)::int = 97 - (
                left(n.plain, 5)
                || case substr(n.plain, 6, 2) when '2a' then '19' when '2b' then '18' else substr(n.plain, 6, 2) end
                || substr(n.plain, 8, 6)
            )::bigint % 97
        else false
    end
    from (select regexp_replace(value collate "C", '[^0-9a-z]', '', 'g') as plain) as n
$$;

-- iban(value): moved, letters as numbers, modulo 97 is 1 (ISO 13616).
create or replace function motjuste.iban(value text)
    returns boolean
    language sql
    immutable
    strict
    parallel safe
as $$
    select case
        when length(n.plain) between 15 and 34 then (
            select string_agg(
                case when c.char ~ '[0-9]' then c.char else (ascii(c.char) - 87)::text end, '' order by c.i
            )::numeric % 97 = 1
            from string_to_table(substr(n.plain, 5) || left(n.plain, 4), null) with ordinality as c (char, i)
        )
        else false
    end
    from (select regexp_replace(value collate "C", '[^0-9a-z]', '', 'g') as plain) as n
$$;

-- admits(rule, body, skeleton, start, length): whether the key and the context of a rule, its patterns filled, admit a
-- match there.
create or replace function motjuste.admits(rule motjuste.rule, body text, skeleton text, start int, length int)
    returns boolean
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    reach constant int := 60; -- matcher.WINDOW
    first int := greatest(start - reach, 0);
    past int := least(start + length + reach, length(skeleton));
    left_side text collate "C";
    right_side text collate "C";
    around text collate "C";
begin
    -- no word is cut in two at either end
    if first > 0 and substr(skeleton, first, 1) !~ '[ .;]' then
        first := first + length(substring(substr(skeleton, first + 1, start - first) from '^[^ .;]*'));
    end if;
    if substr(skeleton, past + 1, 1) ~ '[^ .;]' then
        past := past - length(substring(substr(skeleton, start + length + 1, past - start - length) from '[^ .;]*$'));
    end if;
    left_side := substr(skeleton, first + 1, start - first);
    right_side := substr(skeleton, start + length + 1, past - start - length);
    around := substr(skeleton, first + 1, past - first);
    -- the parentheses keep plpgsql from taking the THEN of CASE for that of IF
    if rule.key <> '' and not (
        case rule.key
            when 'luhn' then motjuste.luhn(substr(body, start + 1, length))
            when 'nir' then motjuste.nir(substr(body, start + 1, length))
            when 'iban' then motjuste.iban(substr(body, start + 1, length))
        end
    ) then
        return false;
    end if;
    if rule.unless_before <> '' and left_side ~ rule.unless_before
        or rule.unless_after <> '' and right_side ~ rule.unless_after
        or rule.unless_near <> '' and around ~ rule.unless_near
        or rule.unless_phrase <> '' and exists (
            select from motjuste.locate(around, rule.unless_phrase) as p
            where p.start + first < admits.start + admits.length and p.start + p.length + first > admits.start
        )
    then
        return false;
    end if;
    return (rule.needs_before = '' or left_side ~ rule.needs_before)
        and (rule.needs_after = '' or right_side ~ rule.needs_after)
        and (rule.needs_near = '' or around ~ rule.needs_near)
        and (rule.needs_phrase = '' or exists (
            select from motjuste.locate(around, rule.needs_phrase) as p
            where p.start + first < admits.start + admits.length and p.start + p.length + first > admits.start
        ));
end
$$;

-- original(start, length, at, size): a span of a reading, as (start, length) of the note.
create or replace function motjuste.original(inout start int, inout length int, at int[], size int[])
    language sql
    immutable
    strict
    parallel safe
as $$
    select
        start + coalesce(sum(c.size) filter (where c.at <= start), 0)::int,
        length + coalesce(sum(c.size) filter (where c.at > start and c.at <= start + length), 0)::int
    from unnest(at, size) as c (at, size)
$$;

-- ready(rule_id, words): a rule with the patterns of its context filled for a text of these words.
create or replace function motjuste.ready(rule_id text, words text[])
    returns motjuste.rule
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    r motjuste.rule;
begin
    select * into r from motjuste.rule as x where x.id = rule_id;
    r.unless_before := motjuste.fill(r.unless_before, words);
    r.unless_after := motjuste.fill(r.unless_after, words);
    r.unless_near := motjuste.fill(r.unless_near, words);
    r.unless_phrase := motjuste.fill(r.unless_phrase, words);
    r.needs_before := motjuste.fill(r.needs_before, words);
    r.needs_after := motjuste.fill(r.needs_after, words);
    r.needs_near := motjuste.fill(r.needs_near, words);
    r.needs_phrase := motjuste.fill(r.needs_phrase, words);
    return r;
end
$$;

-- matches(note): every match, before those inside another are left out.
create or replace function motjuste.matches(note text)
    returns table (rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    f constant text := motjuste.fold(note);
    masked constant text := '(?<![a-z0-9œæ])[a-z][a-z0-9œæ]*[*@#$][*@$#a-z0-9œæ]*'
        || '|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])';
    bones text;
    present text[]; -- the distinct words
    plain text[]; -- the words in order, as the gate compares them
    r motjuste.rule;
    v record;
    c record;
    s record;
begin
    for v in select x.*, motjuste.words(x.body) as words from motjuste.variants(f) as x loop
        bones := motjuste.skeleton(v.body);
        present := array(select distinct unnest(v.words));
        plain := v.words;
        if v.body ~ '[œæ]' then
            plain := motjuste.words(replace(replace(v.body, 'œ', 'oe'), 'æ', 'ae'));
        end if;
        if v.body ~ '(?:[0-9][ ./-]{0,2}){12}' then
            plain := plain || '#'::text;
        end if;
        r := null;
        for c in
            select t.rule_id, t.raw,
                case
                    when t.pattern = '' then '(?<![^ .;])' || x.token || '(?![^ .;])'
                    else motjuste.fill(t.pattern, present)
                end as pattern
            from (
                select distinct k.term_id, case when k2.pattern = '' then v.words[k.at] end as token
                from motjuste.calls(plain, v.body) as k
                join motjuste.term as k2 on k2.id = k.term_id
            ) as x
            join motjuste.term as t on t.id = x.term_id
            order by 1
        loop
            for s in select * from motjuste.locate(case when c.raw then v.body else bones end, c.pattern) loop
                if r.id is distinct from c.rule_id then
                    r := motjuste.ready(c.rule_id, present);
                end if;
                if motjuste.admits(r, v.body, bones, s.start, s.length) then
                    rule_id := c.rule_id;
                    select o.start, o.length into start, length
                    from motjuste.original(s.start, s.length, v.at, v.size) as o;
                    return next;
                end if;
            end loop;
        end loop;
    end loop;
    if f !~ masked then
        return;
    end if;
    bones := motjuste.skeleton(f);
    present := array(select distinct unnest(motjuste.words(f)));
    r := null;
    for s in
        with seen as materialized (
            select l.start, l.length, substr(f, l.start + 1, l.length) as word from motjuste.locate(f, masked) as l
        ),
        shape as materialized (
            -- matcher.mask_shape: a mask is a letter; two or more, with two letters in sight, are any number of letters
            select d.word, regexp_replace(d.word, '[^a-zœæ]', '[a-z]', 'g')
                || case
                    when length(regexp_replace(d.word, '[^a-zœæ]', '', 'g')) >= 2 and d.word ~ '[*@$#]{2,}'
                        then '|' || regexp_replace(d.word, '[^a-zœæ]+', '[a-z]+', 'g')
                    else ''
                end as shape
            from (select distinct seen.word from seen) as d
        ),
        owner as materialized (
            select p.word, min(k.rule_id collate "C") as rule_id
            from shape as p
            join motjuste.maskable as k on k.word ~ ('^(?:' || p.shape || ')$')
            group by p.word
        )
        select seen.start, seen.length, owner.rule_id
        from seen
        join owner on owner.word = seen.word
        order by owner.rule_id
    loop
        if r.id is distinct from s.rule_id then
            r := motjuste.ready(s.rule_id, present);
        end if;
        if motjuste.admits(r, f, bones, s.start, s.length) then
            rule_id := s.rule_id;
            start := s.start;
            length := s.length;
            return next;
        end if;
    end loop;
end
$$;

-- quotes(folded): where its quotation marks are, from 0, in order.
create or replace function motjuste.quotes(folded text)
    returns int[]
    language sql
    immutable
    strict
    parallel safe
as $$
    select coalesce(array_agg(p.at order by p.i), '{}')
    from (
        select x.i, (sum(length(x.piece) + 1) over (order by x.i))::int - 1 as at, count(*) over () as pieces
        from string_to_table(folded, '"') with ordinality as x (piece, i)
    ) as p
    where p.i < p.pieces
$$;

-- is_name(note, start, length): whether a span of a note is written as a name: with capitals after a title, or inside a
-- sentence.
create or replace function motjuste.is_name(note text, start int, length int)
    returns boolean
    language sql
    immutable
    strict
    parallel safe
as $$
    select s.span collate "C" ~ E'^(?:[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?(?:[.] ?| ))?[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ\u0300-\u036f]+(?:[ -](?:et|[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ\u0300-\u036f]+))*$'
        and (
            s.span collate "C" ~ '^[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?(?:[.] ?| )'
            or substr(note, greatest(start - 16, 0) + 1, least(start, 16)) collate "C" ~ (
                '(?:^|[^A-Za-zÀ-ÖØ-öø-ÿŒœ])(?:[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?|[Dd]r|[Ff]amille|[ÉEé]poux|[Cc]onsorts)[.]? *$'
                || '|[A-Za-z0-9À-ÖØ-öø-ÿŒœ](?: +|[''’])$'
            )
        )
    from (select substr(note, start + 1, length) as span) as s
$$;

-- check(note): the findings of a note; offsets in code points from 0. A match inside another of its category is left out.
create or replace function motjuste.check(note text)
    returns table (rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 5
    set search_path = ''
as $$
declare
    quotes constant int[] := motjuste.quotes(motjuste.fold(note));
begin
    return query
        select m.rule_id, m.category,
            case
                -- between quotation marks: one was opened before it, one follows
                when k.quoted <> '' and quotes[cardinality(quotes)] >= m.start + m.length
                    and (select count(*) from unnest(quotes) as q (at) where q.at < m.start) % 2 = 1
                    then k.quoted
                else m.level
            end,
            m.start, m.length
        from (
            select x.rule_id, r.category, r.level, x.start, x.length,
                max(x.start + x.length) over (
                    partition by r.category
                    order by x.start, x.length desc, x.rule_id collate "C"
                    rows between unbounded preceding and 1 preceding
                ) as reach
            from (select distinct y.* from motjuste.matches(note) as y) as x
            join motjuste.rule as r on r.id = x.rule_id
            join motjuste.category as c on c.code = r.category
            where c.capitals = '' or not motjuste.is_name(note, x.start, x.length)
        ) as m
        join motjuste.category as k on k.code = m.category
        where m.start + m.length > coalesce(m.reach, -1)
        order by m.start, m.length desc, m.rule_id collate "C";
end
$$;
