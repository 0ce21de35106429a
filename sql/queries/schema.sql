-- Every column of the user's tables, views and foreign tables, for `motjuste check`: its type as written with no schema on
-- the search path but pg_catalog, the type under its domains, and what the scoring asks.
with recursive @types@
select
    n.nspname as schema,
    c.relname as "table",
    c.relkind::text as relkind,
    c.relispartition as partition,
    a.attname as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    case when base.typname like '\_%' and item.oid is not null then item.typname || '[]' else base.typname end as kind,
    greatest(a.atttypmod - 4, root.typmod - 4, 0) as size,
    coalesce(pg_catalog.col_description(c.oid, a.attnum), '') as comment,
    a.attgenerated <> '' as generated,
    exists (
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = c.oid and con.contype in ('p', 'u', 'f') and a.attnum = any (con.conkey)
    ) as constrained,
    exists (
        -- a CHECK that names values, not one of length: as columns.sql has it
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = c.oid and con.contype = 'c' and con.conkey = array[a.attnum]
            and pg_catalog.pg_get_constraintdef(con.oid) ~ '(= ANY|::text = )'
            and pg_catalog.pg_get_constraintdef(con.oid) !~* 'length'
    ) as listed,
    coalesce(
        (
            select array_agg(k.attname::text order by p.place)
            from pg_catalog.pg_index as i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as p (attnum, place)
            join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = p.attnum
            where i.indrelid = c.oid and i.indisprimary and p.place <= i.indnkeyatts
        ),
        '{}'
    ) as key
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join root on root.oid = a.atttypid
join pg_catalog.pg_type as base on base.oid = root.base
left join root as item_root on item_root.oid = base.typelem and base.typlen = -1
left join pg_catalog.pg_type as item on item.oid = item_root.base
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relpersistence <> 't'
    and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'motjuste')
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by n.nspname collate "C", c.relname collate "C", a.attnum
