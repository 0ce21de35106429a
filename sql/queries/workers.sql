-- Who works the queue off, or did within a day: name, role, rows a second, seconds since the last sign of life, rows so far.
select w.name, w.role, w.rate::float8, extract(epoch from clock_timestamp() - w.seen_at)::float8, w.rows_read
from motjuste.worker as w
where w.seen_at > clock_timestamp() - interval '1 day'
order by w.seen_at desc, w.name
