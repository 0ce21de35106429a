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
    -- whether this session is a superuser's, whatever role it plays
    select exists (
        select
        from pg_catalog.pg_roles as r
        where r.rolsuper and (
            r.rolname in (current_user, session_user)
            or r.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
        )
    ) as it_is
)
