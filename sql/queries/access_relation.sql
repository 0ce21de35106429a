-- The full name of a table that a person typed, its root's for a partition; no right on its schema is needed.
select format('%%I.%%I', whole_schema.nspname, whole.relname)
from (select parse_ident(%(typed)s) as parts) as typed
join pg_catalog.pg_class as c on c.relkind in ('r', 'p', 'f') and c.relname = typed.parts[cardinality(typed.parts)]
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as whole on whole.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
join pg_catalog.pg_namespace as whole_schema on whole_schema.oid = whole.relnamespace
where case cardinality(typed.parts)
    when 1 then pg_catalog.pg_table_is_visible(c.oid)
    when 2 then n.nspname = typed.parts[1]
    else false
end
