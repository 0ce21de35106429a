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

-- gate_words(folded): the words of a folded note in order, as the gate compares them: without ligatures; `#` after them
-- for a long number, `*` for a masked word. Of a note with several readings the words of all, each after nulls.
create or replace function motjuste.gate_words(f text)
    returns text[]
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    apart constant text[] := array_fill(null::text, array[60]); -- more than any term has words
    result text[] := '{}';
    body text;
begin
    -- Nearly every note is regular: the usual signs once folded, nothing drawn out, masked or dotted, no long number.
    -- The expressions are several and short because a regex pays for its letters at each call.
    if f collate "C" !~ '[^a-z0-9 ,.''/:()!?;"+$%-]|[a-z][a-z0-9]*[$]|[a-z][0134][0134a-z]*[a-z]|(?:^|[^a-z0-9])[a-z][.-][a-z](?:[^a-z0-9]|$)|[a-z]- [a-z]|(?:[0-9][ ./-]{0,2}){12}'
        and f collate "C" !~ 'aaa|eee|iii|ooo|uuu'
        and f collate "C" !~ 'lll|nnn|rrr|sss|ttt'
    then
        return array_remove(string_to_array(
            replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            replace(f collate "C"
            , ',', ' '), '.', ' '), '''', ' '), '-', ' '), '/', ' '), ':', ' '), '(', ' '), ')', ' '), '$', ' ')
            , '"', ' '), '!', ' '), '?', ' '), ';', ' '), '+', ' '), '%', ' '),
            ' '), '');
    end if;
    for body in select x.body from motjuste.variants(f) as x loop
        result := result || apart || motjuste.words(replace(replace(body, 'œ', 'oe'), 'æ', 'ae'));
        if body collate "C" ~ '(?:[0-9][ ./-]{0,2}){12}' then
            result := result || '#'::text;
        end if;
    end loop;
    if f collate "C" ~ '[a-z][a-z0-9œæ]*[*@$#]|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])' then
        result := result || '*'::text;
    end if;
    return result;
end
$$;

-- pieces(whole): the words, `first` of them before; of a long note in pieces, for to reach a word in an array the server
-- goes through all before it. Only what is from `low` to `high` in a piece counts, the rest is what may stand around it.
create or replace function motjuste.pieces(whole text[])
    returns table (words text[], first int, low int, high int)
    language plpgsql
    immutable
    strict
    parallel safe
    rows 1
as $$
declare
    size constant int := 400;
    around constant int := 60; -- more than any term has words
begin
    if cardinality(whole) <= 2 * size then
        words := whole;
        first := 0;
        low := 1;
        high := cardinality(whole);
        return next;
        return;
    end if;
    return query
        select
            coalesce((lag(p.part) over w)[size - around + 1 :], '{}') || p.part || coalesce((lead(p.part) over w)[:around], '{}'),
            p.piece * size - case when p.piece > 0 then around else 0 end,
            case when p.piece > 0 then around else 0 end + 1,
            case when p.piece > 0 then around else 0 end + cardinality(p.part)
        from (
            select (u.i - 1)::int / size as piece, array_agg(u.word order by u.i) as part
            from unnest(whole) with ordinality as u (word, i)
            group by 1
        ) as p
        window w as (order by p.piece);
end
$$;

-- calls(words, body): the keys for which all is there in these words; where, and of a raw term its sign and its loose
-- pattern in the body (not looked at where the words are of several readings, which nulls come before).
-- Each `offset 0` keeps the steps in this order, the cheapest first, whatever the planner thinks.
create or replace function motjuste.calls(words text[], body text)
    returns table (term_id int, at int)
    language sql
    stable
    parallel safe
    rows 5
as $$
    select k.term_id, k.at + p.first
    from motjuste.pieces(calls.words) as p
    cross join lateral (
        select x.term_id, x.sets, x.least, x.most, x.holds, x.loose, a.at
        from (
            select h.token, w.at
            from (select * from motjuste.head as x where x.token = any (p.words) offset 0) as h
            cross join lateral unnest(array_positions(p.words, h.token)) as w (at)
            where w.at between p.low and p.high
                and (h.near = '{}' or p.words[greatest(w.at + h.least, 1) : greatest(w.at + h.most, 0)] && h.near)
            offset 0
        ) as h
        cross join lateral (
            select unnest(a.key_ids) as key_id, h.at
            from motjuste.anchor as a
            left join motjuste.word_set as s on s.id = a.set_id
            cross join lateral (
                select p.words[greatest(h.at + a.least, 1) : greatest(h.at + a.most, 0)] as words offset 0
            ) as w
            where a.token = h.token
                and (a.set_id < 0 or w.words && s.words or s.words = '{}' and exists (
                    select from motjuste.large_set as l where l.id = a.set_id and l.word = any (w.words)
                ))
            offset 0
        ) as a
        cross join lateral (select * from motjuste.key as k where k.id = a.key_id offset 0) as x
        offset 0
    ) as k
    where (k.holds = '' or calls.words[1] is null or body ~ k.holds)
        and (k.sets = '{}' or not exists (
            select
            from unnest(k.sets, k.least, k.most) as n (id, least, most)
            cross join lateral (select s.words from motjuste.word_set as s where s.id = n.id offset 0) as s
            cross join lateral (
                select p.words[greatest(k.at + n.least, 1) : greatest(k.at + n.most, 0)] as words offset 0
            ) as w
            where not w.words && s.words
                and (s.words <> '{}' or not exists (
                    select from motjuste.large_set as l where l.id = n.id and l.word = any (w.words)
                ))
        ))
        and (k.loose = '' or calls.words[1] is null or body ~ k.loose)
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
    folded constant text collate "C" := motjuste.fold(note);
    words constant text[] := motjuste.gate_words(folded);
begin
    return exists (select from motjuste.calls(words, folded))
        or exists (select from motjuste.scale as s where s.category = '' and s.lead_words && words) and motjuste.outweighs(note);
end
$$;

-- batch(notes): what the gate needs of each note, of a long one in pieces and without its text; the planner takes them
-- for many. `several`: the words are of several readings.
create or replace function motjuste.batch(notes text[])
    returns table (i int, folded text, words text[], several boolean)
    language plpgsql
    stable
    strict
    parallel safe
    rows 20000
as $$
begin
    return query
        select w.i::int, case when cardinality(w.words) <= 800 then w.folded end, p.words, w.words[1] is null
        from (
            select n.i, n.folded, motjuste.gate_words(n.folded) as words
            from (
                select x.i, motjuste.fold(x.note) as folded from unnest(notes) with ordinality as x (note, i) offset 0
            ) as n
            offset 0
        ) as w
        cross join lateral (
            select w.words where cardinality(w.words) <= 800
            union all
            select x.words from motjuste.pieces(w.words) as x where cardinality(w.words) > 800
        ) as p;
end
$$;

-- many_suspects(notes): `suspects` for hundreds of notes and more: the tables of the pack are read once for all of them,
-- which for a few would take longer than to look each word up.
create or replace function motjuste.many_suspects(notes text[])
    returns setof int
    language sql
    stable
    strict
    parallel safe
    set enable_nestloop = off
    set enable_mergejoin = off
    set work_mem = '64MB'
    set jit = off
as $$
    with batch as materialized (
        select b.i, b.folded, b.words, b.several from motjuste.batch(notes) as b
    )
    select k.i
    from (
        select h.i, h.at, h.words, h.folded, h.several, unnest(a.key_ids) as key_id
        from (
            select t.i, t.at, t.words, t.folded, t.several, t.token
            from (
                select b.i, b.words, b.folded, b.several, unnest(b.words) as token, generate_series(1, cardinality(b.words)) as at
                from batch as b
            ) as t
            join motjuste.head as h on h.token = t.token
            where h.near = '{}' or t.words[greatest(t.at + h.least, 1) : greatest(t.at + h.most, 0)] && h.near
            offset 0
        ) as h
        join motjuste.anchor as a on a.token = h.token
        left join motjuste.word_set as s on s.id = a.set_id
        cross join lateral (
            select h.words[greatest(h.at + a.least, 1) : greatest(h.at + a.most, 0)] as words offset 0
        ) as w
        where a.set_id < 0 or w.words && s.words or s.words = '{}' and exists (
            select from motjuste.large_set as l where l.id = a.set_id and l.word = any (w.words)
        )
        offset 0
    ) as k
    join motjuste.key as x on x.id = k.key_id
    where (x.holds = '' or k.several or k.folded is null or k.folded ~ x.holds)
        and (x.sets = '{}' or not exists (
            select
            from unnest(x.sets, x.least, x.most) as n (id, least, most)
            cross join lateral (select s.words from motjuste.word_set as s where s.id = n.id offset 0) as s
            cross join lateral (
                select k.words[greatest(k.at + n.least, 1) : greatest(k.at + n.most, 0)] as words offset 0
            ) as w
            where not w.words && s.words
                and (s.words <> '{}' or not exists (
                    select from motjuste.large_set as l where l.id = n.id and l.word = any (w.words)
                ))
        ))
        and (x.loose = '' or k.several or k.folded is null or k.folded ~ x.loose)
    union
    select b.i
    from batch as b
    where b.words && (select s.lead_words from motjuste.scale as s where s.category = '') and motjuste.outweighs(notes[b.i])
$$;

-- suspects(notes): the numbers, from 1, of those that `suspect` is true of.
create or replace function motjuste.suspects(notes text[])
    returns setof int
    language plpgsql
    stable
    strict
    parallel safe
    set jit = off
as $$
begin
    if cardinality(notes) < 300 then
        return query
            select n.i::int from unnest(notes) with ordinality as n (note, i) where motjuste.suspect(n.note);
    else
        return query select s.i from motjuste.many_suspects(notes) as s (i);
    end if;
end
$$;

-- skeleton(body): a folded text as patterns see it, character for character: words, spaces, and `.` or `;` where a
-- sentence ends; the dot of a title is a space. Of the usual signs alone, `replace` makes it in a fifth of the time.
create or replace function motjuste.skeleton(body text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
begin
    if body collate "C" ~ '(?<![a-z0-9œæ])(m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)[.]' then
        body := regexp_replace(
            body collate "C", '(?<![a-z0-9œæ])(m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)[.]', E'\\1 ', 'g'
        );
    end if;
    if body collate "C" !~ '[^a-z0-9œæ ,.''/:()!?;"+$%-]' then
        return replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            body collate "C"
            , ',', ' '), '''', ' '), '-', ' '), '/', ' '), ':', ' '), '(', ' '), ')', ' '), '$', ' ')
            , '"', ' '), '+', ' '), '%', ' '), '!', ';'), '?', ';');
    end if;
    return translate(regexp_replace(body collate "C", '[^a-z0-9œæ.!?;]', ' ', 'g'), '!?', ';;');
end
$$;

-- locate(body, pattern): where a pattern matches, leftmost then longest.
create or replace function motjuste.locate(body text, pattern text)
    returns table (start int, length int)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    -- What looks behind is read from the beginning for each match, so a match takes the separator before it instead.
    behind constant text := '(?<![^ .;])';
    separated constant boolean := left(pattern, length(behind)) = behind;
    whole constant text := case when separated then '(?:^|[ .;])' || substr(pattern, length(behind) + 1) else pattern end;
    times int := regexp_count(body collate "C", whole);
begin
    -- Functions without sub-expressions share one compiled pattern, and compiling is most of the work. They start again
    -- from the beginning for each match, so many matches are better read all at once, though that compiles twice more.
    if times <= 4 then
        for n in 1 .. times loop
            start := regexp_instr(body collate "C", whole, 1, n) - 1;
            length := regexp_instr(body collate "C", whole, 1, n, 1) - 1 - start;
            if separated and substr(body, start + 1, 1) in (' ', '.', ';') then
                start := start + 1;
                length := length - 1;
            end if;
            return next;
        end loop;
        return;
    end if;
    return query
        select
            (sum(length(x.piece)) over w + sum(length(x.hits[1])) over w - length(x.hits[1]))::int + s.before,
            length(x.hits[1]) - s.before
        from rows from (
            regexp_split_to_table(body collate "C", whole),
            regexp_matches(body collate "C", '(' || whole || ')', 'g')
        ) with ordinality as x (piece, hits, i)
        cross join lateral (
            select case when separated and left(x.hits[1], 1) in (' ', '.', ';') then 1 else 0 end as before
        ) as s
        where x.hits is not null
        window w as (order by x.i);
end
$$;

-- fill(pattern, sets, words): the pattern with each <n> of these sets replaced by those words of it that the text holds, so
-- that it stays small: a regular expression of hundreds of words takes milliseconds to compile.
create or replace function motjuste.fill(pattern text, sets int[], words text[])
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
        select
            '<' || s.id || '>' as mark,
            array_to_string(
                case when s.words = '{}'
                    then array(select l.word from motjuste.large_set as l where l.id = s.id and l.word = any (fill.words))
                    else array(select w.word from unnest(fill.words) as w (word) where w.word = any (s.words))
                end, '|'
            ) as present
        from motjuste.word_set as s
        where s.id = any (sets)
    loop
        -- `$a` can never match
        pattern := replace(pattern, part.mark, '(?:' || coalesce(nullif(part.present, ''), '$a') || ')');
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

-- admits(rule_id, key, body, skeleton, start, length): whether the key and the context of a rule admit a match there.
create or replace function motjuste.admits(rule_id text, key text, body text, skeleton text, start int, length int)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    reach constant int := 60; -- matcher.WINDOW
    first int := greatest(start - reach, 0);
    past int := least(start + length + reach, length(skeleton));
    around text collate "C";
    there text[]; -- the words around
    c record;
    held boolean;
begin
    -- the parentheses keep plpgsql from taking the THEN of CASE for that of IF
    if key <> '' and not (
        case key
            when 'luhn' then motjuste.luhn(substr(body, start + 1, length))
            when 'nir' then motjuste.nir(substr(body, start + 1, length))
            when 'iban' then motjuste.iban(substr(body, start + 1, length))
        end
    ) then
        return false;
    end if;
    -- no word is cut in two at either end
    if first > 0 and substr(skeleton, first, 1) !~ '[ .;]' then
        first := first + length(substring(substr(skeleton, first + 1, start - first) from '^[^ .;]*'));
    end if;
    if substr(skeleton, past + 1, 1) ~ '[^ .;]' then
        past := past - length(substring(substr(skeleton, start + length + 1, past - start - length) from '[^ .;]*$'));
    end if;
    around := substr(skeleton, first + 1, past - first);
    there := string_to_array(replace(replace(around, '.', ' '), ';', ' '), ' ');
    for c in
        select
            x.kind,
            string_agg(x.pattern, '|') filter (where y.possible) as pattern,
            string_agg(array_to_string(x.sets, ','), ',') filter (where y.possible and x.sets <> '{}') as sets
        from motjuste.context as x
        cross join lateral (select x.anchors = '{}' or x.anchors && there as possible offset 0) as y
        where x.rule_id = admits.rule_id
        group by x.kind
    loop
        if c.sets is not null then
            c.pattern := motjuste.fill(c.pattern, ('{' || c.sets || '}')::int[], there);
        end if;
        held := case
            when c.pattern is null then false
            when c.kind like '%before' then substr(skeleton, first + 1, start - first) ~ ('(?<![^ .;])(?:' || c.pattern || ') *$')
            when c.kind like '%after' then
                substr(skeleton, start + length + 1, past - start - length) ~ ('^ *(?:' || c.pattern || ')(?![^ .;])')
            when c.kind like '%near' then around ~ ('(?<![^ .;])(?:' || c.pattern || ')(?![^ .;])')
            else exists (
                select from motjuste.locate(around, '(?<![^ .;])(?:' || c.pattern || ')(?![^ .;])') as p
                where p.start + first < admits.start + admits.length and p.start + p.length + first > admits.start
            )
        end;
        if held = (c.kind like 'unless%') then
            return false;
        end if;
    end loop;
    return true;
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

-- reading_matches(body, at, size, words): every match in one reading of a note. `at` and `size` are its cuts; `words`
-- are its words in order.
create or replace function motjuste.reading_matches(body text, at int[], size int[], words text[])
    returns table (rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    plain text[] := words; -- as the gate compares them
    bones text := motjuste.skeleton(body);
    near text[];
    base int; -- where the parts begin
    body_part text;
    bones_part text;
    c record;
    s record;
begin
    if body ~ '[œæ]' then
        plain := motjuste.words(replace(replace(body, 'œ', 'oe'), 'æ', 'ae'));
    end if;
    if body ~ '(?:[0-9][ ./-]{0,2}){12}' then
        plain := plain || '#'::text;
    end if;
    for c in
        select t.rule_id, t.raw, r.key, t.pattern, t.sets, t.span, k.token, array_agg(k.at) as places
        from (
            select x.term_id, x.at, case when y.pattern = '' then words[x.at] end as token
            from motjuste.calls(plain, body) as x
            join motjuste.term as y on y.id = x.term_id
        ) as k
        join motjuste.term as t on t.id = k.term_id
        join motjuste.rule as r on r.id = t.rule_id
        group by t.id, r.id, k.token
    loop
        if c.token is not null then
            c.pattern := '(?<![^ .;])' || c.token || '(?![^ .;])';
        elsif c.sets <> '{}' then
            -- a match lies around an anchor: the other words need not be looked for
            if cardinality(c.places) <= 20 and cardinality(words) <= 5000 then
                near := array(
                    select distinct w.word
                    from unnest(c.places) as p (at)
                    cross join unnest(words[greatest(p.at - c.span, 1) : p.at + c.span]) as w (word)
                );
            else
                near := array(select distinct unnest(words));
            end if;
            c.pattern := motjuste.fill(c.pattern, c.sets, near);
        end if;
        base := -1;
        for s in select * from motjuste.locate(case when c.raw then body else bones end, c.pattern) loop
            -- to reach a place in a long text the server goes through all before it: a part of it serves many matches
            if base < 0 or s.start + s.length > base + 2000 then
                base := greatest(s.start - 100, 0);
                body_part := substr(body, base + 1, s.length + 4000);
                bones_part := substr(bones, base + 1, s.length + 4000);
            end if;
            if motjuste.admits(c.rule_id, c.key, body_part, bones_part, s.start - base, s.length) then
                rule_id := c.rule_id;
                select o.start, o.length into start, length from motjuste.original(s.start, s.length, at, size) as o;
                return next;
            end if;
        end loop;
    end loop;
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
    masked constant text := '(?<![a-z0-9œæ])[a-z][a-z0-9œæ]*[*@$#][*@$#a-z0-9œæ]*'
        || '|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])';
    bones text;
    s record;
begin
    return query
        select m.*
        from motjuste.variants(f) as v
        cross join lateral motjuste.reading_matches(v.body, v.at, v.size, motjuste.words(v.body)) as m;
    if f !~ masked then
        return;
    end if;
    bones := motjuste.skeleton(f);
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
        select seen.start, seen.length, owner.rule_id, r.key
        from seen
        join owner on owner.word = seen.word
        join motjuste.rule as r on r.id = owner.rule_id
    loop
        if motjuste.admits(s.rule_id, s.key, f, bones, s.start, s.length) then
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
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan -- to plan for each note would cost more than the work
    set jit = off -- as would compiling the plan
as $$
declare
    quotes constant int[] := motjuste.quotes(motjuste.fold(note));
    capital constant boolean := note ~ '[A-ZÀ-ÖØ-ÞŒ]';
begin
    return query
        with ruled as materialized (
            select m.rule_id, m.category,
                case
                    -- between quotation marks: one was opened before it, one follows
                    when k.quoted <> '' and quotes[cardinality(quotes)] >= m.start + m.length
                        and width_bucket(m.start - 1, quotes) % 2 = 1
                        then k.quoted
                    else m.level
                end as level,
                m.start, m.length
            from (
                select x.rule_id, r.category, r.level, x.start, x.length,
                    max(x.start + x.length) over before as reach,
                    max(x.start + x.length) filter (where r.level = 'block') over before as grave_reach
                from (select distinct y.* from motjuste.matches(note) as y) as x
                join motjuste.rule as r on r.id = x.rule_id
                join motjuste.category as c on c.code = r.category
                where c.capitals = '' or not capital or not motjuste.is_name(note, x.start, x.length)
                window before as (
                    partition by r.category
                    order by x.start, x.length desc, x.rule_id collate "C"
                    rows between unbounded preceding and 1 preceding
                )
            ) as m
            join motjuste.category as k on k.code = m.category
            -- a match of level block goes for another of these only
            where m.start + m.length > coalesce(case when m.level = 'block' then m.grave_reach else m.reach end, -1)
        ),
        sentence as materialized (
            select o.start, o.length, s.words, s.weight, s.leads, v.body, s.start as at, s.length as size
            from (select v.* from motjuste.variants(motjuste.fold(replace(note, E'\n', '.'))) as v limit 1) as v
            cross join lateral motjuste.sentences(v.body) as s
            cross join lateral motjuste.original(s.start, s.length, v.at, v.size) as o
        ),
        -- a match is taken a level lower where the words around it in its sentence speak against it
        heard as (
            select m.rule_id, m.category, case when x.against then 'watch' else m.level end as level, m.start, m.length
            from ruled as m
            join motjuste.rule as r on r.id = m.rule_id
            cross join lateral (
                select r.weighed and exists (
                    select
                    from sentence as s
                    join motjuste.scale as k on k.category = ''
                    where s.start <= m.start and m.start + m.length <= s.start + s.length
                        and s.weight < k.calm -- the words of the match can only speak for it
                        and s.weight + motjuste.relief(substr(note, m.start + 1, m.length)) < k.calm
                ) as against
            ) as x
            where m.level = 'block' or not x.against
        ),
        -- what the words of a sentence say together, where no rule found anything in it
        weighed as (
            select r.id, r.category, r.level, s.start, s.length
            from sentence as s
            join motjuste.scale as k on k.category = '' and s.leads and s.weight >= k.threshold
            join motjuste.rule as r on r.category = motjuste.heaviest(s.words) and r.together
            where motjuste.admits(r.id, r.key, s.body, motjuste.skeleton(s.body), s.at, s.size)
                and not exists (
                    select from ruled as m where m.start < s.start + s.length and m.start + m.length > s.start
                )
        )
        select m.* from (table heard union all table weighed) as m
        order by m.start, m.length desc, m.rule_id collate "C";
end
$$;
