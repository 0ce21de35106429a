-- Every foreign key: child, its columns, parent, the columns that they name there; a partition's is its root's.
with named as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
)
select child.name as child, pairs.columns, parent.name as parent, pairs.targets
from pg_catalog.pg_constraint as con
join named as child on child.oid = coalesce(pg_catalog.pg_partition_root(con.conrelid), con.conrelid)
join named as parent on parent.oid = coalesce(pg_catalog.pg_partition_root(con.confrelid), con.confrelid)
cross join lateral (
    select
        array_agg(a.attname::text order by k.place) as columns,
        array_agg(b.attname::text order by k.place) as targets
    from unnest(con.conkey, con.confkey) with ordinality as k (own, theirs, place)
    join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.own
    join pg_catalog.pg_attribute as b on b.attrelid = con.confrelid and b.attnum = k.theirs
) as pairs
where con.contype = 'f' and con.conparentid = 0
order by 1, 2, 3, 4
