-- The tables that hold the rows of a relation: its partitions, its inheritance children and itself. `pages` count in
-- those that can be read by ranges of pages; `bytes` have the long values with them; `storage` names the file. Of a table
-- that somebody else has locked no size is asked for, which would wait for the lock: it is read as one part.
-- So is what a role may read by its columns only: ranges of pages want a right to the table. What is temporary is left out: another
-- session cannot read it.
with recursive tree as (
    select %(relation)s::regclass::oid as oid
    union
    select i.inhrelid from tree join pg_inherits as i on i.inhparent = tree.oid
),
locked as materialized (
    select l.relation as oid
    from pg_locks as l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation is not null
)
select
    format('%%I.%%I', n.nspname, c.relname) as name,
    c.relkind::text in ('r', 'm') and am.amname = 'heap' and has_table_privilege(%(relation)s::regclass, 'select') as heap,
    size_of.pages,
    size_of.bytes,
    case when c.reltuples >= 0 then c.reltuples::bigint else size_of.bytes / 150 end as rows,
    coalesce(pg_relation_filenode(c.oid)::text, '') as storage,
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
from tree
join pg_class as c on c.oid = tree.oid
join pg_namespace as n on n.oid = c.relnamespace
left join pg_am as am on am.oid = c.relam
left join locked on locked.oid = c.oid
cross join lateral (select c.relkind in ('r', 'm') and locked.oid is null as known) as size
cross join lateral (
    select
        case when size.known then pg_relation_size(c.oid) / current_setting('block_size')::int else 0 end as pages,
        case when size.known then pg_table_size(c.oid) else 0 end as bytes
) as size_of
where c.relkind <> 'p' and c.relpersistence <> 't'
order by 1
