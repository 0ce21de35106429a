-- Views of the users' own that read ours: they would go with the schema.
select distinct format('%I.%I', n.nspname, c.relname)
from pg_catalog.pg_depend as d
join pg_catalog.pg_class as source on d.refclassid = 'pg_catalog.pg_class'::regclass and source.oid = d.refobjid
join pg_catalog.pg_rewrite as r on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
join pg_catalog.pg_class as c on c.oid = r.ev_class
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where source.relnamespace = 'motjuste'::regnamespace and c.relnamespace <> 'motjuste'::regnamespace
order by 1
