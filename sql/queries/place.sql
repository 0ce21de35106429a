-- A column as typed by a person (parse_ident's rules), resolved: its relation's full name, what kind of type it has, the
-- columns of the row key, the schema that a domain or an array is made of.
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    case
        when base.typcategory = 'A' then coalesce(item_base.typname, item.typname) || '[]'
        else base.typname
    end as type_name,
    coalesce(item_base.typcategory, item.typcategory, base.typcategory)::text as category,
    array(
        select k.attname::text
        from pg_index as i
        cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
        join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = x.attnum
        where i.indrelid = c.oid and i.indisprimary and x.place <= i.indnkeyatts
        order by x.place
    ) as key_columns
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type as typ on typ.oid = a.atttypid
join pg_type as base on base.oid = case when typ.typtype = 'd' then typ.typbasetype else typ.oid end
left join pg_type as item on item.oid = base.typelem and base.typcategory = 'A'
left join pg_type as item_base on item_base.oid = item.typbasetype
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
