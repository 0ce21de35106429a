-- check(note) and what it is made of: the algorithm of toolkit/motjuste/matcher.py, with the same answers. It takes many notes at
-- once, for to compile a pattern takes longer than to try it on a hundred of them.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

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
        return replace(replace(motjuste.blanks(body), '!', ';'), '?', ';');
    end if;
    return translate(regexp_replace(body collate "C", '[^a-z0-9œæ.!?;]', ' ', 'g'), '!?', ';;');
end
$$;

-- locate(body, pattern): where a pattern matches, leftmost then longest: the start and the length of each match, in one array.
create or replace function motjuste.locate(body text, pattern text)
    returns int[]
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
    times constant int := regexp_count(body collate "C", whole);
    places int[] := '{}';
    first int;
    past int;
begin
    -- Functions without sub-expressions share one compiled pattern, and compiling is most of the work. They start again
    -- from the beginning for each match, so many matches are better read all at once, though that compiles twice more.
    if times <= 4 then
        for n in 1 .. times loop
            first := regexp_instr(body collate "C", whole, 1, n);
            past := regexp_instr(body collate "C", whole, 1, n, 1);
            if separated and substr(body, first, 1) in (' ', '.', ';') then
                first := first + 1;
            end if;
            places := places || (first - 1);
            places := places || (past - first);
        end loop;
        return places;
    end if;
    return (
        select array_agg(case when y.end_of then x.past - x.first else x.first end order by x.i, y.end_of)
        from (
            select
                p.i,
                (sum(length(p.piece)) over w + sum(length(p.hits[1])) over w - length(p.hits[1]))::int
                    + case when separated and left(p.hits[1], 1) in (' ', '.', ';') then 1 else 0 end as first,
                (sum(length(p.piece)) over w + sum(length(p.hits[1])) over w)::int as past
            from rows from (
                regexp_split_to_table(body collate "C", whole),
                regexp_matches(body collate "C", '(' || whole || ')', 'g')
            ) with ordinality as p (piece, hits, i)
            where p.hits is not null
            window w as (order by p.i)
        ) as x
        cross join (values (false), (true)) as y (end_of)
    );
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

-- around(bones, start, length): what stands before and after a match in its skeleton, 60 characters on either side; no word is
-- cut in two at either end.
create or replace function motjuste.around(bones text, start int, length int, out before text, out after text)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    reach constant int := 60; -- matcher.WINDOW
    first int := greatest(start - reach, 0);
    past int := least(start + length + reach, length(bones));
begin
    before := substr(bones, first + 1, start - first);
    after := substr(bones, start + length + 1, past - start - length);
    if first > 0 and substr(bones, first, 1) !~ '[ .;]' then
        before := substr(before, 1 + length(substring(before from '^[^ .;]*')));
    end if;
    if substr(bones, past + 1, 1) ~ '[^ .;]' then
        after := left(after, length(after) - length(substring(after from '[^ .;]*$')));
    end if;
end
$$;

-- admitted(rule_id, key, texts, before, after): for each match of a rule whether its key and the context admit it. `texts` are
-- the matches as folded, then what they are in the skeleton and what stands around them. The patterns are filled for all of
-- them: to compile one takes longer than to try it on many.
create or replace function motjuste.admitted(
    rule_id text, key text, texts text[], bones text[], before text[], after text[]
)
    returns boolean[]
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    admits boolean[] := array_fill(true, array[cardinality(texts)]);
    around text[] := array(
        select x.before || x.bones || x.after
        from unnest(admitted.before, admitted.bones, admitted.after) with ordinality as x (before, bones, after, i)
        order by x.i
    );
    there text[]; -- the words around
    met int[]; -- what needs one of these
    demand text;
    c record;
    held boolean;
    places int[];
begin
    if key <> '' then
        admits := array(
            select case admitted.key
                when 'luhn' then motjuste.luhn(x.texts) when 'nir' then motjuste.nir(x.texts) when 'iban' then motjuste.iban(x.texts)
            end
            from unnest(admitted.texts) with ordinality as x (texts, i)
            order by x.i
        );
        if true <> all (admits) then
            return admits;
        end if;
    end if;
    there := array(
        select distinct w.word
        from (select distinct unnest(around) as text) as x
        cross join lateral unnest(string_to_array(replace(replace(x.text, '.', ' '), ';', ' '), ' ')) as w (word)
    );
    met := array(select 0 union select unnest(n.needs) from motjuste.needed as n where n.word = any (there));
    -- what it needs first: there is less of it to look for, and most matches lack it
    foreach demand in array array['needs', 'unless'] loop
        exit when true <> all (admits);
        for c in
            select
                x.kind,
                string_agg(x.pattern, '|') filter (where y.possible) as pattern,
                string_agg(array_to_string(x.sets, ','), ',') filter (where y.possible and x.sets <> '{}') as sets
            from motjuste.context as x
            cross join lateral (select x.need = any (met) as possible offset 0) as y
            where x.rule_id = admitted.rule_id and starts_with(x.kind, demand)
            group by x.kind
        loop
            if c.sets is not null then
                c.pattern := motjuste.fill(c.pattern, ('{' || c.sets || '}')::int[], there);
            end if;
            c.pattern := case
                when c.kind like '%before' then '(?<![^ .;])(?:' || c.pattern || ') *$'
                when c.kind like '%after' then '^ *(?:' || c.pattern || ')(?![^ .;])'
                else '(?<![^ .;])(?:' || c.pattern || ')(?![^ .;])'
            end;
            for i in 1 .. cardinality(texts) loop
                if admits[i] then
                    held := case
                        when c.pattern is null then false
                        when c.kind like '%before' then before[i] ~ c.pattern
                        when c.kind like '%after' then after[i] ~ c.pattern
                        else around[i] ~ c.pattern
                    end;
                    if held and c.kind like '%phrase' then
                        places := motjuste.locate(around[i], c.pattern);
                        held := exists (
                            select
                            from generate_series(1, cardinality(places) / 2) as n
                            where places[2 * n - 1] < length(before[i]) + length(bones[i])
                                and places[2 * n - 1] + places[2 * n] > length(before[i])
                        );
                    end if;
                    admits[i] := held <> (c.kind like 'unless%');
                end if;
            end loop;
        end loop;
    end loop;
    return admits;
end
$$;

-- parts(whole): a long text in parts, and where each begins, from 0: to reach a place in a text the server goes through all
-- before it, but not in bytes.
create or replace function motjuste.parts(whole text, out parts text[], out starts int[])
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    size constant int := 4000; -- bytes
    bytes constant bytea := convert_to(whole, 'UTF8');
    first int := 0;
    past int;
    place int := 0;
    part text;
begin
    while first < octet_length(bytes) loop
        past := first + size;
        while past < octet_length(bytes) and get_byte(bytes, past) & 192 = 128 loop -- inside a character
            past := past + 1;
        end loop;
        part := convert_from(substring(bytes, first + 1, past - first), 'UTF8');
        parts := parts || part;
        starts := starts || place;
        place := place + length(part);
        first := past;
    end loop;
end
$$;

-- stretch(parts, starts, first, size): `size` characters of the whole, after the first `first`.
create or replace function motjuste.stretch(parts text[], starts int[], first int, size int)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    k constant int := width_bucket(first, starts);
begin
    return substr(array_to_string(parts[k : width_bucket(first + size, starts)], ''), first - starts[k] + 1, size);
end
$$;

-- original(place, at, size): a place in a reading, as one of the note: `at` and `size` are the reading's cuts, the sizes as
-- running sums.
create or replace function motjuste.original(place int, at int[], sizes int[])
    returns int
    language sql
    immutable
    parallel safe
as $$
    select place + coalesce(sizes[width_bucket(place, at)], 0)
$$;

-- original(start, length, at, size): a span of a reading, as (start, length) of the note.
create or replace function motjuste.original(inout start int, inout length int, at int[], size int[])
    language sql
    immutable
    parallel safe
as $$
    select
        start + coalesce(size[width_bucket(start, at)], 0),
        length + coalesce(size[width_bucket(start + length, at)], 0) - coalesce(size[width_bucket(start, at)], 0)
$$;

-- stored(start, length, at, size): a span of a plain text, as (start, length) of the text that it was made of.
create or replace function motjuste.stored(inout start int, inout length int, at int[], size int[])
    language sql
    immutable
    parallel safe
as $$
    select
        motjuste.original(start, at, size),
        greatest(
            motjuste.original(start + length, at, size), motjuste.original(start + greatest(length, 1) - 1, at, size) + least(length, 1)
        ) - motjuste.original(start, at, size)
$$;

-- readings(bodies): these folded texts, `i` their numbers, with their words: all, and as the gate compares them; the planner
-- takes them for many, so that what is said of them is joined by hash.
create or replace function motjuste.readings(bodies text[])
    returns table (i int, words text[], plain text[])
    language plpgsql
    immutable
    strict
    parallel safe
    rows 1000
as $$
begin
    return query
        select
            b.i::int, w.words,
            case when b.body ~ '[œæ]' then motjuste.words(replace(replace(b.body, 'œ', 'oe'), 'æ', 'ae')) else w.words end
                || case when b.body ~ '(?:[0-9][ ./-]{0,2}){12}' then array['#'] else '{}' end
        from unnest(readings.bodies) with ordinality as b (body, i)
        cross join lateral (select motjuste.words(b.body) as words offset 0) as w;
end
$$;

-- called(bodies): the terms that these readings call for, with the readings where each is to be looked for and the words that
-- may fill its pattern: for all of them together, so that it is compiled once. `token`: a term without a pattern is this word.
-- What is looked up by key stands in `lateral ... offset 0`: few rows are wanted, whatever the planner thinks.
create or replace function motjuste.called(bodies text[])
    returns table (
        rule_id text, key text, free boolean, raw boolean, pattern text, sets int[], token text, near text[], readings int[]
    )
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
as $$
#variable_conflict use_column
begin
    return query
        with reading as materialized (
            select r.i, r.words, r.plain from motjuste.readings(bodies) as r
        ),
        call as materialized (
            select c.*, t.sets, t.span, case when t.pattern = '' then c.token end as itself
            from (
                select c.key_id, c.term_id, c.token, r.i, cardinality(r.words) > 2 * motjuste.piece() as long, c.holds, c.loose, array_agg(c.at) as places
                from reading as r
                cross join lateral motjuste.calls(r.plain) as c
                group by 1, 2, 3, 4, 5, 6, 7
                order by c.key_id -- a loose pattern is compiled once
                offset 0
            ) as c
            cross join lateral (select * from motjuste.term as t where t.id = c.term_id offset 0) as t
            where c.loose = '' or bodies[c.i] ~ c.holds and bodies[c.i] ~ c.loose
        ),
        piece as materialized (
            select r.i, (p.first + p.low - 1) / motjuste.piece() as n, p.first, p.words
            from reading as r
            cross join lateral motjuste.pieces(r.words) as p
        ),
        -- a match lies around an anchor: the other words need not be looked for
        around as materialized (
            select c.term_id, array_agg(distinct w.word) as words
            from (
                select c.term_id, c.i, c.span, u.at, case when c.long then (u.at - 1) / motjuste.piece() else 0 end as n
                from call as c
                cross join lateral unnest(c.places) as u (at)
                where c.sets <> '{}'
                offset 0
            ) as c
            join piece as p on p.i = c.i and p.n = c.n
            cross join lateral unnest(p.words[greatest(c.at - p.first - c.span, 1) : c.at - p.first + c.span]) as w (word)
            group by 1
        )
        select
            t.rule_id, u.key, u.key = '' and not exists (select from motjuste.context as x where x.rule_id = t.rule_id),
            t.raw, t.pattern, t.sets, g.itself, a.words, g.readings
        from (
            select c.term_id, c.itself, array_agg(distinct c.i) as readings from call as c group by 1, 2
        ) as g
        left join around as a on a.term_id = g.term_id
        cross join lateral (select * from motjuste.term as t where t.id = g.term_id offset 0) as t
        cross join lateral (select * from motjuste.rule as u where u.id = t.rule_id offset 0) as u
        order by t.rule_id, t.id;
end
$$;

-- matched(folded): every match in these folded notes, before those inside another are left out; `i` counts the notes.
create or replace function motjuste.matched(folded text[])
    returns table (i int, rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
as $$
#variable_conflict use_column
declare
    bodies text[]; -- the readings of all notes
    bones text[];
    owner int[]; -- their notes
    cuts text[]; -- and what was cut from them
    sizes text[];
    many constant int := 2000;
    r int;
    base int; -- where the parts begin
    body_part text;
    bones_part text;
    body record; -- the long reading `loaded`, in parts
    bone record;
    loaded int;
    c record;
    a record;
    places int[];
    s int;
    l int;
    rules text[] := '{}'; -- the matches, and what is known of each
    keys text[] := '{}';
    readings int[] := '{}';
    starts int[] := '{}';
    lengths int[] := '{}';
    texts text[] := '{}';
    words text[] := '{}';
    before text[] := '{}';
    after text[] := '{}';
begin
    select
        array_agg(v.body order by n.i, v.k), array_agg(motjuste.skeleton(v.body) order by n.i, v.k),
        array_agg(n.i order by n.i, v.k), array_agg(v.at::text order by n.i, v.k), array_agg(v.size::text order by n.i, v.k)
    into bodies, bones, owner, cuts, sizes
    from unnest(matched.folded) with ordinality as n (folded, i)
    cross join lateral motjuste.variants(n.folded) with ordinality as v (body, at, size, k);
    for c in select * from motjuste.called(bodies) loop
        if c.token is not null then
            c.pattern := '(?<![^ .;])' || replace(replace(c.token, 'oe', '(?:oe|œ)'), 'ae', '(?:ae|æ)') || '(?![^ .;])';
        elsif c.sets <> '{}' then
            c.pattern := motjuste.fill(c.pattern, c.sets, c.near);
        end if;
        foreach r in array c.readings loop
            places := motjuste.locate(case when c.raw then bodies[r] else bones[r] end, c.pattern);
            base := -1;
            for n in 1 .. cardinality(places) / 2 loop
                s := places[2 * n - 1];
                l := places[2 * n];
                rules := rules || c.rule_id;
                keys := keys || case when c.free then null else c.key end;
                readings := readings || r;
                starts := starts || s;
                lengths := lengths || l;
                if c.free then
                    texts := texts || ''::text;
                    words := words || ''::text;
                    before := before || ''::text;
                    after := after || ''::text;
                    continue;
                end if;
                -- a part of a long text serves many matches
                if base < 0 or s + l > base + many then
                    base := greatest(s - 100, 0);
                    if octet_length(bodies[r]) <= 10 * many then
                        body_part := substr(bodies[r], base + 1, l + 2 * many);
                        bones_part := substr(bones[r], base + 1, l + 2 * many);
                    else
                        if loaded is distinct from r then
                            body := motjuste.parts(bodies[r]);
                            bone := motjuste.parts(bones[r]);
                            loaded := r;
                        end if;
                        body_part := motjuste.stretch(body.parts, body.starts, base, l + 2 * many);
                        bones_part := motjuste.stretch(bone.parts, bone.starts, base, l + 2 * many);
                    end if;
                end if;
                a := motjuste.around(bones_part, s - base, l);
                texts := texts || substr(body_part, s - base + 1, l);
                words := words || substr(bones_part, s - base + 1, l);
                before := before || a.before;
                after := after || a.after;
            end loop;
        end loop;
    end loop;
    return query
        with cut as materialized (
            select x.r, x.at::int[] as at, x.size::int[] as size
            from unnest(cuts, sizes) with ordinality as x (at, size, r)
            where x.at <> '{}'
        ),
        match as materialized (
            select * from unnest(rules, keys, readings, starts, lengths, texts, words, before, after)
                with ordinality as m (rule_id, key, r, start, length, texts, words, before, after, n)
        ),
        judged as (
            select m.rule_id, m.r, m.start, m.length from match as m where m.key is null
            union all
            select g.rule_id, x.r, x.start, x.length
            from (
                select
                    m.rule_id,
                    array_agg(m.r order by m.n) as r, array_agg(m.start order by m.n) as start, array_agg(m.length order by m.n) as length,
                    motjuste.admitted(
                        m.rule_id, m.key, array_agg(m.texts order by m.n), array_agg(m.words order by m.n),
                        array_agg(m.before order by m.n), array_agg(m.after order by m.n)
                    ) as admitted
                from match as m
                where m.key is not null
                group by m.rule_id, m.key
            ) as g
            cross join lateral unnest(g.r, g.start, g.length, g.admitted) as x (r, start, length, admitted)
            where x.admitted
        )
        select owner[j.r], j.rule_id, o.start, o.length
        from judged as j
        left join cut on cut.r = j.r
        cross join lateral motjuste.original(j.start, j.length, cut.at, cut.size) as o;
end
$$;

-- masked(folded): the matches of a folded note that are masked words: c*n, co****, c0nnard.
create or replace function motjuste.masked(folded text)
    returns table (rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
as $$
#variable_conflict use_column
declare
    mask constant text := '(?<![a-z0-9œæ])[a-z][a-z0-9œæ]*[*@$#][*@$#a-z0-9œæ]*'
        || '|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])';
    -- the signs in a row in which such a word lies: what looks behind is read from the beginning for each match
    around constant text := '[a-z0-9œæ*@$#]*[a-z][a-z0-9œæ]*[*@$#0134][a-z0-9œæ*@$#]*';
    bones text;
begin
    if folded !~ mask then
        return;
    end if;
    bones := motjuste.skeleton(folded);
    return query
        with run as materialized (
            select p.hits[1] as run, (sum(length(p.piece) + length(p.hits[1])) over (order by p.i))::int - length(p.hits[1]) as at
            from rows from (
                regexp_split_to_table(folded collate "C", around),
                regexp_matches(folded collate "C", '(' || around || ')', 'g')
            ) with ordinality as p (piece, hits, i)
            where p.hits is not null
        ),
        seen as materialized (
            select r.at + x.places[2 * n - 1] as start, x.places[2 * n] as length,
                substr(r.run, x.places[2 * n - 1] + 1, x.places[2 * n]) as word
            from run as r
            cross join lateral (select motjuste.locate(r.run, mask) as places offset 0) as x
            cross join lateral generate_series(1, cardinality(x.places) / 2) as n
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
        select g.rule_id, x.start, x.length
        from (
            select
                o.rule_id, array_agg(s.start order by s.start) as start, array_agg(s.length order by s.start) as length,
                motjuste.admitted(
                    o.rule_id, r.key, array_agg(s.word order by s.start),
                    array_agg(substr(bones, s.start + 1, s.length) order by s.start),
                    array_agg(a.before order by s.start), array_agg(a.after order by s.start)
                ) as admitted
            from seen as s
            join owner as o on o.word = s.word
            join motjuste.rule as r on r.id = o.rule_id
            cross join lateral motjuste.around(bones, s.start, s.length) as a
            group by o.rule_id, r.key
        ) as g
        cross join lateral unnest(g.start, g.length, g.admitted) as x (start, length, admitted)
        where x.admitted;
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
                || '|[A-Za-z0-9À-ÖØ-öø-ÿŒœ](?: +|[''’-])$'
            )
        )
    from (select substr(note, start + 1, length) as span) as s
$$;

-- found_in(notes): the findings of many plain texts, `i` their numbers from 1. A match inside another of its category is left out.
create or replace function motjuste.found_in(notes text[])
    returns table (i int, rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan -- to plan for each note would cost more than the work
    set jit = off -- as would compiling the plan
as $$
#variable_conflict use_column
declare
    folded constant text[] := array(
        select motjuste.fold(n.note) from unnest(notes) with ordinality as n (note, i) order by n.i
    );
begin
    return query
        with match as materialized (
            select m.* from motjuste.matched(folded) as m
            union
            select n.i::int, m.*
            from unnest(folded) with ordinality as n (folded, i)
            cross join lateral motjuste.masked(n.folded) as m
        ),
        long as materialized (
            select n.i::int as i, p.parts, p.starts
            from unnest(notes) with ordinality as n (note, i)
            cross join lateral motjuste.parts(n.note) as p
            where octet_length(n.note) > 20000
        ),
        ruled as materialized (
            select x.i, x.rule_id, r.category, r.level = 'block' as grave, k.unsure,
                case
                    -- between quotation marks: one was opened before it, one follows
                    when k.quoted <> '' and q.quotes[cardinality(q.quotes)] >= x.start + x.length
                        and width_bucket(x.start - 1, q.quotes) % 2 = 1
                        then k.quoted
                    else r.level
                end as level,
                x.start, x.length
            from match as x
            join motjuste.rule as r on r.id = x.rule_id
            join motjuste.category as k on k.code = r.category
            left join long as g on g.i = x.i
            cross join lateral (select case when g.i is null then 0 else greatest(x.start - 16, 0) end as base) as b
            left join (
                select n.i, motjuste.quotes(n.folded) as quotes
                from unnest(folded) with ordinality as n (folded, i)
                where n.folded like '%"%'
                offset 0
            ) as q on q.i = x.i
            where k.capitals = '' or not motjuste.is_name(
                case when g.i is null then notes[x.i] else motjuste.stretch(g.parts, g.starts, b.base, x.length + 16) end,
                x.start - b.base, x.length)
        ),
        reading as materialized (
            select h.i, v.body, v.at, v.size
            from (select m.i from ruled as m union select w.i from motjuste.outweighing(notes) as w (i)) as h
            cross join lateral (
                select x.* from motjuste.variants(motjuste.fold(replace(notes[h.i], E'\n', '.'))) as x limit 1
            ) as v
        ),
        sentence as materialized (
            select h.i, o.start, o.length, s.words, s.weight, s.leads, s.start as at, s.length as size,
                -- what those around it say together (weights.AROUND, LOUDEST), and what of it speaks for a match
                greatest(-12, least(12, coalesce(sum(f.far) over (
                    partition by h.i order by s.start rows between 5 preceding and 5 following exclude current row
                ), 0)))::int as around,
                least(12, coalesce(sum(greatest(f.far, 0)) over (
                    partition by h.i order by s.start rows between 5 preceding and 5 following exclude current row
                ), 0))::int as for_it
            from reading as h
            cross join lateral motjuste.sentences(h.body) as s
            cross join lateral (select motjuste.far(s.words) as far offset 0) as f
            cross join lateral motjuste.original(s.start, s.length, h.at, h.size) as o
        ),
        -- a match is none where the words around it in its sentence speak against it; where they do not speak for it either, it
        -- has the level that its category has then.
        doubted as materialized (
            select m.i, m.rule_id, m.start, m.length,
                bool_or(w.weight < r.calm) as against,
                bool_or(w.weight < k.sure) and m.level = 'block' and m.unsure <> '' as lower
            from ruled as m
            join motjuste.rule as r on r.id = m.rule_id and r.calm is not null
            join motjuste.scale as k on k.category = ''
            join sentence as s on s.i = m.i and s.start <= m.start and m.start + m.length <= s.start + s.length
            cross join lateral (
                select
                    s.weight + case when r.level = 'block' then s.for_it else s.around end + motjuste.beside(substr(notes[m.i], m.start + 1, m.length), s.words)
                    + motjuste.signs(notes[m.i], m.start, m.length, s.words) as weight
                offset 0
            ) as w
            group by m.i, m.rule_id, m.start, m.length, m.level, m.unsure
        ),
        spoken as (
            select m.i, m.rule_id, m.category, m.grave, m.start, m.length,
                case when d.lower then m.unsure else m.level end as level
            from ruled as m
            left join doubted as d on (d.i, d.rule_id, d.start, d.length) = (m.i, m.rule_id, m.start, m.length)
            where d.against is not true
        ),
        -- without those that lie inside another of their category; a match of level block goes for another of these only
        heard as (
            select m.i, m.rule_id, m.category, m.level, m.start, m.length
            from (
                select x.*,
                    max(x.start + x.length) over before as reach,
                    max(x.start + x.length) filter (where x.grave) over before as grave_reach
                from spoken as x
                window before as (
                    partition by x.i, x.category
                    order by x.start, x.length desc, x.rule_id collate "C"
                    rows between unbounded preceding and 1 preceding
                )
            ) as m
            where m.start + m.length > coalesce(case when m.grave then m.grave_reach else m.reach end, -1)
        ),
        -- what the words of a sentence say together, where no rule found anything in it
        weighed as (
            select s.i, r.id, r.category, r.level, s.start, s.length
            from (
                -- what stands around a sentence is near it: the rest of a long note need not be read
                select
                    s.i, s.start, s.length, s.words, s.size, substr(b.body, s.at + 1, s.size) as texts, s.at - x.base as at,
                    motjuste.skeleton(substr(b.body, x.base + 1, s.size + 2 * 200)) as bones
                from sentence as s
                join motjuste.scale as k on k.category = '' and s.leads and s.weight + least(s.around, 0) >= k.threshold
                join reading as b on b.i = s.i
                cross join lateral (select greatest(s.at - 200, 0) as base) as x
                where not exists (
                    select
                    from ruled as m
                    where m.i = s.i and m.start < s.start + s.length and m.start + m.length > s.start
                )
                offset 0
            ) as s
            cross join lateral (select motjuste.heaviest(s.words) as category offset 0) as h
            join motjuste.rule as r on r.category = h.category and r.together
            cross join lateral motjuste.around(s.bones, s.at, s.size) as a
            where true = all (motjuste.admitted(
                r.id, r.key, array[s.texts], array[substr(s.bones, s.at + 1, s.size)], array[a.before], array[a.after]
            ))
        )
        select m.* from (table heard union all table weighed) as m
        order by m.i, m.start, m.length desc, m.rule_id collate "C";
end
$$;

-- found(notes): the findings of many notes, `i` their numbers from 1: those of their plain texts. What is found in several of a
-- note is one at its highest level, and what the words of a sentence say together stays where nothing else is found in it.
create or replace function motjuste.found(notes text[])
    returns table (i int, rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    bodies text[];
    owner int[];
    cuts text[];
begin
    if true <> all (array(select motjuste.is_odd(n.note) from unnest(notes) as n (note))) then
        return query select f.* from motjuste.found_in(notes) as f;
        return;
    end if;
    select
        array_agg(p.body order by n.i, p.k), array_agg(n.i order by n.i, p.k),
        array_agg(array[p.at::text, p.size::text, p.joined_at::text, p.joined_size::text] order by n.i, p.k)
    into bodies, owner, cuts
    from unnest(notes) with ordinality as n (note, i)
    cross join lateral motjuste.plains(n.note) with ordinality as p (body, at, size, joined_at, joined_size, k);
    return query
        with told as materialized (
            select distinct on (owner[f.i], o.start, o.length, f.rule_id)
                owner[f.i] as i, f.rule_id, f.category, f.level, o.start, o.length, r.level = 'block' as grave, r.together
            from motjuste.found_in(bodies) as f
            join motjuste.rule as r on r.id = f.rule_id
            cross join lateral motjuste.stored(f.start, f.length, cuts[f.i][3]::int[], cuts[f.i][4]::int[]) as j
            cross join lateral motjuste.stored(j.start, j.length, cuts[f.i][1]::int[], cuts[f.i][2]::int[]) as o
            order by owner[f.i], o.start, o.length, f.rule_id, f.level collate "C" -- block, then watch
        ),
        own as materialized (
            select m.i, m.rule_id, m.category, m.level, m.start, m.length
            from (
                select t.*,
                    max(t.start + t.length) over before as reach,
                    max(t.start + t.length) filter (where t.grave) over before as grave_reach
                from told as t
                where not t.together
                window before as (
                    partition by t.i, t.category
                    order by t.start, t.length desc, t.rule_id collate "C"
                    rows between unbounded preceding and 1 preceding
                )
            ) as m
            where m.start + m.length > coalesce(case when m.grave then m.grave_reach else m.reach end, -1)
        )
        select m.*
        from (
            table own
            union all
            select t.i, t.rule_id, t.category, t.level, t.start, t.length
            from told as t
            where t.together and not exists (
                select from own as o where o.i = t.i and o.start < t.start + t.length and o.start + o.length > t.start
            )
        ) as m
        order by m.i, m.start, m.length desc, m.rule_id collate "C";
end
$$;

-- check(note): the findings of a note; offsets in code points from 0.
create or replace function motjuste.check(note text)
    returns table (rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 5
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query select f.rule_id, f.category, f.level, f.start, f.length from motjuste.found(array[note]) as f;
end
$$;
