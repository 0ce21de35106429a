-- Every table of the users', partitions counting with their parent: columns with their type (of a domain, the one below),
-- rights and, of a type of a user's own, what compares its values: the operator of the default index on it, which is a superuser's,
-- or `text`, for rows and lists, whose values are compared as they print. Then unique keys, filters.
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
                case when base.typnamespace = 'pg_catalog'::regnamespace or base.typcategory = 'S' then base.typname else '' end,
                pg_catalog.has_schema_privilege(n.oid, 'usage')
                    and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select'),
                case
                    when base.typnamespace = 'pg_catalog'::regnamespace then ''
                    when base.typtype = 'e' then '='
                    when base.typtype = 'b' and base.typelem = 0 then coalesce(
                        (
                            select format('operator(%I.%s)', opn.nspname, op.oprname)
                            from pg_catalog.pg_opclass as oc
                            join pg_catalog.pg_am as am on am.oid = oc.opcmethod and am.amname = 'btree'
                            join pg_catalog.pg_amop as amop
                                on amop.amopfamily = oc.opcfamily and amop.amopstrategy = 3
                                and amop.amoplefttype = base.oid and amop.amoprighttype = base.oid
                            join pg_catalog.pg_operator as op on op.oid = amop.amopopr
                            join pg_catalog.pg_namespace as opn on opn.oid = op.oprnamespace
                            where oc.opcintype = base.oid and oc.opcdefault
                        ),
                        'text'
                    )
                    else 'text'
                end
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
