-- Who owns the schema motjuste, where the code in it would run with a superuser's rights and no superuser ever named its owner; no row
-- else. Anybody who may create a schema can create this one first. A superuser names the owner by becoming a member of it, which that
-- role cannot record itself: pg_auth_members says who granted.
select pg_catalog.pg_get_userbyid(n.nspowner)::text as owner, current_user::text as me
from pg_catalog.pg_namespace as n
where n.nspname = 'motjuste'
    and exists (
        select
        from pg_catalog.pg_roles as who
        join pg_catalog.pg_roles as r on r.rolsuper and pg_catalog.pg_has_role(who.oid, r.oid, 'member')
        where who.rolname in (current_user, session_user)
            or who.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
    )
    and not exists (
        select
        from pg_catalog.pg_roles as r
        where r.rolsuper and pg_catalog.pg_has_role(n.nspowner, r.oid, 'member')
    )
    and not exists (
        select
        from pg_catalog.pg_auth_members as m
        join pg_catalog.pg_roles as who on who.oid = m.member and who.rolsuper
        join pg_catalog.pg_roles as giver on giver.oid = m.grantor and giver.rolsuper
        where m.roleid = n.nspowner
    )
