-- The columns that our tables print under this name: their relation's full name, and their own.
select format('%%I.%%I', n.nspname, c.relname) as relation, a.attname::text as name
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid
join pg_namespace as n on n.oid = c.relnamespace
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and a.attnum > 0
    and not a.attisdropped
    and %(name)s in (
        format('%%s.%%s.%%s', n.nspname, c.relname, a.attname), format('%%I.%%I.%%s', n.nspname, c.relname, a.attname)
    )
limit 2
