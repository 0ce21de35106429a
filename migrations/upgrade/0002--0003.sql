-- 0003: the rules have another shape again. What comes with the rules, or is made of the scripts, is made anew; what was
-- found, decided and recorded stays.

-- Nobody checks a note while its functions are away: first the users' tables are locked, as in 0002; each for less long than the
-- server waits before it ends a writer that waits for one of them (templates/give_way.sql).
do $$
declare
    name text;
begin
    perform set_config('lock_timeout', least(nullif(l.setting::int, 0), greatest(d.setting::int / 2, 1))::text, true)
    from pg_catalog.pg_settings as l
    cross join pg_catalog.pg_settings as d
    where l.name = 'lock_timeout' and d.name = 'deadlock_timeout';
    for name in
        select c.oid::regclass::text
        from motjuste.watch as w
        join pg_catalog.pg_class as c on c.oid = w.relation
        group by c.oid
        order by c.oid
    loop
        execute format('lock table %s in access exclusive mode', name);
    end loop;
end
$$;

drop table if exists
    motjuste.anchor, motjuste.context, motjuste.head, motjuste.key, motjuste.large_set, motjuste.maskable, motjuste.needed, motjuste.scale,
    motjuste.term, motjuste.weight, motjuste.word_set;

-- Views and functions, whatever their columns and arguments were; one that something of the users' own needs stays, and is
-- replaced. The functions of the triggers are rewritten by motjuste.refresh().
do $$
declare
    statement text;
begin
    for statement in
        select format('drop view motjuste.%I', c.relname)
        from pg_catalog.pg_class as c
        where c.relnamespace = 'motjuste'::regnamespace and c.relkind = 'v'
        union all
        select format('drop routine %s', p.oid::regprocedure)
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace and p.prorettype <> 'trigger'::regtype
    loop
        begin
            execute statement;
        exception
            when dependent_objects_still_exist then null;
        end;
    end loop;
end
$$;

alter table motjuste.category
    add column if not exists capitals text not null default '',
    add column if not exists quoted text not null default '',
    add column if not exists unsure text not null default '';
drop index if exists motjuste.finding_open; -- finding_identity begins like it
alter table motjuste.rule
    drop column if exists unless_before,
    drop column if exists unless_after,
    drop column if exists unless_near,
    drop column if exists unless_phrase,
    drop column if exists needs_before,
    drop column if exists needs_after,
    drop column if exists needs_near,
    drop column if exists needs_phrase,
    add column if not exists together boolean not null default false,
    add column if not exists weighed boolean not null default false;
