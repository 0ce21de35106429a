-- Every table of the users', partitions counting with their parent: columns with their type (of a domain, the one below)
-- and rights, unique keys, filters.
select
    format('%I.%I', n.nspname, c.relname) as name,
    n.nspname as schema,
    c.relname as bare,
    c.relkind::text as kind,
    pg_catalog.row_security_active(c.oid) as filtered,
    coalesce(
        (
            select format('%I.%I', pn.nspname, p.relname)
            from pg_catalog.pg_inherits as h
            join pg_catalog.pg_class as p on p.oid = h.inhparent
            join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
            where h.inhrelid = c.oid
            order by h.inhseqno
            limit 1
        ),
        ''
    ) as inherits,
    attributes.columns,
    coalesce(keys.found, '[]') as keys,
    coalesce(keys.is_primary, false) as is_primary
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select
        jsonb_agg(
            jsonb_build_array(
                a.attname,
                pg_catalog.format_type(base.oid, case when typ.typtype = 'd' then typ.typtypmod else a.atttypmod end),
                base.typname,
                pg_catalog.has_schema_privilege(n.oid, 'usage')
                    and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
            )
            order by a.attnum
        ) as columns
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as typ on typ.oid = a.atttypid
    join pg_catalog.pg_type as base on base.oid = case when typ.typtype = 'd' then typ.typbasetype else typ.oid end
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) as attributes
cross join lateral (
    select jsonb_agg(u.names order by u.indisprimary desc, u.names) as found, bool_or(u.indisprimary) as is_primary
    from (
        select
            i.indisprimary,
            (
                select jsonb_agg(k.attname order by p.place)
                from unnest(i.indkey::int2[]) with ordinality as p (attnum, place)
                join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = p.attnum
                where p.place <= i.indnkeyatts
            ) as names
        from pg_catalog.pg_index as i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    ) as u
) as keys
where
    c.relkind in ('r', 'p', 'f')
    and not c.relispartition
    and c.relpersistence <> 't'
    and attributes.columns is not null
    and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'motjuste')
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by 1
