-- Where a scan keeps what it finds in a column until all of it is read.
create temp table if not exists motjuste_scan (
    row_key jsonb,
    note_digest bytea,
    rule_id text,
    category text,
    level text,
    start int,
    length int,
    certainty text,
    author text
);
truncate motjuste_scan;
