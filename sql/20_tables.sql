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
    calm int, -- below it the words around a match say that it is none; null: whatever they say
    spared int -- from it on what stands right beside a match of level block says that it stays, watched; null: it does not
);

-- The program (toolkit/motjuste/rulepack/README.md). Two words are of the same class if they stand in the same word sets; `#` is that
-- of numbers. Collation "C" here and below: words are folded, so bytes compare fast and the same everywhere.
create table if not exists motjuste.word (
    word text collate "C" primary key with (fillfactor = 100),
    class int, -- 0: it stands in no word set; null: it is no word of the rules, but weighs
    leads boolean not null, -- it weighs so much that a sentence is looked at for it
    keywords int[], -- the sets with this class that have a row in `keyword`; null: none
    calls boolean not null, -- it has rows in `raw_word`
    spelt int, -- its place among the words that misspellings are read as, from 1; below 0: a common word that is as near; null: none
    usual boolean not null -- it is run together with other words
);
create index if not exists word_begins on motjuste.word ((left(word, (length(word) - 1) / 2))) where spelt is not null;
create index if not exists word_ends on motjuste.word ((left(word, 1) || right(word, (length(word) - 1) / 2))) where spelt is not null;

-- A match of one of these phrases holds a word of the set, and a word of one of the classes `near` from `least` to `most` words away from
-- it (before it where negative; null: anywhere).
create table if not exists motjuste.keyword (
    set_id int not null,
    part int not null,
    least smallint not null,
    most smallint not null,
    near int[],
    also_least smallint not null, -- another such word
    also_most smallint not null,
    also int[],
    alone int[], -- phrases of which this word is all
    phrases int[], -- others
    entries smallint[], -- which of its keywords it is of each, from 0; null: the first of all
    primary key (set_id, part) with (fillfactor = 100)
);

-- A term of a rule, or what stands around matches (no rule). `code` is what it is walked by, both ways from a keyword (empty: it is one word):
-- how many keywords there are; of each the places of two lists, of the items before it and of those after; then the lists. A list: how many
-- items are looked at one by one, and how many are of one class; the first: -2 - a fork, -1 for the end, then the sets; the classes of the
-- others; and for each, in the same order, the place of the list that follows.
create table if not exists motjuste.phrase (
    id int primary key with (fillfactor = 100),
    rule_id text references motjuste.rule,
    width int not null, -- the most items of a list that are looked at one by one
    code int[] not null
);

-- Of a class: the sets of phrases and forks that it belongs to; the phrases without a rule that hold a word of it as a keyword, and which
-- of their keywords it is of each, from 0. Null: none.
create table if not exists motjuste.class (
    id int primary key with (fillfactor = 100),
    sets int[],
    phrases int[],
    entries smallint[]
);

-- Where a walk goes on after `least` to `most` words of which none is of the set `but`, each with no more than so many `signs` (0:
-- any number) before it; where they are none, with no more before the next word.
create table if not exists motjuste.fork (
    id int primary key,
    least smallint not null,
    most smallint not null,
    but int, -- null: any word
    signs smallint not null
);

-- What may not (`unless`), or must (`needs`), stand around a match of a rule, on which side; `edge`: that a clause begins or ends there.
create table if not exists motjuste.context (
    rule_id text not null references motjuste.rule,
    kind text not null,
    side text not null,
    edge boolean not null,
    phrases int[] not null,
    primary key (rule_id, kind, side)
);

-- The regular expressions of rules, for what numbers look like. A match is no longer than `reach`, and holds `holds`, in which a 0 is any
-- digit; `loose` matches wherever the expression does, and compiles faster.
create table if not exists motjuste.raw (
    id int primary key,
    rule_id text not null references motjuste.rule,
    pattern text not null,
    reach int not null,
    holds text not null,
    loose text not null
);

-- The words that call for them, with words that stand so many words `away` from it; `#` is a long number.
create table if not exists motjuste.raw_word (
    word text collate "C" not null,
    part int not null,
    raw_id int not null references motjuste.raw,
    beside text[] collate "C" not null,
    away int[] not null,
    primary key (word, part)
);

create table if not exists motjuste.maskable (
    word text collate "C" primary key,
    rule_id text not null references motjuste.rule
);

-- What a word, its beginning as `alco*`, or two beginnings as `pas alco` weigh: in a sentence, for a match in the same sentence
-- and in those around; as a sign, how a match is written; and for each category (null: nothing).
create table if not exists motjuste.weight (
    token text collate "C" primary key with (fillfactor = 100),
    fault smallint not null,
    close smallint not null,
    far smallint not null,
    sign smallint not null,
    sense smallint not null,
    categories smallint[]
);

create table if not exists motjuste.scale (
    category text collate "C" primary key, -- '': of any
    base int not null,
    threshold int not null, -- from here on the words of a sentence are a finding
    sure int not null, -- below it they do not speak for a match
    place int not null, -- of the category in the weights
    person_words text[] collate "C" not null -- what is said right after one is said of a person
);

-- The program as the extension motjuste_kernel reads it, where that is used: one row; none where SQL does the checks. The columns are
-- read by their places (toolkit/kernel/postgres.c).
create table if not exists motjuste.kernel (
    format int not null,
    digest bytea not null, -- SHA-256 of all bytes in motjuste.program: backends that have another one opened open this one
    program_size int not null,
    own_size int not null, -- of the program of a user's own files; 0: there are none
    settings_size int not null,
    singleton boolean primary key default true check (singleton)
);

-- Its bytes, in pieces, by the place where each begins: the three parts one after the other, each padded to eight bytes.
create table if not exists motjuste.program (
    at int primary key,
    content bytea not null
);
alter table motjuste.program alter column content set storage external;

create table if not exists motjuste.secret (
    singleton boolean primary key default true check (singleton),
    key bytea not null,
    inner_pad bytea not null,
    outer_pad bytea not null,
    made_at timestamptz not null default now(),
    next_key bytea -- while the digests are given another key
);
comment on table motjuste.secret is 'key of the note digests (HMAC-SHA-256, RFC 2104); never leaves the database but for scan and review';

-- The digest of a text known to all by the key of the findings: after a restore without the key it is another one's.
create table if not exists motjuste.key_mark (
    singleton boolean primary key default true check (singleton),
    mark bytea not null
);

-- While the digests are given another key: which was which.
create table if not exists motjuste.rekey (
    old_digest bytea primary key,
    new_digest bytea not null
);

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
    trust_owner boolean not null default false, -- watched though its owner may do less than a superuser, whose rights its triggers have
    deferred boolean not null default false, -- what refuses nothing is read later, out of motjuste.queue
    seen_as oid not null default 0, -- the table when the numbers were taken: they mean nothing in a restored database
    -- the triggers and functions as we left them, by motjuste.prints; those of them by which every row of their table went;
    -- and the file of each table then
    written text[] not null default '{}',
    sound text[] not null default '{}',
    files jsonb not null default '{}',
    unrecorded bigint not null default 0, -- motjuste.unrecorded when it was attached
    constraint watch_identity unique (relation, column_name, json_key)
);

create table if not exists motjuste.finding (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    json_key text not null default '',
    row_key jsonb not null,
    note_digest bytea not null,
    rule_id text,
    category text,
    level text,
    start int,
    length int,
    certainty text constraint finding_certainty check (certainty in ('certain', 'likely', 'doubtful')),
    status text not null default 'open'
        check (status in ('open', 'accepted', 'dismissed', 'tolerated', 'corrected', 'redacted')),
    action text constraint finding_action check (action in ('accept', 'mask', 'erase')), -- of an accepted one: how its words go
    reason text,
    until date,
    decided_by text,
    decided_at timestamptz,
    author text,
    source text not null default 'trigger' check (source in ('trigger', 'scan')),
    found_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint finding_identity unique (relation, column_name, json_key, row_key, note_digest, rule_id, start),
    -- what was found is told of a person: it goes when the note does (motjuste.settle)
    constraint finding_told check (
        status in ('corrected', 'redacted') or num_nulls(rule_id, category, level, start, length) = 0
    )
)
-- A page has room for each of its findings once more: it is decided in its place, for no index knows of its status.
with (fillfactor = 50);
-- the same text may stand in each row of a table
create index if not exists finding_digest on motjuste.finding (note_digest, row_key);
-- Of this transaction only: at its end nothing is left in it.
create index if not exists finding_closing on motjuste.finding (closed_at, note_digest) where closed_at is not null and rule_id is not null;

-- What reviewers decided to write into notes: one row a note that is to change, until it does. Who dismissed, tolerated or accepted
-- each of its findings, when and why, is kept with the finding. motjuste.decide writes both.
create table if not exists motjuste.decision (
    id bigint generated always as identity primary key, -- another one after each change: who read an older one is told
    relation text not null,
    column_name text not null,
    json_key text not null default '',
    row_key jsonb not null,
    note_digest bytea not null,
    edits jsonb not null constraint decision_edits check (jsonb_typeof(edits) = 'array'), -- [[start, length, neutral words]]
    digest_after bytea not null,
    whole jsonb not null default '[]', -- why the note goes whole, where no finding says so: what a decisions file calls verdicts
    reviewer text not null,
    role text not null default session_user,
    decided_at timestamptz not null default now(),
    second_reader text,
    second_role text,
    confirmed_at timestamptz,
    constraint decision_identity unique (relation, column_name, json_key, row_key, note_digest)
);

-- How many findings were closed, or decided and then too old to be kept: no row, no author, no day. `motjuste.purge` sums the lines up.
create table if not exists motjuste.tally (
    id bigint generated always as identity primary key,
    month date not null, -- in which they were found
    relation text not null,
    column_name text not null,
    json_key text not null,
    category text not null,
    rule_id text not null,
    level text not null,
    status text not null,
    findings bigint not null
);

-- How long findings are kept, by status: from the day they were found, decided (dismissed), due (tolerated) or closed.
create table if not exists motjuste.retention (
    status text primary key
        check (status in ('open', 'accepted', 'dismissed', 'tolerated', 'corrected', 'redacted')),
    keep interval not null check (keep >= '0')
);
insert into motjuste.retention (status, keep)
values
    ('open', '2 years'), ('accepted', '2 years'), ('dismissed', '2 years'), ('tolerated', '2 years'),
    ('corrected', '90 days'), ('redacted', '90 days')
on conflict do nothing;

-- What the policy says and triggers need to know.
create table if not exists motjuste.setting (
    name text primary key check (name in ('max_note')),
    value bigint not null check (value > 0)
);
insert into motjuste.setting (name, value)
values ('max_note', 1048576) -- bytes: a longer note is not read
on conflict do nothing;

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

-- Where triggers of the users' own wrote while a redaction ran: `motjuste migrate verify` looks there for what they kept.
create table if not exists motjuste.written (
    reason text not null, -- as in motjuste.bypass
    relation regclass not null,
    primary key (reason, relation)
);

create table if not exists motjuste.bypass_role (
    role name primary key,
    until timestamptz -- null: without an end
);

-- Who may read what the officers read: `grant` and `revoke` keep it, an installation restores it.
create table if not exists motjuste.reader_role (
    role name primary key,
    officer boolean not null default false,
    granted_at timestamptz not null default now(),
    granted_by text not null default session_user,
    seen_as oid not null, -- the role's number: a role of another number only has the name of one that is gone
    seen_in oid not null -- the database's: in one restored elsewhere, names are all that is known
);

-- A note that was not checked, for an error (or its length: MJ003), and the write went on: `motjuste scan --failed` checks it
-- later and closes the line. Without a row key the whole column is to be scanned; without a digest, whatever the row holds.
create table if not exists motjuste.failure (
    id bigint generated always as identity primary key,
    relation text not null,
    column_name text not null,
    json_key text not null default '',
    row_key jsonb,
    note_digest bytea,
    sqlstate text not null,
    role text not null default session_user,
    at timestamptz not null default now(),
    closed_at timestamptz
);
create index if not exists failure_open on motjuste.failure (relation, column_name, json_key, row_key) where closed_at is null;
-- Checks of which not even the failure could be recorded, for want of stack or of a lock: counted here, and whatever was
-- written until then is to be scanned. A sequence, because it takes next to nothing and waits for nobody.
create sequence if not exists motjuste.unrecorded;

-- The rows of deferred columns that are still to be read: keys, never a note; `note_digest` where the key does not tell the row. No index, so
-- that a write pays for one small row: who works it off (68_work.sql) goes through it in the order of its pages.
create table if not exists motjuste.queue (
    watch_id int not null,
    row_key jsonb not null,
    note_digest bytea,
    at timestamptz not null default now()
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- its rows are deleted also where a publication replicates all tables
alter table motjuste.queue replica identity full;

-- Its 16 parts, which sessions that work it off take by locking a row, and one more row for who counts. No advisory lock: anybody may hold one.
create table if not exists motjuste.part (
    part int primary key
);
insert into motjuste.part (part) select p from generate_series(-1, 15) as p on conflict do nothing;

-- Who works it off: one line a process, and one for each session of motjuste.work(). `rate`: rows a second, while there was something to read.
create table if not exists motjuste.worker (
    name text primary key,
    role text not null default session_user,
    started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(),
    rows_read bigint not null default 0,
    findings bigint not null default 0,
    rate real
);

-- Rows that were written past the triggers, as a replica applies them: the last transaction of each table.
create table if not exists motjuste.gap (
    id bigint generated always as identity primary key,
    watch_id int not null,
    member regclass not null,
    xact xid8 not null,
    role name not null default session_user,
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
    role text not null default session_user,
    run uuid, -- one for all columns of a scan
    scope text not null default '', -- what was read, where it was not everything
    skipped jsonb not null default '[]', -- what was not read, and why
    rows_again bigint not null default 0, -- changed during the scan, and read again
    notes_recoded bigint not null default 0,
    -- what transactions wrote that were not over at the start is later than the scan; the table, and the file of each that holds its rows
    horizon pg_snapshot,
    seen_as oid,
    files jsonb not null default '{}',
    unrecorded bigint not null default 0 -- motjuste.unrecorded when it began
);
create unique index if not exists scan_run on motjuste.scan (run, relation, column_name, json_key);
