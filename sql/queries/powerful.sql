-- Whether this role is a superuser, or can make itself, or run on the server's machine, more than a role without rights.
select r.rolsuper
    or r.rolreplication
    or r.rolbypassrls
    or (r.rolcreaterole and pg_catalog.current_setting('server_version_num')::int < 160000)
    or exists (
        select
        from pg_catalog.pg_roles as other
        where other.oid <> r.oid
            and (other.rolsuper or other.rolname like 'pg\_%' and other.rolname <> 'pg_database_owner')
            and pg_catalog.pg_has_role(r.oid, other.oid, 'member')
    )
from pg_catalog.pg_roles as r
where r.rolname = current_user
