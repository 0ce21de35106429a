-- Plain text: a note without what hides its words from a search but not from a reader, as toolkit/motjuste/engine/plain.py makes it.
-- Functions called for every note have no `set search_path` (it would cost more than the work) and use pg_catalog only;
-- the triggers, which run as their owner, pin it for all they call.

-- is_odd(note): whether a note may have another plain text, or another reading, than itself. Nearly every note has not.
create or replace function motjuste.is_odd(note text)
    returns boolean
    language plpgsql
    immutable
    strict
    parallel safe
as $$
begin
    return note collate "C" ~ E'[^ -%''-<>-\\[\\]`-{}\t\n\r\u000b\u000c\u00a0-\u00a5\u00a7-\u00a9\u00ab\u00ae-\u00b1\u00b4-\u00b6\u00b8\u00ba-\u00c1\u00c4\u00c6-\u00ff\u0152\u0153\u2010-\u2014\u2018-\u201e\u2026\u202f\u20ac]'
        or note collate "C" ~ E'(?:^|[^0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff])[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff][^0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff.!?;''][A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff][^0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff.!?;''][A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff](?:[^0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]|$)'
        or position('?' in note) > 0
            and note collate "C" ~ E'[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f][?][A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]';
end
$$;

-- unwritten(written): what an entity of HTML, a misread character, one for several letters, or one that Unicode ignores is read as.
create or replace function motjuste.unwritten(written text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    ignored constant text := E'^[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0483-\u0489\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]$';
    char text := written;
    name text;
    code int;
begin
    if length(written) > 1 and left(written, 1) <> '&' then
        char := (select m.letters from motjuste.misread() as m where m.written = unwritten.written);
    elsif length(written) > 1 then
        name := regexp_replace(regexp_replace(substr(written, 2) collate "C", '^(?:amp;)+(?=.)', ''), ';$', '');
        if left(name, 1) <> '#' then
            char := coalesce((select n.letters from motjuste.named() as n where n.written = name), written);
        else
            code := case
                when substr(name, 2, 1) in ('x', 'X') then ('x' || right('00000000' || substr(name, 3), 8))::bit(32)::int
                else substr(name, 2)::numeric::int
            end;
            if code between 1 and 55295 or code between 57344 and 1114111 then
                char := chr(code);
            end if;
        end if;
    end if;
    if char collate "C" ~ ignored then
        return '';
    end if;
    return coalesce((select s.letters from motjuste.several() as s where s.written = char), char);
end
$$;

-- lost(before, after): what a letter was that is lost between these parts of a word: an œ in a few, an apostrophe, else an e.
create or replace function motjuste.lost(before text, after text)
    returns text
    language sql
    immutable
    strict
    parallel safe
as $$
    select case
        when before collate "C" ~ '[bcmnsvBCMNSV]$' and after collate "C" ~ '^[uU][dfrxDFRX]' then E'\u0153'
        when before collate "C" ~ '^[cdjlmnstCDJLMNST]$|[qQ][uU]$'
            and after collate "C" ~ E'^[aeiouyhAEIOUYH\u00e0\u00e2\u00e9\u00e8\u00ea\u00eb\u00ee\u00ef\u00f4\u00f6\u00f9\u00fb\u0153\u00c0\u00c2\u00c9\u00c8\u00ca\u00cb\u00ce\u00cf\u00d4\u00d6\u00d9\u00db\u0152][A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]' then ''''
        else 'e'
    end
$$;

-- mended(body): a text with letters for those that were lost to U+FFFD in its words, as many. What stands between two words is looked at by
-- itself: to look back from each sign would take the server from the text's beginning each time.
create or replace function motjuste.mended(body text)
    returns text
    language sql
    immutable
    strict
    parallel safe
as $$
    with piece as (
        select
            x.i, x.hits[1] as word, x.piece as gap, lag(x.hits[1]) over w as before,
            lag(x.hits[1]) over w collate "C" ~ '[^0-9]$' as opens, x.hits[1] collate "C" ~ '^[^0-9]' as closes
        from rows from (
            regexp_split_to_table(mended.body collate "C", E'[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]+'), regexp_matches(mended.body collate "C", E'([0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]+)', 'g')
        ) with ordinality as x (piece, hits, i)
        window w as (order by x.i)
    ),
    begun as (
        select
            p.*, p.opens and (p.gap = E'\ufffd' and p.word is null or p.gap collate "C" ~ E'^\ufffd[-\n .,)]') as ends,
            p.closes and (p.gap = E'\ufffd' and p.before is null or p.gap collate "C" ~ E'[^\ufffd]\ufffd$') as begins
        from piece as p
    )
    select string_agg(
        case
            when p.gap = E'\ufffd' and p.opens and p.closes then motjuste.lost(p.before, p.word)
            when p.gap = E'\ufffd\ufffd' and p.opens and p.closes then 'ee'
            when p.gap = E'\ufffd' and (p.ends or p.begins) then 'e'
            else case when p.ends then 'e' else left(p.gap, 1) end || substr(p.gap, 2, greatest(length(p.gap) - 2, 0))
                || case when length(p.gap) < 2 then '' when p.begins then 'e' else right(p.gap, 1) end
        end || coalesce(p.word, ''), '' order by p.i)
    from begun as p
$$;

-- plain(note): its plain text. `at` and `size` say where in it how many characters more the note has until there; the characters
-- of what is read as several all stand where it begins.
create or replace function motjuste.plain(note text, out body text, out at int[], out size int[])
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    word constant text := E'[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\ua000-\ud7ff\uf900-\ufdff\U00010000-\U0001efff]+';
    latin constant text := E'[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]';
    hidden constant text := E'&(?:amp;)*(?:#0*[0-9]{1,7};?|#[xX]0*[0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};|[A-Za-z](?:acute|grave|circ|uml|cedil|tilde))'
        || E'|[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0483-\u0489\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff'
        || (select string_agg(s.written, '') from motjuste.several() as s) || ']';
    misread constant text := case
        when note collate "C" ~ E'[\u00c2\u00c3\u00c5\u00e2\u221a\u2248\u251c\u253c]'
            then (select string_agg('|' || m.written, '' order by m.written collate "C") from motjuste.misread() as m)
        else ''
    end;
    otherwise constant text := hidden || misread;
    listed text;
    becomes text;
    mixed text;
    mixed_becomes text;
begin
    body := note;
    at := '{}';
    size := '{}';
    if body collate "C" ~ otherwise then
        with piece as materialized (
            select p.i, p.piece, p.hits[1] as hit
            from rows from (
                regexp_split_to_table(note collate "C", otherwise), regexp_matches(note collate "C", '(' || otherwise || ')', 'g')
            ) with ordinality as p (piece, hits, i)
        ),
        known as materialized (
            select h.hit, motjuste.unwritten(h.hit) as letters from (select distinct p.hit from piece as p where p.hit is not null) as h
        ),
        placed as materialized (
            select
                p.i, p.piece, p.hit, k.letters,
                sum(length(p.piece) + length(coalesce(k.letters, ''))) over (order by p.i) - length(coalesce(k.letters, '')) as at
            from piece as p
            left join known as k on k.hit = p.hit
        ),
        change as (
            select p.at + n as at, -1 as size
            from placed as p
            cross join lateral generate_series(1, length(p.letters) - 1) as n
            union all
            select p.at + length(p.letters), length(p.hit) - case when p.letters = '' then 0 else 1 end
            from placed as p
            where length(p.hit) > case when p.letters = '' then 0 else 1 end
        ),
        summed as (
            select c.at::int as at, (sum(c.size) over (order by c.at, c.size))::int as size, row_number() over (order by c.at, c.size) as k
            from change as c
        )
        select
            (select string_agg(p.piece || coalesce(p.letters, ''), '' order by p.i) from placed as p),
            coalesce(array_agg(s.at order by s.k), '{}'), coalesce(array_agg(s.size order by s.k), '{}')
        into body, at, size
        from summed as s;
    end if;
    if octet_length(body) = length(body) then
        return;
    end if;
    with sign as materialized (
        select c.kind, s.sign, substr(c.letters, ascii(s.sign) - c.first + 1, 1) as letter
        from (select distinct string_to_table(regexp_replace(body collate "C", '[ -~]+', '', 'g'), null) as sign) as s
        join motjuste.characters() as c on ascii(s.sign) between c.first and c.first + length(c.letters) - 1
    )
    select
        string_agg(s.sign, '' order by s.sign collate "C") filter (where s.kind = 'always'),
        string_agg(s.letter, '' order by s.sign collate "C") filter (where s.kind = 'always')
    into listed, becomes
    from sign as s
    where s.letter <> '~';
    body := translate(body, coalesce(listed, ''), coalesce(becomes, ''));
    if position(E'\ufffd' in body) > 0 then
        body := motjuste.mended(body);
    end if;
    select
        string_agg(s.sign, '' order by s.sign collate "C") filter (where s.kind = 'alike'),
        string_agg(s.letter, '' order by s.sign collate "C") filter (where s.kind = 'alike'),
        string_agg(s.sign, '' order by s.sign collate "C") filter (where s.kind <> 'always'),
        string_agg(s.letter, '' order by s.sign collate "C") filter (where s.kind <> 'always')
    into listed, becomes, mixed, mixed_becomes
    from (
        select c.kind, s.sign, substr(c.letters, ascii(s.sign) - c.first + 1, 1) as letter
        from (select distinct string_to_table(regexp_replace(body collate "C", '[ -~]+', '', 'g'), null) as sign) as s
        join motjuste.characters() as c on ascii(s.sign) between c.first and c.first + length(c.letters) - 1
    ) as s
    where s.letter <> '~';
    if mixed is null then
        return;
    end if;
    with piece as materialized (
        select p.i, p.piece, p.hits[1] as hit
        from rows from (
            regexp_split_to_table(body collate "C", word), regexp_matches(body collate "C", word, 'g')
        ) with ordinality as p (piece, hits, i)
    ),
    known as materialized (
        select
            h.hit,
            case
                when h.hit collate "C" ~ latin then translate(h.hit, mixed, mixed_becomes)
                when translate(regexp_replace(h.hit collate "C", E'[0-9\u0300-\u036f]+', '', 'g'), listed, '') = ''
                    then translate(h.hit, listed, becomes)
            end as letters
        from (select distinct p.hit from piece as p where octet_length(p.hit) > length(p.hit)) as h
    )
    select string_agg(p.piece || coalesce(k.letters, p.hit, ''), '' order by p.i)
    into body
    from piece as p
    left join known as k on k.hit = p.hit;
end
$$;

-- windowed(body, at, size, near, quoted): a reading without what is far from where it differs from another: whole sentences, as text.far.
-- `at` and `size` are its cuts, `near` what is near these, null where all is left in; `quoted`: quotation marks that stand there are kept.
create or replace function motjuste.windowed(inout body text, inout at int[], inout size int[], inout near int4multirange, quoted boolean)
    language plpgsql
    immutable
    parallel safe
as $$
#variable_conflict use_column
declare
    left_out constant int := 1000; -- text.LEFT_OUT
    further constant int := 300; -- text.READ - text.NEAR
    far int4multirange;
    folded record;
    written record;
    f record;
    part text;
    n int;
    firsts int[] := '{}'; -- of what is left out
    pasts int[] := '{}';
    instead text[] := '{}';
    gone int[] := '{}'; -- characters that went until there
begin
    if length(body) > left_out and near is not null then
        far := int4multirange(int4range(0, length(body)))
            - (select range_agg(int4range(lower(r) - further, upper(r) - 1 + further)) from unnest(near) as r);
        far := (select range_agg(r) from unnest(far) as r where upper(r) - lower(r) > left_out);
    end if;
    if far is not null then
        select p.* into folded from motjuste.parts(motjuste.fold(body)) as p;
    end if;
    for f in select lower(r) as first, upper(r) as past from unnest(far) as r loop
        if f.first > 0 then
            part := motjuste.stretch(folded.parts, folded.starts, f.first - 6, f.past - f.first + 6);
            n := regexp_instr(translate(left(part, 5), '!?;', '   ') || substr(part, 6) collate "C", '[a-z0-9œæ]{5}[.]|[!?;]', 1, 1, 1);
            continue when n = 0;
            f.first := f.first - 6 + n - 1;
        end if;
        part := motjuste.stretch(folded.parts, folded.starts, f.first, f.past - f.first);
        if f.past < length(body) then
            n := regexp_instr(reverse(part) collate "C", '[.][a-z0-9œæ]{5}|[!?;]');
            continue when n = 0;
            f.past := f.past - n + 1;
            part := left(part, f.past - f.first);
        end if;
        continue when f.past - f.first <= left_out;
        n := length(part) - length(replace(part, '"', ''));
        firsts := firsts || f.first;
        pasts := pasts || f.past;
        instead := instead || (';' || repeat('"', case when quoted and n > 0 then 2 - n % 2 else 0 end));
        n := cardinality(gone);
        gone := gone || (coalesce(gone[n], 0) + f.past - f.first - length(instead[n + 1]));
    end loop;
    if firsts = '{}' then
        near := null;
        return;
    end if;
    select p.* into written from motjuste.parts(body) as p;
    body := (
        select string_agg(motjuste.stretch(written.parts, written.starts, x.first, x.past - x.first) || coalesce(x.instead, ''), '' order by x.first)
        from unnest(0 || pasts, firsts || length(body), instead) as x (first, past, instead)
    );
    near := (
        select range_agg(int4range(lower(r) - x.gone, upper(r) - x.gone))
        from unnest(near) as r
        cross join lateral (select coalesce(gone[width_bucket(lower(r), pasts)], 0) as gone) as x
    );
    select array_agg(x.at order by x.at), array_agg(x.size order by x.at)
    into at, size
    from (
        select x.at, (sum(x.more) over (order by x.at))::int as size
        from (
            select case when firsts[x.k + 1] < x.at then pasts[x.k + 1] - gone[x.k + 1] else x.at - coalesce(gone[x.k], 0) end as at, x.more
            from (
                select u.at, u.size - lag(u.size, 1, 0) over (order by u.i) as more, width_bucket(u.at, pasts) as k
                from unnest(at, size) with ordinality as u (at, size, i)
            ) as x
            union all
            select u.past - u.gone, u.gone - lag(u.gone, 1, 0) over (order by u.past)
            from unnest(pasts, gone) as u (past, gone)
        ) as x
    ) as x;
end
$$;

-- joined(body): a plain text where what is written letter by letter, or in parts (`alcoo_lique`), is joined, and a `?` inside a word is a
-- letter, as `lost` says; `at` and `size` say where in it how many characters were left out until there. No row where nothing is.
create or replace function motjuste.joined(whole text)
    returns table (body text, at int[], size int[], near int4multirange)
    language sql
    immutable
    strict
    parallel safe
    rows 1
as $$
    with piece as (
        select p.i, p.gap, p.hits[1] as word, length(p.hits[1]) = 1 and p.hits[1] !~ '[0-9]' as single,
            p.gap collate "C" ~ E'^[^0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f.!?;''\u2019\u2026]$' as one
        from rows from (
            regexp_split_to_table(joined.whole collate "C", E'[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]+'),
            regexp_matches(joined.whole collate "C", E'[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]+', 'g')
        ) with ordinality as p (gap, hits, i)
    ),
    cut as (
        select p.i, p.gap, p.word, p.i > 1 and p.word is not null and (
                p.gap collate "C" ~ E'^[_\u00b7\u2022\u2027\u2219\u22c5~^|\\\\=\u00ac\u00a6]{1,3}$'
                or p.one and p.single and lag(p.single) over w
                and (coalesce(lead(p.one and p.single) over w, false) or coalesce(lag(p.one) over w and lag(p.single, 2) over w, false))
            ) as gone,
            case
                when p.gap = '?' and lag(p.word) over w collate "C" ~ '[^0-9]$' and p.word collate "C" ~ '^[^0-9]'
                    then motjuste.lost(lag(p.word) over w, p.word)
            end as letter
        from piece as p
        window w as (order by p.i)
    ),
    placed as (
        select
            c.*, sum(case when c.gone then 0 else length(c.gap) end + coalesce(length(c.word), 0)) over w - length(c.word) as at,
            sum(case when c.gone then length(c.gap) else 0 end) over w as cut
        from cut as c
        window w as (order by c.i)
    )
    select w.*
    from (
        select
            string_agg(case when p.gone then '' else coalesce(p.letter, p.gap) end || coalesce(p.word, ''), '' order by p.i) as body,
            coalesce(array_agg(p.at::int order by p.i) filter (where p.gone), '{}') as at,
            coalesce(array_agg(p.cut::int order by p.i) filter (where p.gone), '{}') as size,
            range_agg(int4range(p.at::int - (not p.gone)::int - 200, p.at::int + 200, '[]')) filter (where p.gone or p.letter is not null) as near
        from placed as p
        having bool_or(p.gone or p.letter is not null)
    ) as j
    cross join lateral motjuste.windowed(j.body, j.at, j.size, j.near, true) as w
$$;

-- plains(note): the plain texts of a note with their places: as it is, then joined, near what is (motjuste.windowed).
create or replace function motjuste.plains(note text)
    returns table (body text, at int[], size int[], joined_at int[], joined_size int[], near int4multirange)
    language plpgsql
    immutable
    strict
    parallel safe
    rows 1
as $$
#variable_conflict use_column
begin
    body := note;
    at := '{}';
    size := '{}';
    joined_at := '{}';
    joined_size := '{}';
    if not motjuste.is_odd(note) then
        return next;
        return;
    end if;
    select p.* into body, at, size from motjuste.plain(note) as p;
    return next;
    for body, joined_at, joined_size, near in select j.* from motjuste.joined(body) as j loop
        return next;
    end loop;
end
$$;
