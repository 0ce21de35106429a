-- The full name of a relation that a person typed as in SQL: without a schema, the first that has it on the path that the
-- session had before ours. No row where there is none.
select format('%%I.%%I', found.schema, found.name) as relation
from (select parse_ident(%(typed)s) as parts) as typed
cross join lateral (
    select n.nspname as schema, c.relname as name, path.place
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join lateral jsonb_array_elements_text(
        coalesce(nullif(current_setting('motjuste.path', true), '')::jsonb, to_jsonb(current_schemas(false)))
    ) with ordinality as path (schema, place) on path.schema = n.nspname
    where c.relname = typed.parts[cardinality(typed.parts)]::name
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and case cardinality(typed.parts)
            when 1 then path.place is not null
            when 2 then n.nspname = typed.parts[1]::name
            when 3 then n.nspname = typed.parts[2]::name and typed.parts[1] = current_database()
            else false
        end
) as found
order by found.place
limit 1
