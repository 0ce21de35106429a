-- Whose code would run with your rights: triggers, checks and index expressions of these tables, of their partitions and children,
-- of what views are made of, of tables that follow a key of theirs. For a superuser, and who can become as much, no table of another
-- owner: `set role` would be no protection, a trigger can say `reset role`. For other roles none with code of somebody else's.
create temp table if not exists motjuste_relation (name text not null, written boolean not null);
truncate pg_temp.motjuste_relation;
insert into pg_temp.motjuste_relation select x.name, @written@ from unnest(@relations@::text[]) as x (name);
do $$
declare
    found record;
begin
    -- said by you, not by ALTER DATABASE, which the database's owner may
    if coalesce(current_setting('motjuste.trust_owner', true), '') = 'on' and not exists (
        select
        from pg_catalog.pg_db_role_setting as s
        cross join unnest(s.setconfig) as said (setting)
        where said.setting ilike 'motjuste.trust\_owner=%'
    ) then
        return;
    end if;
    with recursive session as (
        -- who logged in, whatever role is played now
        select
            r.oid,
            r.rolname = current_user and r.rolname = session_user as myself,
            exists (
                select
                from pg_catalog.pg_roles as m
                where pg_catalog.pg_has_role(r.oid, m.oid, 'member')
                    and (
                        m.rolsuper or m.rolcreaterole or m.rolreplication or m.rolbypassrls
                        or m.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
                    )
            ) as mighty
        from pg_catalog.pg_roles as r
        where r.rolname in (current_user, session_user)
            or r.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)
    ),
    trusted as (
        select r.oid from pg_catalog.pg_roles as r where r.rolsuper
        union
        select s.oid from session as s where s.myself and (select count(*) from session) = 1
    ),
    tree as (
        select c.oid, x.written
        from pg_temp.motjuste_relation as x
        cross join lateral (select parse_ident(x.name) as parts) as named
        join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
        join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
        union
        select next.oid, tree.written
        from tree
        cross join lateral (
            select i.inhrelid as oid from pg_catalog.pg_inherits as i where i.inhparent = tree.oid
            union all
            select d.refobjid
            from pg_catalog.pg_rewrite as r
            join pg_catalog.pg_depend as d
                on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
                and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
            where r.ev_class = tree.oid
            union all
            select k.conrelid
            from pg_catalog.pg_constraint as k
            where k.contype = 'f' and k.confrelid = tree.oid and k.confupdtype in ('c', 'n', 'd')
        ) as next
    )
    select format('%I.%I', n.nspname, c.relname) as relation, pg_catalog.pg_get_userbyid(c.relowner) as owner
    into found
    from tree
    join pg_catalog.pg_class as c on c.oid = tree.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relowner not in (select t.oid from trusted as t)
        and (
            exists (select from session as s where s.mighty)
            or tree.written and exists (
                select
                from pg_catalog.pg_trigger as g
                join pg_catalog.pg_proc as p on p.oid = g.tgfoid
                where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 16 = 16 and g.tgenabled <> 'D'
                    and p.proowner not in (select t.oid from trusted as t)
                    and p.pronamespace <> coalesce(to_regnamespace('motjuste'), 0::oid)
            )
            or tree.written and exists (
                select
                from pg_catalog.pg_rewrite as r
                where r.ev_class = c.oid and r.ev_type = '2' and r.rulename <> '_RETURN'
            )
            or exists (
                select
                from (
                    select 'pg_catalog.pg_class'::regclass as classid, i.indexrelid as objid
                    from pg_catalog.pg_index as i
                    where i.indrelid = c.oid
                    union all
                    select 'pg_catalog.pg_constraint'::regclass, k.oid
                    from pg_catalog.pg_constraint as k
                    where tree.written and (
                        k.conrelid = c.oid
                        or k.contypid in (select a.atttypid from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0)
                    )
                    union all
                    select 'pg_catalog.pg_attrdef'::regclass, f.oid
                    from pg_catalog.pg_attrdef as f
                    join pg_catalog.pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated <> ''
                    where tree.written and f.adrelid = c.oid
                ) as kept
                join pg_catalog.pg_depend as d on d.classid = kept.classid and d.objid = kept.objid
                left join pg_catalog.pg_operator as o on d.refclassid = 'pg_catalog.pg_operator'::regclass and o.oid = d.refobjid
                join pg_catalog.pg_proc as p
                    on p.oid = case when d.refclassid = 'pg_catalog.pg_proc'::regclass then d.refobjid else o.oprcode::oid end
                where p.proowner not in (select t.oid from trusted as t)
            )
        )
    order by 1
    limit 1;
    if found.relation is not null then
        raise exception '% belongs to %, whose triggers, checks and index expressions would run with your rights',
            found.relation, found.owner
            using errcode = 'MJ003',
            hint = 'run it as the owner; where you trust the owner: --trust-owner, or elsewhere than in motjuste: set motjuste.trust_owner = on';
    end if;
end
$$;
