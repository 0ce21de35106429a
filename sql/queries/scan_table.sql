-- Findings are stored while others write: whoever waits for us in a circle is never the one that the server ends, for we
-- give way before it looks.
select set_config('lock_timeout', greatest(s.setting::int / 2, 1)::text, true)
from pg_settings as s
where s.name = 'deadlock_timeout';

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
