-- Whose code would run with your rights: triggers, checks and index expressions of these tables, of their partitions and children,
-- of what views are made of, of tables that follow a key of theirs. For a superuser, and who can become as much, no table of another
-- owner: `set role` would be no protection, a trigger can say `reset role`. For other roles none with code of somebody else's.
create temp table if not exists motjuste_relation (name text not null, written boolean not null);
truncate pg_temp.motjuste_relation;
insert into pg_temp.motjuste_relation select x.name, @written@ from unnest(@relations@::text[]) as x (name);
create or replace function pg_temp.motjuste_require_trust(asked text[], writing boolean)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
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
        select c.oid, writing as written
        from unnest(asked) as x (name)
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
    ),
    -- what is written goes by the keys of partitions above too
    above as (
        select t.oid as relation, t.oid, t.written from tree as t
        union
        select a.relation, i.inhparent, a.written
        from above as a
        join pg_catalog.pg_inherits as i on i.inhrelid = a.oid
        where a.written
    ),
    kept (relation, classid, objid) as (
        select i.indrelid, 'pg_catalog.pg_class'::regclass::oid, i.indexrelid
        from tree
        join pg_catalog.pg_index as i on i.indrelid = tree.oid
        union all
        select s.stxrelid, 'pg_catalog.pg_statistic_ext'::regclass, s.oid
        from tree
        join pg_catalog.pg_statistic_ext as s on s.stxrelid = tree.oid and s.stxexprs is not null
        union all
        select a.relation, 'pg_catalog.pg_class'::regclass, p.partrelid
        from above as a
        join pg_catalog.pg_partitioned_table as p on p.partrelid = a.oid and p.partexprs is not null
        union all
        select k.conrelid, 'pg_catalog.pg_constraint'::regclass, k.oid
        from tree
        join pg_catalog.pg_constraint as k on k.conrelid = tree.oid
        where tree.written
        union all
        select f.adrelid, 'pg_catalog.pg_attrdef'::regclass, f.oid
        from tree
        join pg_catalog.pg_attrdef as f on f.adrelid = tree.oid
        join pg_catalog.pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated <> ''
        where tree.written
        union all
        -- a trigger's function, and what its WHEN calls; a row that changes partition is deleted and inserted
        select g.tgrelid, 'pg_catalog.pg_trigger'::regclass, g.oid
        from tree
        join pg_catalog.pg_class as c on c.oid = tree.oid
        join pg_catalog.pg_trigger as g on g.tgrelid = tree.oid and not g.tgisinternal and g.tgenabled <> 'D'
        where tree.written and (g.tgtype & 16 = 16 or c.relispartition)
        union all
        select r.ev_class, 'pg_catalog.pg_rewrite'::regclass, r.oid
        from tree
        join pg_catalog.pg_rewrite as r on r.ev_class = tree.oid
        where tree.written
        union all
        -- what is written is cast to the column's type; an index of other kinds than these asks a range for functions of its own. Of other
        -- columns nothing is cast: whoever owns the table may have put anything there all the same
        select a.attrelid, 'pg_catalog.pg_type'::regclass, a.atttypid
        from tree
        join pg_catalog.pg_class as c on c.oid = tree.oid
        join pg_catalog.pg_attribute as a on a.attrelid = tree.oid and a.attnum > 0 and not a.attisdropped
        join pg_catalog.pg_type as t on t.oid = a.atttypid
        where tree.written and (
            t.typcategory = 'S'
            or t.typtype = 'd' and t.typcategory = 'U'
            or t.typcategory = 'A' and exists (
                select from pg_catalog.pg_type as e where e.oid = t.typelem and e.typcategory = 'S')
            or c.relowner not in (select w.oid from trusted as w)
            or exists (
                select
                from pg_catalog.pg_index as i
                join pg_catalog.pg_class as x on x.oid = i.indexrelid
                join pg_catalog.pg_am as m on m.oid = x.relam and m.amname not in ('btree', 'hash')
                where i.indrelid = tree.oid and a.attnum = any (i.indkey::int2[])
            )
        )
    ),
    -- sql/queries/reached.sql
    reached as (
        select k.relation, k.classid, k.objid from kept as k
        union
        select r.relation, next.classid, next.objid
        from reached as r
        cross join lateral (
            select d.refclassid as classid, d.refobjid as objid
            from pg_catalog.pg_depend as d
            where d.classid = r.classid and d.objid = r.objid and d.objsubid = 0
                and r.classid not in (
                    'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_proc'::regclass
                )
                and d.refclassid in (
                    'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_proc'::regclass
                )
            union all
            -- NOT of an operator is that of its negator
            select x.classid, x.objid
            from pg_catalog.pg_operator as o
            cross join lateral (
                values
                    ('pg_catalog.pg_proc'::regclass::oid, o.oprcode::oid),
                    ('pg_catalog.pg_operator'::regclass, o.oprnegate),
                    ('pg_catalog.pg_operator'::regclass, o.oprcom)
            ) as x (classid, objid)
            where r.classid = 'pg_catalog.pg_operator'::regclass and o.oid = r.objid
            union all
            select x.classid, x.objid
            from pg_catalog.pg_type as t
            cross join lateral (
                select 'pg_catalog.pg_type'::regclass::oid as classid, t.typbasetype as objid
                union all
                select 'pg_catalog.pg_type'::regclass, t.typelem
                union all
                select 'pg_catalog.pg_type'::regclass, a.atttypid
                from pg_catalog.pg_attribute as a
                where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
                union all
                select 'pg_catalog.pg_constraint'::regclass, c.oid from pg_catalog.pg_constraint as c where c.contypid = t.oid
                union all
                select y.classid, y.objid
                from pg_catalog.pg_range as g
                cross join lateral (
                    values
                        ('pg_catalog.pg_type'::regclass::oid, g.rngsubtype),
                        ('pg_catalog.pg_proc'::regclass, g.rngsubdiff::oid),
                        ('pg_catalog.pg_proc'::regclass, g.rngcanonical::oid)
                ) as y (classid, objid)
                where t.oid in (g.rngtypid, g.rngmultitypid)
            ) as x
            where r.classid = 'pg_catalog.pg_type'::regclass and t.oid = r.objid and t.oid >= 16384 -- below: the system's own
        ) as next
    )
    select
        format('%I.%I', n.nspname, c.relname) as relation, pg_catalog.pg_get_userbyid(c.relowner) as owner,
        c.relowner not in (select t.oid from trusted as t) as whole, code.name, code.owner as writer
    into found
    from tree
    join pg_catalog.pg_class as c on c.oid = tree.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join lateral (
        select p.oid::regprocedure::text as name, pg_catalog.pg_get_userbyid(p.proowner) as owner
        from reached as r
        join pg_catalog.pg_proc as p on r.classid = 'pg_catalog.pg_proc'::regclass and p.oid = r.objid
        where r.relation = c.oid and p.proowner not in (select t.oid from trusted as t)
            and p.pronamespace <> coalesce(to_regnamespace('motjuste'), 0::oid)
        order by 1
        limit 1
    ) as code on true
    where code.name is not null
        or c.relowner not in (select t.oid from trusted as t)
            and (
                exists (select from session as s where s.mighty)
                or tree.written and exists (
                    select
                    from pg_catalog.pg_rewrite as r
                    where r.ev_class = c.oid and r.ev_type = '2' and r.rulename <> '_RETURN'
                )
            )
    order by 1
    limit 1;
    if found.relation is not null and not found.whole then
        raise exception '%: % is code of %, and would run with your rights', found.relation, found.name, found.writer
            using errcode = 'MJ003',
            hint = 'run it as a role of few rights; where you trust its owner: --trust-owner, or elsewhere than in motjuste: set motjuste.trust_owner = on';
    end if;
    if found.relation is not null then
        raise exception '% belongs to %, whose triggers, checks and index expressions would run with your rights',
            found.relation, found.owner
            using errcode = 'MJ003',
            hint = 'run it as the owner; where you trust the owner: --trust-owner, or elsewhere than in motjuste: set motjuste.trust_owner = on';
    end if;
end
$$;
do $$
begin
    perform pg_temp.motjuste_require_trust(array_agg(x.name), bool_or(x.written)) from pg_temp.motjuste_relation as x;
end
$$;
