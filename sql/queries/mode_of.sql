-- The mode of a watched column: its own, or that of the parent that its table is watched with.
with recursive above as (
    select %(relation)s::regclass::oid as oid
    union
    select i.inhparent from above as a join pg_inherits as i on i.inhrelid = a.oid
)
select w.mode
from motjuste.watch as w
join above as a on a.oid = w.relation
where w.column_name = %(column)s and w.json_key = %(json_key)s
limit 1
