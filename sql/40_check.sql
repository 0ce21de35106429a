-- check(note) and what it is made of: the algorithm of toolkit/motjuste/engine/matcher.py, with the same answers, for many notes at once.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

-- locate(body, pattern, first): where a pattern matches from the character `first` on, leftmost then longest: the start and the length
-- of each match, in one array. The pattern asks first that no letter or digit is before it.
create or replace function motjuste.locate(body text, pattern text, first int)
    returns int[]
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    ahead constant text := case when first > 1 then '[^a-z0-9œæ]' else '(?:^|[^a-z0-9œæ])' end;
    core constant text := substr(pattern, length('(?<![a-z0-9œæ])') + 1);
    times constant int := regexp_count(body collate "C", pattern, first);
    places int[] := '{}';
    start int;
begin
    -- Functions without sub-expressions share one compiled pattern, and compiling is most of the work. They start again
    -- from the beginning for each match, so many matches are better read all at once, though that compiles twice more.
    if times <= 4 then
        for n in 1 .. times loop
            start := regexp_instr(body collate "C", pattern, first, n);
            places := places || array[start - 1, regexp_instr(body collate "C", pattern, first, n, 1) - start];
        end loop;
        return places;
    end if;
    -- what looks behind is read from the beginning for each match, so a match takes the sign before it instead
    return (
        select array_agg(case when y.end_of then x.past - x.first else x.first end order by x.i, y.end_of)
        from (
            select
                p.i,
                (sum(length(p.piece)) over w + sum(length(p.hits[1])) over w - length(p.hits[2]))::int as first,
                (sum(length(p.piece)) over w + sum(length(p.hits[1])) over w)::int as past
            from rows from (
                regexp_split_to_table(body collate "C", ahead || core), regexp_matches(body collate "C", '(' || ahead || '(' || core || '))', 'g')
            ) with ordinality as p (piece, hits, i)
            where p.hits is not null
            window w as (order by p.i)
        ) as x
        cross join (values (false), (true)) as y (end_of)
    );
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

-- stretch(parts, starts, first, size): `size` characters of the whole, after the first `first`. Not plpgsql: that copies arrays at each call.
create or replace function motjuste.stretch(parts text[], starts int[], first int, size int)
    returns text
    language sql
    immutable
    parallel safe
as $$
    select substr(
        array_to_string(parts[width_bucket(first, starts) : width_bucket(first + size, starts)], ''), first - starts[width_bucket(first, starts)] + 1,
        size)
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

-- has_key(rule_id, value): whether a number has the key that its rule asks for.
create or replace function motjuste.has_key(rule_id text, value text)
    returns boolean
    language sql
    stable
    strict
    parallel safe
as $$
    select case r.key when 'luhn' then motjuste.luhn(value) when 'nir' then motjuste.nir(value) when 'iban' then motjuste.iban(value) else true end
    from motjuste.rule as r
    where r.id = has_key.rule_id
$$;

-- spelt(word): a word as the program has it: without ligatures.
create or replace function motjuste.spelt(word text)
    returns text
    language sql
    immutable
    parallel safe
as $$
    select replace(replace(word, 'œ', 'oe'), 'æ', 'ae')
$$;

-- long_numbers(body): where each twelve digits in a row, or more, begin and end, separators between them or not; places from 0.
create or replace function motjuste.long_numbers(body text)
    returns table (start int, past int)
    language sql
    immutable
    parallel safe
    rows 3
as $$
    select x.past - x.size, x.past
    from (
        select length(n.digits[1]) as size, (sum(length(p.piece) + length(n.digits[1])) over (order by n.k))::int as past
        from regexp_matches(body collate "C", '[0-9](?:[ ./-]{0,2}[0-9]){11,}', 'g') with ordinality as n (digits, k)
        join regexp_split_to_table(body collate "C", '[0-9](?:[ ./-]{0,2}[0-9]){11,}') with ordinality as p (piece, k) on p.k = n.k
    ) as x
$$;

-- holds(body, signs): whether a text holds these signs in a row, of which a 0 is any digit. `translate` takes ten times as long.
create or replace function motjuste.holds(body text, signs text)
    returns boolean
    language sql
    immutable
    parallel safe
as $$
    select strpos(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        body collate "C"
        , '1', '0'), '2', '0'), '3', '0'), '4', '0'), '5', '0'), '6', '0'), '7', '0'), '8', '0'), '9', '0'), signs) > 0
$$;

-- numbers(bodies, words, readings, starts, pasts, bases, callers): what the regular expressions match that a word of these readings, or a
-- long number, calls for, within reach of it; a match begins in its reading after `start` characters. The words are as `read` has them,
-- `callers` those that may call for one.
create or replace function motjuste.numbers(bodies text[], words text[], readings int[], starts int[], pasts int[], bases int[], callers int[])
    returns table (r int, rule_id text, start int, length int)
    language plpgsql
    stable
    parallel safe
    rows 10
as $$
#variable_conflict use_column
declare
    near constant int := 300; -- matcher.NEAR_NUMBER
    raws int[]; -- which expression, of which text, from where to where
    texts int[];
    firsts int[];
    ends int[];
    number int := 0;
    body text;
begin
    -- a short text ends here where it lacks what a match holds: the server keeps 32 compiled expressions, which are soon used up
    if callers is not null then
        select array_agg(c.raw_id), array_agg(c.r), array_agg(starts[c.n] - bases[c.r] - x.reach), array_agg(pasts[c.n] - bases[c.r] + x.reach)
        into raws, texts, firsts, ends
        from (
            select w.raw_id, t.r, t.n
            from (select u.n, words[u.n] as word, readings[u.n] as r from unnest(callers) as u (n) offset 0) as t
            cross join lateral (select w.* from motjuste.raw_word as w where w.word = motjuste.spelt(t.word) offset 0) as w
            where t.r <= cardinality(bodies) and (w.beside = '{}' or not exists (
                select
                from unnest(w.beside, w.away) as x (word, away)
                where motjuste.spelt(words[t.n + x.away]) is distinct from x.word or readings[t.n + x.away] <> t.r
            ))
        ) as c
        cross join lateral (select x.reach, x.holds from motjuste.raw as x where x.id = c.raw_id offset 0) as x
        where octet_length(bodies[c.r]) > 1000 or motjuste.holds(bodies[c.r], x.holds);
    end if;
    foreach body in array bodies loop
        number := number + 1;
        if body collate "C" ~ '(?:[0-9][ ./-]{0,2}){12}' then
            select raws || array_agg(w.raw_id), texts || array_agg(number), firsts || array_agg(n.start - near), ends || array_agg(n.past + near)
            into raws, texts, firsts, ends
            from motjuste.long_numbers(body) as n
            cross join (select w.raw_id from motjuste.raw_word as w where w.word = '#') as w;
        end if;
    end loop;
    if raws is null then
        return;
    end if;
    return query
        with call as (
            select c.* from unnest(raws, texts, firsts, ends) as c (raw_id, r, first, past)
        ),
        long as materialized (
            select b.r, p.parts, p.starts
            from unnest(bodies) with ordinality as b (body, r)
            cross join lateral motjuste.parts(b.body) as p
            where octet_length(b.body) > 20000
        ),
        island as ( -- parts that meet are one
            select c.*, count(*) filter (where c.apart) over (partition by c.raw_id, c.r order by c.first, c.past) as island
            from (
                select c.*, c.first > max(c.past) over (
                    partition by c.raw_id, c.r order by c.first, c.past rows between unbounded preceding and 1 preceding
                ) as apart
                from call as c
            ) as c
        ),
        area as materialized (
            select i.raw_id, i.r, greatest(min(i.first), 0) as at, max(i.past) as past from island as i group by i.raw_id, i.r, i.island
        ),
        span as materialized ( -- each with the character before it
            select
                a.raw_id, a.r, a.at, least(a.at, 1) as led,
                case when l.r is null then substr(bodies[a.r], a.at, a.past - a.at + 1) -- from 0 it is one character less
                    else motjuste.stretch(l.parts, l.starts, greatest(a.at - 1, 0), a.past - greatest(a.at - 1, 0)) end as part
            from area as a
            left join long as l on l.r = a.r
        )
        select distinct s.r, x.rule_id, s.at - s.led + n.place, p.places[n.k + 1]
        from (select s.* from span as s order by s.raw_id offset 0) as s -- so that each expression is compiled once
        join motjuste.raw as x on x.id = s.raw_id and motjuste.holds(s.part, x.holds)
        cross join lateral (select motjuste.locate(s.part, x.pattern, s.led + 1) as places where s.part ~ x.loose offset 0) as p
        cross join lateral unnest(p.places) with ordinality as n (place, k) -- of which ten are expected, of a series a thousand
        where n.k % 2 = 1;
end
$$;

-- read(bones): what `tokens` says of the words of these skeletons, each of it in an array; their classes; the `opened` classes, whose words are
-- keywords of `sets`; the words that weigh much by themselves (`leads`), those that call for regular expressions, and where each text begins.
create or replace function motjuste.read(
    bones text[], out readings int[], out words text[], out classes int[], out after int[], out starts int[], out pasts int[],
    out opened int[], out sets int[], out leads int[], out callers int[], out bases int[]
)
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    select t.* into readings, words, starts, pasts, after, bases from motjuste.tokens(bones) as t;
    with known as materialized (
        select
            d.word, coalesce(x.class, w.class, 0) as class, coalesce(w.keywords, x.keywords) as keywords,
            coalesce(w.leads, false) as leads, coalesce(w.calls, false) as calls
        from (select d.word, motjuste.spelt(d.word) as plain from (select distinct u.word from unnest(words) as u (word)) as d) as d
        left join lateral (
            select w.class, w.keywords, w.leads, w.calls from motjuste.word as w where w.word = d.plain offset 0
        ) as w on true
        left join lateral (
            select w.class, w.keywords from motjuste.word as w where w.word = '#' offset 0
        ) as x on coalesce(w.class, 0) = 0 and d.plain collate "C" ~ '^[0-9]+$'
    ),
    token as materialized (
        select u.n::int as n, k.class, k.leads, k.calls
        from unnest(words) with ordinality as u (word, n)
        join known as k on k.word = u.word
    ),
    key as materialized (
        select d.class, unnest(d.keywords) as set_id
        from (select distinct on (k.class) k.class, k.keywords from known as k where k.keywords is not null) as d
    )
    select
        array_agg(t.class order by t.n), (select array_agg(k.class) from key as k), (select array_agg(k.set_id) from key as k),
        array_agg(t.n) filter (where t.leads), array_agg(t.n) filter (where t.calls)
    into classes, opened, sets, leads, callers
    from token as t;
end
$$;

-- reach(): so many characters before a match and after it are its context, no word cut in two (spans.WINDOW).
create or replace function motjuste.reach()
    returns int
    language sql
    immutable
    parallel safe
as $$
    select 60
$$;

-- admitted(...): which matches, by their numbers from 1, the context admits: what each needs is there, nothing excepts it. A match is of
-- a rule, lies from its first word to its last and from `starts` to `pasts`; `tied`: 1 where no end of a sentence parts it from the word
-- before, 2 from the next, 3 from neither; the words from `lows` to `highs` are around it (motjuste.reach). `classes` and what follows is said of all words.
create or replace function motjuste.admitted(
    rules text[], firsts int[], lasts int[], starts int[], pasts int[], tied int[], lows int[], highs int[],
    classes int[], after int[], word_starts int[], word_pasts int[]
)
    returns setof int
    language plpgsql
    stable
    strict
    parallel safe
    set enable_nestloop = off
    set enable_mergejoin = off
as $$
begin
    return query
        with hit as materialized (
            select
                h.n::int as n, h.rule_id, h.first, h.last, h.start, h.past, h.tied & 1 > 0 as tied_before, h.tied & 2 > 0 as tied_after, h.low, h.high,
                motjuste.counts((h.high - h.low) / 64 + 1) as steps
            from unnest(rules, firsts, lasts, starts, pasts, tied, lows, highs) with ordinality as h (rule_id, first, last, start, past, tied, low, high, n)
        ),
        context as materialized (
            select (row_number() over ())::int as id, c.*
            from (select distinct h.rule_id from hit as h) as h
            cross join lateral (select c.* from motjuste.context as c where c.rule_id = h.rule_id offset 0) as c
        ),
        side as materialized (
            select
                h.n, c.id, c.kind, c.side,
                c.edge and case
                    when c.side = 'before' then not h.tied_before or h.low > h.first - 1 or h.start - word_pasts[h.first - 1] > 1
                    else not h.tied_after or h.high < h.last + 1 or word_starts[h.last + 1] - h.past > 1
                end as held
            from hit as h
            join context as c on c.rule_id = h.rule_id
        ),
        word as materialized (
            select x.at, admitted.classes[x.at] as class from (select distinct h.low + unnest(motjuste.counts(h.high - h.low)) as at from hit as h) as x
        ),
        phrase as materialized (
            select c.id, unnest(c.phrases) as phrase from context as c
        ),
        known as materialized (
            select k.class, k.phrase, k.entry
            from (
                select d.class, unnest(c.phrases) as phrase, unnest(c.entries) as entry
                from (select distinct w.class from word as w) as d
                cross join lateral (select c.* from motjuste.class as c where c.id = d.class offset 0) as c
            ) as k
            where k.phrase in (select p.phrase from phrase as p)
        ),
        -- the phrases of which a keyword stands in the words around at all
        near as materialized (
            select p.id, p.phrase from phrase as p where p.phrase in (select k.phrase from known as k)
        ),
        -- the keywords of contexts in the words around; `place` is of the phrase and of so many words in a row
        key as materialized (
            select k.phrase, k.entry, w.at, k.phrase * 100000000::bigint + w.at / 64 as place
            from known as k
            join word as w on w.class = k.class
        ),
        attempt as materialized (
            select s.n, s.kind, s.side, s.phrase, k.entry, k.at
            from (
                select s.*, s.phrase * 100000000::bigint + s.low / 64 + unnest(s.steps) as place
                from (
                    select
                        x.n, x.kind, x.side, p.phrase, h.steps,
                        case when x.side = 'after' then h.last + 1 else h.low end as low,
                        case when x.side = 'before' then h.first - 1 else h.high end as high
                    from side as x
                    join near as p on p.id = x.id
                    join hit as h on h.n = x.n
                    where (x.side <> 'before' or h.tied_before) and (x.side <> 'after' or h.tied_after)
                ) as s
            ) as s
            join key as k on k.place = s.place
            where k.at between s.low and s.high
        ),
        candidate as materialized (
            select a.phrase, a.entry, a.at, row_number() over () as k
            from (select distinct x.phrase, x.entry, x.at from attempt as x) as a
        ),
        standing as materialized (
            select c.phrase, c.entry, c.at, w.first, w.past
            from motjuste.walked(
                (select array_agg(c.phrase order by c.k) from candidate as c), (select array_agg(c.entry order by c.k) from candidate as c),
                (select array_agg(c.at order by c.k) from candidate as c), admitted.classes, admitted.after
            ) as w
            join candidate as c on c.k = w.n
        ),
        stood as (
            select a.n, a.kind, a.side, s.first, s.past
            from attempt as a
            join standing as s on s.phrase = a.phrase and s.entry = a.entry and s.at = a.at
        ),
        held as materialized (
            select distinct s.n, s.kind, s.side
            from stood as s
            join hit as h on h.n = s.n
            where s.first >= h.low and s.past - 1 <= h.high and case s.side
                when 'before' then s.past = h.first
                when 'after' then s.first = h.last + 1
                when 'phrase' then word_starts[s.first] < h.past and word_pasts[s.past - 1] > h.start
                else true
            end
        )
        select h.n
        from hit as h
        where h.n not in (
            select s.n
            from side as s
            left join held as x on x.n = s.n and x.kind = s.kind and x.side = s.side
            where (s.held or x.n is not null) = (s.kind = 'unless')
        );
end
$$;

-- admitted_in(rules, bodies, starts, lengths): the numbers of those parts of these texts, whole words, that the context admits.
create or replace function motjuste.admitted_in(rules text[], bodies text[], starts int[], lengths int[])
    returns setof int
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    t record;
    firsts int[];
    lasts int[];
    lows int[];
    highs int[];
    tied int[];
    around_lows int[];
    around_highs int[];
begin
    select x.* into t
    from motjuste.read(array(select motjuste.skeleton(b.body) from unnest(bodies) with ordinality as b (body, r) order by b.r)) as x;
    select
        array_agg(x.first order by x.r), array_agg(x.last order by x.r), array_agg(x.low order by x.r), array_agg(x.high order by x.r),
        array_agg(coalesce(t.after[x.first - 1] < 100, false)::int + 2 * (t.after[x.last] < 100)::int order by x.r),
        array_agg(width_bucket(x.low - motjuste.reach() - 1, t.starts) + 1 order by x.r), array_agg(width_bucket(x.high + motjuste.reach(), t.pasts) order by x.r)
    into firsts, lasts, lows, highs, tied, around_lows, around_highs
    from (
        select p.r, p.low, p.high, min(w.n)::int as first, max(w.n)::int as last
        from (
            select s.r, t.bases[s.r] + s.start as low, t.bases[s.r] + s.start + s.length as high
            from unnest(starts, lengths) with ordinality as s (start, length, r)
        ) as p
        join unnest(t.readings, t.starts, t.pasts) with ordinality as w (r, start, past, n)
            on w.r = p.r and w.start >= p.low and w.past <= p.high
        group by p.r, p.low, p.high
    ) as x;
    return query
        select *
        from motjuste.admitted(rules, firsts, lasts, lows, highs, tied, around_lows, around_highs, t.classes, t.after, t.starts, t.pasts);
end
$$;

-- matched(folded): every match in these folded notes, before those inside another are left out; `i` counts the notes. Without a rule: where a word
-- that weighs much begins in the first reading.
create or replace function motjuste.matched(folded text[])
    returns table (i int, rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    set enable_nestloop = off
    set enable_mergejoin = off
    set enable_bitmapscan = off -- it takes longer where one row is looked up, and that is how most is
as $$
#variable_conflict use_column
declare
    bodies text[]; -- the readings of all notes; those after `own` are for masked words only
    owner int[]; -- their notes
    cuts text[]; -- and what was cut from them
    sizes text[];
    nears int4multirange[];
    bones text[] := '{}';
    one text;
    hidden boolean := false; -- whether a word may be masked
    own int;
    t record; -- what `read` says of them
    phrases int[]; -- candidates: which keyword of each is which word
    entries int[];
    tokens int[];
    singles int[]; -- phrases of one word that match
    places int[];
    m record;
    last_phrase int := -1;
    past int := 0;
    rules text[] := '{}'; -- the matches
    begins int[] := '{}';
    ends int[] := '{}';
    starts int[] := '{}';
    pasts int[] := '{}';
    tied int[];
    lows int[];
    highs int[];
    other_rules text[] := '{}'; -- the matches that are not of phrases
    other_readings int[] := '{}';
begin
    select
        array_agg(v.body order by n.i, v.k), array_agg(n.i order by n.i, v.k),
        array_agg(v.at::text order by n.i, v.k), array_agg(v.size::text order by n.i, v.k), array_agg(v.near order by n.i, v.k)
    into bodies, owner, cuts, sizes, nears
    from unnest(matched.folded) with ordinality as n (folded, i)
    cross join lateral motjuste.variants(n.folded) with ordinality as v (body, at, size, near, k);
    own := cardinality(bodies);
    -- a masked word is looked for in the note as it is folded, which is a reading of its own where the first is another
    foreach one in array matched.folded loop
        hidden := hidden or motjuste.may_be_masked(one);
    end loop;
    if hidden then
        select array_agg(m.rule_id order by m.n), array_agg(m.i order by m.n), array_agg(m.start order by m.n), array_agg(m.start + m.length order by m.n)
        into other_rules, other_readings, starts, pasts
        from (
            select n.i::int as i, k.rule_id, k.start, k.length, row_number() over () as n
            from unnest(matched.folded) with ordinality as n (folded, i)
            cross join lateral motjuste.masked(n.folded) as k
        ) as m;
        for m in
            select d.i, min(o.r)::int as r
            from (select distinct unnest(other_readings) as i) as d
            left join unnest(owner, cuts) with ordinality as o (i, cut, r) on o.i = d.i and o.cut = '{}' and o.r <= own
            group by d.i
        loop
            if m.r is null then
                bodies := bodies || matched.folded[m.i];
                owner := owner || m.i;
                cuts := cuts || '{}'::text;
                sizes := sizes || '{}'::text;
                m.r := cardinality(owner);
            end if;
            other_readings := array(select case when o.i = m.i then -m.r else o.i end from unnest(other_readings) with ordinality as o (i, n) order by o.n);
        end loop;
    end if;
    foreach one in array bodies loop
        bones := bones || motjuste.skeleton(one);
    end loop;
    select x.* into t from motjuste.read(bones) as x;
    if t.words = '{}' then
        return;
    end if;
    return query
        select l.i, null::text, t.starts[l.n] - t.bases[l.r], 0
        from (select x.n, t.readings[x.n] as r, owner[t.readings[x.n]] as i from unnest(t.leads) as x (n)) as l
        where l.i is distinct from owner[l.r - 1];
    with keyword as materialized (
        select k.* from motjuste.keyword as k where k.set_id = any (t.sets)
    ),
    key as materialized (
        select o.n, k.alone, k.phrases, k.entries
        from (
            select c.class, k.* from unnest(t.opened, t.sets) as c (class, set_id) join keyword as k on k.set_id = c.set_id offset 0
        ) as k
        join unnest(t.classes) with ordinality as o (class, n) on o.class = k.class
        where t.readings[o.n] <= own
            and (k.near is null or case
                when k.most > k.least then t.classes[o.n + k.least : o.n + k.most] && k.near else t.classes[o.n + k.least] = any (k.near)
            end)
            and (k.also is null or case
                when k.also_most > k.also_least then t.classes[o.n + k.also_least : o.n + k.also_most] && k.also
                else t.classes[o.n + k.also_least] = any (k.also)
            end)
    )
    select
        (select array_agg(c.phrase) from (select unnest(k.phrases) as phrase from key as k) as c),
        (select array_agg(coalesce(c.entry, 0)) from (select unnest(k.phrases), unnest(k.entries) as entry from key as k) as c),
        (select array_agg(c.n) from (select k.n, unnest(k.phrases) from key as k) as c),
        (select array_agg(c.phrase) from (select unnest(k.alone) as phrase from key as k) as c),
        (select array_agg(c.n) from (select k.n, unnest(k.alone) from key as k) as c)
    into phrases, entries, tokens, singles, places;
    -- of the matches of one phrase that begin at one word the longest, and none that overlaps the one before
    for m in
        select c.phrase, c.first, p.rule_id, max(c.past) as past
        from (
            select c.phrase, w.first, w.past
            from motjuste.walked(phrases, entries, tokens, t.classes, t.after) as w
            join unnest(phrases) with ordinality as c (phrase, n) on c.n = w.n
            union all
            select c.phrase, c.first, c.first + 1
            from unnest(singles, places) as c (phrase, first)
        ) as c
        cross join lateral (select p.rule_id from motjuste.phrase as p where p.id = c.phrase offset 0) as p
        group by c.phrase, c.first, p.rule_id
        order by c.phrase, c.first
    loop
        if m.phrase <> last_phrase or m.first >= past then
            rules := rules || m.rule_id;
            begins := begins || m.first;
            ends := ends || (m.past - 1);
            last_phrase := m.phrase;
            past := m.past;
        end if;
    end loop;
    select
        coalesce(other_rules || array_agg(n.rule_id order by n.k), '{}'), other_readings || array_agg(-n.r order by n.k), starts || array_agg(n.start order by n.k),
        pasts || array_agg(n.start + n.length order by n.k)
    into other_rules, other_readings, starts, pasts
    from motjuste.numbers(bodies[:own], t.words, t.readings, t.starts, t.pasts, t.bases, t.callers)
        with ordinality as n (r, rule_id, start, length, k)
    where motjuste.has_key(n.rule_id, substr(bodies[n.r], n.start + 1, n.length));
    if rules = '{}' and other_rules = '{}' then
        return;
    end if;
    with other as materialized (
        -- the first word that does not begin before it, and the last that ends in it or before
        select
            o.*, p.low, p.high, width_bucket(p.low - 1, coalesce(t.starts, '{}')) + 1 as first,
            width_bucket(p.high, coalesce(t.pasts, '{}')) as last
        from (
            select distinct o.rule_id, -o.r, o.start, o.past from unnest(other_rules, other_readings, starts, pasts) as o (rule_id, r, start, past)
        ) as o (rule_id, r, start, past)
        cross join lateral (select t.bases[o.r] + o.start as low, t.bases[o.r] + o.past as high) as p
    ),
    match as materialized (
        select distinct
            x.rule_id, x.first, x.last, t.starts[x.first] as low, t.pasts[x.last] as high,
            coalesce(t.after[x.first - 1] < 100, false) as tied_before, t.after[x.last] < 100 as tied_after
        from unnest(rules, begins, ends) as x (rule_id, first, last)
        union
        select
            o.rule_id, o.first, o.last, o.low, o.high,
            case
                when o.low = t.starts[o.first] then coalesce(t.after[o.first - 1] < 100, false)
                else coalesce(o.low - t.pasts[o.first - 1] <= motjuste.apart() / 2, false)
                    and substr(bones[o.r], t.pasts[o.first - 1] - t.bases[o.r] + 1, o.low - t.pasts[o.first - 1]) !~ '[.;]'
            end,
            case
                when o.high = t.pasts[o.last] then t.after[o.last] < 100
                else coalesce(t.starts[o.last + 1] - o.high <= motjuste.apart() / 2, false)
                    and substr(bones[o.r], o.high - t.bases[o.r] + 1, t.starts[o.last + 1] - o.high) !~ '[.;]'
            end
        from other as o
    )
    select
        array_agg(m.rule_id), array_agg(m.first), array_agg(m.last), array_agg(m.low), array_agg(m.high),
        array_agg(m.tied_before::int + 2 * m.tied_after::int),
        array_agg(width_bucket(m.low - motjuste.reach() - 1, t.starts) + 1), array_agg(width_bucket(m.high + motjuste.reach(), t.pasts))
    into rules, begins, ends, starts, pasts, tied, lows, highs
    from match as m;
    return query
        select owner[h.r], h.rule_id, o.start, o.length
        from (
            select rules[a.n] as rule_id, t.readings[begins[a.n]] as r, starts[a.n] as start, pasts[a.n] - starts[a.n] as length
            from motjuste.admitted(rules, begins, ends, starts, pasts, tied, lows, highs, t.classes, t.after, t.starts, t.pasts) as a (n)
        ) as h
        join (
            select d.r, nullif(cuts[d.r], '{}')::int[] as at, nullif(sizes[d.r], '{}')::int[] as size, nears[d.r] as near
            from (select distinct t.readings[begins[x.a]] as r from generate_series(1, cardinality(begins)) as x (a)) as d
            offset 0 -- read as arrays once
        ) as c on c.r = h.r and (c.near && int4range(h.start - t.bases[h.r], h.start - t.bases[h.r] + h.length, '[]')) is not false
        cross join lateral motjuste.original(h.start - t.bases[h.r], h.length, c.at, c.size) as o;
end
$$;

-- mask(): a word with signs, or with digits that stand for letters.
create or replace function motjuste.mask()
    returns text
    language sql
    immutable
    parallel safe
as $$
    select '(?<![a-z0-9œæ])[a-z][a-z0-9œæ]*[*@$#][*@$#a-z0-9œæ]*|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])'
$$;

-- may_be_masked(folded): whether a folded note holds such a word.
create or replace function motjuste.may_be_masked(folded text)
    returns boolean
    language sql
    immutable
    parallel safe
as $$
    select folded ~ motjuste.mask()
$$;

-- masked(folded): the masked words of a folded note, and of which rule: c*n, co****, c0nnard.
create or replace function motjuste.masked(folded text)
    returns table (rule_id text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
as $$
#variable_conflict use_column
declare
    mask constant text := motjuste.mask();
    -- the signs in a row in which such a word lies: what looks behind is read from the beginning for each match
    around constant text := '[a-z0-9œæ*@$#]*[a-z][a-z0-9œæ]*[*@$#0134][a-z0-9œæ*@$#]*';
begin
    if not motjuste.may_be_masked(folded) then
        return;
    end if;
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
            select r.at + x.start - 1 as start, length(x.word) as length, x.word
            from run as r
            join (
                select d.run, regexp_instr(d.run collate "C", mask, 1, n) as start, regexp_substr(d.run collate "C", mask, 1, n) as word
                from (select distinct run.run from run) as d
                cross join lateral generate_series(1, regexp_count(d.run collate "C", mask)) as n
            ) as x on x.run = r.run
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
        select o.rule_id, s.start, s.length
        from seen as s
        join owner as o on o.word = s.word;
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

-- is_name(before, span): whether a span of a note is written as a name: with capitals after a title, or inside a
-- sentence.
create or replace function motjuste.is_name(before text, span text)
    returns boolean
    language sql
    immutable
    strict
    parallel safe
as $$
    select span collate "C" ~ E'^(?:[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?(?:[.] ?| ))?[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ\u0300-\u036f]+(?:[ -](?:et|[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ\u0300-\u036f]+))*$'
        and (
            span collate "C" ~ '^[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?(?:[.] ?| )'
            or right(before, 16) collate "C" ~ (
                '(?:^|[^A-Za-zÀ-ÖØ-öø-ÿŒœ])(?:[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?|[Dd]r|[Ff]amille|[ÉEé]poux|[Cc]onsorts)[.]? *$'
                || '|[A-Za-z0-9À-ÖØ-öø-ÿŒœ](?: +|[''’-])$'
            )
        )
$$;

-- lined(note): the note folded, U+0001, which no plain text holds, for its line ends.
create or replace function motjuste.lined(note text)
    returns text
    language sql
    immutable
    parallel safe
as $$
    select motjuste.fold(replace(note collate "C", E'\n', E'\u0001'))
$$;

-- found_in(notes, lines): the findings of many plain texts, `i` their numbers from 1; `lines` are these as `lined` has them. A match inside
-- another of its category is left out.
create or replace function motjuste.found_in(notes text[], lines text[])
    returns table (i int, rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan -- to plan for each note would cost more than the work
    set enable_nestloop = off -- as to go through all of one list for each of another
    set enable_mergejoin = off
    set jit = off -- as would compiling the plan
as $$
#variable_conflict use_column
declare
    folded text[] := '{}';
    one text;
    numbers int[]; -- the notes to look at, and what matches in them; no rule: a word that weighs much
    rules text[];
    starts int[];
    lengths int[];
begin
    foreach one in array lines loop
        folded := folded || replace(one collate "C", E'\u0001', ' ');
    end loop;
    select array_agg(m.i), array_agg(m.rule_id), array_agg(m.start), array_agg(m.length)
    into numbers, rules, starts, lengths
    from motjuste.matched(folded) as m;
    -- where nothing matches, only what the words of a sentence weigh together: most notes end here, without the long query below
    if array_remove(rules, null) = '{}' then
        numbers := array(
            -- the sentences of a note are made once, however much matches in it, and each match is in the one that begins last before it
            with sentence as materialized (
                select row_number() over (order by n.i, s.start) as id, n.i, s.start, s.words
                from (select distinct m.i from unnest(numbers) as m (i)) as n
                cross join lateral (select v.* from motjuste.written(replace(lines[n.i] collate "C", E'\u0001', '.')) as v offset 0) as v
                cross join lateral motjuste.sentences(v.body) as s
            ),
            wanted as (
                select distinct x.first + width_bucket(m.start, x.begins) - 1 as id
                from unnest(numbers, starts) as m (i, start)
                join (select s.i, min(s.id) as first, array_agg(s.start order by s.id) as begins from sentence as s group by s.i) as x on x.i = m.i
            )
            select distinct s.i
            from sentence as s
            join wanted as w on w.id = s.id
            join motjuste.scale as k on k.category = ''
            where k.base + motjuste.weight(s.words) >= k.threshold
        );
        rules := array_fill(null::text, array[cardinality(numbers)]);
        starts := array_fill(0, array[cardinality(numbers)]);
        lengths := starts;
    end if;
    if numbers is null or numbers = '{}' then
        return;
    end if;
    return query
        with match as materialized (
            select distinct m.* from unnest(numbers, rules, starts, lengths) as m (i, rule_id, start, length)
        ),
        note as materialized (
            select
                n.i::int as i, n.note, n.lines, p.parts, p.starts
            from unnest(notes, lines) with ordinality as n (note, lines, i)
            left join lateral motjuste.parts(n.note) as p on octet_length(n.note) > 20000
            where n.i in (select m.i from match as m)
        ),
        -- a match as it is written, with what stands beside it
        written as materialized (
            select
                x.i, x.rule_id, x.start, x.length, substr(x.around, 1, least(x.start, 64)) as before,
                substr(x.around, least(x.start, 64) + 1, x.length) as span, substr(x.around, least(x.start, 64) + x.length + 1) as after
            from (
                select
                    m.*, case
                        when n.parts is not null then motjuste.stretch(n.parts, n.starts, greatest(m.start - 64, 0), least(m.start, 64) + m.length + 64)
                        else substr(n.note, greatest(m.start - 64, 0) + 1, least(m.start, 64) + m.length + 64)
                    end as around
                from match as m
                join note as n on n.i = m.i
                where m.rule_id is not null
                offset 0
            ) as x
        ),
        quote as materialized (
            select n.i, motjuste.quotes(n.lines) as quotes from note as n where n.lines like '%"%'
        ),
        ruled as materialized (
            select row_number() over () as id, x.*, r.category, r.level = 'block' as grave, r.calm, r.spared, k.unsure,
                case
                    -- between quotation marks: one was opened before it, one follows
                    when k.quoted <> '' and q.quotes[cardinality(q.quotes)] >= x.start + x.length
                        and width_bucket(x.start - 1, q.quotes) % 2 = 1
                        then k.quoted
                    else r.level
                end as level
            from written as x
            cross join lateral (select r.* from motjuste.rule as r where r.id = x.rule_id offset 0) as r
            join motjuste.category as k on k.code = r.category
            left join quote as q on q.i = x.i
            where k.capitals = '' or not motjuste.is_name(x.before, x.span)
        ),
        reading as materialized (
            select h.i, v.body, v.at, v.size
            from (select m.i from ruled as m union select m.i from match as m where m.rule_id is null) as h
            join note as n on n.i = h.i
            cross join lateral (select v.* from motjuste.written(replace(n.lines collate "C", E'\u0001', '.')) as v offset 0) as v
            where exists (select from motjuste.scale)
        ),
        -- their sentences; each is known by one number: to join by two is slow where the server takes one of them first
        sentence as materialized (
            select
                row_number() over (order by h.i, s.start) as id, h.i, o.start, o.length, s.words, s.start as at, s.length as size
            from reading as h
            cross join lateral motjuste.sentences(h.body) as s
            cross join lateral motjuste.original(s.start, s.length, nullif(h.at, '{}'), nullif(h.size, '{}')) as o
        ),
        -- those that hold a word that weighs much
        loud as materialized (
            select distinct s.id
            from (select s.id, motjuste.spelt(unnest(s.words)) as word from sentence as s) as s
            join (
                select d.word
                from (select distinct motjuste.spelt(unnest(s.words)) as word from sentence as s) as d
                cross join lateral (select w.leads from motjuste.word as w where w.word = d.word offset 0) as w
                where w.leads
            ) as w on w.word = s.word
        ),
        -- the sentences that begin last before a match begins and ends
        beginning as materialized (
            select m.id, m.calm, m.start, m.start + m.length as past,
                x.first + width_bucket(m.start, x.starts) - 1 as one, x.first + width_bucket(m.start + m.length - 1, x.starts) - 1 as other
            from ruled as m
            join (select s.i, min(s.id) as first, array_agg(s.start order by s.id) as starts from sentence as s group by s.i) as x on x.i = m.i
        ),
        held as materialized (
            select b.id, s.id as sentence
            from beginning as b
            join sentence as s on s.id = b.one
            where b.calm is not null and b.past <= s.start + s.length and b.start >= s.start
        ),
        -- the same words are weighed once, the same matches in the same surroundings likewise; `n` is the number of the words
        wanted as materialized (
            select s.*, l.id is not null as leads, dense_rank() over (order by s.words) as n
            from sentence as s
            left join loud as l on l.id = s.id
            where l.id is not null or s.id in (select h.sentence from held as h)
        ),
        token as materialized (
            select distinct d.n, unnest(motjuste.features(d.words)) as token from (select distinct on (w.n) w.n, w.words from wanted as w) as d
        ),
        known as materialized (
            select w.token, w.fault from motjuste.weight as w where w.token = any (array(select distinct t.token from token as t))
        ),
        weight as materialized (
            select t.n, k.base + sum(coalesce(n.fault, 0)) as weight
            from token as t
            left join known as n on n.token = t.token
            join motjuste.scale as k on k.category = ''
            group by t.n, k.base
        ),
        -- only of a sentence that may be a finding, or that holds a match
        neighbour as materialized (
            select x.id, s.words
            from (
                select w.id, w.i, generate_series(w.id - 5, w.id + 5) as other
                from wanted as w
                join weight as x on x.n = w.n
                join motjuste.scale as k on k.category = ''
                where x.weight >= k.threshold or w.id in (select h.sentence from held as h)
            ) as x
            join sentence as s on s.id = x.other
            where s.i = x.i and s.id <> x.id
        ),
        far as materialized (
            select d.words, motjuste.far(d.words) as far from (select distinct n.words from neighbour as n) as d
        ),
        -- what those around it say together (weights.AROUND, LOUDEST), and what of it speaks for a match
        told as materialized (
            select
                w.id, w.i, w.start, w.length, w.words, w.leads, w.at, w.size, x.weight,
                greatest(-12, least(12, coalesce(f.far, 0)))::int as around, least(12, coalesce(f.for_it, 0))::int as for_it
            from wanted as w
            join weight as x on x.n = w.n
            left join (
                select n.id, sum(f.far) as far, sum(greatest(f.far, 0)) as for_it
                from neighbour as n
                join far as f on f.words = n.words
                group by n.id
            ) as f on f.id = w.id
        ),
        stands as materialized (
            select m.id, x::text as place, x.*
            from held as h
            join ruled as m on m.id = h.id
            join sentence as s on s.id = h.sentence
            cross join lateral (select m.before, m.span, m.after, s.words) as x
        ),
        beside as materialized (
            select d.place, motjuste.beside(d.span, d.words) + motjuste.signs(d.before, d.span, d.after, d.words) as weight
            from (select distinct on (s.place) s.* from stands as s) as d
        ),
        -- a match is none where the words around it in its sentence speak against it; one of level block only where those right beside it
        -- do, else it is watched. Where they do not speak for it either, it has the level that its category has then.
        judged as materialized (
            select
                m.id, x.place, w.weight, w.weight < m.calm as against, w.weight < m.calm and m.grave as asked, m.spared,
                case when m.level = 'block' then nullif(m.unsure, '') end as unsure
            from held as h
            join ruled as m on m.id = h.id
            join told as s on s.id = h.sentence
            join stands as x on x.id = h.id
            join beside as b on b.place = x.place
            cross join lateral (select s.weight + case when m.grave then s.for_it else s.around end + b.weight as weight) as w
        ),
        sense as materialized (
            select d.place, motjuste.sense(d.before, d.span, d.after) as sense
            from (select distinct on (s.place) s.* from judged as j join stands as s on s.id = j.id where j.asked) as d
        ),
        doubted as materialized (
            select j.id, j.against and not c.spared as against, case when c.spared then 'watch' when j.weight < k.sure then j.unsure end as lower
            from judged as j
            left join sense as s on s.place = j.place
            join motjuste.scale as k on k.category = ''
            cross join lateral (select j.asked and coalesce(s.sense >= j.spared, false) as spared) as c
        ),
        spoken as (
            select m.i, m.rule_id, m.category, m.grave, m.start, m.length,
                coalesce(d.lower, m.level) as level
            from ruled as m
            left join doubted as d on d.id = m.id
            where d.against is not true
        ),
        -- the sentences in which a rule found something
        touched as materialized (
            select distinct s.id
            from (
                select b.start, b.past, generate_series(b.one, b.other) as sentence
                from beginning as b
                left join doubted as d on d.id = b.id
                where d.against is not true
            ) as b
            join sentence as s on s.id = b.sentence
            where s.start < b.past and s.start + s.length > b.start
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
        -- what of a sentence is said by other words than those of a match that they outweigh: it means something else
        said as materialized (
            select x.id, x.rest, k.base + motjuste.weight(x.rest) as weight
            from (
                select o.id, array(select w.word from unnest(motjuste.plain(s.words)) with ordinality as w (word, n) where w.word <> all (o.own) order by w.n) as rest
                from (
                    select h.sentence as id, array_agg(w.word) as own
                    from doubted as d
                    join ruled as m on m.id = d.id
                    join held as h on h.id = d.id
                    cross join lateral unnest(motjuste.plain(motjuste.words(motjuste.fold(m.span)))) as w (word)
                    where d.against
                    group by h.sentence
                ) as o
                join told as s on s.id = o.id
                where o.id not in (select t.id from touched as t)
            ) as x
            join motjuste.scale as k on k.category = ''
            where exists (select from motjuste.word as w where w.leads and w.word = any (x.rest))
        ),
        -- what the words of a sentence say together, where no rule found anything in it
        heavy as materialized (
            select row_number() over () as n, s.i, s.start, s.length, r.id as rule_id, r.category, r.level, s.at - x.base as at, s.size,
                substr(b.body, x.base + 1, s.size + 2 * 200) as part -- what stands around a sentence is near it
            from (
                select s.*, motjuste.heaviest(s.said) as category
                from (
                    select s.*, coalesce(o.rest, s.words) as said
                    from told as s
                    join motjuste.scale as k on k.category = ''
                    left join said as o on o.id = s.id
                    where s.leads and coalesce(o.weight, s.weight) + least(s.around, 0) >= k.threshold and s.id not in (select t.id from touched as t)
                        and (o.id is not null or s.id not in (select h.sentence from doubted as d join held as h on h.id = d.id where d.against))
                    offset 0
                ) as s
                offset 0
            ) as s
            join reading as b on b.i = s.i
            join motjuste.rule as r on r.together and r.category = s.category
            cross join lateral (select greatest(s.at - 200, 0) as base) as x
        ),
        alone as (
            select s.i, s.rule_id, s.category, s.level, s.start, s.length
            from heavy as s
            where s.n in (
                select motjuste.admitted_in(array_agg(h.rule_id order by h.n), array_agg(h.part order by h.n), array_agg(h.at order by h.n), array_agg(h.size order by h.n))
                from heavy as h
                having count(*) > 0
            )
        )
        select m.* from (table heard union all table alone) as m
        order by m.i, m.start, m.length desc, m.rule_id collate "C";
end
$$;

-- found(notes): the findings of many notes, `i` their numbers from 1: those of their plain texts, and of the first as it was meant where words are misspelt.
-- What is found in several of a note is one at its highest level, and what the words of a sentence say together stays where nothing else is found in it.
create or replace function motjuste.found(notes text[])
    returns table (i int, rule_id text, category text, level text, start int, length int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan -- a plan made for these very notes expects so many rows that it prepares gigabytes
    set jit = off
as $$
#variable_conflict use_column
declare
    bodies text[];
    owner int[];
    cuts text[];
    nears int4multirange[];
    firsts int[]; -- which of the bodies are the first plain text of a note
    written int; -- so many of them are written so: those after these have words that were meant
    more record;
    odd boolean := false;
    lines text[] := '{}';
    one text;
begin
    if notes = '{}' then
        return;
    end if;
    if motjuste.kernel_function() <> 0 then
        begin
            return query select f.* from motjuste_kernel.found(notes) as f;
            return;
        exception
            when undefined_file or undefined_function or invalid_schema_name or internal_error or sqlstate 'MJ004' then
                null; -- the server lost it, or has another version of it
        end;
    end if;
    foreach one in array notes loop
        odd := odd or coalesce(motjuste.is_odd(one), true);
        exit when odd;
    end loop;
    if odd then
        select
            array_agg(p.body order by n.i, p.k), array_agg(n.i order by n.i, p.k),
            array_agg(array[p.at::text, p.size::text, p.joined_at::text, p.joined_size::text] order by n.i, p.k), array_agg(p.near order by n.i, p.k)
        into bodies, owner, cuts, nears
        from unnest(notes) with ordinality as n (note, i)
        cross join lateral motjuste.plains(n.note) with ordinality as p (body, at, size, joined_at, joined_size, near, k);
        firsts := array(select min(o.n)::int from unnest(owner) with ordinality as o (i, n) group by o.i order by o.i);
        if bodies is null then
            return; -- none of them is a note
        end if;
    else
        bodies := notes;
        owner := array(select generate_series(1, cardinality(notes)));
        cuts := array_fill('{}'::text, array[cardinality(notes), 4]);
        nears := array_fill(null::int4multirange, array[cardinality(notes)]);
        firsts := owner;
    end if;
    foreach one in array bodies loop
        lines := lines || motjuste.lined(one);
    end loop;
    select
        array_agg(c.body order by c.i) as bodies, array_agg(owner[firsts[c.i]] order by c.i) as owner,
        array_agg(array[cuts[firsts[c.i]][1], cuts[firsts[c.i]][2], c.at::text, c.size::text] order by c.i) as cuts,
        array_agg(c.near order by c.i) as nears
    into more
    from motjuste.corrected(
        array(select bodies[f.n] from unnest(firsts) with ordinality as f (n, i) order by f.i),
        array(select lines[f.n] from unnest(firsts) with ordinality as f (n, i) order by f.i)
    ) as c;
    written := cardinality(bodies);
    if more.bodies is not null then
        bodies := bodies || more.bodies;
        owner := owner || more.owner;
        cuts := cuts || more.cuts;
        foreach one in array more.bodies loop
            lines := lines || motjuste.lined(one);
        end loop;
        nears := nears || more.nears;
    elsif not odd then
        return query select f.* from motjuste.found_in(notes, lines) as f;
        return;
    end if;
    return query
        with body as materialized (
            -- read as arrays once, and not for each finding
            select x.i, cuts[x.i][1]::int[] as at, cuts[x.i][2]::int[] as size, cuts[x.i][3]::int[] as joined_at, cuts[x.i][4]::int[] as joined_size,
                nears[x.i] as near
            from generate_series(1, cardinality(bodies)) as x (i)
        ),
        told as materialized (
            select distinct on (owner[f.i], o.start, o.length, f.rule_id)
                owner[f.i] as i, f.rule_id, f.category, f.level, o.start, o.length, r.level = 'block' as grave, r.together
            from motjuste.found_in(bodies, lines) as f
            cross join lateral (select r.* from motjuste.rule as r where r.id = f.rule_id offset 0) as r
            join body as b on b.i = f.i and (b.near && int4range(f.start, f.start + f.length, '[]')) is not false
            cross join lateral motjuste.stored(f.start, f.length, b.joined_at, b.joined_size) as j
            cross join lateral motjuste.stored(j.start, j.length, b.at, b.size) as o
            where not r.together or f.i <= written -- words together speak of what is written
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

-- suspects(notes): the numbers, from 1, of the notes in which something is found.
create or replace function motjuste.suspects(notes text[])
    returns setof int
    language plpgsql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query select distinct f.i from motjuste.found(notes) as f;
end
$$;

-- suspect(note): whether something is found in a note.
create or replace function motjuste.suspect(note text)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from motjuste.found(array[note]));
end
$$;
