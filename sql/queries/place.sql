-- A column as typed by a person (parse_ident's rules), resolved: its relation's full name, what kind of type it has, the
-- columns of the row key, none where the note is one of them. Of a domain, what it is under it and all others; of an array,
-- the same of its elements. A type of a user's own goes by its full name, whatever it calls itself. Last the columns of such types:
-- their values are written by output functions, since their casts are somebody's code.
with recursive @types@
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    case
        when coalesce(item.typcategory, base.typcategory) <> 'S'
            and coalesce(item.typnamespace, base.typnamespace) <> 'pg_catalog'::regnamespace then format_type(base.oid, null)
        when base.typcategory = 'A' then item.typname || '[]'
        else base.typname
    end as type_name,
    coalesce(item.typcategory, base.typcategory)::text as category,
    array(
        select k.attname::text
        from pg_index as i
        cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
        join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = x.attnum
        where i.indrelid = c.oid and i.indisprimary and x.place <= i.indnkeyatts
            -- a key that holds the note would tell it: motjuste.keys_beside
            and a.attnum <> all ((i.indkey::int2[])[0 : i.indnkeyatts - 1])
        order by x.place
    ) as key_columns,
    array(
        select o.attname::text
        from pg_attribute as o
        join root as own on own.oid = o.atttypid
        join pg_type as under on under.oid = own.base
        where o.attrelid = c.oid and o.attnum > 0 and not o.attisdropped
            and under.typnamespace <> 'pg_catalog'::regnamespace
        order by o.attnum
    ) as strange
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join root on root.oid = a.atttypid
join pg_type as base on base.oid = root.base
left join root as item_root on item_root.oid = base.typelem and base.typcategory = 'A'
left join pg_type as item on item.oid = item_root.base
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
