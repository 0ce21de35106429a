-- A column as typed by a person (parse_ident's rules), resolved: its relation's full name, its name, kind, key columns.
select format('%%I.%%I', n.nspname, c.relname) as relation, a.attname as column_name, c.relkind::text, t.typname as type_name,
    array(
        select k.attname::text
        from pg_index as i
        cross join lateral unnest(i.indkey::int2[]) with ordinality as x (attnum, place)
        join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = x.attnum
        where i.indrelid = c.oid and i.indisprimary
        order by x.place
    ) as key_columns
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type as t on t.oid = a.atttypid
where c.oid = to_regclass(%(relation)s) and a.attname = %(column)s
