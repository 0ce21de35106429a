-- The full name of a table that a person typed, its root's for a partition; no right on its schema is needed. Without a schema
-- it is the first on the path that the session had before ours: relation.sql.
select format('%%I.%%I', whole_schema.nspname, whole.relname)
from (select parse_ident(%(typed)s) as parts) as typed
join pg_catalog.pg_class as c on c.relkind in ('r', 'p', 'f') and c.relname = typed.parts[cardinality(typed.parts)]::name
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as whole on whole.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
join pg_catalog.pg_namespace as whole_schema on whole_schema.oid = whole.relnamespace
left join lateral jsonb_array_elements_text(
    coalesce(nullif(current_setting('motjuste.path', true), '')::jsonb, to_jsonb(current_schemas(false)))
) with ordinality as path (schema, place) on path.schema = n.nspname
where case cardinality(typed.parts)
    when 1 then path.place is not null
    when 2 then n.nspname = typed.parts[1]::name
    else false
end
order by path.place
limit 1
