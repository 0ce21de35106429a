-- What this role lacks to read a note column: the statements that give it the right. No row where it lacks nothing.
select x.statement
from (select parse_ident(%(relation)s) as parts) as named
join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
cross join lateral (
    select 1 as place, format('grant usage on schema %%I to %%I', n.nspname, current_user) as statement
    where not has_schema_privilege(n.oid, 'usage')
    union all
    select 2, format('grant select on %%I.%%I to %%I', n.nspname, c.relname, current_user)
    where exists (
        select
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_index as i on i.indrelid = c.oid and i.indisprimary
        where a.attrelid = c.oid and not a.attisdropped
            and (a.attname = %(column)s or a.attnum = any (i.indkey::int2[]))
            and not has_column_privilege(c.oid, a.attnum, 'select')
    )
) as x
order by x.place
