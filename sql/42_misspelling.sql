-- Misspellings: a plain text with what was meant in the place of words that no list has, as toolkit/motjuste/engine/misspelling.py makes it.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

-- slip(word, other): how unlikely a slip made this word of the other: 0, of which two letters were swapped, one left out or one written
-- twice; 1, one for another; 2, one too many; null where it takes more, or they begin otherwise.
create or replace function motjuste.slip(word text, other text)
    returns int
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    same int := 0; -- letters that both begin with
    one text;
    two text;
begin
    while same < length(word) and substr(word, same + 1, 1) = substr(other, same + 1, 1) loop
        same := same + 1;
    end loop;
    one := substr(word, same + 1);
    two := substr(other, same + 1);
    return case
        when same = 0 then null
        when length(one) + 1 = length(two) then case when substr(two, 2) = one then 0 end
        when length(one) = length(two) + 1
            then case when substr(one, 2) = two then case when left(one, 1) = substr(word, same, 1) then 0 else 2 end end
        when length(one) <> length(two) then null
        when substr(one, 2) = substr(two, 2) then 1
        when substr(one, 1, 1) = substr(two, 2, 1) and substr(one, 2, 1) = substr(two, 1, 1) and substr(one, 3) = substr(two, 3) then 0
    end;
end
$$;

-- is_meant(word): whether misspellings are read as this word.
create or replace function motjuste.is_meant(word text)
    returns boolean
    language plpgsql -- its plan is kept; that of an SQL function is made at each call
    stable
    strict
    parallel safe
as $$
begin
    return exists (select from motjuste.word as w where w.word = is_meant.word and w.spelt > 0);
end
$$;

-- meant(strange): what is meant by a strange word, without ligatures; null where it is nothing.
create or replace function motjuste.meant(strange text)
    returns text
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    size constant int := length(strange);
    found text;
begin
    if size < 5 then
        return null;
    end if;
    if strange ~ '[0-9]' then
        if strange !~ '^[a-z]' or 3 * length(regexp_replace(strange, '[0-9]+', '', 'g')) < size then
            return null;
        end if;
        return (
            select x.word
            from unnest(array['l', 'i']) with ordinality as o (one, n)
            cross join lateral (select translate(strange, '0345781', 'oeastb' || o.one) as word) as x
            where motjuste.is_meant(x.word)
            order by o.n
            limit 1
        );
    end if;
    -- a slip leaves the first letters of a word, or the last: fewer than half of them, whatever its length; and the two at the other end, or all
    -- but three
    select case when c.spelt > 0 then c.word end
    into found
    from (
        select w.word, w.spelt, motjuste.slip(strange, w.word) as slip
        from (
            select w.word, w.spelt
            from motjuste.word as w
            where w.spelt is not null and left(w.word, (length(w.word) - 1) / 2) = any (array[left(strange, (size - 2) / 2), left(strange, (size - 1) / 2), left(strange, size / 2)])
                and (right(w.word, 2) = right(strange, 2) or left(w.word, size - 3) = left(strange, size - 3))
            union
            select w.word, w.spelt
            from motjuste.word as w
            where w.spelt is not null and left(w.word, 1) || right(w.word, (length(w.word) - 1) / 2) = any (array[
                    left(strange, 1) || right(strange, (size - 2) / 2), left(strange, 1) || right(strange, (size - 1) / 2), left(strange, 1) || right(strange, size / 2)])
                and (left(w.word, 2) = left(strange, 2) or right(w.word, size - 3) = right(strange, size - 3))
        ) as w
        where abs(length(w.word) - size) < 2 and left(w.word, 1) = left(strange, 1)
        offset 0
    ) as c
    where c.slip is not null
    order by c.slip, abs(c.spelt)
    limit 1;
    if found is null and size >= 8 then
        select x.one || ' ' || x.other
        into found
        from (select n, left(strange, n) as one, substr(strange, n + 1) as other from generate_series(2, size - 2) as n) as x
        cross join lateral (
            select
                coalesce((select w.usual from motjuste.word as w where w.word = x.one offset 0), false) as one_usual,
                coalesce((select w.usual from motjuste.word as w where w.word = x.other offset 0), false) as other_usual
            offset 0
        ) as u
        where u.one_usual and motjuste.is_meant(x.other) or u.other_usual and motjuste.is_meant(x.one)
        order by x.n
        limit 1;
    end if;
    return found;
end
$$;

-- strange(words): those of these folded words that no program has, of 2 to 30 letters; null where there are none.
create or replace function motjuste.strange(words text[])
    returns text[]
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    return (
        select array_agg(d.word)
        from (select distinct u.word from unnest(words) as u (word)) as d
        where length(d.word) between 2 and 30 and d.word collate "C" !~ '^[0-9]+$'
            and (select w.class from motjuste.word as w where w.word = motjuste.spelt(d.word) offset 0) is null
    );
end
$$;

-- is_named(title, ahead, head, has_small): whether a word is written as a name: after the word `title`; it begins with the two signs of `head`,
-- the eight before it are `ahead`, and its text has small letters or not.
create or replace function motjuste.is_named(title text, ahead text, head text, has_small boolean)
    returns boolean
    language sql
    immutable
    parallel safe
as $$
    select coalesce(title in ('m', 'mm', 'mr', 'mme', 'mlle', 'me', 'mle', 'dr', 'pr', 'st', 'ste', 'conj', 'dep'), false) or case
        when head collate "C" ~ '^[A-ZÀ-ÖØ-ÞŒ]{2}' then has_small
        when head collate "C" ~ '^[A-ZÀ-ÖØ-ÞŒ]' then ahead collate "C" !~ E'(?:^|[.!?\n])[^0-9A-ZÀ-ÖØ-ÞŒa-zß-öø-ÿœ]*$'
        else false
    end
$$;

-- corrected(bodies, lines): of these plain texts, by their numbers from 1, those with misspelt words, as they were meant, near these; `lines`
-- are the texts as `lined` has them (motjuste.windowed); `at` and `size` as `plain` has them.
create or replace function motjuste.corrected(bodies text[], lines text[])
    returns table (i int, body text, at int[], size int[], near int4multirange)
    language plpgsql
    stable
    strict
    parallel safe
    rows 10
    set enable_nestloop = off
    set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    folded text[] := '{}';
    one text;
    words text[]; -- of all texts, and whose they are
    owner int[];
    numbers int[]; -- and in which place there
    strange text[];
    places int[]; -- which of them may change, and into what
    meants text[];
    wholes text[];
    bytes bytea[];
begin
    foreach one in array lines loop
        folded := folded || replace(one collate "C", E'\u0001', ' ');
    end loop;
    select array_agg(x.word), array_agg(x.i), array_agg(x.k)
    into words, owner, numbers
    from (
        select w.word, f.i::int as i, w.k::int as k
        from unnest(folded) with ordinality as f (folded, i)
        cross join lateral unnest(motjuste.words(f.folded)) with ordinality as w (word, k)
        order by f.i, w.k
    ) as x;
    strange := motjuste.strange(words);
    if strange is null then
        return;
    end if;
    -- where they are, and what is read there: one word for it, or for it and the next
    with word as materialized (
        select s.word, motjuste.meant(motjuste.spelt(s.word)) as meant from unnest(strange) as s (word)
    ),
    place as materialized (
        select x.n::int as n, w.meant from unnest(words) with ordinality as x (word, n) join word as w on w.word = x.word
    ),
    pair as materialized (
        select p.n, motjuste.spelt(words[p.n] || words[p.n + 1]) as whole
        from (select p.n from place as p union select p.n - 1 from place as p) as p
        where owner[p.n] = owner[p.n + 1] and length(words[p.n]) > 1 and length(words[p.n + 1]) > 1
    ),
    whole as materialized (
        select d.whole
        from (select distinct p.whole from pair as p where length(p.whole) <= 30) as d
        cross join lateral (select w.spelt from motjuste.word as w where w.word = d.whole offset 0) as w
        where w.spelt > 0
    ),
    found as (
        select p.n, p.meant, null as whole from place as p where p.meant is not null
        union all
        select p.n, null, p.whole from pair as p join whole as w on w.whole = p.whole
    )
    select array_agg(x.n), array_agg(x.meant), array_agg(x.whole)
    into places, meants, wholes
    from (select f.n, max(f.meant) as meant, max(f.whole) as whole from found as f group by f.n) as x;
    if places is null then
        return;
    end if;
    bytes := array(select convert_to(b.body, 'UTF8') from unnest(bodies) with ordinality as b (body, i) order by b.i);
    return query
        with told as materialized (
            select owner[x.n] as i, numbers[x.n] as k, x.meant, x.whole
            from unnest(places, meants, wholes) as x (n, meant, whole)
        ),
        token as materialized (
            select
                p.i, p.k::int as k, p.hits[1] as word, p.past - length(p.hits[1]) as start, p.past,
                lag(p.hits[1]) over w as before, lead(p.piece) over w as gap, lead(p.past - length(p.hits[1])) over w as next_start, lead(p.past) over w as next_past
            from (
                select f.i::int as i, x.k, x.piece, x.hits, (sum(length(x.piece) + length(x.hits[1])) over (partition by f.i order by x.k))::int as past
                from unnest(folded) with ordinality as f (folded, i)
                cross join lateral rows from (
                    regexp_split_to_table(f.folded collate "C", '[a-z0-9œæ]+'), regexp_matches(f.folded collate "C", '([a-z0-9œæ]+)', 'g')
                ) with ordinality as x (piece, hits, k)
                where f.i in (select t.i from told as t) and x.hits is not null
            ) as p
            window w as (partition by p.i order by p.k)
        ),
        candidate as materialized (
            select c.*
            from (
                select t.*, o.meant, case when t.gap in (' ', '  ') then o.whole end as whole
                from told as o
                join token as t on t.i = o.i and t.k = o.k
            ) as c
            where c.meant is not null or c.whole is not null
        ),
        -- the texts in pieces of 250 characters, each with the next, and where it begins in bytes: to reach a place in a text the server
        -- goes through all before it, but not in bytes
        piece as materialized (
            select
                b.i::int as i, (x.n - 1)::int as n, x.hits[1] || coalesce(lead(x.hits[1]) over w, '') as body,
                (sum(octet_length(convert_to(x.hits[1], 'UTF8'))) over w - octet_length(convert_to(x.hits[1], 'UTF8')))::int as byte
            from unnest(bodies) with ordinality as b (body, i)
            cross join lateral regexp_matches(b.body collate "C", '.{1,250}', 'g') with ordinality as x (hits, n)
            where b.i in (select c.i from candidate as c)
            window w as (partition by b.i order by x.n)
        ),
        small as materialized (
            select p.i, bool_or(p.body collate "C" ~ '[a-zß-öø-ÿœ]') as has_small from piece as p group by p.i
        ),
        -- the words that may change, and the second ones of two that may be one
        place as materialized (
            select c.i, c.k, c.start, c.past, c.before from candidate as c
            union
            select c.i, c.k + 1, c.next_start, c.next_past, c.word from candidate as c where c.whole is not null
        ),
        seen as materialized (
            select
                x.i, x.k, x.byte + octet_length(convert_to(left(x.body, x.start - x.base), 'UTF8')) as byte,
                x.byte + octet_length(convert_to(left(x.body, x.past - x.base), 'UTF8')) as past_byte,
                motjuste.is_named(
                    x.before, substr(x.body, greatest(x.start - 8, 0) - x.base + 1, least(x.start, 8)), substr(x.body, x.start - x.base + 1, 2),
                    s.has_small) as named
            from (
                select p.*, s.n * 250 as base, s.body, s.byte
                from (select p.*, greatest(p.start - 8, 0) / 250 as n from place as p) as p
                join piece as s on s.i = p.i and s.n = p.n
            ) as x
            join small as s on s.i = x.i
        ),
        -- of three words in a row only the first two are one
        pair as materialized (
            select p.*, coalesce(lag(p.k) over (partition by p.i order by p.k) = p.k - 1, false) as second
            from (
                select c.i, c.k, c.start, c.next_past as past, c.whole as meant, o.byte, t.past_byte
                from candidate as c
                join seen as o on o.i = c.i and o.k = c.k
                join seen as t on t.i = c.i and t.k = c.k + 1
                where c.whole is not null and not o.named and not t.named
            ) as p
        ),
        taken as materialized (
            select p.i, p.k + n as k from pair as p cross join (values (0), (1)) as x (n) where not p.second
        ),
        change as materialized (
            select p.i, p.start, p.past, p.meant, p.byte, p.past_byte from pair as p where not p.second
            union all
            select c.i, c.start, c.past, c.meant, s.byte, s.past_byte
            from candidate as c
            join seen as s on s.i = c.i and s.k = c.k
            left join taken as t on t.i = c.i and t.k = c.k
            where c.meant is not null and not s.named and t.i is null
        ),
        placed as materialized (
            select
                c.*, coalesce(lag(c.past_byte) over w, 0) as last_byte,
                (c.start + sum(length(c.meant) - (c.past - c.start)) over w - (length(c.meant) - (c.past - c.start)))::int as at
            from change as c
            window w as (partition by c.i order by c.start)
        ),
        summed as (
            select x.i, x.at, (sum(x.size) over (partition by x.i order by x.at))::int as size
            from (
                select p.i, p.at + n as at, -1 as size from placed as p cross join lateral generate_series(1, length(p.meant) - 1) as n
                union all
                select p.i, p.at + length(p.meant), p.past - p.start - 1 from placed as p where p.past - p.start > 1
            ) as x
        ),
        written as (
            select
                p.i, max(p.past_byte) as past_byte,
                string_agg(convert_from(substring(bytes[p.i], p.last_byte + 1, p.byte - p.last_byte), 'UTF8') || p.meant, '' order by p.start) as body,
                range_agg(int4range(p.at - 200, p.at + length(p.meant) + 200, '[]')) as near
            from placed as p
            group by p.i
        ),
        cut as (
            select s.i, array_agg(s.at order by s.at) as at, array_agg(s.size order by s.at) as size from summed as s group by s.i
        )
        select w.i, x.*
        from cut as c
        join written as w on w.i = c.i
        cross join lateral motjuste.windowed(
            w.body || convert_from(substring(bytes[w.i], w.past_byte + 1), 'UTF8'), c.at, c.size, w.near, true) as x;
end
$$;
