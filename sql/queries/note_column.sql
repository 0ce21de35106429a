-- A note column as it is now: its table's full name, its type, the characters that it holds, the key columns, and why no update
-- can change it, where none can. Of a key column its name, the type that its value is read as, '' for what is compared as text, and
-- the operator of its index, which is a superuser's. A domain is what is under it, and a row or a list of a user's own types is
-- text: to read such a value would run their checks.
with recursive @types@
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    case
        when base.typcategory <> 'S' and base.typnamespace <> 'pg_catalog'::regnamespace then format_type(base.oid, null)
        else base.typname
    end as type_name,
    -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
    nullif(greatest(a.atttypmod - 4, root.typmod - 4, 0), 0) as size,
    coalesce(
        (
            select array_agg(
                array[
                    k.attname::text,
                    case
                        when kt.typnamespace = 'pg_catalog'::regnamespace
                            then format_type(kt.oid, case when k.atttypid = kt.oid then k.atttypmod else kr.typmod end)
                        when kt.typtype = 'e' or kt.typtype = 'b' and kt.typelem = 0 then format('%%I.%%I', kn.nspname, kt.typname)
                        else ''
                    end,
                    case
                        when kt.typnamespace = 'pg_catalog'::regnamespace then ''
                        when kt.typtype = 'e' then 'enum'
                        else 'own'
                    end,
                    coalesce(
                        (
                            select format('operator(%%I.%%s)', opn.nspname, op.oprname)
                            from pg_catalog.pg_opclass as oc
                            join pg_catalog.pg_am as am on am.oid = oc.opcmethod and am.amname = 'btree'
                            join pg_catalog.pg_amop as amop
                                on amop.amopfamily = oc.opcfamily and amop.amopstrategy = 3
                                and amop.amoplefttype = oc.opcintype and amop.amoprighttype = oc.opcintype
                            join pg_catalog.pg_operator as op on op.oid = amop.amopopr
                            join pg_catalog.pg_namespace as opn on opn.oid = op.oprnamespace
                            where oc.oid = (i.indclass::oid[])[x.place - 1] and opn.nspname <> 'pg_catalog'
                        ),
                        '='
                    )
                ]
                order by x.place
            )
            from pg_catalog.pg_index as i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
            join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = x.attnum
            join root as kr on kr.oid = k.atttypid
            join pg_catalog.pg_type as kt on kt.oid = kr.base
            join pg_catalog.pg_namespace as kn on kn.oid = kt.typnamespace
            where i.indrelid = c.oid and i.indisprimary and x.place <= i.indnkeyatts
                -- a key that holds the note would tell it: motjuste.keys_beside
                and a.attnum <> all ((i.indkey::int2[])[0 : i.indnkeyatts - 1])
        ),
        '{}'
    ) as key,
    case
        when c.relkind not in ('r', 'p', 'v', 'f') then 'it is a copy that is computed: mend what it is computed from'
        when a.attgenerated <> '' then 'it is computed from other columns: mend those'
        when base.typcategory <> 'S' and base.typname not in ('json', 'jsonb') then
            format('it is of type %%s: mend it there', format_type(base.oid, null))
    end as fixed
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join root on root.oid = a.atttypid
join pg_catalog.pg_type as base on base.oid = root.base
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
