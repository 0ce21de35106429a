-- Each column with rows in the queue: how many wait to be read, since when, and for how many seconds.
select
    w.relation || '.' || w.column_name || case when w.json_key = '' then '' else '->>' || w.json_key end,
    w.rows, w.since, extract(epoch from clock_timestamp() - w.since)::float8
from motjuste.waiting as w
order by 1
