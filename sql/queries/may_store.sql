-- Why findings cannot be stored in this database, '' where they can. Looked up by oid: a name would need the right itself.
-- A privilege at a time: of several in one call, any would do.
select
    case
        when pg_is_in_recovery() then 'this server is a replica'
        when current_setting('default_transaction_read_only') = 'on' then 'this role or database is read-only'
        when not (
            has_schema_privilege(n.oid, 'usage')
            and bool_and(has_table_privilege(c.oid, 'select'))
            and bool_and(has_table_privilege(c.oid, 'insert') or c.relname = 'secret')
            and bool_and(has_table_privilege(c.oid, 'update') or c.relname = 'secret')
            and has_database_privilege(current_database(), 'temporary')
        ) then format('role %%I may not write to motjuste.finding and motjuste.scan, or not read motjuste.secret', current_user)
        else ''
    end as why
from pg_namespace as n
join pg_class as c on c.relnamespace = n.oid and c.relname in ('finding', 'scan', 'secret')
where n.nspname = 'motjuste'
group by n.oid
