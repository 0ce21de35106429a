-- One line a watched column: the worst state of its parts.
select
    s.relation, s.column_name::text, s.json_key, s.mode,
    string_agg(distinct s.state, ', ' order by s.state) as state,
    (select count(*) from motjuste.finding as f
     where (f.relation, f.column_name, f.json_key) = (s.relation, s.column_name, s.json_key) and f.status = 'open') as open_findings,
    c.scanned_at,
    case when c.rows_that_exist is null then null else format('%s / %s', c.rows_read, c.rows_that_exist) end as rows_read
from motjuste.status as s
left join motjuste.coverage as c using (relation, column_name, json_key)
group by s.relation, s.column_name, s.json_key, s.mode, c.scanned_at, c.rows_read, c.rows_that_exist
order by 1, 2, 3
