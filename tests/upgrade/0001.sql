-- The schema. Nothing in it is granted to PUBLIC: an application's role needs no right on it.
create schema if not exists motjuste;
revoke all on schema motjuste from public;
comment on schema motjuste is 'motjuste: lawful free-comment columns';

do $$
begin
    if pg_catalog.getdatabaseencoding() <> 'UTF8' then
        raise exception 'motjuste needs a database in UTF8, this one is in %', pg_catalog.getdatabaseencoding()
            using hint = 'offsets are code points; convert the database, or scan it without installing';
    end if;
end
$$;
-- The tables: the compiled pack, what is watched, what was found. No column holds the text of a note.

create table if not exists motjuste.pack (
    id int generated always as identity primary key,
    language text not null,
    version text not null,
    digest text not null,
    installed_at timestamptz not null default now(),
    installed_by text not null default session_user,
    current boolean not null default false
);
create unique index if not exists pack_current on motjuste.pack (current) where current;

create table if not exists motjuste.category (
    code text primary key,
    label text not null,
    law text not null,
    advice text not null,
    inline text not null,
    capitals text not null, -- `name`: a match with a capital inside a sentence is a name, and no finding
    quoted text not null -- the level of a match between quotation marks, '' where it is that of its rule
);

create table if not exists motjuste.message (
    name text primary key,
    body text not null
);

create table if not exists motjuste.rule (
    id text primary key,
    category text not null references motjuste.category,
    level text not null check (level in ('block', 'watch')),
    why text not null,
    key text not null default '',
    unless_before text not null default '',
    unless_after text not null default '',
    unless_near text not null default '',
    unless_phrase text not null default '',
    needs_before text not null default '',
    needs_after text not null default '',
    needs_near text not null default '',
    needs_phrase text not null default ''
);

-- A term without a pattern matches its anchor itself. In a pattern <n> stands for a word of the set n. A raw pattern is
-- for the folded text itself, the others for its skeleton.
create table if not exists motjuste.term (
    id int primary key,
    rule_id text not null references motjuste.rule,
    pattern text not null,
    raw boolean not null
);

create table if not exists motjuste.word_set (
    id int not null,
    word text collate "C" not null,
    primary key (id, word)
);

-- No foreign keys here: all rows of a pack come and go together, and each key that goes would cost a look at all anchors.
-- What the gate knows a term by. A match holds an anchor of the key; a word of the set `also` (-1: none), from `least` to
-- `most` words after the anchor's first word; within `span` words a word of each of the sets `required`. For a raw
-- term `loose` matches wherever its pattern does, and compiles faster.
create table if not exists motjuste.key (
    id int primary key,
    term_id int not null,
    also int not null,
    least int not null,
    most int not null,
    span int not null,
    required int[] not null,
    loose text not null
);

-- Collation "C": tokens are folded, so bytes compare fast and the same everywhere.
-- An anchor is a word, or two neighbours with a space between.
create table if not exists motjuste.anchor (
    token text collate "C" not null,
    key_id int not null,
    primary key (token, key_id)
);

create table if not exists motjuste.maskable (
    word text collate "C" primary key,
    rule_id text not null references motjuste.rule
);

create table if not exists motjuste.secret (
    singleton boolean primary key default true check (singleton),
    key bytea not null,
    inner_pad bytea not null,
    outer_pad bytea not null
);
comment on table motjuste.secret is 'key of the note digests (HMAC-SHA-256, RFC 2104); never leaves the database but for scan and review';

create table if not exists motjuste.watch (
    id int generated always as identity primary key,
    relation regclass not null,
    column_name name not null,
    json_key text not null default '',
    mode text not null check (mode in ('flag', 'warn', 'block', 'mask')),
    author_column name,
    subject_column name,
    attached_at timestamptz not null default now(),
    attached_by text not null default session_user,
    constraint watch_identity unique (relation, column_name, json_key)
);

create table if not exists motjuste.finding (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    json_key text not null default '',
    row_key jsonb not null,
    note_digest bytea not null,
    rule_id text not null,
    category text not null,
    level text not null,
    start int not null,
    length int not null,
    certainty text constraint finding_certainty check (certainty in ('certain', 'likely', 'doubtful')),
    status text not null default 'open'
        check (status in ('open', 'accepted', 'dismissed', 'tolerated', 'corrected', 'redacted')),
    reason text,
    until date,
    decided_by text,
    decided_at timestamptz,
    author text,
    source text not null default 'trigger' check (source in ('trigger', 'scan')),
    found_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint finding_identity unique (relation, column_name, json_key, row_key, note_digest, rule_id, start)
);
create index if not exists finding_open on motjuste.finding (relation, column_name, row_key)
    where status in ('open', 'accepted', 'tolerated');

create table if not exists motjuste.bypass (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    rows bigint not null,
    reason text not null,
    role text not null default session_user,
    at timestamptz not null default now()
);

create table if not exists motjuste.bypass_role (
    role name primary key
);

-- An error inside a check of mode flag or warn: the write went on, this row says so.
create table if not exists motjuste.failure (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    sqlstate text not null,
    role text not null default session_user,
    at timestamptz not null default now()
);

-- Every scan leaves its proof: what was read, of what, with which pack.
create table if not exists motjuste.scan (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    json_key text not null default '',
    rows_read bigint not null,
    rows_that_exist bigint not null,
    notes_with_findings bigint not null,
    pack_digest text not null,
    pack_version text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null default now(),
    role text not null default session_user
);
-- fold(note): the note with each character folded to lower-case ASCII (and œ, æ), one for one, so that an offset
-- in the result is one in the note. toolkit/motjuste/text.py does the same; a test compares every character.
--
-- The three steps are for speed: a chain of `replace` of what French notes hold, then of what they hold now and then,
-- then `translate`, which pays for each character of its list on each character of the note.
-- No `set search_path`: it would cost more than the work. The triggers, which run as their owner, pin it for all they call.
-- Escapes are E'' so that the file means the same whatever standard_conforming_strings says.
create or replace function motjuste.fold(note text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    f text collate "C" := replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(
        lower(note collate "C")
        , E'\u0009', ' '), E'\u000A', ' '), E'\u000D', ' '), E'\u000B', ' '), E'\u000C', ' ')
        , 'é', 'e'), 'à', 'a'), 'è', 'e'), 'ç', 'c'), 'ê', 'e'), 'ô', 'o'), '’', ''''), 'â', 'a')
        , 'É', 'e'), 'î', 'i'), 'û', 'u'), '«', '"'), '»', '"'), 'À', 'a'), '€', '$'), '°', ' ');
begin
    if octet_length(f) = length(f) then
        return f;
    end if;
    f := replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(
        f
        , 'ù', 'u'), 'ë', 'e'), 'ï', 'i'), 'ü', 'u'), 'ö', 'o'), 'ä', 'a'), 'ÿ', 'y'), 'ñ', 'n')
        , 'È', 'e'), 'Ê', 'e'), 'Ô', 'o'), 'Î', 'i'), 'Ç', 'c'), 'Â', 'a'), 'Û', 'u'), 'Ù', 'u')
        , 'Ë', 'e'), 'Ï', 'i'), 'Œ', 'œ'), 'Æ', 'æ'), E'\u00A0', ' '), E'\u202F', ' '), '–', '-')
        , '—', '-'), '…', '.'), '“', '"'), '”', '"'), '‘', ''''), '´', '''')
        , 'á', 'a'), 'í', 'i'), 'ó', 'o'), 'ú', 'u'), 'ã', 'a');
    if octet_length(f) = length(f) then
        return f;
    end if;
    return translate(
        f,
        E'\u0085\u00A0\u00AB\u00B0\u00B4\u00BA\u00BB\u00C0\u00C1\u00C2\u00C3\u00C4\u00C5\u00C6'
        '\u00C7\u00C8\u00C9\u00CA\u00CB\u00CC\u00CD\u00CE\u00CF\u00D0\u00D1\u00D2\u00D3\u00D4'
        '\u00D5\u00D6\u00D8\u00D9\u00DA\u00DB\u00DC\u00DD\u00DF\u00E0\u00E1\u00E2\u00E3\u00E4'
        '\u00E5\u00E7\u00E8\u00E9\u00EA\u00EB\u00EC\u00ED\u00EE\u00EF\u00F0\u00F1\u00F2\u00F3'
        '\u00F4\u00F5\u00F6\u00F8\u00F9\u00FA\u00FB\u00FC\u00FD\u00FF\u0100\u0101\u0102\u0103'
        '\u0104\u0105\u0106\u0107\u0108\u0109\u010A\u010B\u010C\u010D\u010E\u010F\u0112\u0113'
        '\u0114\u0115\u0116\u0117\u0118\u0119\u011A\u011B\u011C\u011D\u011E\u011F\u0120\u0121'
        '\u0122\u0123\u0124\u0125\u0126\u0127\u0128\u0129\u012A\u012B\u012C\u012D\u012E\u012F'
        '\u0130\u0131\u0134\u0135\u0136\u0137\u0139\u013A\u013B\u013C\u013D\u013E\u0141\u0142'
        '\u0143\u0144\u0145\u0146\u0147\u0148\u014C\u014D\u014E\u014F\u0150\u0151\u0152\u0154'
        '\u0155\u0156\u0157\u0158\u0159\u015A\u015B\u015C\u015D\u015E\u015F\u0160\u0161\u0162'
        '\u0163\u0164\u0165\u0166\u0167\u0168\u0169\u016A\u016B\u016C\u016D\u016E\u016F\u0170'
        '\u0171\u0172\u0173\u0174\u0175\u0176\u0177\u0178\u0179\u017A\u017B\u017C\u017D\u017E'
        '\u0218\u0219\u021A\u021B\u02BC\u1E9E\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007'
        '\u2008\u2009\u200A\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201B\u201C\u201D'
        '\u201E\u201F\u2026\u2028\u2029\u202F\u2032\u2033\u2039\u203A\u205F\u20AC\u2212\u3000',
        '  " '' "aaaaaaæ'
        'ceeeeiiiidnooo'
        'ooouuuuysaaaaa'
        'aceeeeiiiidnoo'
        'oooouuuuyyaaaa'
        'aaccccccccddee'
        'eeeeeeeegggggg'
        'gghhhhiiiiiiii'
        'iijjkkllllllll'
        'nnnnnnooooooœr'
        'rrrrrsssssssst'
        'tttttuuuuuuuuu'
        'uuuwwyyyzzzzzz'
        'sstt''s        '
        '   ------''''''""'
        '"".   ''""" $- '
    );
end
$$;
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
    select regexp_split_to_array(folded collate "C", '[^a-z0-9œæ]+')
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

-- candidates(words, body): the keys that an anchor among these words speaks for, where all that the key asks for is there
-- and near enough; with the anchor. A raw term is one only where its loose pattern is in the body.
create or replace function motjuste.candidates(words text[], body text)
    returns table (term_id int, token text)
    language sql
    stable
    strict
    parallel safe
    rows 5
as $$
    select k.term_id, a.token
    from motjuste.anchor as a
    -- offset 0: a few keys are fetched, whatever the planner thinks of their number
    cross join lateral (select * from motjuste.key as x where x.id = a.key_id offset 0) as k
    where a.token = any (
            words
            || array(select x.a || ' ' || x.b from unnest(words, words[2:]) as x (a, b))
            || case when body ~ '(?:[0-9][ ./-]{0,2}){12}' then '#'::text end
        )
        and (
            k.also < 0 and k.required = '{}'
            or exists (
                select
                from unnest(array_positions(words, split_part(a.token, ' ', 1))) as p (at)
                where (
                        k.also < 0
                        or exists (
                            select
                            from motjuste.word_set as w
                            where w.id = k.also
                                and w.word = any (words[greatest(p.at + k.least, 1) : greatest(p.at + k.most, 0)])
                        )
                    )
                    and not exists (
                        select
                        from unnest(k.required) as r (id)
                        where not exists (
                            select
                            from motjuste.word_set as w
                            where w.id = r.id
                                and w.word = any (words[greatest(p.at - k.span, 1) : p.at + k.span])
                        )
                    )
            )
        )
        and (k.loose = '' or body ~ k.loose)
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
    f constant text collate "C" := motjuste.fold(note);
begin
    -- Nearly every note is regular: plain printable ASCII once folded, nothing drawn out, masked or dotted.
    -- The expressions are several and short because a regex pays for its letters at each call.
    if f !~ '[^ -~]|[a-z][a-z0-9]*[*@#$]|[a-z][0134][0134a-z]*[a-z]|(?:^|[^a-z0-9])[a-z][.-][a-z](?:[^a-z0-9]|$)|[a-z]- [a-z]'
        and f !~ 'aaa|eee|iii|ooo|uuu'
        and f !~ 'lll|nnn|rrr|sss|ttt'
    then
        return exists (select from motjuste.candidates(array_remove(string_to_array(
            replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            replace(replace(replace(replace(replace(replace(f
            , ',', ' '), '.', ' '), '''', ' '), '-', ' '), ':', ' '), '/', ' '), '(', ' '), ')', ' '), '"', ' ')
            , '!', ' '), '?', ' '), ';', ' '), '+', ' '), '$', ' '), '&', ' '), '*', ' '), '@', ' '), '%', ' ')
            , '=', ' '), '_', ' '), '#', ' '), '<', ' '), '>', ' '), '[', ' '), ']', ' '), '{', ' '), '}', ' ')
            , '|', ' '), '~', ' '), '^', ' '), '`', ' '), chr(92), ' '),
            ' '), ''), f));
    end if;
    return f ~ '[a-z][a-z0-9œæ]*[*@$#]|[a-z][0134][0134a-z]*[a-z]' and exists (select from motjuste.maskable)
        or exists (
            select
            from motjuste.variants(f) as v
            cross join lateral motjuste.candidates(motjuste.words(v.body), v.body) as c
        );
end
$$;

-- skeleton(body): a folded text as patterns see it, character for character: words, spaces, and `.` or `;` where a
-- sentence ends; the dot of a title is a space.
create or replace function motjuste.skeleton(body text)
    returns text
    language sql
    immutable
    strict
    parallel safe
as $$
    select translate(
        regexp_replace(
            regexp_replace(
                body collate "C", '(?<![a-z0-9œæ])(m|mm|mr|mme|mlle|me|mle|dr|pr|st|ste|conj|dep)[.]', E'\\1 ', 'g'
            ),
            '[^a-z0-9œæ.!?;]', ' ', 'g'
        ),
        '!?', ';;'
    )
$$;

-- locate(body, pattern): where a pattern matches, leftmost then longest, in linear time.
create or replace function motjuste.locate(body text, pattern text)
    returns table (start int, length int)
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    times int := regexp_count(body collate "C", pattern);
begin
    -- Functions without sub-expressions share one compiled pattern, and compiling is most of the work. They start again
    -- from the beginning for each match, so many matches are better read all at once, though that compiles twice more.
    if times <= 4 then
        for n in 1 .. times loop
            start := regexp_instr(body collate "C", pattern, 1, n) - 1;
            length := regexp_instr(body collate "C", pattern, 1, n, 1) - 1 - start;
            return next;
        end loop;
        return;
    end if;
    return query
        select
            (sum(length(x.piece)) over w + sum(length(x.hits[1])) over w - length(x.hits[1]))::int,
            length(x.hits[1])
        from rows from (
            regexp_split_to_table(body collate "C", pattern),
            regexp_matches(body collate "C", '(' || pattern || ')', 'g')
        ) with ordinality as x (piece, hits, i)
        where x.hits is not null
        window w as (order by x.i);
end
$$;

-- fill(pattern, words): the pattern with each <n> replaced by those words of the set n that the text holds, so that it stays
-- small: a regular expression of hundreds of words takes milliseconds to compile.
create or replace function motjuste.fill(pattern text, words text[])
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
        select s.id, (
            select string_agg(w.word, '|') from motjuste.word_set as w where w.id = s.id and w.word = any (words)
        ) as present
        from (
            select distinct m[1]::int as id from regexp_matches(pattern collate "C", '<([0-9]+)>', 'g') as m
        ) as s
    loop
        -- `$a` can never match
        pattern := replace(pattern, '<' || part.id || '>', '(?:' || coalesce(part.present, '$a') || ')');
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

-- admits(rule, body, skeleton, start, length): whether the key and the context of a rule, its patterns filled, admit a
-- match there.
create or replace function motjuste.admits(rule motjuste.rule, body text, skeleton text, start int, length int)
    returns boolean
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    reach constant int := 60; -- matcher.WINDOW
    first int := greatest(start - reach, 0);
    past int := least(start + length + reach, length(skeleton));
    left_side text collate "C";
    right_side text collate "C";
    around text collate "C";
begin
    -- no word is cut in two at either end
    if first > 0 and substr(skeleton, first, 1) !~ '[ .;]' then
        first := first + length(substring(substr(skeleton, first + 1, start - first) from '^[^ .;]*'));
    end if;
    if substr(skeleton, past + 1, 1) ~ '[^ .;]' then
        past := past - length(substring(substr(skeleton, start + length + 1, past - start - length) from '[^ .;]*$'));
    end if;
    left_side := substr(skeleton, first + 1, start - first);
    right_side := substr(skeleton, start + length + 1, past - start - length);
    around := substr(skeleton, first + 1, past - first);
    -- the parentheses keep plpgsql from taking the THEN of CASE for that of IF
    if rule.key <> '' and not (
        case rule.key
            when 'luhn' then motjuste.luhn(substr(body, start + 1, length))
            when 'nir' then motjuste.nir(substr(body, start + 1, length))
            when 'iban' then motjuste.iban(substr(body, start + 1, length))
        end
    ) then
        return false;
    end if;
    if rule.unless_before <> '' and left_side ~ rule.unless_before
        or rule.unless_after <> '' and right_side ~ rule.unless_after
        or rule.unless_near <> '' and around ~ rule.unless_near
        or rule.unless_phrase <> '' and exists (
            select from motjuste.locate(around, rule.unless_phrase) as p
            where p.start + first < admits.start + admits.length and p.start + p.length + first > admits.start
        )
    then
        return false;
    end if;
    return (rule.needs_before = '' or left_side ~ rule.needs_before)
        and (rule.needs_after = '' or right_side ~ rule.needs_after)
        and (rule.needs_near = '' or around ~ rule.needs_near)
        and (rule.needs_phrase = '' or exists (
            select from motjuste.locate(around, rule.needs_phrase) as p
            where p.start + first < admits.start + admits.length and p.start + p.length + first > admits.start
        ));
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

-- ready(rule_id, words): a rule with the patterns of its context filled for a text of these words.
create or replace function motjuste.ready(rule_id text, words text[])
    returns motjuste.rule
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    r motjuste.rule;
begin
    select * into r from motjuste.rule as x where x.id = rule_id;
    r.unless_before := motjuste.fill(r.unless_before, words);
    r.unless_after := motjuste.fill(r.unless_after, words);
    r.unless_near := motjuste.fill(r.unless_near, words);
    r.unless_phrase := motjuste.fill(r.unless_phrase, words);
    r.needs_before := motjuste.fill(r.needs_before, words);
    r.needs_after := motjuste.fill(r.needs_after, words);
    r.needs_near := motjuste.fill(r.needs_near, words);
    r.needs_phrase := motjuste.fill(r.needs_phrase, words);
    return r;
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
    masked constant text := '(?<![a-z0-9œæ])[a-z][a-z0-9œæ]*[*@#$][*@$#a-z0-9œæ]*'
        || '|(?<![a-z0-9œæ])[a-z]+[0134][0134a-z]*[a-z](?![a-z0-9œæ])';
    bones text;
    present text[]; -- the distinct words
    r motjuste.rule;
    v record;
    c record;
    s record;
begin
    for v in select x.*, motjuste.words(x.body) as words from motjuste.variants(f) as x loop
        bones := motjuste.skeleton(v.body);
        present := array(select distinct unnest(v.words));
        r := null;
        for c in
            select t.rule_id, t.raw,
                case
                    when t.pattern = '' then '(?<![^ .;])' || x.token || '(?![^ .;])'
                    else motjuste.fill(t.pattern, present)
                end as pattern
            from (
                select distinct k.term_id, case when k2.pattern = '' then k.token end as token
                from motjuste.candidates(v.words, v.body) as k
                join motjuste.term as k2 on k2.id = k.term_id
            ) as x
            join motjuste.term as t on t.id = x.term_id
            order by 1
        loop
            for s in select * from motjuste.locate(case when c.raw then v.body else bones end, c.pattern) loop
                if r.id is distinct from c.rule_id then
                    r := motjuste.ready(c.rule_id, present);
                end if;
                if motjuste.admits(r, v.body, bones, s.start, s.length) then
                    rule_id := c.rule_id;
                    select o.start, o.length into start, length
                    from motjuste.original(s.start, s.length, v.at, v.size) as o;
                    return next;
                end if;
            end loop;
        end loop;
    end loop;
    if f !~ masked then
        return;
    end if;
    bones := motjuste.skeleton(f);
    present := array(select distinct unnest(motjuste.words(f)));
    r := null;
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
        select seen.start, seen.length, owner.rule_id
        from seen
        join owner on owner.word = seen.word
        order by owner.rule_id
    loop
        if r.id is distinct from s.rule_id then
            r := motjuste.ready(s.rule_id, present);
        end if;
        if motjuste.admits(r, f, bones, s.start, s.length) then
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
    set search_path = ''
as $$
declare
    quotes constant int[] := motjuste.quotes(motjuste.fold(note));
begin
    return query
        select m.rule_id, m.category,
            case
                -- between quotation marks: one was opened before it, one follows
                when k.quoted <> '' and quotes[cardinality(quotes)] >= m.start + m.length
                    and (select count(*) from unnest(quotes) as q (at) where q.at < m.start) % 2 = 1
                    then k.quoted
                else m.level
            end,
            m.start, m.length
        from (
            select x.rule_id, r.category, r.level, x.start, x.length,
                max(x.start + x.length) over (
                    partition by r.category
                    order by x.start, x.length desc, x.rule_id collate "C"
                    rows between unbounded preceding and 1 preceding
                ) as reach
            from (select distinct y.* from motjuste.matches(note) as y) as x
            join motjuste.rule as r on r.id = x.rule_id
            join motjuste.category as c on c.code = r.category
            where c.capitals = '' or not motjuste.is_name(note, x.start, x.length)
        ) as m
        join motjuste.category as k on k.code = m.category
        where m.start + m.length > coalesce(m.reach, -1)
        order by m.start, m.length desc, m.rule_id collate "C";
end
$$;
-- Recording findings, and what is said to the one who writes the note. Nothing here ever quotes a note.

insert into motjuste.secret (key, inner_pad, outer_pad)
select k.key, p.inner_pad, p.outer_pad
from (
    -- two random uuids hold 244 bits from the server's strong generator; no extension is needed
    select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) as key
) as k
cross join lateral (
    select
        decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' order by b.i), 'hex') as inner_pad,
        decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' order by b.i), 'hex') as outer_pad
    from (
        select i, case when i < 32 then get_byte(k.key, i) else 0 end as byte from generate_series(0, 63) as i
    ) as b
) as p
on conflict do nothing;

-- digest(note): HMAC-SHA-256 of the note under the secret key. A bare hash of a short note could be guessed.
create or replace function motjuste.digest(note text)
    returns bytea
    language sql
    stable
    strict
    parallel safe
    set search_path = ''
as $$
    select pg_catalog.sha256(s.outer_pad || pg_catalog.sha256(s.inner_pad || pg_catalog.convert_to(note, 'UTF8')))
    from motjuste.secret as s
$$;

-- name_of(relation): its qualified and quoted name, whatever the search_path.
create or replace function motjuste.name_of(relation regclass)
    returns text
    language sql
    stable
    strict
as $$
    select format('%I.%I', n.nspname, c.relname)
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation
$$;

-- message(name, ...): one of the pack's messages with its slots filled.
create or replace function motjuste.message(
    name text, place text, category text, first int, last int, total bigint, keys text
)
    returns text
    language sql
    stable
    set search_path = ''
as $$
    select replace(replace(replace(replace(replace(replace(m.body,
        '{column}', place), '{category}', category), '{from}', first::text), '{to}', last::text),
        '{count}', total::text), '{keys}', keys)
    from motjuste.message as m
    where m.name = message.name
$$;

-- close_findings(relation, column, json_key, row_key): the note of this row was corrected or is gone.
create or replace function motjuste.close_findings(relation text, column_name text, json_key text, row_key jsonb)
    returns void
    language sql
    set search_path = ''
as $$
    update motjuste.finding as f
    set status = 'corrected', closed_at = now()
    where f.relation = close_findings.relation
        and f.column_name = close_findings.column_name
        and f.json_key = close_findings.json_key
        and f.row_key = close_findings.row_key
        and f.status in ('open', 'accepted', 'tolerated')
$$;

-- may_bypass(): whether this session asks to bypass the checks, and its role is listed in motjuste.bypass_role.
create or replace function motjuste.may_bypass()
    returns boolean
    language sql
    stable
    set search_path = ''
as $$
    select coalesce(current_setting('motjuste.bypass', true), '') <> ''
        and exists (
            select
            from motjuste.bypass_role as b
            join pg_catalog.pg_roles as r on r.rolname = b.role
            where pg_has_role(session_user, r.oid, 'member')
        )
$$;

create or replace function motjuste.log_bypass(relation text, column_name text, rows bigint)
    returns void
    language sql
    set search_path = ''
as $$
    insert into motjuste.bypass (relation, column_name, rows, reason)
    values (relation, column_name, rows, left(current_setting('motjuste.bypass', true), 500))
$$;

create or replace function motjuste.log_failure(relation text, column_name text, state text)
    returns void
    language plpgsql
    set search_path = ''
as $$
begin
    insert into motjuste.failure (relation, column_name, sqlstate) values (relation, column_name, state);
exception when others then
    -- the write matters more than our log of it; the server's own log still says what happened
    raise warning 'motjuste: a check of %.% failed (%) and could not be recorded', relation, column_name, state;
end
$$;

-- handle(...): check these notes, refuse or record them as the mode says. The three arrays go together, one item a row.
create or replace function motjuste.handle(
    relation text, column_name text, json_key text, mode text, row_keys jsonb[], notes text[], authors text[]
)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    place constant text := relation || '.' || quote_ident(column_name)
        || case when json_key = '' then '' else '->>' || quote_literal(json_key) end;
    refused constant boolean := mode = 'block';
    n record;
begin
    if mode in ('block', 'warn') then
        select count(*) over () as total, x.* into n
        from (
            select
                i.i, c.start, c.length, k.label, k.advice,
                (
                    select string_agg(d.line, '; ' order by d.i)
                    from (
                        select d.i, format('%s (%s)', d.row_key, string_agg(distinct k2.label, ', ')) as line
                        from unnest(row_keys, notes) with ordinality as d (row_key, note, i)
                        cross join lateral motjuste.check(d.note) as c2
                        join motjuste.category as k2 on k2.code = c2.category
                        where not refused or c2.level = 'block'
                        group by d.i, d.row_key
                        order by d.i
                        limit 10
                    ) as d
                ) as keys
            from unnest(notes) with ordinality as i (note, i)
            cross join lateral motjuste.check(i.note) as c
            join motjuste.category as k on k.code = c.category
            where not refused or c.level = 'block'
        ) as x
        order by x.i, x.start
        limit 1;
        if found and refused then
            raise exception using
                errcode = 'MJ001',
                message = motjuste.message('refused', place, n.label, n.start + 1, n.start + n.length, 0, ''),
                detail = motjuste.message('more', place, n.label, 0, 0, n.total, n.keys),
                hint = n.advice;
        elsif found then
            raise warning using
                errcode = 'MJ001',
                message = motjuste.message('warned', place, n.label, n.start + 1, n.start + n.length, 0, ''),
                detail = motjuste.message('more', place, n.label, 0, 0, n.total, n.keys),
                hint = n.advice;
        end if;
    end if;
    insert into motjuste.finding
        (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, author)
    -- without a primary key, rows of the same text are one note
    select distinct on (i.row_key, i.note, c.rule_id, c.start)
        handle.relation, handle.column_name, handle.json_key,
        i.row_key, motjuste.digest(i.note), c.rule_id, c.category, c.level, c.start, c.length, i.author
    from unnest(row_keys, notes, authors) as i (row_key, note, author)
    cross join lateral motjuste.check(i.note) as c
    -- a note put back as it was: its findings are open again
    on conflict on constraint finding_identity do update
        set status = 'open', closed_at = null
        where finding.status in ('corrected', 'redacted');
end
$$;
-- attach, detach: the functions a DBA calls to watch a column. Each watched column gets its own trigger functions, written
-- here with the column's names in them, so that the server plans their queries once a session and not once a row.

-- key_columns(relation): the columns of its primary key, in order; empty where it has none.
create or replace function motjuste.key_columns(relation regclass)
    returns name[]
    language sql
    stable
    strict
as $$
    select coalesce(array_agg(a.attname order by k.i), '{}')
    from pg_index as i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, i)
    join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = relation and i.indisprimary
$$;

-- sources(w): what each trigger of a watched column is: its name, its definition and its function's body.
create or replace function motjuste.sources(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, body text)
    language plpgsql
    stable
    set search_path = ''
as $$
declare
    place constant text := motjuste.name_of(w.relation);
    by_row constant boolean := (select c.relkind = 'p' from pg_catalog.pg_class as c where c.oid = w.relation);
    keys constant name[] := motjuste.key_columns(w.relation);
    prefix constant text := 'motjuste_' || w.id || '_';
    what constant text := format('%L, %L, %L', place, w.column_name, w.json_key);
    opening text := '';
    closing text := '';
    note text;
    key text;
    author text;
begin
    note := case when w.json_key = ''
        then format('@.%I::text', w.column_name)
        else format('(@.%I ->> %L)', w.column_name, w.json_key) end;
    key := 'jsonb_build_object(' || coalesce(
        (select string_agg(format('%L, @.%I', k.name, k.name), ', ' order by k.i)
         from unnest(keys) with ordinality as k (name, i)), '') || ')';
    author := case when w.author_column is null then 'null::text' else format('@.%I::text', w.author_column) end;
    if w.mode <> 'block' then
        -- flag, warn and mask never break a write
        opening := E'begin\n';
        closing := format(E'exception when others then\n    perform motjuste.log_failure(%L, %L, sqlstate);\nend;\n',
            place, w.column_name);
    end if;

    part := 'insert';
    trigger_name := prefix || 'insert';
    if by_row then
        -- a row trigger of a partitioned table is copied to each partition, also to those made tomorrow
        definition := format('create trigger %I after insert on %s for each row', trigger_name, place);
        body := E'if ' || replace(note, '@', 'new') || E' is null then\n    return null;\nend if;\n'
            || opening
            || format(E'if motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, 1);\n', place, w.column_name)
            || format(E'elsif motjuste.suspect(%s) then\n', replace(note, '@', 'new'))
            || format(E'    perform motjuste.handle(%s, %L, array[%s], array[%s], array[%s]);\nend if;\n',
                what, w.mode, replace(key, '@', 'new'), replace(note, '@', 'new'), replace(author, '@', 'new'))
            || closing;
    else
        definition := format('create trigger %I after insert on %s referencing new table as new_rows for each statement',
            trigger_name, place);
        body := opening
            || format(E'if motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, (select count(*) from new_rows));\n',
                place, w.column_name)
            || E'else\n'
            || format(E'    perform motjuste.handle(%s, %L, s.keys, s.notes, s.authors)\n', what, w.mode)
            || format(E'    from (\n        select array_agg(%s) as keys, array_agg(%s) as notes, array_agg(%s) as authors\n        from new_rows as n\n',
                replace(key, '@', 'n'), replace(note, '@', 'n'), replace(author, '@', 'n'))
            || format(E'        where motjuste.suspect(%s)\n    ) as s\n', replace(note, '@', 'n'))
            || E'    where s.notes is not null;\nend if;\n'
            || closing;
    end if;
    body := body || E'return null;\n';
    return next;

    part := 'update';
    trigger_name := prefix || 'update';
    definition := format('create trigger %I after update on %s for each row when (%s is distinct from %s or %s is distinct from %s)',
        trigger_name, place, replace(note, '@', 'old'), replace(note, '@', 'new'), replace(key, '@', 'old'), replace(key, '@', 'new'));
    body := opening
        || format(E'if %s is not distinct from %s then\n', replace(note, '@', 'old'), replace(note, '@', 'new'))
        || format(E'    update motjuste.finding as f set row_key = %s\n    where (f.relation, f.column_name, f.json_key) = (%s) and f.row_key = %s;\n',
            replace(key, '@', 'new'), what, replace(key, '@', 'old'))
        || format(E'elsif motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, 1);\n', place, w.column_name)
        || E'else\n'
        || case when keys = '{}' then
            format(E'    update motjuste.finding as f set status = ''corrected'', closed_at = now()\n'
                || E'    where (f.relation, f.column_name, f.json_key) = (%s) and f.note_digest = motjuste.digest(%s)\n'
                || E'        and f.status in (''open'', ''accepted'', ''tolerated'');\n', what, replace(note, '@', 'old'))
           else format(E'    perform motjuste.close_findings(%s, %s);\n', what, replace(key, '@', 'old')) end
        || format(E'    if motjuste.suspect(%s) then\n', replace(note, '@', 'new'))
        || format(E'        perform motjuste.handle(%s, %L, array[%s], array[%s], array[%s]);\n    end if;\nend if;\n',
            what, w.mode, replace(key, '@', 'new'), replace(note, '@', 'new'), replace(author, '@', 'new'))
        || closing || E'return null;\n';
    return next;

    part := 'delete';
    trigger_name := prefix || 'delete';
    if by_row then
        definition := format('create trigger %I after delete on %s for each row', trigger_name, place);
        body := opening || format(E'perform motjuste.close_findings(%s, %s);\n', what, replace(key, '@', 'old'));
    else
        definition := format('create trigger %I after delete on %s referencing old table as old_rows for each statement',
            trigger_name, place);
        body := opening
            || E'update motjuste.finding as f set status = ''corrected'', closed_at = now()\nfrom old_rows as o\n'
            || format(E'where (f.relation, f.column_name, f.json_key) = (%s)\n    and %s\n', what,
                case when keys = '{}' then 'f.note_digest = motjuste.digest(' || replace(note, '@', 'o') || ')'
                else 'f.row_key = ' || replace(key, '@', 'o') end)
            || E'    and f.status in (''open'', ''accepted'', ''tolerated'');\n';
    end if;
    body := body || closing || E'return null;\n';
    return next;

    if w.mode = 'mask' then
        part := 'mask';
        -- z: after the other BEFORE triggers, on what they made of the note
        trigger_name := 'zz_' || prefix || 'mask';
        definition := format('create trigger %I before insert or update on %s for each row', trigger_name, place);
        body := opening
            || format(E'if %s is not null and motjuste.suspect(%s) and not motjuste.may_bypass() then\n',
                replace(note, '@', 'new'), replace(note, '@', 'new'))
            || case when w.json_key = ''
                then format(E'    new.%I := motjuste.mask(new.%I::text);\n', w.column_name, w.column_name)
                else format(E'    new.%I := jsonb_set(new.%I, array[%L], to_jsonb(motjuste.mask(%s)));\n',
                    w.column_name, w.column_name, w.json_key, replace(note, '@', 'new')) end
            || E'end if;\n' || closing || E'return new;\n';
        return next;
    end if;
end
$$;

-- mask(note): the note with each number that has no place in it replaced by its category's neutral words.
create or replace function motjuste.mask(note text)
    returns text
    language plpgsql
    stable
    strict
    set search_path = ''
as $$
declare
    m record;
begin
    for m in
        select c.start, c.length, k.inline
        from motjuste.check(note) as c
        join motjuste.category as k on k.code = c.category and k.inline <> ''
        order by c.start desc
    loop
        note := overlay(note placing m.inline from m.start + 1 for m.length);
    end loop;
    return note;
end
$$;

-- attach(...): watch a column in a mode; again with another mode changes the mode, and only that.
create or replace function motjuste.attach(
    relation regclass,
    column_name name,
    mode text default 'flag',
    json_key text default '',
    author_column name default null,
    subject_column name default null
)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    place constant text := motjuste.name_of(relation);
    kind "char";
    type_name text;
    category "char";
    w motjuste.watch;
    s record;
    name text;
begin
    if mode is null or mode not in ('flag', 'warn', 'block', 'mask') then
        raise exception 'motjuste: unknown mode %', coalesce(quote_literal(mode), 'null')
            using errcode = '22023', hint = 'use flag, warn, block or mask';
    end if;
    select c.relkind into kind from pg_catalog.pg_class as c where c.oid = relation;
    if place like 'motjuste.%' or place like 'pg_catalog.%' or place like 'information_schema.%' then
        raise exception 'motjuste: % is not a table of yours', place
            using errcode = '42809', hint = 'attach a column of an application''s table';
    end if;
    if kind not in ('r', 'p') then
        raise exception 'motjuste: % is not a table', place
            using errcode = '42809', hint = 'triggers work on tables: attach the table that the view reads';
    end if;
    -- a domain counts as the type below it
    with recursive base as (
        select a.atttypid as oid
        from pg_catalog.pg_attribute as a
        where a.attrelid = relation and a.attname = attach.column_name and a.attnum > 0 and not a.attisdropped
        union all
        select t.typbasetype from base join pg_catalog.pg_type as t on t.oid = base.oid where t.typtype = 'd'
    )
    select t.typname, t.typcategory into type_name, category
    from base join pg_catalog.pg_type as t on t.oid = base.oid
    where t.typtype <> 'd';
    if not found then
        raise exception 'motjuste: % has no column %', place, quote_ident(attach.column_name)
            using errcode = '42703', hint = 'motjuste discover lists the columns';
    end if;
    if not (category = 'S' and json_key = '' or type_name = 'jsonb' and json_key <> '') then
        raise exception 'motjuste: %.% is of type %', place, quote_ident(attach.column_name), type_name
            using errcode = '42804', hint = 'text columns can be watched, and keys of jsonb columns: json_key => ''note''';
    end if;
    for name in select unnest(array[author_column, subject_column]) loop
        if name is not null and not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = relation and a.attname = name and a.attnum > 0 and not a.attisdropped
        ) then
            raise exception 'motjuste: % has no column %', place, quote_ident(name)
                using errcode = '42703', hint = 'name a column of the same table';
        end if;
    end loop;

    insert into motjuste.watch as x (relation, column_name, json_key, mode, author_column, subject_column)
    values (attach.relation, attach.column_name, attach.json_key, attach.mode, attach.author_column, attach.subject_column)
    on conflict on constraint watch_identity do update
        set mode = excluded.mode, author_column = excluded.author_column, subject_column = excluded.subject_column
    returning * into w;

    for s in select * from motjuste.sources(w) loop
        execute format(
            E'create or replace function motjuste.%I()\n    returns trigger\n    language plpgsql\n    security definer\n'
            || E'    set search_path = ''''\nas %L',
            s.trigger_name, E'begin\n' || s.body || E'end\n'
        );
        execute format('revoke all on function motjuste.%I() from public', s.trigger_name);
        -- the digest tells `status` whether the function was altered by hand
        execute format('comment on function motjuste.%I() is %L', s.trigger_name, 'motjuste ' || md5(E'begin\n' || s.body || E'end\n'));
        if not exists (
            select from pg_catalog.pg_trigger as t where t.tgrelid = relation and t.tgname = s.trigger_name
        ) then
            execute s.definition || format(' execute function motjuste.%I()', s.trigger_name);
        end if;
    end loop;
    name := 'zz_motjuste_' || w.id || '_mask';
    if mode <> 'mask' and to_regprocedure('motjuste.' || name || '()') is not null then
        execute format('drop trigger if exists %I on %s', name, place);
        execute format('drop function motjuste.%I()', name);
    end if;
end
$$;

-- detach(...): stop watching a column. Its findings stay.
create or replace function motjuste.detach(relation regclass, column_name name, json_key text default '')
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    w motjuste.watch;
    f record;
begin
    delete from motjuste.watch as x
    where x.relation = detach.relation and x.column_name = detach.column_name and x.json_key = detach.json_key
    returning * into w;
    if not found then
        raise exception 'motjuste: %.% is not watched', motjuste.name_of(relation), quote_ident(detach.column_name)
            using errcode = '42704', hint = 'select * from motjuste.status lists what is';
    end if;
    for f in
        select p.oid::regprocedure as signature, t.tgname, t.tgrelid::regclass as place
        from pg_catalog.pg_proc as p
        left join pg_catalog.pg_trigger as t on t.tgfoid = p.oid and t.tgrelid = w.relation
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname ~ ('^(zz_)?motjuste_' || w.id || '_(insert|update|delete|mask)$')
    loop
        if f.tgname is not null then
            execute format('drop trigger %I on %s', f.tgname, f.place);
        end if;
        execute format('drop function %s', f.signature);
    end loop;
end
$$;
-- What a DBA or an officer reads from psql.

create or replace view motjuste.status as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.part,
    case
        when p.oid is null or t.oid is null then 'missing'
        when t.tgenabled = 'D' then 'disabled'
        when d.comment is distinct from 'motjuste ' || md5(p.prosrc) then 'altered'
        when p.prosrc <> E'begin\n' || s.body || E'end\n' then 'outdated'
        else 'installed'
    end as state,
    t.tgenabled = 'A' as fires_always
from motjuste.watch as w
cross join lateral motjuste.sources(w) as s
left join pg_catalog.pg_proc as p
    on p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
left join pg_catalog.pg_trigger as t on t.tgrelid = w.relation and t.tgname = s.trigger_name and t.tgfoid = p.oid
left join lateral (select obj_description(p.oid, 'pg_proc') as comment) as d on true
where exists (select from pg_catalog.pg_class as c where c.oid = w.relation);

create or replace view motjuste.open_findings as
select
    f.id, f.relation, f.column_name, f.json_key, f.row_key, f.category, f.rule_id, f.level, f.start, f.length,
    f.status, f.author, f.source, f.found_at, k.advice, f.certainty
from motjuste.finding as f
join motjuste.category as k on k.code = f.category
where f.status in ('open', 'accepted');

-- Of each watched column: the last scan, and what it read of what existed.
create or replace view motjuste.coverage as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.rows_read,
    s.rows_that_exist,
    s.pack_version,
    s.ended_at as scanned_at,
    (
        select count(*)
        from motjuste.finding as f
        where f.relation = motjuste.name_of(w.relation) and f.column_name = w.column_name and f.json_key = w.json_key
            and f.status = 'open'
    ) as open_findings
from motjuste.watch as w
left join lateral (
    select *
    from motjuste.scan as s
    where s.relation = motjuste.name_of(w.relation) and s.column_name = w.column_name and s.json_key = w.json_key
    order by s.id desc
    limit 1
) as s on true;

-- Functions are born executable by PUBLIC; none of ours is.
revoke all on all functions in schema motjuste from public;
revoke all on all tables in schema motjuste from public;
