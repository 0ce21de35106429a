-- Weighted evidence: the sums of toolkit/motjuste/weights.py, with the same answers.

-- weighed(body): the sentences of a reading whose words reach the threshold together, and the category of each. A sentence
-- is cut after thirty words; a line's end is a `.` in the reading.
create or replace function motjuste.weighed(body text)
    returns table (start int, length int, category text)
    language plpgsql -- its plan is kept; that of an SQL function is made at each call
    stable
    strict
    parallel safe
    rows 1
as $$
#variable_conflict use_column
begin
    return query
        with heavyweight as materialized (
            select s.lead_words as words from motjuste.scale as s where s.category = ''
        ),
        piece as materialized (
            select p.i, p.piece, (sum(length(p.piece) + 1) over (order by p.i))::int - length(p.piece) - 1 as at
            from string_to_table(translate(body, '!?;', '...'), '.') with ordinality as p (piece, i)
        ),
        word as materialized (
            select
                p.i,
                w.n,
                (w.n - 1) / 30 as part,
                case when w.word ~ '^[0-9]+$' then '#' else replace(replace(w.word, 'œ', 'oe'), 'æ', 'ae') end as word
            from piece as p
            cross join lateral (
                select array_remove(regexp_split_to_array(p.piece collate "C", '[^a-z0-9œæ]+'), '') as words offset 0
            ) as a
            cross join lateral unnest(a.words) with ordinality as w (word, n)
            where string_to_array(
                    replace(replace(array_to_string(a.words, ' '), 'œ', 'oe'), 'æ', 'ae'), ' '
                ) && (select l.words from heavyweight as l)
        ),
        feature as materialized (
            select w.i, w.part, w.word as token from word as w
            union
            select a.i, a.part, a.word || ' ' || b.word
            from word as a
            join word as b on b.i = a.i and b.n = a.n + 1 and b.part = a.part
        ),
        heavy as (
            select f.i, f.part
            from feature as f
            join motjuste.weight as w on w.category = '' and w.token = f.token collate "C"
            group by f.i, f.part
            having bool_or(f.token collate "C" = any (select unnest(l.words) from heavyweight as l))
                and sum(w.weight) >= (select s.threshold - s.base from motjuste.scale as s where s.category = '')
        )
        select p.at + e.first - 1, e.past - e.first, c.category
        from heavy as h
        join piece as p on p.i = h.i
        cross join lateral (
            select
                regexp_instr(p.piece collate "C", '[a-z0-9œæ]+', 1, min(w.n)::int) as first,
                regexp_instr(p.piece collate "C", '[a-z0-9œæ]+', 1, max(w.n)::int, 1) as past
            from word as w
            where w.i = h.i and w.part = h.part
        ) as e
        cross join lateral (
            select s.category
            from motjuste.scale as s
            left join (
                select w.category, sum(w.weight) as weight
                from feature as f
                join motjuste.weight as w on w.category <> '' and w.token = f.token collate "C"
                where f.i = h.i and f.part = h.part
                group by w.category
            ) as told on told.category = s.category
            where s.category <> ''
            order by s.base + coalesce(told.weight, 0) desc, s.category collate "C"
            limit 1
        ) as c;
end
$$;


-- outweighs(note): whether a sentence of a note reaches the threshold; the exceptions of its rule aside. The sum of
-- `weighed` for the gate: only sentences that hold a leading word are looked at.
create or replace function motjuste.outweighs(note text)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    body text collate "C" := motjuste.fold(replace(note, E'\n', '.'));
    wanted text[];
    least int;
begin
    select s.lead_words, s.threshold - s.base into wanted, least from motjuste.scale as s where s.category = '';
    if body ~ '[^ -~œæ]' then
        select v.body into body from motjuste.variants(body) as v limit 1;
    end if;
    return exists (
        select
        from unnest(string_to_array(replace(replace(replace(replace(replace(
            body, 'œ', 'oe'), 'æ', 'ae'), '!', '.'), '?', '.'), ';', '.'), '.')) as p (piece)
        cross join lateral (select motjuste.words(p.piece) as words offset 0) as a
        cross join lateral generate_series(0, (cardinality(a.words) - 1) / 30) as n (part)
        cross join lateral (select a.words[n.part * 30 + 1 : n.part * 30 + 30] as words offset 0) as b
        cross join lateral (
            select array(
                select case when w.word collate "C" < ':' and w.word !~ '[^0-9]' then '#' else w.word end
                from unnest(b.words) with ordinality as w (word, i)
                order by w.i
            ) as words
            offset 0
        ) as c
        where a.words && wanted
            and b.words && wanted
            and (
                select sum(w.weight)
                from motjuste.weight as w
                where w.category = ''
                    and w.token = any (
                        c.words || array(select x.a || ' ' || x.b from unnest(c.words, c.words[2:]) as x (a, b))
                    )
            ) >= least
    );
end
$$;
