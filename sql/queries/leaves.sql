-- The tables that hold the rows of a relation (its partitions, or itself), with their number of pages.
select motjuste_leaf.oid::regclass::oid as oid,
    format('%%I.%%I', n.nspname, c.relname) as name,
    c.relkind,
    case when c.relkind in ('r', 'm', 't') then pg_relation_size(c.oid) / current_setting('block_size')::int else 0 end as pages
from (
    select p.relid::oid as oid from pg_partition_tree(%(relation)s::regclass) as p where p.isleaf
    union
    select %(relation)s::regclass::oid
    where not exists (select from pg_partition_tree(%(relation)s::regclass) as p where p.isleaf)
) as motjuste_leaf
join pg_class as c on c.oid = motjuste_leaf.oid
join pg_namespace as n on n.oid = c.relnamespace
order by 2
