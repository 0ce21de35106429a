-- A column as typed by a person (parse_ident's rules), resolved: its relation's full name, what kind of type it has, the
-- columns of the row key, none where the note is one of them. Of a domain, what it is under it and all others; of an array,
-- the same of its elements.
with recursive @types@
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    case when base.typcategory = 'A' then item.typname || '[]' else base.typname end as type_name,
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
    ) as key_columns
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join root on root.oid = a.atttypid
join pg_type as base on base.oid = root.base
left join root as item_root on item_root.oid = base.typelem and base.typcategory = 'A'
left join pg_type as item on item.oid = item_root.base
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
