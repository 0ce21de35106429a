-- The roles that a role was made a member of.
select o.rolname
from pg_catalog.pg_auth_members as m
inner join pg_catalog.pg_roles as r on r.oid = m.member
inner join pg_catalog.pg_roles as o on o.oid = m.roleid
where r.rolname = %(role)s::name
