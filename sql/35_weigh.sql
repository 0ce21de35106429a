-- Weighted evidence: the sums of toolkit/motjuste/weights.py, with the same answers.

-- plain(words): the words that weigh, each once; a number is `#`, a ligature two letters.
create or replace function motjuste.plain(words text[])
    returns text[]
    language sql
    immutable
    strict
    parallel safe
as $$
    select array(
        select distinct case when w.word collate "C" < ':' and w.word !~ '[^0-9]' then '#'
            else replace(replace(w.word, 'œ', 'oe'), 'æ', 'ae') end
        from unnest(words) as w (word)
    )
$$;

-- weight(words): the sum of these words, each there once, and of what they begin with.
create or replace function motjuste.weight(words text[])
    returns int
    language plpgsql -- its plan is kept; that of an SQL function is made at each call
    stable
    strict
    parallel safe
as $$
begin
    return (
        select coalesce(sum(w.weight), 0)
        from motjuste.weight as w
        where w.category = '' and w.token = any (motjuste.features(words))
    );
end
$$;

-- features(words): what weighs of these words: themselves and their first four letters, as `alco*`.
create or replace function motjuste.features(words text[])
    returns text[]
    language sql
    immutable
    strict
    parallel safe
as $$
    select words || array(select left(w.word, 4) || '*' from unnest(words) as w (word) where length(w.word) > 4)
$$;

-- relief(match): what the words of a match, a stored text, would speak against it: they never do.
create or replace function motjuste.relief(match text)
    returns int
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    return (
        select -coalesce(sum(least(motjuste.weight(array[w.word]), 0)), 0)
        from unnest(motjuste.plain(motjuste.words(motjuste.fold(match)))) as w (word)
    );
end
$$;

-- sentences(body): the sentences of a reading with their words, each once, their sum, and whether one of them is leading.
-- A sentence is cut after thirty words; a line's end is a `.` in the reading.
create or replace function motjuste.sentences(body text)
    returns table (start int, length int, words text[], weight int, leads boolean)
    language plpgsql
    stable
    strict
    parallel safe
    rows 5
as $$
#variable_conflict use_column
declare
    wanted text[];
    bias int;
begin
    select s.lead_words, s.base into wanted, bias from motjuste.scale as s where s.category = '';
    return query
        with piece as materialized (
            select p.i, p.piece, (sum(length(p.piece) + 1) over (order by p.i))::int - length(p.piece) - 1 as at
            from string_to_table(translate(body, '!?;', '...'), '.') with ordinality as p (piece, i)
        )
        select p.at + e.first - 1, e.past - e.first, w.words, bias + motjuste.weight(w.words), w.words && wanted
        from piece as p
        cross join lateral (select motjuste.words(p.piece) as words offset 0) as a
        cross join lateral generate_series(0, (cardinality(a.words) - 1) / 30) as n (part)
        cross join lateral (
            select motjuste.plain(a.words[n.part * 30 + 1 : n.part * 30 + 30]) as words offset 0
        ) as w
        cross join lateral (
            select
                regexp_instr(p.piece collate "C", '[a-z0-9œæ]+', 1, n.part * 30 + 1) as first,
                regexp_instr(
                    p.piece collate "C", '[a-z0-9œæ]+', 1, least(n.part * 30 + 30, cardinality(a.words)), 1
                ) as past
        ) as e
        where bias is not null and a.words <> '{}';
end
$$;

-- heaviest(words): the category of which these words speak most; of equals the first by name.
create or replace function motjuste.heaviest(words text[])
    returns text
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    return (
        select s.category
        from motjuste.scale as s
        left join (
            select w.category, sum(w.weight) as weight
            from motjuste.weight as w
            where w.category in (select x.category from motjuste.scale as x where x.category <> '')
                and w.token = any (motjuste.features(words))
            group by w.category
        ) as told on told.category = s.category
        where s.category <> ''
        order by s.base + coalesce(told.weight, 0) desc, s.category collate "C"
        limit 1
    );
end
$$;

-- outweighs(note): whether a sentence of a note reaches the threshold; the exceptions of its rule aside. The sum of
-- `sentences` for the gate: only sentences that hold a leading word are looked at.
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
        where a.words && wanted and b.words && wanted and motjuste.weight(motjuste.plain(b.words)) >= least
    );
end
$$;
