-- How many rows a second were written into a table and its parts, since the server counts: 0 where nobody knows.
select coalesce(
    sum(s.n_tup_ins + s.n_tup_upd)
        / greatest(extract(epoch from clock_timestamp() - coalesce(max(d.stats_reset), pg_postmaster_start_time())), 60),
    0)::float8
from motjuste.members(to_regclass(%(relation)s)) as m
join pg_catalog.pg_stat_user_tables as s on s.relid = m.member
cross join pg_catalog.pg_stat_database as d
where d.datname = current_database()
