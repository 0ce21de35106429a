-- Whether the schema motjuste has this table, and the role may use it so. to_regclass would fail where the schema is closed.
select exists (
    select
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'motjuste'
        and c.relname = %(table)s
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, %(right)s)
)
