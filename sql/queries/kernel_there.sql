-- The version of the extension motjuste_kernel where this database has it, its function is its own, and C, which only a superuser
-- can make: what else has that name is not called. motjuste.kernel_function() looks whether it is used.
select e.extversion
from pg_catalog.pg_extension as e
join pg_catalog.pg_depend as d
    on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass
join pg_catalog.pg_proc as p on p.oid = d.objid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace and n.nspname = 'motjuste_kernel'
join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanname = 'c'
where e.extname = 'motjuste_kernel' and p.proname = 'format' and p.proargtypes = ''
