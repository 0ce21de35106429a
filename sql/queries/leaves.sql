-- The tables that hold the rows of a relation: its partitions, its inheritance children and itself. `pages` count in
-- those that can be read by ranges of pages; `bytes` have the long values with them; `storage` names the file.
with recursive tree as (
    select %(relation)s::regclass::oid as oid
    union
    select i.inhrelid from tree join pg_inherits as i on i.inhparent = tree.oid
)
select
    format('%%I.%%I', n.nspname, c.relname) as name,
    c.relkind::text in ('r', 'm') and am.amname = 'heap' as heap,
    size_of.pages,
    size_of.bytes,
    case when c.reltuples >= 0 then c.reltuples::bigint else size_of.bytes / 150 end as rows,
    coalesce(pg_relation_filenode(c.oid)::text, '') as storage,
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
from tree
join pg_class as c on c.oid = tree.oid
join pg_namespace as n on n.oid = c.relnamespace
left join pg_am as am on am.oid = c.relam
cross join lateral (
    select
        case when c.relkind in ('r', 'm') then pg_relation_size(c.oid) / current_setting('block_size')::int else 0 end as pages,
        case when c.relkind in ('r', 'm') then pg_table_size(c.oid) else 0 end as bytes
) as size_of
where c.relkind <> 'p'
order by 1
