-- What the officer's commands keep: samples of notes with the marks that people gave them, requests for access. No text of a note.

-- One drawing of notes to read: the same seed on the same rows draws the same notes.
create table if not exists motjuste.sample (
    id int generated always as identity primary key,
    seed bigint not null,
    size int not null,
    per text not null check (per in ('team', 'author', 'column')),
    since date,
    drawn_at timestamptz not null default now(),
    drawn_by text not null default current_user, -- the role that is played, on a desk that several persons share
    -- what an officer writes here by hand is read by others, as in motjuste.request: days of the calendar, keys that can be read
    constraint sample_days check (
        isfinite(since) and extract(year from since) between 1 and 9999
        and isfinite(drawn_at) and extract(year from drawn_at at time zone 'UTC') between 2 and 9998)
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
    primary key (sample_id, number),
    constraint sample_note_number check (number > 0),
    constraint sample_note_key check (
        jsonb_typeof(row_key) = 'object' and octet_length(row_key::text) <= 4000 and not jsonb_path_exists(row_key, 'strict $.**{850}')),
    constraint sample_note_digest check (octet_length(note_digest) = 32),
    constraint sample_note_days check (
        isfinite(written_on) and extract(year from written_on) between 1 and 9999
        and isfinite(marked_at) and extract(year from marked_at at time zone 'UTC') between 2 and 9998)
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
    recorded_by text not null default current_user,
    constraint request_identity unique (subjects, received),
    constraint request_due check (due > received),
    -- what an officer writes here by hand is read by others: days of the calendar, rows with a table and a key
    -- (by their years: a dump of a constraint with a moment in it is read otherwise in another time zone)
    constraint request_days check (
        isfinite(received) and isfinite(due) and extract(year from received) >= 1 and extract(year from due) <= 9999),
    constraint request_moments check (
        isfinite(answered_at) and extract(year from answered_at at time zone 'UTC') between 2 and 9998
        and isfinite(recorded_at) and extract(year from recorded_at at time zone 'UTC') between 2 and 9998),
    constraint request_subjects check (
        jsonb_typeof(subjects) = 'array'
        and jsonb_path_query_array(
            subjects, 'strict $[*] ? (exists (@.table ? (@.type() == "string")) && exists (@.key ? (@.type() == "object")))') = subjects
        and not jsonb_path_exists(subjects, 'strict $.**{850}')
        and not jsonb_path_exists(subjects, 'lax $.** ? (@.type() == "number" && (@ > 1e1000 || @ < -1e1000))')
    ),
    constraint request_extension check ((extended_at is null) = (reason is null)),
    constraint request_answer check ((answered_at is null) = (complete is null))
);

-- Who has which findings before him, so that two reviewers do not read the same notes. A line that has lapsed is worth nothing.
create table if not exists motjuste.reservation (
    finding_id bigint primary key,
    reviewer text not null,
    until timestamptz not null
);

-- What a second person decided of a note without seeing what the first had decided, where the two differ. It goes with the decision.
create table if not exists motjuste.second_opinion (
    decision_id bigint primary key references motjuste.decision on delete cascade,
    verdicts jsonb not null, -- as in a line of a decisions file
    edits jsonb not null constraint second_opinion_edits check (jsonb_typeof(edits) = 'array'),
    digest_after bytea, -- null: the note stays as it is
    reader text not null,
    role text not null,
    made_at timestamptz not null default now()
);
