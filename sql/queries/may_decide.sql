-- Why this database cannot be written, '' where it can; and whether the role may decide of findings.
select
    case
        when pg_is_in_recovery() then 'this server is a replica'
        when current_setting('transaction_read_only') = 'on' then 'this role or database is read-only'
        else ''
    end,
    exists (
        select
        from pg_proc as p
        join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = 'motjuste' and p.proname = 'decide'
            and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')
    ),
    current_user::text
