-- Who can read a table or view of the schema motjuste: role, whether it may log in, how it came by it, and which; `secret` first,
-- for the key of the digests.
with ours as (
    select c.oid, c.relname, c.relowner, c.relacl, n.oid as schema
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'motjuste' and c.relkind in ('r', 'p', 'v', 'm', 'f')
),
reader as (
    select
        r.rolname::text as role, r.rolcanlogin as login, o.relname,
        case
            when r.rolsuper then 'superuser'
            when r.oid = o.relowner then 'owner'
            when g.granted then 'granted'
            else coalesce((
                select 'member of ' || string_agg(x.rolname, ', ' order by x.rolname)
                from pg_auth_members as a
                join pg_roles as x on x.oid = a.roleid
                where a.member = r.oid and has_any_column_privilege(x.oid, o.oid, 'select')
            ), 'PUBLIC')
        end as via
    from ours as o
    join pg_roles as r
        on has_schema_privilege(r.oid, o.schema, 'usage') and has_any_column_privilege(r.oid, o.oid, 'select')
    cross join lateral (
        select exists (
            select
            from (
                select x.* from aclexplode(o.relacl) as x
                union all
                select x.* from pg_attribute as a cross join lateral aclexplode(a.attacl) as x where a.attrelid = o.oid
            ) as x
            where x.grantee = r.oid and x.privilege_type = 'SELECT'
        ) as granted
    ) as g
    -- a predefined role is a right to be given, not a person
    where r.rolname !~ '^pg_'
)
select
    r.role, r.login, r.via,
    case when count(*) = (select count(*) from ours) then 'everything'
        else string_agg(r.relname, ', ' order by r.relname <> 'secret', r.relname) end as tables
from reader as r
group by 1, 2, 3
order by bool_or(r.relname = 'secret') desc, 1, 3
