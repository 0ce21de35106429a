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
    quoted text not null, -- the level of a match between quotation marks, '' where it is that of its rule
    unsure text not null default '' -- the level of one for which the words of its sentence do not speak, '' likewise
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
    together boolean not null default false, -- stands for what the weights find in its category
    calm int -- below it the words around a match say that it is none; null: whatever they say
);

-- What may not, or must, stand around a match of a rule: one row an alternative. In its pattern <n> stands for a word of
-- the set n, one of `sets`; it can only match where one of the words `anchors` is (empty: anywhere).
create table if not exists motjuste.context (
    rule_id text not null references motjuste.rule,
    kind text not null, -- unless or needs, _, before, after, near or phrase
    pattern text not null,
    sets int[] not null,
    need int not null -- it cannot stand where no word of `needed` with this number is; 0: it can anywhere
);
create index if not exists context_rule on motjuste.context (rule_id);
-- It has no key, without which nothing can be deleted from what a publication of all tables replicates.
do $$
begin
    if (select c.relreplident from pg_catalog.pg_class as c where c.oid = 'motjuste.context'::regclass) <> 'f' then
        alter table motjuste.context replica identity full;
    end if;
end
$$;

create table if not exists motjuste.needed (
    word text collate "C" primary key,
    needs int[] not null
);

-- A term without a pattern matches its anchor itself; as in a context, <n> stands for a word of the set n. A raw pattern
-- is for the folded text itself, the others for its skeleton.
create table if not exists motjuste.term (
    id int primary key,
    rule_id text not null references motjuste.rule,
    pattern text not null,
    sets int[] not null,
    span int not null, -- the most words that a match has
    raw boolean not null
);

-- Collation "C" here and below: tokens are folded, so bytes compare fast and the same everywhere.
create table if not exists motjuste.word_set (
    id int primary key,
    words text[] collate "C" not null -- empty: those of a large set are in large_set
);

-- To compare a few words with hundreds takes longer than to look each up.
create table if not exists motjuste.large_set (
    id int not null,
    word text collate "C" not null,
    primary key (id, word)
);

-- No foreign keys here: all rows of a pack come and go together, and each key that goes would cost a look at all anchors.
-- What the gate knows a term by. A match holds an anchor of the key, and for each item of the three arrays a word of that
-- set, from `least` to `most` words after the anchor (before it where negative). A match of a raw term `holds` that
-- small pattern, and `loose` matches wherever its pattern does, and compiles faster. Key 0 is for masked words, key -1 for
-- those that weigh much by themselves.
create table if not exists motjuste.key (
    id int primary key,
    term_id int not null,
    sets int[] not null,
    least int[] not null,
    most int[] not null,
    holds text not null,
    loose text not null
);

-- The keys of an anchor, after what they need first: for each item of the four arrays a word of that set, from one of `leasts`
-- to one of `mosts` words away (set -1: nothing), opens that key. In parts, so that most need not be looked at: a part can
-- only open where a word of `near` is from `least` to `most` words away (empty: anywhere).
create table if not exists motjuste.anchor (
    token text collate "C" not null,
    part int not null,
    near text[] collate "C" not null,
    least int not null,
    most int not null,
    set_ids int[] not null,
    leasts int[] not null,
    mosts int[] not null,
    key_ids int[] not null,
    primary key (token, part)
);

create table if not exists motjuste.maskable (
    word text collate "C" primary key,
    rule_id text not null references motjuste.rule
);

-- What words weigh together in a sentence, and of which category ('': of any) they speak.
create table if not exists motjuste.weight (
    category text collate "C" not null,
    token text collate "C" not null,
    weight int not null,
    primary key (category, token)
);
create index if not exists weight_token on motjuste.weight (token);

create table if not exists motjuste.scale (
    category text collate "C" primary key,
    base int not null,
    threshold int not null, -- from here on the words of a sentence are a finding
    sure int not null, -- below it they do not speak for a match
    few int not null, -- what they say more for it in a short sentence
    person int not null, -- and where it is said of a person
    lead_words text[] collate "C" not null, -- of which a sentence holds a word
    person_words text[] collate "C" not null -- what is said right after one is said of a person
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
    -- what table, column and key were when the triggers were written: by these names the findings are kept, and by these
    -- numbers what was renamed since is found again
    label text not null,
    attnum int2 not null,
    keys name[] not null default '{}',
    key_attnums int2[] not null default '{}',
    always boolean not null default false, -- whether its triggers also fire where session_replication_role is replica
    seen_as oid not null default 0, -- the table when the numbers were taken: they mean nothing in a restored database
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
-- A page has room for each of its findings once more: it is decided and closed in its place, for no index knows of its status.
alter table motjuste.finding set (fillfactor = 50);
create index if not exists finding_digest on motjuste.finding (note_digest);

create table if not exists motjuste.bypass (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    rows bigint, -- null where the rows came one by one: one line a transaction
    reason text not null,
    role text not null default session_user,
    at timestamptz not null default now(),
    xact xid8
);
create index if not exists bypass_xact on motjuste.bypass (xact) where rows is null;

create table if not exists motjuste.bypass_role (
    role name primary key,
    until timestamptz -- null: without an end
);

-- Who may read what the officers read: `grant` and `revoke` keep it, an installation restores it.
create table if not exists motjuste.reader_role (
    role name primary key,
    granted_at timestamptz not null default now(),
    granted_by text not null default session_user
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
-- `run` is one for all columns of a scan; `scope` says what was read where it was not everything; `skipped` names what
-- was not read and why; `rows_again` were changed during the scan and read again.
alter table motjuste.scan
    add column if not exists run uuid,
    add column if not exists scope text not null default '',
    add column if not exists skipped jsonb not null default '[]',
    add column if not exists rows_again bigint not null default 0,
    add column if not exists notes_recoded bigint not null default 0;
create unique index if not exists scan_run on motjuste.scan (run, relation, column_name, json_key);
-- What the officer's commands keep: samples of notes with the marks that people gave them, requests for access. No text of a note.

-- One drawing of notes to read: the same seed on the same rows draws the same notes.
create table if not exists motjuste.sample (
    id int generated always as identity primary key,
    seed bigint not null,
    size int not null,
    per text not null check (per in ('team', 'author', 'column')),
    since date,
    drawn_at timestamptz not null default now(),
    drawn_by text not null default session_user
);

create table if not exists motjuste.sample_note (
    sample_id int not null references motjuste.sample on delete cascade,
    number int not null,
    relation text not null,
    column_name text not null,
    json_key text not null,
    row_key jsonb not null,
    note_digest bytea not null,
    stratum text not null, -- the team, the author or the column
    written_on date,
    objective boolean,
    relevant boolean,
    clean boolean, -- free of sensitive data
    marked_by text,
    marked_at timestamptz,
    primary key (sample_id, number)
);

-- A request for access: who asked (the key of the person's rows, no name), until when the answer is due, what was answered.
create table if not exists motjuste.request (
    id int generated always as identity primary key,
    subjects jsonb not null, -- [{"table": ..., "key": {...}}]
    received date not null,
    due date not null, -- one month after (RGPD art. 12.3), three once extended
    extended_at timestamptz,
    extended_by text,
    reason text, -- why the answer takes longer: the person is told
    answered_at timestamptz,
    answered_by text,
    complete boolean,
    notes int,
    tables int,
    recorded_at timestamptz not null default now(),
    recorded_by text not null default session_user,
    constraint request_identity unique (subjects, received),
    constraint request_due check (due > received),
    constraint request_extension check ((extended_at is null) = (reason is null)),
    constraint request_answer check ((answered_at is null) = (complete is null))
);
-- fold(note): the note with each character folded to lower-case ASCII (and œ, æ), one for one, so that an offset
-- in the result is one in the note. toolkit/motjuste/text.py does the same; a test compares every character.
--
-- The steps are for speed: `replace` of what French notes hold most, of what they hold now and then, of what is rare, as
-- long as anything is left; then `translate`, which pays for each character of its list on each character of the note.
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
    listed text;
    becomes text;
    f text collate "C" := replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(
        lower(note collate "C")
        , E'\u000A', ' '), E'\u0009', ' '), E'\u000D', ' '), E'\u000B', ' '), E'\u000C', ' ')
        , 'é', 'e'), 'à', 'a'), 'è', 'e'), '€', '$'), 'ç', 'c'), 'ê', 'e'), '°', ' '), 'ô', 'o');
begin
    if octet_length(f) = length(f) then
        return f;
    end if;
    f := replace(replace(replace(replace(replace(replace(replace(replace(
        f
        , 'É', 'e'), 'î', 'i'), 'â', 'a'), '’', ''''), 'û', 'u'), '«', '"'), '»', '"'), 'À', 'a');
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
    listed :=
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
        '\u201E\u201F\u2026\u2028\u2029\u202F\u2032\u2033\u2039\u203A\u205F\u20AC\u2212\u3000';
    becomes :=
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
        '"".   ''""" $- ';
    -- of a long note only those that it holds
    if length(f) > 1000 then
        select string_agg(x.a, '' order by x.i), string_agg(x.b, '' order by x.i) into listed, becomes
        from rows from (string_to_table(listed, null), string_to_table(becomes, null)) with ordinality as x (a, b, i)
        where x.a in (select string_to_table(regexp_replace(f, '[ -~]+', '', 'g'), null));
    end if;
    return translate(f, coalesce(listed, ''), coalesce(becomes, ''));
end
$$;

-- blanks(folded): the signs that stand between words as spaces, all but those that may end a sentence; it is inlined.
create or replace function motjuste.blanks(folded text)
    returns text
    language sql
    immutable
    parallel safe
as $$
    select replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        folded collate "C"
        , ',', ' '), '''', ' '), '-', ' '), '/', ' '), ':', ' '), '(', ' '), ')', ' '), '$', ' '), '"', ' ')
        , '+', ' '), '%', ' ')
$$;
-- Weighted evidence: the sums of toolkit/motjuste/weights.py, with the same answers.

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
    language sql
    immutable
    strict
    parallel safe
as $$
    select
        p.words || array(select left(w.word, 4) || '*' from unnest(p.words) as w (word) where length(w.word) > 4)
        || array(
            select left(w.word, 4) || ' ' || left(w.next, 4)
            from unnest(p.words[: cardinality(p.words) - 1], p.words[2 :]) as w (word, next)
        )
    from (select motjuste.plain(words) as words offset 0) as p
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
        select coalesce(sum(w.weight), 0)
        from motjuste.weight as w
        where w.token = any (motjuste.features(words)) and w.category = ''
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
        select coalesce(sum(least(w.weight, 0)), 0)
        from motjuste.weight as w
        where w.token = any (motjuste.features(own)) and w.token like '% %' and w.category = ''
    ) + (
        select coalesce(sum(w.weight), 0)
        from motjuste.weight as w
        where w.category = 'close' and w.token in (
            select unnest(array[x.word, case when length(x.word) > 4 then left(x.word, 4) || '*' end])
            from unnest(motjuste.plain(words)) as x (word)
            where x.word <> all (own)
        )
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
        select coalesce(sum(w.weight), 0)
        from motjuste.weight as w
        where w.category = 'far' and w.token in (select left(x.word, 4) from unnest(motjuste.plain(words)) as x (word))
    );
end
$$;

-- of_person(note, start, length): whether a word for a person is in a match, or one of the three words before it in its clause.
create or replace function motjuste.of_person(note text, start int, length int)
    returns boolean
    language plpgsql
    stable
    strict
    parallel safe
as $$
declare
    -- without what comes before the last sign that ends a clause; the dot of a title ends none
    clause constant text := regexp_replace(
        substr(note, greatest(start - 40, 0) + 1, least(start, 40)) collate "C",
        E'^.*(?:[,;:!?(\n]|(?<=[a-zà-ÿ0-9]{4})[.])', ''
    );
    before constant text[] := motjuste.words(motjuste.fold(clause));
    inside constant text[] := motjuste.words(motjuste.fold(substr(note, start + 1, length)));
begin
    return (
        select s.person_words && (before[greatest(cardinality(before) - 2, 1) :] || inside)
        from motjuste.scale as s
        where s.category = ''
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
        select s.category
        from motjuste.scale as s
        left join (
            select w.category, sum(w.weight) as weight
            from motjuste.weight as w
            where w.token = any (motjuste.features(words)) and w.category <> ''
            group by w.category
        ) as told on told.category = s.category
        where s.category <> ''
        order by s.base + coalesce(told.weight, 0) desc, s.category collate "C"
        limit 1
    );
end
$$;

-- sentences(body): the sentences of a reading with their words, their sum, and whether one of them is leading. A sentence is
-- cut after thirty words; a line's end is a `.` in the reading.
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
        select
            p.at + c.before + e.first - 1, e.past - e.first, w.words, bias + motjuste.weight(w.words),
            motjuste.plain(w.words) && wanted
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
                regexp_instr(c.chunk collate "C", '[a-z0-9œæ]+') as first,
                regexp_instr(c.chunk collate "C", '[a-z0-9œæ]+', 1, cardinality(w.words), 1) as past
        ) as e
        where p.words <> '{}' and bias is not null;
end
$$;

-- stops(body): the words of a folded text, a `.` for each end of a sentence, spaces for all else; ligatures as two letters.
create or replace function motjuste.stops(body text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    plain text collate "C" := body;
begin
    if plain !~ '[^a-z0-9 ,.''/:()!?;"+$%-]' then
        return replace(replace(replace(motjuste.blanks(plain), '!', '.'), '?', '.'), ';', '.');
    end if;
    if plain ~ '[^ -~œæ]' then
        select v.body into plain from motjuste.variants(plain) as v limit 1;
    end if;
    return translate(
        regexp_replace(replace(replace(plain, 'œ', 'oe'), 'æ', 'ae'), '[^a-z0-9.!?;]+', ' ', 'g'), '!?;', '...');
end
$$;

-- outweighing(notes): the numbers, from 1, of the notes with a sentence that reaches the threshold; the exceptions of its rule
-- aside. The sums of `sentences` for the gate: only sentences that hold a leading word are weighed; `leads` are those that the
-- notes hold, where it is known.
create or replace function motjuste.outweighing(notes text[], leads text[] default null)
    returns setof int
    language plpgsql
    stable
    parallel safe
    rows 10
as $$
declare
    least int;
begin
    select s.threshold - s.base, coalesce(outweighing.leads, s.lead_words)
    into least, leads
    from motjuste.scale as s
    where s.category = '';
    return query
        select distinct part.i
        from (
            select distinct p.i, c.words
            from (
                select n.i::int as i, array_remove(string_to_array(x.piece, ' '), '') as words
                from unnest(notes) with ordinality as n (note, i)
                cross join lateral string_to_table(motjuste.stops(motjuste.fold(replace(n.note, E'\n', '.'))), '.') as x (piece)
                offset 0
            ) as p
            cross join lateral (
                select p.words where cardinality(p.words) <= 30
                union all
                select array_agg(u.word order by u.n)
                from unnest(p.words) with ordinality as u (word, n)
                where cardinality(p.words) > 30
                group by (u.n - 1) / 30
            ) as c
            cross join lateral unnest(c.words) as w (word)
            where w.word in (select unnest(outweighing.leads))
        ) as part
        cross join lateral (select motjuste.features(part.words) as tokens offset 0) as f
        where (
            select sum(w.weight) from motjuste.weight as w where w.token = any (f.tokens) and w.category = ''
        ) >= least;
end
$$;
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

-- batch(notes): what the gate needs of each note, of a long one in pieces and without its text; the planner takes them
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
                select x.i, x.note, motjuste.fold(x.note) as folded from unnest(notes) with ordinality as x (note, i) offset 0
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
    where c.id >= 0 and (c.loose = '' or c.several or c.folded is null or c.folded ~ c.loose)
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
    for c in
        select
            x.kind,
            string_agg(x.pattern, '|') filter (where y.possible) as pattern,
            string_agg(array_to_string(x.sets, ','), ',') filter (where y.possible and x.sets <> '{}') as sets
        from motjuste.context as x
        cross join lateral (select x.need = any (met) as possible offset 0) as y
        where x.rule_id = admitted.rule_id
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
                || '|[A-Za-z0-9À-ÖØ-öø-ÿŒœ](?: +|[''’])$'
            )
        )
    from (select substr(note, start + 1, length) as span) as s
$$;

-- found(notes): the findings of many notes, `i` their numbers from 1. A match inside another of its category is left out.
create or replace function motjuste.found(notes text[])
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
                -- what those around it say together (weights.AROUND, LOUDEST)
                greatest(-12, least(12, coalesce(sum(f.far) over (
                    partition by h.i order by s.start rows between 5 preceding and 5 following exclude current row
                ), 0)))::int as around
            from reading as h
            cross join lateral motjuste.sentences(h.body) as s
            cross join lateral (select motjuste.far(s.words) as far offset 0) as f
            cross join lateral motjuste.original(s.start, s.length, h.at, h.size) as o
        ),
        -- a match is none where the words around it in its sentence speak against it; where they do not speak for it either, it
        -- has the level that its category has then. A sentence of fewer than seven words is short (weights.ENOUGH).
        doubted as materialized (
            select m.i, m.rule_id, m.start, m.length,
                bool_or(
                    w.weight < w.calm
                    and (w.weight + w.person < w.calm or not motjuste.of_person(notes[m.i], m.start, m.length))
                ) as against,
                bool_or(w.weight < w.sure) and m.level = 'block' and m.unsure <> '' as lower
            from ruled as m
            join motjuste.rule as r on r.id = m.rule_id and r.calm is not null
            join motjuste.scale as k on k.category = ''
            join sentence as s on s.i = m.i and s.start <= m.start and m.start + m.length <= s.start + s.length
            cross join lateral (
                select
                    s.weight + case when cardinality(s.words) < 7 then k.few else 0 end + s.around
                    + motjuste.beside(substr(notes[m.i], m.start + 1, m.length), s.words) as weight,
                    r.calm, k.person, k.sure
                offset 0
            ) as w
            where w.weight < greatest(w.calm, w.sure)
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
-- Recording findings, and what is said to the one who writes the note. Nothing here ever quotes a note.
-- What runs for each note is plpgsql, whose plans last as long as the session; those of sql functions are made again in each
-- transaction.

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
    language plpgsql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select pg_catalog.sha256(s.outer_pad || pg_catalog.sha256(s.inner_pad || pg_catalog.convert_to(note, 'UTF8')))
        from motjuste.secret as s
    );
end
$$;

-- name_of(relation): its qualified and quoted name, whatever the search_path; null where it is gone.
create or replace function motjuste.name_of(relation regclass)
    returns text
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select format('%I.%I', n.nspname, c.relname)
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation
$$;

-- message(name, ...): one of the pack's messages with its slots filled.
create or replace function motjuste.message(
    name text, place text, category text, first int, last int, total bigint, keys text
)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select replace(replace(replace(replace(replace(replace(m.body,
        '{from}', first::text), '{to}', last::text), '{count}', total::text),
        '{category}', category), '{column}', place), '{keys}', keys)
    from motjuste.message as m
    where m.name = message.name
$$;

-- close_findings(...): the note of this row was corrected or is gone. Without a key, its digest tells which note.
create or replace function motjuste.close_findings(
    relation text, column_name text, json_key text, row_key jsonb, note text
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update motjuste.finding as f
    set status = 'corrected', closed_at = now()
    where f.relation = close_findings.relation
        and f.column_name = close_findings.column_name
        and f.json_key = close_findings.json_key
        and f.row_key = close_findings.row_key
        and (f.row_key <> '{}' or f.note_digest = motjuste.digest(close_findings.note))
        and f.status in ('open', 'accepted', 'tolerated');
end
$$;

-- move_findings(...): the row of this note has another key now; its findings follow, with what was decided of them.
create or replace function motjuste.move_findings(
    relation text, column_name text, json_key text, old_key jsonb, new_key jsonb, note text
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if old_key = new_key then
        return; -- both too long to be kept
    end if;
    -- what an earlier row left under the new key, of the same note, gives way
    delete from motjuste.finding as g
    using motjuste.finding as f
    where f.relation = move_findings.relation
        and f.column_name = move_findings.column_name
        and f.json_key = move_findings.json_key
        and f.row_key = old_key
        and f.note_digest = motjuste.digest(move_findings.note)
        and (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, new_key)
        and (g.note_digest, g.rule_id, g.start) = (f.note_digest, f.rule_id, f.start);
    -- the digest: where keys shift from row to row, each finding moves once, with its own note
    update motjuste.finding as f
    set row_key = new_key
    where f.relation = move_findings.relation
        and f.column_name = move_findings.column_name
        and f.json_key = move_findings.json_key
        and f.row_key = old_key
        and f.note_digest = motjuste.digest(move_findings.note);
end
$$;

-- may_bypass(): whether this session asks to bypass the checks, and its role is listed in motjuste.bypass_role.
create or replace function motjuste.may_bypass()
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select btrim(coalesce(current_setting('motjuste.bypass', true), '')) <> ''
        and exists (
            select
            from motjuste.bypass_role as b
            join pg_catalog.pg_roles as r on r.rolname = b.role
            where pg_has_role(session_user, r.oid, 'member') and (b.until is null or b.until > clock_timestamp())
        )
$$;

-- log_bypass(...): rows is null where they come one by one: then one line a transaction, not one a row.
create or replace function motjuste.log_bypass(relation text, column_name text, rows bigint)
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    insert into motjuste.bypass (relation, column_name, rows, reason, xact)
    select log_bypass.relation, log_bypass.column_name, log_bypass.rows, s.reason, pg_current_xact_id()
    from (select left(current_setting('motjuste.bypass', true), 500) as reason) as s
    where log_bypass.rows > 0
        or log_bypass.rows is null and not exists (
            select
            from motjuste.bypass as b
            where b.xact = pg_current_xact_id() and b.rows is null
                and (b.relation, b.column_name, b.reason) = (log_bypass.relation, log_bypass.column_name, s.reason)
        )
$$;

create or replace function motjuste.log_failure(relation text, column_name text, state text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into motjuste.failure (relation, column_name, sqlstate) values (relation, column_name, state);
exception when others then
    -- the write matters more than our log of it; the server's own log still says what happened
    raise warning 'motjuste: a check of %.% failed (%) and could not be recorded', relation, column_name, state;
end
$$;

-- ancestors(relation): the tables that it is a partition or a child of, and theirs. No `set search_path`, so that it is
-- inlined: the triggers, which run as their owner, pin it for all they call.
create or replace function motjuste.ancestors(relation oid)
    returns table (ancestor oid)
    language sql
    stable
as $$
    with recursive above as (
        select i.inhparent from pg_catalog.pg_inherits as i where i.inhrelid = relation
        union
        select i.inhparent from above as a join pg_catalog.pg_inherits as i on i.inhrelid = a.inhparent
    )
    select a.inhparent from above as a
$$;

-- parent_of(watch_id): the watch that already sees every row of this one: of the table that it is a partition or a child
-- of. Null, the usual answer, where there is none.
create or replace function motjuste.parent_of(watch_id int)
    returns int
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select min(p.id)
        from motjuste.watch as w
        cross join lateral motjuste.ancestors(w.relation) as a
        join motjuste.watch as p on p.relation = a.ancestor and p.column_name = w.column_name and p.json_key = w.json_key
        where w.id = watch_id
    );
end
$$;

-- handle(...): check these notes once and record what is found. The arrays go together, one item a row; `lines` counts the
-- rows, for those that have no key, where all rows of the statement are seen. Comes back what there is to tell the client,
-- added to `said`, what was to tell before: how many notes and whether these are all of the statement, the first one's place
-- and advice, and the keys of the first ten. Null: nothing.
create or replace function motjuste.handle(
    watch_id int, relation text, column_name text, json_key text, mode text,
    row_keys jsonb[], notes text[], authors text[], lines bigint[] default null, said jsonb default null
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    more jsonb;
begin
    if motjuste.parent_of(watch_id) is not null then
        return null;
    end if;
    with found as materialized (
        select
            i.i, i.row_key, i.author, i.line, motjuste.digest(i.note) as note_digest,
            c.rule_id, c.category, c.level, c.start, c.length
        from motjuste.found(notes) as c
        join unnest(row_keys, notes, authors, lines) with ordinality as i (row_key, note, author, line, i) on i.i = c.i
    ),
    stored as (
        insert into motjuste.finding as f
            (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, author)
        -- without a primary key, rows of the same text are one note
        select distinct on (x.row_key, x.note_digest, x.rule_id, x.start)
            handle.relation, handle.column_name, handle.json_key,
            x.row_key, x.note_digest, x.rule_id, x.category, x.level, x.start, x.length, x.author
        from found as x
        -- a note put back as it was: its findings are open again
        on conflict on constraint finding_identity do update
            set status = 'open', closed_at = null
            where f.status in ('corrected', 'redacted')
    ),
    offence as (
        select distinct on (x.i)
            x.i, k.label, k.advice, x.start, x.length,
            -- without a key the line, where lines are counted
            concat_ws(' ',
                case when x.row_key = '{}' then motjuste.message('line', '', '', x.line::int, 0, 0, '') else x.row_key::text end,
                '(' || string_agg(k.label, ', ') over (partition by x.i) || ')') as key
        from (select distinct on (y.i, y.category) y.* from found as y
              where mode = 'warn' or mode = 'block' and y.level = 'block' order by y.i, y.category, y.start) as x
        join motjuste.category as k on k.code = x.category
        order by x.i, x.start
    ),
    opening as (
        select o.* from offence as o order by o.i limit 1
    )
    select jsonb_build_object(
        'notes', (select count(*) from offence),
        'all', lines is not null,
        'label', o.label, 'advice', o.advice, 'first', o.start + 1, 'last', o.start + o.length,
        'keys', (select jsonb_agg(t.key order by t.i) from (select * from offence as p order by p.i limit 10) as t))
    into more
    from opening as o;
    if said is null or more is null then
        return coalesce(more, said);
    end if;
    return said || jsonb_build_object(
        'notes', (said ->> 'notes')::bigint + (more ->> 'notes')::bigint,
        'keys', (
            select jsonb_agg(x.key order by x.i)
            from jsonb_array_elements((said -> 'keys') || (more -> 'keys')) with ordinality as x (key, i)
            where x.i <= 10
        ));
end
$$;

-- sift(...): the same for notes of which most are clean: only those that the gate suspects are checked. Where a check fails,
-- the other notes are still checked, but in mode block, which stops, and where it fails for note after note.
create or replace function motjuste.sift(
    watch_id int, relation text, column_name text, json_key text, mode text,
    row_keys jsonb[], notes text[], authors text[], lines bigint[], said jsonb
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    s record;
    failed int := 0;
begin
    select
        array_agg(u.row_key order by u.i) as row_keys, array_agg(u.note order by u.i) as notes,
        array_agg(u.author order by u.i) as authors, array_agg(u.line order by u.i) as lines
    into s
    from unnest(sift.row_keys, sift.notes, sift.authors, sift.lines) with ordinality as u (row_key, note, author, line, i)
    where u.i in (select motjuste.suspects(sift.notes));
    if s.notes is null then
        return said;
    end if;
    return motjuste.handle(
        watch_id, relation, column_name, json_key, mode, s.row_keys, s.notes, s.authors, s.lines, said);
exception when others then
    if mode = 'block' or cardinality(notes) = 1 then
        raise;
    end if;
    for i in 1 .. cardinality(notes) loop
        begin
            said := motjuste.sift(watch_id, relation, column_name, json_key, mode,
                row_keys[i:i], notes[i:i], authors[i:i], lines[i:i], said);
            failed := 0;
        exception when others then
            failed := failed + 1;
            if failed > 3 then
                raise;
            end if;
            perform motjuste.log_failure(relation, column_name, sqlstate);
        end;
    end loop;
    return said;
end
$$;

-- tell(...): refuse the write, or warn of it; nothing where there is nothing to tell.
create or replace function motjuste.tell(relation text, column_name text, json_key text, mode text, said jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    place constant text := relation || '.' || quote_ident(column_name)
        || case when json_key = '' then '' else '->>' || quote_literal(json_key) end;
    what text;
    which text;
begin
    if said is null then
        return;
    end if;
    what := motjuste.message(case when mode = 'block' then 'refused' else 'warned' end,
        place, said ->> 'label', (said ->> 'first')::int, (said ->> 'last')::int, 0, '');
    -- refused row by row, the statement ends with its first
    which := motjuste.message(case when mode = 'block' and not (said ->> 'all')::boolean then 'first' else 'more' end, place, said ->> 'label', 0, 0, (said ->> 'notes')::bigint,
        (select string_agg(x.key, ' ; ' order by x.i) from jsonb_array_elements_text(said -> 'keys') with ordinality as x (key, i)));
    if mode <> 'block' then
        raise warning using errcode = 'MJ001', message = coalesce(what, place), detail = coalesce(which, ''),
            hint = said ->> 'advice';
        return;
    end if;
    -- the server logs the statement beside its error, with the note in it: not where we may prevent it
    if has_parameter_privilege('log_min_error_statement', 'set') then
        perform set_config('log_min_error_statement', 'panic', true);
    end if;
    raise exception using errcode = 'MJ001', message = coalesce(what, place), detail = coalesce(which, ''),
        hint = said ->> 'advice';
end
$$;
-- What the triggers of a watched column are. Each column has trigger functions of its own, written here with its names in
-- them, so that the server plans their queries once a session and not once a row.
--
-- No trigger names a column in its definition: that would forbid the application to drop it or to change its type. Where
-- the names or types are not those that a function was written for, it goes on by way of motjuste.late.
-- The owner's rights and the caller's session meet in these functions: `pg_catalog, pg_temp` and not '', because with an
-- empty path a temporary type of the caller's would be found before ours.

-- key_columns(relation): the columns of its primary key, in order; empty where it has none.
create or replace function motjuste.key_columns(relation regclass)
    returns name[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(a.attname order by k.i), '{}')
    from pg_catalog.pg_index as i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, i)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = relation and i.indisprimary and k.i <= i.indnkeyatts
$$;

-- keys_beside(relation, note): the columns by which the row of a note is known: those of the primary key, none where the note
-- is one of them, as its text would be told with the key.
create or replace function motjuste.keys_beside(relation regclass, note name)
    returns name[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select case when note = any (k) then '{}' else k end
    from motjuste.key_columns(relation) as k
$$;

-- kept_key(row_key): the key as a finding keeps it: not one too long for an index; such a row is known by the digest alone. No
-- `set search_path`, so that it is inlined: the triggers, which run as their owner, pin it for all they call. The number of
-- bytes stands in toolkit/motjuste/scan.py too.
create or replace function motjuste.kept_key(row_key jsonb)
    returns jsonb
    language sql
    immutable
as $$
    select case when octet_length(row_key::text) > 1800 then '{}' else row_key end
$$;

-- may_be_long(relation, keys): whether a key of these columns may be too long for an index.
create or replace function motjuste.may_be_long(relation regclass, keys name[])
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = may_be_long.relation and a.attname = any (may_be_long.keys)
            and a.attlen < 0 and a.atttypid <> 'numeric'::regtype
    )
$$;

-- column_now(relation, name, attnum): the column's name today: its own if there still is one of that name, else the one
-- that it was given since; null where the column is gone. A name that another watched column has taken is that one's.
create or replace function motjuste.column_now(relation oid, column_name name, attnum int2)
    returns name
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select a.attname
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and not a.attisdropped and a.attnum > 0
        and (a.attnum = column_now.attnum or a.attname = column_now.column_name and not exists (
            select
            from motjuste.watch as x
            where x.relation = column_now.relation and x.seen_as = column_now.relation
                and x.attnum = a.attnum and x.column_name <> column_now.column_name
        ))
    order by a.attname = column_now.column_name desc
    limit 1
$$;

-- known(w): the watch without the numbers of its columns where they were taken in the database that this one was restored
-- from: there, names are all that is known.
create or replace function motjuste.known(w motjuste.watch)
    returns motjuste.watch
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if w.relation::oid <> w.seen_as then
        w.attnum := 0;
        w.key_attnums := array_fill(0::int2, array[cardinality(w.keys)]);
    end if;
    return w;
end
$$;

-- members(relation): the tables that hold its rows, itself among them: partitions at all depths, inheritance children.
-- `own`: it needs triggers of its own; a partition has copies of its parent's.
create or replace function motjuste.members(relation regclass)
    returns table (member regclass, own boolean)
    language sql
    stable
    strict
    rows 10
    set search_path = pg_catalog, pg_temp
as $$
    with recursive tree as (
        select members.relation::oid as oid, true as own
        union
        select i.inhrelid, not c.relispartition
        from tree as t
        join pg_catalog.pg_inherits as i on i.inhparent = t.oid
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where not i.inhdetachpending
    )
    select t.oid::regclass, t.own from tree as t order by t.oid
$$;

-- settings(relation): what a function must pin so that the key of a row is written the same in every session; and no
-- compiling of plans, nor planning again for each of the first rows of a session: both take longer than to run them.
create or replace function motjuste.settings(relation regclass)
    returns text[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select array['search_path=pg_catalog, pg_temp', 'jit=off', 'plan_cache_mode=force_generic_plan'] || case
        when exists (
            select
            from unnest(motjuste.key_columns(relation)) as k (name)
            join pg_catalog.pg_attribute as a on a.attrelid = relation and a.attname = k.name
            -- these are always written the same way, so that the usual key costs nothing more
            where a.atttypid not in (
                'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'text'::regtype,
                'varchar'::regtype, 'bpchar'::regtype, 'uuid'::regtype, 'date'::regtype, 'bool'::regtype
            )
        ) then array[
            'TimeZone=UTC', 'DateStyle=ISO, YMD', 'IntervalStyle=postgres', 'bytea_output=hex', 'extra_float_digits=1'
        ]
        else '{}'
    end
$$;

-- filled(template, slots): the template with each @name@ replaced, in one pass: what is put in is not read again.
create or replace function motjuste.filled(template text, slots jsonb)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select string_agg(x.piece || coalesce(slots ->> x.hit[1], ''), '' order by x.i)
    from rows from (
        regexp_split_to_table(template, '@[a-z_]+@'), regexp_matches(template, '@([a-z_]+)@', 'g')
    ) with ordinality as x (piece, hit, i)
$$;

-- slots(w): what the templates name: the note, the key and the author of a row, for each name that a row goes by.
create or replace function motjuste.slots(w motjuste.watch)
    returns jsonb
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
            'id', w.id,
            'place', quote_literal(w.label),
            'column', quote_literal(w.column_name),
            'name', quote_ident(w.column_name),
            'json_key', quote_literal(w.json_key),
            'mode', quote_literal(w.mode),
            'what', format('%L, %L, %L', w.label, w.column_name, w.json_key),
            'size', coalesce((
                -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
                select nullif(greatest(case when t.typtype = 'd' then t.typtypmod else a.atttypmod end - 4, 0), 0)::text
                from pg_catalog.pg_attribute as a
                join pg_catalog.pg_type as t on t.oid = a.atttypid
                where a.attrelid = w.relation and a.attname = w.column_name
            ), 'null'),
            'same_key', case when w.keys = '{}' then 'true' else (
                select format('record_image_eq(row(%s), row(%s))',
                    string_agg(format('old.%I', k.name), ', ' order by k.i), string_agg(format('new.%I', k.name), ', ' order by k.i))
                from unnest(w.keys) with ordinality as k (name, i)
            ) end)
        || jsonb_object_agg('note_' || r.alias,
            -- text as it is, whatever the column's collation makes equal or refuses to search
            case when w.json_key = '' then format('(%s.%I::text collate "C")', r.alias, w.column_name)
                else format('((%s.%I ->> %L) collate "C")', r.alias, w.column_name, w.json_key) end)
        || jsonb_object_agg('key_' || r.alias, format(
            case when motjuste.may_be_long(w.relation, w.keys) then 'motjuste.kept_key(jsonb_build_object(%s))' else 'jsonb_build_object(%s)' end,
            (
                select string_agg(format('%L, %s.%I', k.name, r.alias, k.name), ', ' order by k.i)
                from unnest(w.keys) with ordinality as k (name, i)
            )))
        || jsonb_object_agg('author_' || r.alias,
            case when w.author_column is null then 'null::text' else format('%s.%I::text', r.alias, w.author_column) end)
    from unnest(array['old', 'new', 'o', 'n']) as r (alias)
$$;

-- frame(mode, body, late, result): the source of a trigger function around its body, which leaves in `said` what there is to
-- tell. An error of the check stops the write in mode block only; in the others it is recorded and the write goes on.
-- A refusal is raised outside the inner block, whose end would undo what motjuste.tell sets for the server's log.
create or replace function motjuste.frame(mode text, body text, late text, result text)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select replace(replace(replace(
        case when mode = 'block' then $t$
declare
    r record;
    said jsonb;
begin
    begin
@body@
    exception
        when undefined_column or datatype_mismatch then
@late@
    end;
    if said is not null then
        perform motjuste.tell(@what@, @mode@, said);
    end if;
    return @result@;
end
$t$ else $t$
declare
    r record;
    said jsonb;
begin
    begin
@body@
        if said is not null then
            perform motjuste.tell(@what@, @mode@, said);
        end if;
    exception
        when undefined_column or datatype_mismatch then
            begin
@late@
            exception when others then
                perform motjuste.log_failure(@place@, @column@, sqlstate);
            end;
        when others then
            perform motjuste.log_failure(@place@, @column@, sqlstate);
    end;
    return @result@;
end
$t$ end, '@body@', body), '@late@', late), '@result@', result)
$$;

-- templates(w): each trigger of a watched column: name, definition (for the table @table@), the bits of pg_trigger.tgtype, and
-- its function's source with @slots@.
create or replace function motjuste.templates(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, kind int2, source text)
    language plpgsql
    stable
    rows 5
    set search_path = pg_catalog, pg_temp
as $$
declare
    -- what a subscriber applies fires row triggers only
    by_row constant boolean := w.always
        or exists (select from pg_catalog.pg_class as c where c.oid = w.relation and c.relkind = 'p');
    late constant text := '            perform motjuste.late(@id@, tg_op, to_jsonb(old), to_jsonb(new));';
    -- a row that moves to another partition is deleted and inserted: what it held already does not stop it
    row_mode constant text := case when w.mode = 'block'
        then $t$case when motjuste.moved(@what@, @note_new@) then 'flag' else 'block' end$t$ else '@mode@' end;
begin
    part := 'insert';
    trigger_name := format('motjuste_%s_insert', w.id);
    if by_row then
        -- a row trigger of a partitioned table is copied to each partition, also to those made tomorrow
        definition := 'after insert on @table@ for each row';
        kind := 5;
        source := motjuste.frame(w.mode, $t$
        if @note_new@ is null then
            return null;
        elsif coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            perform motjuste.log_bypass(@place@, @column@, null);
        elsif motjuste.suspect(@note_new@) then
            said := motjuste.handle(@id@, @what@, $t$ || row_mode || $t$,
                array[@key_new@], array[@note_new@], array[@author_new@]);
        end if;$t$, late, 'null');
    else
        definition := 'after insert on @table@ referencing new table as new_rows for each statement';
        kind := 4;
        -- thousands of notes at a time, fewer of long ones: a load of any size takes the same memory
        source := motjuste.frame(w.mode, $t$
        if coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            perform motjuste.log_bypass(@place@, @column@, (select count(*) from new_rows));
            return null;
        end if;
        for r in
            select
                array_agg(x.row_key order by x.line) as row_keys, array_agg(x.note order by x.line) as notes,
                array_agg(x.author order by x.line) as authors, array_agg(x.line order by x.line) as lines
            from (
                select
                    @key_n@ as row_key, @note_n@ as note, @author_n@ as author, row_number() over () as line,
                    sum(octet_length(@note_n@)) over (rows unbounded preceding) as bytes
                from new_rows as n
            ) as x
            where x.note is not null
            group by (x.line - 1) / 10000, x.bytes / 4000000
            order by min(x.line)
        loop
            said := motjuste.sift(@id@, @what@, @mode@, r.row_keys, r.notes, r.authors, r.lines, said);
        end loop;$t$, $t$
            for r in select to_jsonb(n) as x from new_rows as n loop
                perform motjuste.late(@id@, tg_op, null, r.x);
            end loop;$t$, 'null');
    end if;
    return next;

    -- Row by row in a plain table too. Rows of transition tables can be paired by no key, which may be what changes; a
    -- subscriber fires row triggers only; and an UPDATE of another column in one row would take 3.7 times the bare one
    -- instead of 2 (tests/bench/bench_update.py).
    part := 'update';
    trigger_name := format('motjuste_%s_update', w.id);
    definition := 'after update on @table@ for each row';
    kind := 17;
    source := motjuste.frame(w.mode, $t$
        if @note_old@ is not distinct from @note_new@ then
            if not (@same_key@) then
                perform motjuste.move_findings(@what@, @key_old@, @key_new@, @note_old@);
            end if;
            return null;
        end if;
        perform motjuste.close_findings(@what@, @key_old@, @note_old@);
        if coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            perform motjuste.log_bypass(@place@, @column@, null);
        elsif motjuste.suspect(@note_new@) then
            said := motjuste.handle(@id@, @what@, @mode@, array[@key_new@], array[@note_new@], array[@author_new@]);
        end if;$t$, late, 'null');
    return next;

    part := 'delete';
    trigger_name := format('motjuste_%s_delete', w.id);
    if by_row then
        definition := 'after delete on @table@ for each row';
        kind := 9;
        source := motjuste.frame(w.mode, case when w.mode = 'block' then $t$
        if motjuste.suspect(@note_old@) then
            -- for motjuste.moved
            perform motjuste.handle(@id@, @what@, 'flag', array[@key_old@], array[@note_old@], array[@author_old@]);
        end if;$t$ else '' end || $t$
        perform motjuste.close_findings(@what@, @key_old@, @note_old@);$t$, late, 'null');
    else
        definition := 'after delete on @table@ referencing old table as old_rows for each statement';
        kind := 8;
        source := motjuste.frame(w.mode, $t$
        update motjuste.finding as f
        set status = 'corrected', closed_at = now()
        from old_rows as o
        where (f.relation, f.column_name, f.json_key) = (@what@)
            and f.row_key = @key_o@$t$ || case when w.keys = '{}' then $t$
            and f.note_digest = motjuste.digest(@note_o@)$t$ when motjuste.may_be_long(w.relation, w.keys) then $t$
            and (f.row_key <> '{}' or f.note_digest = motjuste.digest(@note_o@))$t$ else '' end || $t$
            and f.status in ('open', 'accepted', 'tolerated');$t$, $t$
            for r in select to_jsonb(o) as x from old_rows as o loop
                perform motjuste.late(@id@, tg_op, r.x, null);
            end loop;$t$, 'null');
    end if;
    return next;

    part := 'truncate';
    trigger_name := format('motjuste_%s_truncate', w.id);
    definition := 'after truncate on @table@ for each statement';
    kind := 32;
    source := motjuste.frame(w.mode, $t$
        -- not where other tables of an inheritance tree keep their rows
        if not exists (
            select
            from pg_catalog.pg_class as c
            join pg_catalog.pg_inherits as i
                on i.inhparent = c.oid and c.relkind = 'r' or i.inhrelid = c.oid and not c.relispartition
            where c.oid = tg_relid
        ) then
            update motjuste.finding as f
            set status = 'corrected', closed_at = now()
            where (f.relation, f.column_name, f.json_key) = (@what@)
                and f.status in ('open', 'accepted', 'tolerated');
        end if;$t$, '            null;', 'null');
    return next;

    if w.mode = 'mask' then
        part := 'mask';
        -- z: after the other BEFORE triggers, on what they made of the note
        trigger_name := format('zz_motjuste_%s_mask', w.id);
        definition := 'before insert or update on @table@ for each row';
        kind := 23;
        source := motjuste.frame(w.mode, $t$
        if tg_op = 'UPDATE' then
            if @note_new@ is not distinct from @note_old@ then
                return new;
            end if;
        end if;
        if motjuste.suspect(@note_new@)
            and not (coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass())
        then
            new.@name@ := $t$ || case when w.json_key = '' then 'motjuste.mask(@note_new@, @size@)'
                else 'jsonb_set(new.@name@, array[@json_key@], to_jsonb(motjuste.mask(@note_new@, null)))' end || $t$;
        end if;$t$, '            new := jsonb_populate_record(new, motjuste.late_mask(@id@, to_jsonb(old), to_jsonb(new)));', 'new');
        return next;
    end if;
end
$$;

-- sources(w): the same with the slots filled: what each trigger of this column should be now.
create or replace function motjuste.sources(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, kind int2, source text)
    language sql
    stable
    rows 5
    set search_path = pg_catalog, pg_temp
as $$
    select t.part, t.trigger_name, t.definition, t.kind, motjuste.filled(t.source, s.slots)
    from motjuste.templates(w) as t
    cross join (select motjuste.slots(w) as slots offset 0) as s
$$;
-- What the triggers call besides: masking, rows that move between partitions, and rows of a table whose columns are not any
-- more what its trigger functions were written for.

-- mask(note, size): the note with each number that has no place in it replaced by its category's neutral words, or by stars
-- where these would not fit in `size` characters.
create or replace function motjuste.mask(note text, size int default null)
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    m record;
    starred text := note;
begin
    for m in
        select c.start, c.length, k.inline
        from motjuste.check(note) as c
        join motjuste.category as k on k.code = c.category and k.inline <> ''
        order by c.start desc
    loop
        note := overlay(note placing m.inline from m.start + 1 for m.length);
        starred := overlay(starred placing repeat('*', m.length) from m.start + 1 for m.length);
    end loop;
    return case when length(note) > size then starred else note end;
end
$$;

-- moved(..., note): whether a row with this note was deleted in this transaction, as when it changes partition, or the note
-- was judged to be a false alarm or tolerable before.
create or replace function motjuste.moved(relation text, column_name text, json_key text, note text)
    returns boolean
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from motjuste.finding as f
        where f.note_digest = motjuste.digest(moved.note)
            and (f.relation, f.column_name, f.json_key) = (moved.relation, moved.column_name, moved.json_key)
            and (f.status in ('dismissed', 'tolerated') or f.status = 'corrected' and f.closed_at = now())
    );
end
$$;

-- late_note(w, whole): the note in a row given as jsonb, whatever the column's name is now; null where it is gone.
create or replace function motjuste.late_note(w motjuste.watch, whole jsonb)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select case
        when w.json_key <> '' then v.value ->> w.json_key
        -- an array as text has its own form, not that of json
        when jsonb_typeof(v.value) = 'array' then (
            select array_agg(x.item order by x.i)::text from jsonb_array_elements_text(v.value) with ordinality as x (item, i)
        )
        else v.value #>> '{}'
    end
    from (select whole -> motjuste.column_now(w.relation, w.column_name, w.attnum)::text as value) as v
$$;

-- late_key(w, whole): the key of a row given as jsonb, under the names that its findings are kept by.
create or replace function motjuste.late_key(w motjuste.watch, whole jsonb)
    returns jsonb
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select motjuste.kept_key(coalesce(
        jsonb_object_agg(k.name, whole -> motjuste.column_now(w.relation, k.name, k.attnum)::text)
            filter (where k.name is not null),
        '{}'))
    from unnest(w.keys, w.key_attnums) as k (name, attnum)
$$;

-- recognise(w): an error where a column is gone by its name and nothing else is known of it.
create or replace function motjuste.recognise(w motjuste.watch)
    returns void
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    gone text;
begin
    if w.attnum = 0 then
        select string_agg(quote_ident(k.name), ', ') into gone
        from unnest(w.keys || w.column_name) as k (name)
        where motjuste.column_now(w.relation, k.name, 0::int2) is null;
        if gone is not null then
            raise exception 'motjuste: % of % renamed or dropped after a restore', gone, w.label
                using hint = 'motjuste install, or select motjuste.refresh()';
        end if;
    end if;
end
$$;

-- late(...): what the triggers do for one row, slowly and by way of jsonb, where a column was renamed or has another type
-- since their functions were written (`status` says outdated). A column that is gone has no notes to check.
create or replace function motjuste.late(watch_id int, op text, old_row jsonb, new_row jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    old_note text;
    new_note text;
    old_key jsonb;
    new_key jsonb;
    author text;
    moved boolean;
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = watch_id;
    if not found then
        return;
    end if;
    perform motjuste.recognise(w);
    if motjuste.column_now(w.relation, w.column_name, w.attnum) is null then
        return;
    end if;
    old_note := motjuste.late_note(w, old_row);
    new_note := motjuste.late_note(w, new_row);
    old_key := motjuste.late_key(w, old_row);
    new_key := motjuste.late_key(w, new_row);
    author := new_row ->> w.author_column::text;
    if op = 'UPDATE' and old_note is not distinct from new_note then
        if old_key <> new_key then
            perform motjuste.move_findings(w.label, w.column_name, w.json_key, old_key, new_key, old_note);
        end if;
        return;
    end if;
    if op <> 'INSERT' then
        perform motjuste.close_findings(w.label, w.column_name, w.json_key, old_key, old_note);
    end if;
    if new_note is null then
        return;
    end if;
    if motjuste.may_bypass() then
        perform motjuste.log_bypass(w.label, w.column_name, null);
    elsif motjuste.suspect(new_note) then
        moved := op = 'INSERT' and motjuste.moved(w.label, w.column_name, w.json_key, new_note);
        perform motjuste.tell(w.label, w.column_name, w.json_key, w.mode, motjuste.handle(
            w.id, w.label, w.column_name, w.json_key, case when moved then 'flag' else w.mode end,
            array[new_key], array[new_note], array[author]));
    end if;
end
$$;

-- late_mask(...): the same for the trigger that masks: the columns to change, with their new values.
create or replace function motjuste.late_mask(watch_id int, old_row jsonb, new_row jsonb)
    returns jsonb
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    note text;
    masked text;
    column_name text;
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = watch_id;
    perform motjuste.recognise(w);
    column_name := motjuste.column_now(w.relation, w.column_name, w.attnum);
    note := motjuste.late_note(w, new_row);
    if note is null or note is not distinct from motjuste.late_note(w, old_row) or motjuste.may_bypass() then
        return '{}';
    end if;
    masked := motjuste.mask(note);
    return jsonb_build_object(column_name, case
        when w.json_key <> '' then jsonb_set(new_row -> column_name, array[w.json_key], to_jsonb(masked))
        when jsonb_typeof(new_row -> column_name) = 'array' then to_jsonb(masked::text[])
        else to_jsonb(masked)
    end);
end
$$;
-- attach, detach, refresh: the functions a DBA calls to watch a column.

-- renamed_key(row_key, names): a row key with the names of its columns replaced by those given.
create or replace function motjuste.renamed_key(row_key jsonb, names jsonb)
    returns jsonb
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_object_agg(coalesce(names ->> e.key, e.key), e.value) filter (where e.key is not null), '{}')
    from jsonb_each(row_key) as e
$$;

-- rename_findings(...): a table, a column or the columns of its key have other names now; findings and proofs follow.
create or replace function motjuste.rename_findings(
    relation text, column_name text, json_key text, new_relation text, new_column text, new_keys jsonb
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update motjuste.scan as s
    set relation = new_relation, column_name = new_column
    where (s.relation, s.column_name, s.json_key)
        = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key);
    -- what was found again meanwhile under the new name gives way to what may have been decided
    delete from motjuste.finding as g
    using motjuste.finding as f
    where (f.relation, f.column_name, f.json_key)
            = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key)
        and (g.relation, g.column_name, g.json_key) = (new_relation, new_column, rename_findings.json_key)
        and (g.row_key, g.note_digest, g.rule_id, g.start)
            = (motjuste.renamed_key(f.row_key, new_keys), f.note_digest, f.rule_id, f.start)
        and g.id <> f.id;
    update motjuste.finding as f
    set relation = new_relation, column_name = new_column, row_key = motjuste.renamed_key(f.row_key, new_keys)
    where (f.relation, f.column_name, f.json_key)
        = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key);
end
$$;

-- locking(statement): run a statement that locks a table. Where this transaction holds another one that writers wait for, we
-- wait less long than the server before it looks for waits in a circle: it would end any of them, and that may be a
-- writer. migrations/templates/give_way.sql does the same where this function may not be there.
create or replace function motjuste.locking(statement text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from pg_catalog.pg_locks as l
        join pg_catalog.pg_class as c on c.oid = l.relation
        where l.pid = pg_backend_pid() and l.mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock')
            and c.relkind in ('r', 'p') and c.relnamespace <> 'motjuste'::regnamespace
    ) then
        perform set_config('lock_timeout', least(nullif(l.setting::int, 0), greatest(d.setting::int / 2, 1))::text, true)
        from pg_catalog.pg_settings as l
        cross join pg_catalog.pg_settings as d
        where l.name = 'lock_timeout' and d.name = 'deadlock_timeout';
    end if;
    execute statement;
end
$$;

-- forget(watch_id): the triggers and functions of a watched column, removed. Its findings stay.
create or replace function motjuste.forget(watch_id int)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    mine constant text := '^(zz_)?motjuste_' || watch_id || '_(insert|update|delete|truncate|mask)$';
    f record;
begin
    for f in
        select t.tgname, t.tgrelid::regclass as place
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_trigger as t on t.tgfoid = p.oid and t.tgparentid = 0
        where p.pronamespace = 'motjuste'::regnamespace and p.proname ~ mine
        order by t.tgrelid, t.tgname
    loop
        perform motjuste.locking(format('drop trigger %I on %s', f.tgname, f.place));
    end loop;
    for f in
        select p.oid::regprocedure as signature
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace and p.proname ~ mine
    loop
        execute format('drop function %s', f.signature);
    end loop;
end
$$;

-- make_way(w, label, column): of the other watches that go by these names still, since two tables or columns changed places:
-- their numbers. Each, with its findings, goes by a name of its own meanwhile; one whose column is gone is forgotten.
create or replace function motjuste.make_way(w motjuste.watch, label_now text, column_now name)
    returns int[]
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    other motjuste.watch;
    aside motjuste.watch;
    ids int[] := '{}';
begin
    for other in
        select k.*
        from motjuste.watch as x
        cross join lateral motjuste.known(x) as k
        where x.id <> w.id and (x.label, x.column_name, x.json_key) = (make_way.label_now, make_way.column_now, w.json_key)
    loop
        if other.relation = w.relation and motjuste.column_now(other.relation, other.column_name, other.attnum) is null then
            perform motjuste.close_all(other);
            perform motjuste.forget(other.id);
            delete from motjuste.watch as x where x.id = other.id;
            continue;
        end if;
        aside := other;
        aside.label := format('watch %s', other.id);
        if other.relation = w.relation then
            aside.column_name := format('watch %s', other.id);
        end if;
        perform motjuste.rename_findings(
            other.label, other.column_name, other.json_key, aside.label, aside.column_name, '{}');
        update motjuste.watch as x set label = aside.label, column_name = aside.column_name where x.id = other.id;
        ids := ids || other.id;
    end loop;
    return ids;
end
$$;

-- close_all(w): the notes of a watched column are gone, and its findings with them.
create or replace function motjuste.close_all(w motjuste.watch)
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    update motjuste.finding as f
    set status = 'corrected', closed_at = now()
    where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key)
        and f.status in ('open', 'accepted', 'tolerated')
$$;

-- refresh(watch_id): bring the triggers of a watched column up to date: what is right already is not touched, and no table
-- is locked for it. False where table or column is gone.
create or replace function motjuste.refresh(watch_id int)
    returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    column_now name;
    label_now text;
    keys_now name[];
    names jsonb;
    twin motjuste.watch;
    waiting int[] := '{}';
    wanted "char";
    s record;
    t record;
begin
    select * into w from motjuste.watch as x where x.id = watch_id for update;
    w := motjuste.known(w);
    label_now := motjuste.name_of(w.relation);
    column_now := motjuste.column_now(w.relation, w.column_name, w.attnum);
    if label_now is null then
        -- the table was dropped, its triggers with it, and its notes
        perform motjuste.forget(w.id);
        delete from motjuste.watch as x where x.id = w.id;
        perform motjuste.close_all(w);
        return false;
    elsif column_now is null then
        -- the watch stays, so that `status` tells
        perform motjuste.close_all(w);
        return false;
    end if;
    keys_now := motjuste.keys_beside(w.relation, column_now);
    if keys_now <> motjuste.key_columns(w.relation) then
        -- of a key that holds the note nothing may be told: what is still there is found again without it
        delete from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key) and f.row_key ? w.column_name;
    end if;
    if w.label <> label_now or w.column_name <> column_now or w.keys <> '{}' and w.keys <> keys_now then
        names := (
            select coalesce(jsonb_object_agg(k.name, motjuste.column_now(w.relation, k.name, k.attnum))
                filter (where k.name is not null), '{}')
            from unnest(w.keys, w.key_attnums) as k (name, attnum)
        );
        select x.* into twin
        from motjuste.watch as x
        where x.id <> w.id and (x.relation, x.column_name, x.json_key) = (w.relation, column_now, w.json_key)
            and motjuste.column_now(x.relation, x.column_name, x.attnum) = column_now;
        if found then
            -- it was watched again under its new name
            perform motjuste.forget(w.id);
            delete from motjuste.watch as x where x.id = w.id;
            perform motjuste.rename_findings(w.label, w.column_name, w.json_key, twin.label, twin.column_name, names);
            return motjuste.refresh(twin.id);
        end if;
        waiting := motjuste.make_way(w, label_now, column_now);
        perform motjuste.rename_findings(w.label, w.column_name, w.json_key, label_now, column_now, names);
    end if;
    update motjuste.watch as x
    set label = label_now,
        seen_as = w.relation,
        column_name = column_now,
        attnum = (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = w.relation and a.attname = column_now),
        author_column = motjuste.column_now(w.relation, w.author_column, null),
        subject_column = motjuste.column_now(w.relation, w.subject_column, null),
        keys = keys_now,
        key_attnums = array(
            select a.attnum
            from unnest(keys_now) with ordinality as k (name, i)
            join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attname = k.name
            order by k.i
        )
    where x.id = w.id
    returning * into w;

    for s in select x.*, motjuste.settings(w.relation) as settings from motjuste.sources(w) as x loop
        if not exists (
            select
            from pg_catalog.pg_proc as p
            where p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
                and p.prosrc = s.source and p.proconfig = s.settings and p.prosecdef
        ) then
            execute format(
                E'create or replace function motjuste.%I()\n    returns trigger\n    language plpgsql\n    security definer\n%s\nas %L',
                s.trigger_name,
                (select string_agg(
                    -- a list is written as a list, the others as one value
                    case when split_part(x.setting, '=', 1) = 'search_path' then '    set ' || replace(x.setting, '=', ' = ')
                        else format('    set %I = %L', split_part(x.setting, '=', 1), split_part(x.setting, '=', 2)) end,
                    E'\n' order by x.i) from unnest(s.settings) with ordinality as x (setting, i)),
                s.source);
            execute format('revoke all on function motjuste.%I() from public', s.trigger_name);
            -- the digest tells `status` whether the function was altered by hand
            execute format('comment on function motjuste.%I() is %L', s.trigger_name, 'motjuste ' || md5(s.source));
        end if;
        for t in
            select m.member, g.oid, g.tgtype, g.tgqual
            from motjuste.members(w.relation) as m
            join pg_catalog.pg_class as c on c.oid = m.member and c.relkind in ('r', 'p')
            left join pg_catalog.pg_trigger as g on g.tgrelid = m.member and g.tgname = s.trigger_name
            where m.own and (g.oid is null or g.tgtype <> s.kind or g.tgqual is not null
                or g.tgfoid <> format('motjuste.%I()', s.trigger_name)::regprocedure)
        loop
            if t.oid is not null then
                perform motjuste.locking(format('drop trigger %I on %s', s.trigger_name, t.member));
            end if;
            perform motjuste.locking(format('create trigger %I %s execute function motjuste.%I()',
                s.trigger_name, replace(s.definition, '@table@', t.member::text), s.trigger_name));
        end loop;
    end loop;

    -- the mask of a column that is not masked any more, and triggers on tables that left the tree
    for t in
        select g.tgname, g.tgrelid::regclass as place, p.oid::regprocedure as signature, x.trigger_name
        from pg_catalog.pg_proc as p
        left join pg_catalog.pg_trigger as g on g.tgfoid = p.oid and g.tgparentid = 0
        left join motjuste.sources(w) as x on x.trigger_name = p.proname
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname ~ ('^(zz_)?motjuste_' || w.id || '_(insert|update|delete|truncate|mask)$')
            and (x.trigger_name is null or g.tgrelid not in (select m.member from motjuste.members(w.relation) as m where m.own))
    loop
        if t.tgname is not null then
            perform motjuste.locking(format('drop trigger %I on %s', t.tgname, t.place));
        end if;
        if t.trigger_name is null then
            execute format('drop function if exists %s', t.signature);
        end if;
    end loop;

    wanted := case when w.always then 'A' else 'O' end;
    for t in
        select distinct on (g.tgname, m.member) g.tgname, m.member
        from motjuste.members(w.relation) as m
        join pg_catalog.pg_trigger as g on g.tgrelid = m.member
        join motjuste.sources(w) as x on x.trigger_name = g.tgname
        where g.tgenabled <> wanted
        order by g.tgname, m.member
    loop
        perform motjuste.locking(format(
            'alter table %s enable %s trigger %I', t.member, case when w.always then 'always' else '' end, t.tgname
        ));
    end loop;
    perform motjuste.refresh(x.id) from unnest(waiting) as x (id);
    return true;
end
$$;

-- refresh(): all of them; and what is left of those that are watched no more is removed.
create or replace function motjuste.refresh()
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform motjuste.refresh(w.id) from motjuste.watch as w order by w.id;
    perform motjuste.forget(x.id)
    from (
        select distinct substring(p.proname from '^(?:zz_)?motjuste_([0-9]+)_[a-z]+$')::int as id
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
    ) as x
    where x.id is not null and not exists (select from motjuste.watch as w where w.id = x.id);
end
$$;

-- attach(...): watch a column in a mode; again with another mode changes the mode, and only that. `always`: also where
-- session_replication_role is replica, as where changes come by logical replication. What is null stays as it was; at first,
-- mode is flag and always is false.
create or replace function motjuste.attach(
    relation regclass,
    column_name name,
    mode text default null,
    json_key text default '',
    author_column name default null,
    subject_column name default null,
    always boolean default null
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    place constant text := motjuste.name_of(relation);
    wanted constant text := mode;
    kind "char";
    temporary boolean;
    type_name text;
    category "char";
    element "char";
    generated "char";
    w motjuste.watch;
    covering motjuste.watch;
    part record;
    name text;
begin
    json_key := coalesce(json_key, '');
    -- what had this name before it got another, or what this column was watched as before
    perform motjuste.refresh(x.id)
    from motjuste.watch as x
    where x.relation <> attach.relation and x.label = place
        or x.relation = attach.relation and x.seen_as = x.relation
            and motjuste.column_now(x.relation, x.column_name, x.attnum) <> x.column_name;
    mode := coalesce(mode, (
        select x.mode
        from motjuste.watch as x
        where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
    ), 'flag');
    if mode not in ('flag', 'warn', 'block', 'mask') then
        raise exception 'motjuste: unknown mode %', quote_literal(mode)
            using errcode = '22023', hint = 'use flag, warn, block or mask';
    end if;
    if place is null then
        raise exception 'motjuste: there is no such table'
            using errcode = '42P01', hint = 'name a table that exists, as in motjuste.attach(''crm.client'', ''note'')';
    end if;
    select c.relkind, c.relpersistence = 't' into kind, temporary from pg_catalog.pg_class as c where c.oid = relation;
    if place ~ '^(motjuste|pg_catalog|information_schema|pg_toast)[.]' then
        raise exception 'motjuste: % is not a table of yours', place
            using errcode = '42809', hint = 'attach a column of an application''s table';
    end if;
    if kind not in ('r', 'p') or temporary then
        raise exception 'motjuste: % is not a table', place || case when temporary then ' (it is temporary)' else '' end
            using errcode = '42809', hint = 'triggers work on tables: attach the table that the view reads';
    end if;
    -- a right to make triggers is none to take them away
    select pg_get_userbyid(c.relowner) into name
    from motjuste.members(relation) as m
    join pg_catalog.pg_class as c on c.oid = m.member
    where m.own and not pg_has_role(c.relowner, 'usage')
        and not exists (
            select
            from motjuste.watch as x
            where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
        )
    limit 1;
    if found then
        raise exception 'motjuste: % belongs to %', place, quote_ident(name)
            using errcode = '42501',
                hint = format('attach it as %I, or as a member of it: another role could not take the triggers away again', name);
    end if;
    -- a domain counts as the type below it
    with recursive base as (
        select a.atttypid as oid, a.attgenerated
        from pg_catalog.pg_attribute as a
        where a.attrelid = relation and a.attname = attach.column_name and a.attnum > 0 and not a.attisdropped
        union all
        select t.typbasetype, b.attgenerated from base as b join pg_catalog.pg_type as t on t.oid = b.oid where t.typtype = 'd'
    )
    select t.typname, t.typcategory, e.typcategory, b.attgenerated into type_name, category, element, generated
    from base as b
    join pg_catalog.pg_type as t on t.oid = b.oid
    left join pg_catalog.pg_type as e on e.oid = t.typelem
    where t.typtype <> 'd';
    if not found then
        raise exception 'motjuste: % has no column %', place, quote_ident(attach.column_name)
            using errcode = '42703', hint = 'motjuste discover lists the columns';
    end if;
    if not (
        json_key = '' and (category = 'S' or category = 'A' and element = 'S') or type_name = 'jsonb' and json_key <> ''
    ) then
        raise exception 'motjuste: %.% is of type %', place, quote_ident(attach.column_name), type_name
            using errcode = '42804',
                hint = 'text columns can be watched, arrays of text, and keys of jsonb columns: json_key => ''note''';
    end if;
    if generated = 'v' or generated <> '' and mode = 'mask' then
        raise exception 'motjuste: %.% is generated%', place, quote_ident(attach.column_name),
                case when generated = 'v' then ' when it is read' else ', nothing can be masked in it' end
            using errcode = '42809', hint = 'attach the column that it is computed from';
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
    select x.* into covering
    from motjuste.watch as x
    join motjuste.ancestors(attach.relation) as a on a.ancestor = x.relation
    where x.column_name = attach.column_name and x.json_key = attach.json_key
    order by motjuste.name_of(x.relation)
    limit 1;
    if covering.id is not null then
        -- what is asked for holds already: a policy may name a child and its parent
        if coalesce(wanted, covering.mode) = covering.mode and coalesce(always, covering.always) = covering.always then
            return;
        end if;
        raise exception 'motjuste: %.% is watched already, with %, mode %', place, quote_ident(attach.column_name),
                motjuste.name_of(covering.relation), covering.mode
            using errcode = '42710',
                hint = format('its checks are those of %s: attach that one again', motjuste.name_of(covering.relation));
    end if;

    insert into motjuste.watch as x
        (relation, column_name, json_key, mode, author_column, subject_column, label, attnum, always, seen_as)
    values (
        attach.relation, attach.column_name, attach.json_key, attach.mode, attach.author_column, attach.subject_column,
        place,
        (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attname = attach.column_name),
        coalesce(attach.always, false),
        attach.relation
    )
    on conflict on constraint watch_identity do update
        set mode = excluded.mode,
            author_column = coalesce(excluded.author_column, x.author_column),
            subject_column = coalesce(excluded.subject_column, x.subject_column),
            always = coalesce(attach.always, x.always)
    returning * into w;
    -- a partition or child that was watched on its own is watched with its parent from now on
    for part in
        select x.*
        from motjuste.members(attach.relation) as m
        join motjuste.watch as x on x.relation = m.member and x.column_name = w.column_name and x.json_key = w.json_key
        where x.id <> w.id
        order by x.id
    loop
        perform motjuste.forget(part.id);
        delete from motjuste.watch as x where x.id = part.id;
        perform motjuste.rename_findings(part.label, part.column_name, part.json_key, w.label, w.column_name, '{}');
    end loop;
    perform motjuste.refresh(w.id);
end
$$;

-- detach(...): stop watching a column. Its findings stay.
create or replace function motjuste.detach(relation regclass, column_name name, json_key text default '')
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
begin
    delete from motjuste.watch as x
    where x.relation = detach.relation
        and (x.column_name = detach.column_name
            or motjuste.column_now(x.relation, x.column_name, x.attnum) = detach.column_name)
        and x.json_key = detach.json_key
    returning * into w;
    if not found then
        raise exception 'motjuste: %.% is not watched', motjuste.name_of(relation), quote_ident(detach.column_name)
            using errcode = '42704', hint = 'select * from motjuste.status lists what is';
    end if;
    perform motjuste.forget(w.id);
end
$$;
-- What a DBA or an officer reads from psql.

-- One line a trigger that should be: of each watched column, on each table that holds its rows.
create or replace view motjuste.status as
select
    coalesce(motjuste.name_of(w.relation), w.label) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.part,
    case
        when x.label_now is null then 'table gone'
        when x.column_now is null then 'column gone'
        when p.oid is null or t.oid is null and m.member = w.relation then 'missing'
        when t.oid is null then 'partition not covered'
        when t.tgenabled in ('D', 'R') then 'disabled'
        when d.comment is distinct from 'motjuste ' || md5(p.prosrc) or not p.prosecdef
            or t.tgtype <> s.kind or t.tgqual is not null or t.tgfoid <> p.oid then 'altered'
        when p.prosrc <> s.source or p.proconfig is distinct from motjuste.settings(w.relation)
            or (w.label, w.column_name, w.keys) is distinct from (x.label_now, x.column_now, motjuste.keys_beside(w.relation, x.column_now))
            or w.author_column is distinct from motjuste.column_now(w.relation, w.author_column, null)
            then 'outdated'
        when w.always and t.tgenabled <> 'A' then 'outdated'
        -- changes that come by logical replication are applied as a replica: no trigger fires but those that always do
        when t.tgenabled <> 'A' and exists (select from pg_catalog.pg_subscription_rel as r where r.srrelid = m.member)
            then 'not firing for replica'
        when motjuste.parent_of(w.id) is not null then 'watched twice'
        else 'installed'
    end as state,
    t.tgenabled = 'A' as fires_always,
    coalesce(motjuste.name_of(m.member), w.label) as member
from motjuste.watch as y
cross join lateral motjuste.known(y) as w
cross join lateral (
    select motjuste.name_of(w.relation) as label_now, motjuste.column_now(w.relation, w.column_name, w.attnum) as column_now
    offset 0
) as x
cross join lateral motjuste.sources(w) as s
cross join lateral (
    select m.member from motjuste.members(w.relation) as m
    -- a partition has copies of the row triggers; those that fire once a statement are their table's own
    where m.own or s.kind & 1 = 1
) as m
left join pg_catalog.pg_proc as p
    on p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
left join pg_catalog.pg_trigger as t on t.tgrelid = m.member and t.tgname = s.trigger_name
left join lateral (select obj_description(p.oid, 'pg_proc') as comment) as d on true;

create or replace view motjuste.open_findings as
select
    f.id, f.relation, f.column_name, f.json_key, f.row_key, f.category, f.rule_id, f.level, f.start, f.length,
    f.status, f.author, f.source, f.found_at, k.advice, f.certainty
from motjuste.finding as f
-- left: a pack that knows the category no more does not hide its findings
left join motjuste.category as k on k.code = f.category
where f.status in ('open', 'accepted');

-- Of each watched column: the last scan, and what it read of what existed; `estimated`: how much that was is a guess.
create or replace view motjuste.coverage as
select
    coalesce(motjuste.name_of(w.relation), w.label) as relation,
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
        -- by the name of before and of now: the findings follow a table that was renamed when it is next installed
        where f.relation in (w.label, motjuste.name_of(w.relation))
            and f.column_name = w.column_name and f.json_key = w.json_key and f.status = 'open'
    ) as open_findings,
    -- what could not be read could not always be counted
    s.skipped <> '[]' as estimated
from motjuste.watch as w
left join lateral (
    select *
    from motjuste.scan as s
    where s.relation in (w.label, motjuste.name_of(w.relation))
        and s.column_name = w.column_name and s.json_key = w.json_key
        and s.scope = '' -- a sample is no sweep
    order by s.id desc
    limit 1
) as s on true;

-- How many times which rule was met, in which column; `found` counts all, `open` what nobody decided of yet.
create or replace view motjuste.count_by_rule as
select
    f.category, f.rule_id, f.level, f.relation, f.column_name, f.json_key,
    count(*) as found,
    count(*) filter (where f.status = 'open') as open,
    count(distinct (f.row_key, f.note_digest)) as notes
from motjuste.finding as f
group by 1, 2, 3, 4, 5, 6;

create or replace view motjuste.count_by_column as
select
    f.relation, f.column_name, f.json_key, f.category,
    count(*) as found,
    count(*) filter (where f.status = 'open') as open,
    count(distinct (f.row_key, f.note_digest)) as notes
from motjuste.finding as f
group by 1, 2, 3, 4;

-- By who wrote the note, where the watched column has an author column.
create or replace view motjuste.count_by_author as
select
    f.author, f.relation, f.column_name, f.json_key, f.category,
    count(*) as found,
    count(*) filter (where f.status = 'open') as open,
    count(distinct (f.row_key, f.note_digest)) as notes
from motjuste.finding as f
where f.author is not null
group by 1, 2, 3, 4, 5;

create or replace view motjuste.count_by_month as
select
    date_trunc('month', f.found_at)::date as month, f.relation, f.column_name, f.json_key, f.category,
    count(*) as found,
    count(*) filter (where f.status = 'open') as open,
    count(distinct (f.row_key, f.note_digest)) as notes
from motjuste.finding as f
group by 1, 2, 3, 4, 5;

-- Who can read a watched column: each role with the right, and how it came by it.
create or replace view motjuste.reader as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    motjuste.name_of(m.member) as member,
    coalesce(r.rolname::text, 'PUBLIC') as role,
    r.rolcanlogin as login,
    case
        when g.grantee is not null then 'granted'
        when r.oid = c.relowner then 'owner'
        when r.rolsuper then 'superuser'
        else coalesce('member of ' || (
            select string_agg(x.rolname, ', ' order by x.rolname)
            from pg_catalog.pg_auth_members as a
            join pg_catalog.pg_roles as x on x.oid = a.roleid
            where a.member = r.oid and has_column_privilege(x.oid, c.oid, n.attnum, 'select')
        ), 'PUBLIC')
    end as via
from motjuste.watch as y
cross join lateral motjuste.known(y) as w
cross join lateral motjuste.members(w.relation) as m
join pg_catalog.pg_class as c on c.oid = m.member
join pg_catalog.pg_attribute as n
    on n.attrelid = c.oid and n.attname = motjuste.column_now(w.relation, w.column_name, w.attnum)
cross join lateral (
    select x.oid, x.rolname, x.rolsuper, x.rolcanlogin
    from pg_catalog.pg_roles as x
    where has_schema_privilege(x.oid, c.relnamespace, 'usage')
        and has_column_privilege(x.oid, c.oid, n.attnum, 'select') and x.rolname !~ '^pg_'
    union all
    select 0, null, false, null
) as r
left join lateral (
    select x.grantee
    from (
        select x.* from aclexplode(c.relacl) as x
        union all
        select x.* from aclexplode(n.attacl) as x
    ) as x
    where x.privilege_type = 'SELECT' and x.grantee = r.oid and r.oid <> c.relowner
    limit 1
) as g on true
where r.oid <> 0 or g.grantee is not null;

-- The requests for access with their terms, without the person: a settled one has no days left.
create or replace view motjuste.request_term as
select
    r.id, r.received, r.due, r.extended_at is not null as extended, r.answered_at, r.complete,
    case when r.complete is not true then (r.due - current_date)::int end as days_left
from motjuste.request as r;
-- Who may read what an officer reads: findings, their counts, the proofs of scans and the logs; no note, and not the key of
-- the digests. Nothing else is granted to anybody.

-- grant_reader(role): let a role read them.
create or replace function motjuste.grant_reader(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    what text;
begin
    insert into motjuste.reader_role as r (role) values (grant_reader.role) on conflict do nothing;
    execute format('grant usage on schema motjuste to %I', grant_reader.role);
    for what in
        select format('%I', c.relname)
        from pg_catalog.pg_class as c
        where c.relnamespace = 'motjuste'::regnamespace
            and (c.relkind = 'v'
                or c.relname in ('category', 'rule', 'pack', 'watch', 'finding', 'scan', 'bypass', 'bypass_role', 'failure'))
    loop
        execute format('grant select on motjuste.%s to %I', what, grant_reader.role);
    end loop;
    -- the functions that the views call are called with the reader's rights
    for what in
        select p.oid::regprocedure::text
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname in (
                'name_of', 'key_columns', 'keys_beside', 'column_now', 'known', 'members', 'settings', 'filled', 'slots', 'frame', 'templates', 'sources',
                'parent_of', 'ancestors', 'may_be_long'
            )
    loop
        execute format('grant execute on function %s to %I', what, grant_reader.role);
    end loop;
end
$$;

-- grant_officer(role): let a role also keep the register of requests, draw samples and take in their marks. With the key of the
-- digests, by which a note that was read is known again; the notes themselves are for their tables' owners to open.
create or replace function motjuste.grant_officer(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform motjuste.grant_reader(grant_officer.role);
    execute format(
        'grant select, insert, update on motjuste.request, motjuste.sample, motjuste.sample_note to %I', grant_officer.role
    );
    execute format('grant select on motjuste.secret to %I', grant_officer.role);
end
$$;

-- revoke_reader(role): take it back, an officer's rights too.
create or replace function motjuste.revoke_reader(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from motjuste.reader_role as r where r.role = revoke_reader.role;
    if not found then
        raise exception 'motjuste: % is no reader', revoke_reader.role
            using errcode = '42704', hint = 'select role from motjuste.reader_role lists them';
    end if;
    execute format('revoke all on all tables in schema motjuste from %I', revoke_reader.role);
    execute format('revoke all on all functions in schema motjuste from %I', revoke_reader.role);
    execute format('revoke usage on schema motjuste from %I', revoke_reader.role);
end
$$;

-- Functions are born executable by PUBLIC; none of ours is. What an installation made anew is granted to the readers again.
revoke all on all functions in schema motjuste from public;
revoke all on all tables in schema motjuste from public;
do $$
begin
    delete from motjuste.reader_role as r
    where not exists (select from pg_catalog.pg_roles as x where x.rolname = r.role);
    perform motjuste.grant_reader(r.role) from motjuste.reader_role as r;
end
$$;
