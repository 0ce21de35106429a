-- Before an installation, and before what changes it: go on as the owner of the schema motjuste, or as the role that
-- motjuste.owner names, whose the schema then becomes with all that is in it. Until the transaction ends.
do $$
declare
    wanted constant text := nullif(current_setting('motjuste.owner', true), '');
    present text;
    what record;
begin
    select pg_get_userbyid(n.nspowner) into present from pg_catalog.pg_namespace as n where n.nspname = 'motjuste';
    -- as in schema_owner.sql: who made this schema first wrote what is in it
    if present is not null
        and exists (
            select
            from pg_catalog.pg_roles as who
            join pg_catalog.pg_roles as r on r.rolsuper and pg_has_role(who.oid, r.oid, 'member')
            where who.rolname in (current_user, session_user)
                or who.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_backend_pid()) as a)
        )
        and not exists (select from pg_catalog.pg_roles as r where r.rolsuper and pg_has_role(present, r.oid, 'member'))
        and not exists (
            select
            from pg_catalog.pg_auth_members as m
            join pg_catalog.pg_roles as who on who.oid = m.member and who.rolsuper
            join pg_catalog.pg_roles as giver on giver.oid = m.grantor and giver.rolsuper
            where m.roleid = (select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = 'motjuste')
        )
    then
        raise exception 'motjuste: the schema motjuste belongs to %, who is no superuser: what is in it would run with your rights', quote_ident(present)
            using errcode = '42501', hint = format('where you gave motjuste to that role, say so once: grant %I to %I; if you do not know the schema, drop it',
                present, current_user);
    end if;
    if wanted is not null and not exists (select from pg_catalog.pg_roles as r where r.rolname = wanted) then
        raise exception 'motjuste: there is no role %', quote_ident(wanted)
            using errcode = '42704', hint = format('create role %I nologin; grant create on database %I to %I',
                wanted, current_database(), wanted);
    end if;
    if coalesce(wanted, present, current_user) <> current_user
        and not pg_has_role(coalesce(wanted, present), 'member')
    then
        raise exception 'motjuste: % may not act as %, who %', quote_ident(current_user), quote_ident(coalesce(wanted, present)),
                case when wanted is null then 'owns the schema motjuste' else 'is to own the schema motjuste' end
            using errcode = '42501', hint = case
                when (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = coalesce(wanted, present))
                    then format('connect as %I; better, give the schema to a role that is no superuser: motjuste install --as ROLE',
                        coalesce(wanted, present))
                else format('grant %I to %I, or connect as a member of it', coalesce(wanted, present), current_user)
            end;
    end if;
    if wanted is not null and not has_database_privilege(wanted, current_database(), 'create') then
        raise exception 'motjuste: % may make no schema in this database', quote_ident(wanted)
            using errcode = '42501', hint = format('grant create on database %I to %I', current_database(), wanted);
    end if;
    if wanted <> present then
        execute format('alter schema motjuste owner to %I', wanted);
        for what in
            select case c.relkind when 'v' then 'view' when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end as kind,
                c.oid::regclass::text as name
            from pg_catalog.pg_class as c
            where c.relnamespace = 'motjuste'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
                -- a sequence of a column goes with its table
                and not exists (
                    select
                    from pg_catalog.pg_depend as d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S' and d.deptype in ('a', 'i')
                )
            union all
            select 'routine', p.oid::regprocedure::text
            from pg_catalog.pg_proc as p
            where p.pronamespace = 'motjuste'::regnamespace
            union all
            select 'type', t.oid::regtype::text
            from pg_catalog.pg_type as t
            where t.typnamespace = 'motjuste'::regnamespace and t.typtype in ('d', 'e', 'r')
        loop
            execute format('alter %s %s owner to %I', what.kind, what.name, wanted);
        end loop;
    end if;
    -- later sessions of a superuser see that this owner was named by one
    if wanted <> current_user and exists (select from pg_catalog.pg_roles as r where r.rolname = current_user and r.rolsuper)
        and not exists (select from pg_catalog.pg_roles as r where r.rolsuper and pg_has_role(wanted, r.oid, 'member'))
    then
        execute format('grant %I to %I', wanted, current_user);
    end if;
    if coalesce(wanted, present, current_user) <> current_user then
        begin
            perform set_config('role', coalesce(wanted, present), true);
        exception when insufficient_privilege then
            -- since PostgreSQL 16 a member may be one who must not act as the role
            raise exception 'motjuste: % may not act as %', quote_ident(current_user), quote_ident(coalesce(wanted, present))
                using errcode = '42501', hint = format('grant %I to %I with set true', coalesce(wanted, present), current_user);
        end;
    end if;
end
$$
