-- For other queries, as @trusted@ after `with`: the roles whose code may run with the rights of this session, which are superusers and
-- the role itself, where it is the one that logged in: what runs can go back to that one with `reset role`.
trusted as (
    select r.oid
    from pg_catalog.pg_roles as r
    where r.rolsuper
        or r.rolname = current_user and r.rolname = session_user
            and r.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
),
mighty as (
    -- whether this session is a superuser's, or of one that can become as much, whatever role it plays
    select exists (
        select
        from pg_catalog.pg_roles as who
        join pg_catalog.pg_roles as r on pg_catalog.pg_has_role(who.oid, r.oid, 'member')
        where (
            who.rolname in (current_user, session_user)
            or who.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
        )
        and (
            r.rolsuper or r.rolcreaterole or r.rolreplication or r.rolbypassrls
            or r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
        )
    ) as it_is
)
