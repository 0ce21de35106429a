-- The gate: which terms could match a note, as toolkit/motjuste/gate.py; false is certain.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

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

-- sections(folded): a long text in sections, each but the last up to a space after a letter or a digit, where nothing that is
-- cut out of a text can stand nor looks across.
create or replace function motjuste.sections(folded text)
    returns setof text
    language plpgsql
    immutable
    strict
    parallel safe
    rows 1
as $$
declare
    size constant int := 4000; -- characters
    whole text := folded;
    section text;
begin
    while length(whole) > size loop
        section := substring(left(whole, size) collate "C" from '^.*[a-z0-9] ');
        exit when section is null;
        return next section;
        whole := substr(whole, length(section) + 1);
    end loop;
    return next whole;
end
$$;

-- cut(...): the folded text without what `pattern` matches, of letters the first `keep` kept; `at` and `size` say where
-- in the result how many characters went until there.
create or replace function motjuste.cut(folded text, pattern text, keep int, out body text, out at int[], out size int[])
    language sql
    immutable
    strict
    parallel safe
as $$
    -- of a long text in sections: what looks behind is read from the beginning for each match
    with piece as (
        select row_number() over (order by s.k, x.i) as i, x.piece, h.hit, case when h.hit ~ '^[a-z]' then left(h.hit, keep) else '' end as kept
        from motjuste.sections(folded) with ordinality as s (section, k)
        cross join lateral rows from (
            regexp_split_to_table(s.section collate "C", pattern),
            regexp_matches(s.section collate "C", '(' || pattern || ')', 'g')
        ) with ordinality as x (piece, hits, i)
        cross join lateral (select x.hits[1] as hit) as h
    ),
    placed as (
        select
            i, piece, hit, kept,
            sum(length(piece) + length(coalesce(kept, ''))) over (order by i) as at,
            sum(length(hit) - length(kept)) over (order by i) as gone
        from piece
    )
    select
        string_agg(piece || coalesce(kept, ''), '' order by i),
        coalesce(array_agg(at::int order by i) filter (where hit is not null), '{}'),
        coalesce(array_agg(gone::int order by i) filter (where hit is not null), '{}')
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
    body := folded;
    at := '{}';
    size := '{}';
    if octet_length(folded) > length(folded) and folded ~ dropped then
        select c.* into body, at, size from motjuste.cut(folded, dropped || '+', 0) as c;
    end if;
    return next;
    if folded ~ 'aaa|eee|iii|ooo|uuu|lll|nnn|rrr|sss|ttt' then
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 2) as c;
        return query select c.* from motjuste.cut(folded, dropped || '+|' || triple, 1) as c;
    end if;
    if folded ~ '(?:^|[^a-z0-9œæ])[a-z][.-][a-z](?:[^a-z0-9œæ]|$)|[a-z]- [a-z]' and folded ~ dot then
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
            replace(replace(replace(replace(motjuste.blanks(f), '.', ' '), '!', ' '), '?', ' '), ';', ' '), ' '), '');
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

-- piece(): the words of a piece of a long note; long is a note of more than two.
create or replace function motjuste.piece()
    returns int
    language sql
    immutable
    parallel safe
as $$
    select 400
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
    size constant int := motjuste.piece();
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

-- meets(words, set_id): a row where one of these words is of that set; for FROM, where it is inlined.
create or replace function motjuste.meets(words text[], set_id int)
    returns table (met boolean)
    language sql
    stable
    parallel safe
    rows 1
as $$
    select true
    from motjuste.word_set as s
    where s.id = meets.set_id and (meets.words && s.words or s.words = '{}' and exists (
        select from motjuste.large_set as l where l.id = meets.set_id and l.word = any (meets.words)
    ))
$$;

-- calls(words): the keys for which all is there in these words: the term, where it is, the word that it is known by, and the small
-- and the loose pattern that the text must match as well, where it is of one reading (nulls come before the words of several).
-- Each `offset 0` keeps the steps in this order, the cheapest first, whatever the planner thinks.
create or replace function motjuste.calls(words text[])
    returns table (key_id int, term_id int, at int, token text, holds text, loose text)
    language sql
    stable
    parallel safe
    rows 5
as $$
    select k.id, k.term_id, n.at + p.first, n.token, k.holds, k.loose
    from motjuste.pieces(calls.words) as p
    cross join lateral (
        select x.*
        from (
            select a.*, unnest(array_positions(p.words, a.token)) as at
            from (select * from motjuste.anchor as x where x.token = any (p.words) offset 0) as a
        ) as x
        where x.at between p.low and p.high
            and (x.near = '{}' or p.words[greatest(x.at + x.least, 1) : greatest(x.at + x.most, 0)] && x.near)
        offset 0
    ) as a
    cross join lateral (
        select x.key_id, a.at, a.token
        from (
            select
                unnest(a.set_ids) as set_id, unnest(a.leasts) as least, unnest(a.mosts) as most, unnest(a.key_ids) as key_id
        ) as x
        cross join lateral (
            select p.words[greatest(a.at + x.least, 1) : greatest(a.at + x.most, 0)] as words offset 0
        ) as w
        where x.set_id < 0 or exists (select from motjuste.meets(w.words, x.set_id))
        offset 0
    ) as n
    cross join lateral (select * from motjuste.key as k where k.id = n.key_id offset 0) as k
    where k.sets = '{}' or not exists (
        select
        from unnest(k.sets, k.least, k.most) as x (id, least, most)
        cross join lateral (
            select p.words[greatest(n.at + x.least, 1) : greatest(n.at + x.most, 0)] as words offset 0
        ) as w
        where not exists (select from motjuste.meets(w.words, x.id))
    )
    offset 0
$$;

-- suspect(note): the gate. False is certain, true is worth a check.
create or replace function motjuste.suspect(note text)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    if not motjuste.is_odd(note) then
        return motjuste.suspect_in(note);
    end if;
    return exists (select from motjuste.plains(note) as p where motjuste.suspect_in(p.body));
end
$$;

-- suspect_in(note): the same of a plain text.
create or replace function motjuste.suspect_in(note text)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    folded constant text collate "C" := motjuste.fold(note);
    words constant text[] := motjuste.gate_words(folded);
    called boolean;
    leads text[];
begin
    select
        bool_or(c.key_id >= 0 and (c.loose = '' or words[1] is null or folded ~ c.holds and folded ~ c.loose)),
        array_agg(distinct c.token) filter (where c.key_id < 0)
    into called, leads
    from motjuste.calls(words) as c;
    if called then
        return true;
    end if;
    return leads is not null and exists (select from motjuste.outweighing(array[note], leads));
end
$$;

-- batch(notes): what the gate needs of each plain text of each note, of a long one in pieces and without its text; the planner takes them
-- for many. `several`: the words are of several readings.
create or replace function motjuste.batch(notes text[])
    returns table (i int, note text, folded text, words text[], several boolean)
    language plpgsql
    stable
    strict
    parallel safe
    rows 20000
as $$
begin
    return query
        select w.i::int, w.note, case when cardinality(w.words) <= 2 * motjuste.piece() then w.folded end, p.words, w.words[1] is null
        from (
            select n.i, n.note, n.folded, motjuste.gate_words(n.folded) as words
            from (
                select x.i, p.body as note, motjuste.fold(p.body) as folded
                from unnest(notes) with ordinality as x (note, i)
                cross join lateral motjuste.plains(x.note) as p
                offset 0
            ) as n
            offset 0
        ) as w
        cross join lateral (
            select w.words where cardinality(w.words) <= 2 * motjuste.piece()
            union all
            select x.words from motjuste.pieces(w.words) as x where cardinality(w.words) > 2 * motjuste.piece()
        ) as p;
end
$$;

-- many_suspects(notes): `suspects` for hundreds of notes and more: each word is looked up once for all of them, which for a few
-- would take longer.
create or replace function motjuste.many_suspects(notes text[])
    returns setof int
    language sql
    stable
    strict
    parallel safe
    set enable_mergejoin = off
    set work_mem = '64MB'
    set jit = off
as $$
    with batch as materialized (
        select b.i, b.note, b.folded, b.words, b.several from motjuste.batch(notes) as b
    ),
    known as materialized (
        select a.*
        from (select distinct unnest(b.words) as token from batch as b) as t
        cross join lateral (select * from motjuste.anchor as a where a.token = t.token offset 0) as a
    ),
    hit as materialized (
        select t.i, t.at, t.words, t.folded, t.several, a.set_ids, a.leasts, a.mosts, a.key_ids
        from (
            select b.i, b.words, b.folded, b.several, unnest(b.words) as token, generate_series(1, cardinality(b.words)) as at
            from batch as b
        ) as t
        join known as a on a.token = t.token
        where a.near = '{}' or t.words[greatest(t.at + a.least, 1) : greatest(t.at + a.most, 0)] && a.near
    ),
    called as materialized (
        select n.i, n.folded, n.several, x.id, x.holds, x.loose
        from (
            select n.*
            from (
                select
                    h.i, h.at, h.words, h.folded, h.several, unnest(h.set_ids) as set_id, unnest(h.leasts) as least,
                    unnest(h.mosts) as most, unnest(h.key_ids) as key_id
                from hit as h
            ) as n
            cross join lateral (
                select n.words[greatest(n.at + n.least, 1) : greatest(n.at + n.most, 0)] as near offset 0
            ) as w
            where n.set_id < 0 or exists (select from motjuste.meets(w.near, n.set_id))
            offset 0
        ) as n
        cross join lateral (select * from motjuste.key as x where x.id = n.key_id offset 0) as x
        where (x.holds = '' or n.several or n.folded is null or n.folded ~ x.holds) and (x.sets = '{}' or not exists (
            select
            from unnest(x.sets, x.least, x.most) as y (id, least, most)
            cross join lateral (
                select n.words[greatest(n.at + y.least, 1) : greatest(n.at + y.most, 0)] as near offset 0
            ) as w
            where not exists (select from motjuste.meets(w.near, y.id))
        ))
        order by x.id -- its pattern is compiled once
        offset 0
    ),
    led as (
        select array_agg(b.i order by b.i) as numbers, array_agg(b.note order by b.i) as notes
        from (select distinct c.i from called as c where c.id < 0) as c
        join batch as b on b.i = c.i
    )
    select c.i
    from called as c
    where c.id >= 0 and (c.loose = '' or c.several or c.folded ~ c.loose)
    union
    select b.i -- the text of a long note is not at hand above
    from (select distinct c.i from called as c where c.id >= 0 and c.loose <> '' and c.folded is null and not c.several) as c
    cross join lateral (select b.i from batch as b where b.i = c.i limit 1) as b
    where motjuste.suspect(many_suspects.notes[b.i])
    union
    select l.numbers[o.i]
    from led as l
    cross join lateral motjuste.outweighing(l.notes) as o (i)
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
