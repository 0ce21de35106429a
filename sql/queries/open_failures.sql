-- What was not checked and is not caught up with: column, SQLSTATE ('' where not even that was recorded), whether the column
-- is to be scanned since no row is named, how many, since when.
select f.relation, f.column_name, f.json_key, f.sqlstate, f.row_key is null, count(*), min(f.at)
from motjuste.failure as f
where f.closed_at is null
group by 1, 2, 3, 4, 5
union all
-- since the last scan of the whole column
select coalesce(motjuste.name_of(w.relation), w.label), w.column_name, w.json_key, '', true, u.counted - s.counted, null
from motjuste.watch as w
cross join (select case when q.is_called then q.last_value else 0 end as counted from motjuste.unrecorded as q) as u
cross join lateral (
    select greatest(max(x.unrecorded), w.unrecorded) as counted
    from motjuste.scan as x
    where x.relation in (w.label, motjuste.name_of(w.relation))
        and x.column_name = w.column_name and x.json_key = w.json_key and x.scope = '' and x.skipped = '[]'
) as s
where u.counted > s.counted
order by 1, 2, 3, 4, 5
