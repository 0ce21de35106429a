-- One line a watched column: its triggers, each with the table that it is on and its state; its findings; its last scan; what waits.
select
    s.relation, s.column_name::text, s.json_key, s.mode,
    array_agg(array[s.part, s.member, s.state] order by s.member, s.part) as parts,
    c.open_findings,
    c.scanned_at,
    case when c.rows_that_exist is null then '' else format('%s / %s%s', c.rows_read, case when c.estimated then '~' end, c.rows_that_exist)
    end as rows_read,
    coalesce(bool_and(s.fires_always), false) as always,
    min(s.executor) filter (where s.part = 'insert') as executor,
    bool_or(s.deferred) as deferred, c.waiting, c.rows_read, c.rows_that_exist
from motjuste.status as s
join motjuste.coverage as c using (relation, column_name, json_key)
group by s.relation, s.column_name, s.json_key, s.mode, c.open_findings, c.scanned_at, c.rows_read, c.rows_that_exist,
    c.estimated, c.waiting
order by 1, 2, 3
