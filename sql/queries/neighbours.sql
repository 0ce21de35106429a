-- Every column of the user's tables, with the table that its foreign key leads to.
select
    n.nspname::text as schema,
    c.relname::text as "table",
    a.attname::text as name,
    typ.typcategory::text as kind,
    coalesce(min(target.relname::text), '') as leads_to,
    coalesce(bool_or(con.contype = 'p'), false) as key
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type as typ on typ.oid = a.atttypid
left join pg_catalog.pg_constraint as con on con.conrelid = c.oid and con.contype in ('f', 'p') and a.attnum = any (con.conkey)
left join pg_catalog.pg_class as target on target.oid = con.confrelid and con.contype = 'f'
where
    c.relkind in ('r', 'p', 'f')
    and not c.relispartition
    and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'motjuste')
    and (cardinality(%(schemas)s::text[]) = 0 or n.nspname = any (%(schemas)s::text[]))
group by n.nspname, c.relname, a.attname, a.attnum, typ.typcategory
order by n.nspname, c.relname, a.attnum
