-- Weighted evidence: the sums of toolkit/motjuste/engine/score.py, with the same answers.

-- plain(words): the words that weigh; a number is `#`, a ligature two letters.
create or replace function motjuste.plain(words text[])
    returns text[]
    language plpgsql
    immutable
    strict
    parallel safe
as $$
begin
    if array_to_string(words, ' ') collate "C" !~ '[œæ]|(?:^| )[0-9]+(?: |$)' then
        return words;
    end if;
    return array(
        select case when w.word ~ '^[0-9]+$' then '#' else replace(replace(w.word, 'œ', 'oe'), 'æ', 'ae') end
        from unnest(words) as w (word)
    );
end
$$;

-- features(words): what weighs of these words in a row: themselves, what they begin with, as `alco*`, and each two, as `pas alco`.
create or replace function motjuste.features(words text[])
    returns text[]
    language plpgsql -- its plan is kept; that of an SQL function is made at each call
    immutable
    strict
    parallel safe
as $$
declare
    plain constant text[] := motjuste.plain(words);
begin
    return plain || array(
        select unnest(array[
            case when length(w.word) > 4 then left(w.word, 4) || '*' end, left(w.word, 4) || ' ' || left(w.next, 4)
        ])
        from unnest(plain, plain[2 :]) as w (word, next)
    );
end
$$;

-- weight(words): the sum of what weighs of these words, each once.
create or replace function motjuste.weight(words text[])
    returns int
    language plpgsql -- its plan is kept; that of an SQL function is made at each call
    stable
    strict
    parallel safe
as $$
begin
    return (
        select coalesce(sum(w.fault), 0) from motjuste.weight as w where w.token = any (motjuste.features(words))
    );
end
$$;

-- beside(match, words): what is to be added to the sum of a sentence of these words for a match, a stored text, in it: what its
-- own words would say against it, which they never do, and what the others say of it.
create or replace function motjuste.beside(match text, words text[])
    returns int
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    own constant text[] := motjuste.plain(motjuste.words(motjuste.fold(match)));
begin
    return (
        select -coalesce(sum(least(motjuste.weight(array[w.word]), 0)), 0)
        from (select distinct unnest(own) as word) as w
    ) - (
        select coalesce(sum(least(w.fault, 0)), 0)
        from motjuste.weight as w
        where w.token = any (motjuste.features(own)) and w.token like '% %'
    ) + (
        select coalesce(sum(w.close), 0)
        from motjuste.weight as w
        where w.token = any (array(
            select unnest(array[x.word, case when length(x.word) > 4 then left(x.word, 4) || '*' end])
            from unnest(motjuste.plain(words)) as x (word)
            where x.word <> all (own)
        ))
    );
end
$$;

-- far(words): what the words of a sentence say of those around it.
create or replace function motjuste.far(words text[])
    returns int
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    return (
        select coalesce(sum(w.far), 0)
        from motjuste.weight as w
        where w.token = any (array(select left(x.word, 4) from unnest(motjuste.plain(words)) as x (word)))
    );
end
$$;

-- borne(before, match, after): the signs that a match bears: how it is written, and what stands right beside it (text.signs).
-- `before` and `after` are 64 characters.
create or replace function motjuste.borne(before text, match text, after text)
    returns text[]
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    -- without what comes before the last sign that ends a clause; the dot of a title ends none
    clause constant text := regexp_replace(right(before, 40) collate "C", E'^.*(?:[,;:!?(\n]|(?<=[a-zà-ÿ0-9]{4})[.])', '');
    near constant text[] := motjuste.words(motjuste.fold(clause));
    next constant text := substring(after collate "C" from E'^[ \t\u00a0\u202f]*(.)');
    quoted constant text collate "C" := substring(before collate "C" from E'(?:[«“]|"(?! ))([^«»“”"\n]*)$') || match
        || substring(after collate "C" from E'^([^«»“”"\n]*)(?:[»”]|(?<! )")');
    told constant text[] := motjuste.words(motjuste.fold(quoted));
begin
    return (
        select array_remove(array[
            case when match collate "C" ~ '^[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ]'
                and before collate "C" ~ '(?:^|[^A-Za-zÀ-ÖØ-öø-ÿŒœ])(?:[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?|[Dd]r|[Ff]amille|[ÉEé]poux|[Cc]onsorts)[.]? *$'
                then 'after a title' end,
            case when cardinality(told) <= 4 and not told && s.person_words
                then case when quoted ~ E'^[ \t\u00a0\u202f]*[A-ZÀ-ÖØ-ÞŒ]' then 'named in quotes'
                    when not s.person_words && (near[greatest(cardinality(near) - 2, 1) :] || motjuste.words(motjuste.fold(match)))
                    then 'in quotes' end end,
            case when before collate "C" ~ E'[0-9A-Za-zÀ-ÖØ-öø-ÿŒœ][^.!?\n]*[ ''’-][A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ]{2,}[ -]+$'
                or after collate "C" ~ '^[ -]+[A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿœ]{2,}' then 'beside a name' end,
            case when s.person_words && (near[greatest(cardinality(near) - 2, 1) :] || motjuste.words(motjuste.fold(match)))
                then 'of a person' end,
            case when next is null or next = E'\n' then 'at the end'
                when quoted is null or next not in ('»', '”', '"') then 'before ' || next end
        ], null)
        from motjuste.scale as s
        where s.category = ''
    );
end
$$;

-- signs(before, match, after, words): what is said of a match by the signs that it bears, and by a sentence of few words (score.ENOUGH).
create or replace function motjuste.signs(before text, match text, after text, words text[])
    returns int
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    told constant text[] := motjuste.borne(before, match, after) || case when cardinality(words) < 7 then 'short' end;
begin
    return (select coalesce(sum(w.sign), 0) from motjuste.weight as w where w.token = any (told));
end
$$;

-- sense(before, match, after): what the words beside a match in its line, and how it is written, say of what it means (score.sense_features).
create or replace function motjuste.sense(before text, match text, after text)
    returns int
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    ahead constant text[] := motjuste.plain(motjuste.words(motjuste.fold(regexp_replace(before collate "C", E'^.*\n', ''))));
    behind constant text[] := motjuste.plain(motjuste.words(motjuste.fold(split_part(after, E'\n', 1))));
    size constant int := cardinality(ahead);
begin
    return (
        select coalesce(sum(w.sense), 0)
        from motjuste.weight as w
        where w.token = any (
            motjuste.borne(before, match, after)
            || case when match collate "C" ~ '^[A-ZÀ-ÖØ-ÞŒ]' then 'capital' end
            || array[ahead[size] || ' _', left(ahead[size], 4) || '* _', '_ ' || behind[1], '_ ' || left(behind[1], 4) || '*']
            || array(select left(x.word, 4) from unnest(ahead[greatest(size - 3, 1) : size - 1] || behind[2 : 4]) as x (word))
        )
    );
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
        with token as materialized (
            select unnest(motjuste.features(words)) as token
        ),
        told as materialized (
            select c.place, sum(c.weight) as weight
            from (select distinct t.token from token as t) as t
            cross join lateral (select w.categories from motjuste.weight as w where w.token = t.token offset 0) as w
            cross join lateral unnest(w.categories) with ordinality as c (weight, place)
            group by c.place
        )
        select s.category
        from motjuste.scale as s
        left join told as t on t.place = s.place
        where s.category <> ''
        order by s.base + coalesce(t.weight, 0) desc, s.category collate "C"
        limit 1
    );
end
$$;

-- sentences(body): the sentences of a reading with their words. A sentence is cut after thirty words; a line's end is a `.` in the reading.
create or replace function motjuste.sentences(body text)
    returns table (start int, length int, words text[])
    language plpgsql
    immutable
    strict
    parallel safe
    rows 5
as $$
#variable_conflict use_column
begin
    return query
        select
            p.at + c.before + e.first - 1, e.past - e.first, w.words
        from (
            select
                x.piece, (sum(length(x.piece) + 1) over (order by x.k))::int - length(x.piece) - 1 as at,
                motjuste.words(x.piece) as words
            from unnest(string_to_array(translate(body, '!?;', '...'), '.')) with ordinality as x (piece, k)
            offset 0
        ) as p
        cross join lateral (
            select p.piece as chunk, 0 as before where cardinality(p.words) <= 30
            union all
            -- all at once: to reach the words of a part the server goes through all before it
            select x.chunk, (sum(length(x.chunk)) over (order by x.k))::int - length(x.chunk)
            from (
                select m.hits[1] as chunk, m.k
                from regexp_matches(p.piece collate "C", '(?:[^a-z0-9œæ]*[a-z0-9œæ]+){1,30}', 'g') with ordinality as m (hits, k)
                where cardinality(p.words) > 30
            ) as x
        ) as c
        cross join lateral (
            select case when cardinality(p.words) <= 30 then p.words else motjuste.words(c.chunk) end as words offset 0
        ) as w
        cross join lateral (
            select
                -- nothing that a word is made of stands before the first one, or after the last
                strpos(c.chunk, w.words[1]) as first,
                length(c.chunk) + 2 - strpos(reverse(c.chunk), reverse(w.words[cardinality(w.words)])) as past
        ) as e
        where p.words <> '{}';
end
$$;
