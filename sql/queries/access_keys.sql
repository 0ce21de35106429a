-- Every foreign key: child, its columns, parent, the columns that they name there; a partition's is its root's.
select
    child.name as child,
    array(
        select a.attname::text
        from unnest(con.conkey) with ordinality as k (attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.attnum
        order by k.place
    ) as columns,
    parent.name as parent,
    array(
        select a.attname::text
        from unnest(con.confkey) with ordinality as k (attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = con.confrelid and a.attnum = k.attnum
        order by k.place
    ) as targets
from pg_catalog.pg_constraint as con
cross join lateral (
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = coalesce(pg_catalog.pg_partition_root(con.conrelid), con.conrelid)
) as child
cross join lateral (
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = coalesce(pg_catalog.pg_partition_root(con.confrelid), con.confrelid)
) as parent
where con.contype = 'f' and con.conparentid = 0
order by 1, 2, 3, 4
