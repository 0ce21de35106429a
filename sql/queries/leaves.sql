-- The tables that hold the rows of a relation: its partitions, its inheritance children and itself, with their pages.
with recursive tree as (
    select %(relation)s::regclass::oid as oid
    union
    select i.inhrelid from tree join pg_inherits as i on i.inhparent = tree.oid
)
select
    format('%%I.%%I', n.nspname, c.relname) as name,
    c.relkind::text in ('r', 'm') as heap,
    case when c.relkind in ('r', 'm') then pg_relation_size(c.oid) / current_setting('block_size')::int else 0 end as pages
from tree
join pg_class as c on c.oid = tree.oid
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind <> 'p'
order by 1
