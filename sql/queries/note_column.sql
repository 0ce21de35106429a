-- A note column as it is now: its table's full name, its type, the characters that it holds, the key columns with their types;
-- and why no update can change it, where none can.
with recursive @types@
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    base.typname as type_name,
    -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
    nullif(greatest(a.atttypmod - 4, root.typmod - 4, 0), 0) as size,
    coalesce(
        (
            select array_agg(
                array[
                    k.attname::text,
                    -- with its schema, whatever the search path
                    case
                        when kt.typnamespace = 'pg_catalog'::regnamespace then format_type(k.atttypid, k.atttypmod)
                        else format('%%I.%%I', kn.nspname, kt.typname)
                    end
                ]
                order by x.place
            )
            from pg_catalog.pg_index as i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
            join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = x.attnum
            join pg_catalog.pg_type as kt on kt.oid = k.atttypid
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
