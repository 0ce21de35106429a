-- Each watched column with its last scan: its name, mode, rows read, rows that existed and whether that is a guess, the pack's version, when.
select
    c.relation || '.' || c.column_name || case when c.json_key = '' then '' else '->>' || c.json_key end,
    c.mode,
    c.rows_read,
    c.rows_that_exist,
    coalesce(c.estimated, false),
    c.pack_version,
    c.scanned_at,
    c.waiting
from motjuste.coverage as c
order by 1
