-- A note column as it is now: its table's full name, its type, the characters that it holds, the key columns with their types.
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    base.typname as type_name,
    -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
    nullif(greatest(case when typ.typtype = 'd' then typ.typtypmod else a.atttypmod end - 4, 0), 0) as size,
    coalesce(
        (
            select array_agg(array[k.attname::text, format_type(k.atttypid, k.atttypmod)] order by x.place)
            from pg_catalog.pg_index as i
            cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
            join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = x.attnum
            where i.indrelid = c.oid and i.indisprimary and x.place <= i.indnkeyatts
        ),
        '{}'
    ) as key
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type as typ on typ.oid = a.atttypid
join pg_catalog.pg_type as base on base.oid = case when typ.typtype = 'd' then typ.typbasetype else typ.oid end
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
