-- Of each watched column, the roles that may read it: not superusers, who may read everything, nor the server's own roles.
select
    w.relation || '.' || quote_ident(w.column_name) || case when w.json_key = '' then '' else '->>' || w.json_key end,
    coalesce(
        (
            select array_agg(r.rolname::text order by r.rolname)
            from pg_catalog.pg_roles as r
            where not r.rolsuper
                and r.rolname !~ '^pg_'
                and pg_catalog.has_schema_privilege(r.oid, c.relnamespace, 'usage')
                and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'select')
        ),
        '{}'
    )
from (
    select motjuste.name_of(x.relation) as relation, x.relation as oid, x.column_name, x.json_key from motjuste.watch as x
) as w
join pg_catalog.pg_class as c on c.oid = w.oid
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = w.column_name
order by 1
