-- Whether this role may read the key of the digests, and what is watched.
select
    coalesce(
        has_schema_privilege(n.oid, 'usage')
        and bool_and(has_table_privilege(c.oid, 'select'))
        and (
            select bool_and(has_function_privilege(p.oid, 'execute'))
            from pg_proc as p
            where p.pronamespace = n.oid and p.proname = 'name_of'
        ),
        false
    ) as may_read
from pg_namespace as n
join pg_class as c on c.relnamespace = n.oid and c.relname in ('secret', 'watch')
where n.nspname = 'motjuste'
group by n.oid
