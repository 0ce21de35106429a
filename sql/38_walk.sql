-- The executor of the program: words of a text, and the phrases that stand there, as toolkit/motjuste/engine/match.py finds them.
-- All texts are read at once: what is known of each word is an array of numbers, and its place in it is how it is called.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

-- dropped(): the characters that are dropped, as an expression has them between brackets; text.DROPPED says the same.
create or replace function motjuste.dropped()
    returns text
    language sql
    immutable
    parallel safe
as $$
    select E'\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff'
$$;

-- words(folded): the words of a folded text.
create or replace function motjuste.words(folded text)
    returns text[]
    language plpgsql
    immutable
    strict
    parallel safe
as $$
begin
    if folded collate "C" ~ '[^a-z0-9 ,.''/:()!?;"+$%-]' then
        return array_remove(regexp_split_to_array(folded collate "C", '[^a-z0-9œæ]+'), '');
    end if;
    return array_remove(string_to_array(
        replace(replace(replace(replace(motjuste.blanks(folded), '.', ' '), '!', ' '), '?', ' '), ';', ' '), ' '), '');
end
$$;

-- placed(pieces, cuts, kept): a text of these pieces, each followed by what is cut but its first letters that are kept; `at` and `size` say
-- where in the result how many characters went until there, `near` what is near a cut of signs that are no accents (text.NEAR).
create or replace function motjuste.placed(
    pieces text[], cuts text[], kept text[], out body text, out at int[], out size int[], out near int4multirange
)
    language sql
    immutable
    parallel safe
as $$
    select
        string_agg(p.piece || coalesce(p.kept, ''), '' order by p.i),
        coalesce(array_agg(p.at::int order by p.i) filter (where p.hit is not null), '{}'),
        coalesce(array_agg(p.gone::int order by p.i) filter (where p.hit is not null), '{}'),
        range_agg(int4range(p.at::int - length(p.kept) - 200, p.at::int + 200, '[]')) filter (where ascii(p.hit) < 128)
    from (
        select
            x.*, sum(length(x.piece) + length(coalesce(x.kept, ''))) over w as at, sum(length(x.hit) - length(x.kept)) over w as gone
        from unnest(pieces, cuts, kept) with ordinality as x (piece, hit, kept, i)
        window w as (order by x.i)
    ) as p
$$;

-- cut(...): the folded text without what `pattern` matches, of letters the first `keep` kept; far from that it is left out.
create or replace function motjuste.cut(
    folded text, pattern text, keep int, out body text, out at int[], out size int[], out near int4multirange
)
    language sql
    immutable
    strict
    parallel safe
as $$
    select w.*
    from (
        select
            array_agg(x.piece order by x.i) as pieces, array_agg(x.hits[1] order by x.i) as cuts,
            array_agg(case when x.hits[1] ~ '^[a-z]' then left(x.hits[1], keep) when x.hits is not null then '' end order by x.i) as kept
        from rows from (
            regexp_split_to_table(folded collate "C", pattern), regexp_matches(folded collate "C", '(' || pattern || ')', 'g')
        ) with ordinality as x (piece, hits, i)
    ) as c
    cross join lateral motjuste.placed(c.pieces, c.cuts, c.kept) as p
    cross join lateral motjuste.windowed(p.body, p.at, p.size, p.near, false) as w
$$;

-- undotted(folded): the folded text without the sign between two single letters (`s.d.f`), the hyphen at a line's end, and what is
-- dropped. What stands between words is looked at with the words on either side: to look behind would read the text for each.
create or replace function motjuste.undotted(folded text, out body text, out at int[], out size int[], out near int4multirange)
    language sql
    immutable
    strict
    parallel safe
as $$
    select w.*
    from (
        select
            array_agg(x.word || case when x.cut then '' else x.gap end order by x.i) as pieces,
            array_agg(case when x.cut then x.gap end order by x.i) as cuts, array_agg(case when x.cut then '' end order by x.i) as kept
        from (
            select
                y.i, y.hits[1] as word, y.hits[2] as gap,
                y.hits[2] ~ ('^[' || motjuste.dropped() || ']')
                or y.hits[2] in ('.', '-') and y.hits[1] ~ '^[a-z]$' and lead(y.hits[1]) over w ~ '^[a-z]$'
                or y.hits[2] = '- ' and y.hits[1] ~ '[a-z]$' and lead(y.hits[1]) over w ~ '^[a-z]' as cut
            from regexp_matches(folded collate "C",
                '([a-z0-9œæ]*)([' || motjuste.dropped() || ']+|[^a-z0-9œæ' || motjuste.dropped() || ']+|$)', 'g') with ordinality as y (hits, i)
            window w as (order by y.i)
        ) as x
    ) as c
    cross join lateral motjuste.placed(c.pieces, c.cuts, c.kept) as p
    cross join lateral motjuste.windowed(p.body, p.at, p.size, p.near, false) as w
$$;

-- written(folded): the first reading of a folded text: as it is written, without what is dropped.
create or replace function motjuste.written(folded text, out body text, out at int[], out size int[])
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    dropped constant text := '[' || motjuste.dropped() || ']';
begin
    body := folded;
    at := '{}';
    size := '{}';
    if octet_length(folded) > length(folded) and folded ~ dropped then
        select c.* into body, at, size from motjuste.cut(folded, dropped || '+', 0) as c;
    end if;
end
$$;

-- variants(folded): the readings of a folded text, as text.variants in Python; `near` as `windowed` has it.
create or replace function motjuste.variants(folded text)
    returns table (body text, at int[], size int[], near int4multirange)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    dropped constant text := '[' || motjuste.dropped() || ']';
    triple constant text := 'a{3,}|e{3,}|i{3,}|o{3,}|u{3,}|l{3,}|n{3,}|r{3,}|s{3,}|t{3,}';
    dot constant text := '(?<![a-z0-9œæ][a-z])(?<=[a-z])[.-](?=[a-z](?:[^a-z0-9œæ]|$))|(?<=[a-z])- (?=[a-z])';
begin
    body := folded;
    at := '{}';
    size := '{}';
    if octet_length(folded) > length(folded) then
        select w.* into body, at, size from motjuste.written(folded) as w;
    end if;
    return next;
    if folded ~ 'aaa|eee|iii|ooo|uuu|lll|nnn|rrr|sss|ttt' then
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 2) as c;
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 1) as c;
    end if;
    if folded ~ '(?:^|[^a-z0-9œæ])[a-z][.-][a-z](?:[^a-z0-9œæ]|$)|[a-z]- [a-z]' and folded ~ dot then
        return query select u.* from motjuste.undotted(folded) as u;
    end if;
end
$$;

-- skeleton(body): a folded text as it is matched, character for character: words, spaces, and `.` or `;` where a
-- sentence ends; the dot of a title is a space. Of the usual signs alone, `replace` makes it in a fifth of the time.
create or replace function motjuste.skeleton(body text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
begin
    if body collate "C" ~ '(?:^|[^a-z0-9œæ])(?:m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)[.]' then
        body := (
            select string_agg(
                p.part || case
                    when p.last then ''
                    when right(p.part, 5) collate "C" ~ '(?:^|[^a-z0-9œæ])(?:m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)$' then ' '
                    else '.'
                end, '' order by p.i)
            from (
                select x.part, x.i, x.i = count(*) over () as last from string_to_table(body, '.') with ordinality as x (part, i)
            ) as p
        );
    end if;
    if body collate "C" !~ '[^a-z0-9œæ ,.''/:()!?;"+$%-]' then
        return replace(replace(motjuste.blanks(body), '!', ';'), '?', ';');
    end if;
    return translate(regexp_replace(body collate "C", '[^a-z0-9œæ.!?;]', ' ', 'g'), '!?', ';;');
end
$$;

-- apart(): how far texts lie from each other: further than contexts reach.
create or replace function motjuste.apart()
    returns int
    language sql
    immutable
    parallel safe
as $$
    select 400
$$;

-- tokens(bones): the words of these skeletons in order: of which text, where it begins and ends, in all of them one after the other,
-- each `apart` from the next; `after`: the signs that follow until the next word (3: three or more), and 100 more where a sentence ends;
-- and where each text begins. A loop: sums over windows take twice as long.
create or replace function motjuste.tokens(
    bones text[], out readings int[], out words text[], out starts int[], out pasts int[], out after int[], out bases int[]
)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    one text;
    piece text collate "C";
    r int := 0;
    at int := 0; -- where the next piece begins
    past int; -- where the word before it ended, null at the beginning of a text
    ended int; -- where the first `.` or `;` after that word stands
begin
    readings := '{}';
    words := '{}';
    starts := '{}';
    pasts := '{}';
    after := '{}';
    bases := '{}';
    foreach one in array bones loop
        r := r + 1;
        bases := bases || at;
        past := null;
        ended := null;
        foreach piece in array string_to_array(replace(translate(one, ';', '.'), '.', ' . '), ' ') loop
            if piece = '' then
                at := at + 1;
            elsif piece = '.' then -- written as three characters, of which the first is a space that has been counted
                at := at - 1;
                if ended is null then
                    ended := at;
                end if;
                at := at + 1;
            else
                if past is not null then
                    after := after || case when ended is null then least(at - past, 3) else 100 + least(ended - past, 3) end;
                end if;
                readings := readings || r;
                words := words || piece::text;
                starts := starts || at;
                past := at + length(piece);
                pasts := pasts || past;
                ended := null;
                at := past + 1;
            end if;
        end loop;
        at := bases[r] + length(one);
        if past is not null then
            after := after || 100 + least(coalesce(ended, at) - past, 3);
        end if;
        at := at + motjuste.apart();
    end loop;
end
$$;

-- counts(most): 0, 1, ... to `most`, in an array: of what is unnested the planner expects ten, of a series a thousand, for which memory is made ready
-- at each call.
create or replace function motjuste.counts(most int)
    returns int[]
    language plpgsql
    immutable
    parallel safe
as $$
declare
    counts constant int[] := '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31}';
begin
    if most < 32 then
        return counts[: most + 1];
    end if;
    return array(select generate_series(0, most));
end
$$;

-- walked(phrases, entries, tokens, classes, after): the matches of candidates, numbered from 1: of phrase n, where a word is that keyword
-- of it. `past` is the word after the last. `classes` and `after` are those of all words. From the keyword onward first, which most
-- candidates do not survive, then back from it.
create or replace function motjuste.walked(phrases int[], entries int[], tokens int[], classes int[], after int[])
    returns table (n int, first int, past int)
    language plpgsql
    stable
    strict
    parallel safe
    rows 100
    set enable_nestloop = off
    set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    if phrases is null then
        return;
    end if;
    return query
        with recursive phrase as materialized (
            select d.id, x.width, x.code || '{}'::int[] as code -- which is whole then, where it was compressed
            from (select distinct unnest(phrases) as id) as d
            cross join lateral (select x.width, x.code from motjuste.phrase as x where x.id = d.id offset 0) as x
        ),
        counted as materialized (
            select motjuste.counts(greatest(9, max(p.width))) as counts from phrase as p
        ),
        candidate as materialized (
            select u.n::int as n, u.phrase, u.at, p.code = '{}' as alone, p.code[2 + 2 * u.entry] as back, p.code[3 + 2 * u.entry] as list
            from unnest(phrases, entries, tokens) with ordinality as u (phrase, entry, at, n)
            join phrase as p on p.id = u.phrase
        ),
        walk as (
            -- `list`: the items that may follow, 0 at the end; `at`: the word that follows, or the one that was the first yet; `past`: where the
            -- way onward ended
            select c.n, c.phrase, true as onward, c.list, c.at + 1 as at, null::int as past, c.back, c.at as keyword
            from candidate as c
            where not c.alone
            union all
            select
                g.n, g.phrase, g.onward and not g.ends, case when not g.ends then g.follows when g.onward then g.back else 0 end,
                case when not g.ends then g.at + case when g.what >= 0 then 1 else g.passed end * case when g.onward then 1 else -1 end
                    when g.onward then g.keyword else g.at end,
                case when g.ends and g.onward then g.at else g.past end, g.back, g.keyword
            from (
                select
                    x.*, x.what = -1 as ends, f.most, f.but, f.signs,
                    unnest((select c.counts from counted as c)[case when f.most > 0 then f.least else 0 end + 1 : coalesce(f.most, 0) + 1]) as passed
                from (
                    select
                        w.n, w.phrase, w.onward, w.at, w.past, w.back, w.keyword, w.sets, w.i < w.size as one_by_one,
                        w.code[w.list + 2 + w.i] as what, w.code[w.list + 2 + w.size + w.more + w.i] as follows
                    from (
                        select
                            w.*, unnest((select c.counts from counted as c)[: w.size]
                                || (w.size - 1 + array_position(w.code[w.list + 2 + w.size : w.list + 1 + w.size + w.more], w.class))) as i
                        from (
                            select w.*, p.code, p.code[w.list] as size, p.code[w.list + 1] as more, k.class, k.sets
                            from walk as w
                            join phrase as p on p.id = w.phrase
                            left join lateral (
                                -- of the word that stands there, where no end of a sentence is before it
                                select t.class, (select c.sets from motjuste.class as c where c.id = t.class) as sets
                                from (select walked.classes[w.at - (not w.onward)::int] as class) as t
                                where after[w.at - 1] < 100
                                offset 0
                            ) as k on true
                            where w.list > 0
                        ) as w
                        -- most ways end here
                        where w.code[w.list + 2] < 0 or w.code[w.list + 2 : w.list + 1 + w.size] && w.sets
                            or w.class = any (w.code[w.list + 2 + w.size : w.list + 1 + w.size + w.more])
                    ) as w
                    where w.i is not null
                    offset 0 -- so that what is kept of each holds no code
                ) as x
                left join motjuste.fork as f on f.id = -2 - x.what
                where x.what < 0 or not x.one_by_one or x.what = any (x.sets)
                offset 0
            ) as g
            where g.what >= -1
                or g.most = 0 and after[g.at - 1] % 100 <= g.signs
                or g.most > 0 and not exists (
                    select
                    -- `at`: the words passed
                    from generate_series(
                        case when g.onward then g.at else g.at - g.passed end, case when g.onward then g.at + g.passed else g.at end - 1
                    ) as m (at)
                    where after[m.at - g.onward::int] is null or after[m.at - g.onward::int] >= 100
                        or g.signs > 0 and after[m.at - 1] > g.signs
                        or g.but = any (coalesce((select c.sets from motjuste.class as c where c.id = walked.classes[m.at]), '{}'))
                )
        )
        select w.n, w.at, w.past from walk as w where w.list = 0
        union all
        select c.n, c.at, c.at + 1 from candidate as c where c.alone;
end
$$;
