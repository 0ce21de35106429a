-- How many rows a second were written into a table and its parts, since the server counts: 0 where nobody knows, or it
-- has counted for less than `settled` seconds, in which a load is no rate.
select coalesce(sum(s.n_tup_ins + s.n_tup_upd) / greatest(max(c.seconds), 60), 0)::float8
from motjuste.members(to_regclass(%(relation)s)) as m
join pg_catalog.pg_stat_user_tables as s on s.relid = m.member
cross join pg_catalog.pg_stat_database as d
cross join lateral extract(epoch from clock_timestamp() - coalesce(d.stats_reset, pg_postmaster_start_time())) as c (seconds)
where d.datname = current_database() and c.seconds >= %(settled)s
