-- Whether this role may read the key of the digests, and what is watched.
select
    coalesce(
        has_schema_privilege(n.oid, 'usage') and bool_and(has_table_privilege(c.oid, 'select')), false
    ) as may_read
from pg_namespace as n
join pg_class as c on c.relnamespace = n.oid and c.relname in ('secret', 'watch')
where n.nspname = 'motjuste'
group by n.oid
