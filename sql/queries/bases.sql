-- Of views and materialized views: the column of the same name that each of their columns most likely shows.
select
    vn.nspname::text as schema,
    v.relname::text as "table",
    va.attname::text as name,
    min(format('%%s.%%s.%%s', bn.nspname, b.relname, ba.attname)) as base
from pg_catalog.pg_class as v
join pg_catalog.pg_namespace as vn on vn.oid = v.relnamespace
join pg_catalog.pg_rewrite as r on r.ev_class = v.oid
join pg_catalog.pg_depend as d
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
join pg_catalog.pg_class as b on b.oid = d.refobjid and b.oid <> v.oid
join pg_catalog.pg_namespace as bn on bn.oid = b.relnamespace
join pg_catalog.pg_attribute as ba on ba.attrelid = b.oid and ba.attnum = d.refobjsubid
join pg_catalog.pg_attribute as va on va.attrelid = v.oid and va.attname = ba.attname
where
    v.relkind in ('v', 'm')
    and vn.nspname !~ '^pg_'
    and vn.nspname <> 'information_schema'
    and (cardinality(%(schemas)s::text[]) = 0 or vn.nspname = any (%(schemas)s::text[]))
group by vn.nspname, v.relname, va.attname
