-- 0002: a watch keeps what its triggers were written for, so that renamed tables and columns are found again; a bypass by
-- rows is logged once a transaction; a role's right to bypass may end.

-- The triggers are written anew, for which their tables are locked: first these, then our own tables, in the order in which
-- a writer takes them, so that nobody waits in a circle.
do $$
declare
    name text;
begin
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

drop view motjuste.status;
drop function motjuste.sources(motjuste.watch);
drop function motjuste.attach(regclass, name, text, text, name, name);
drop function motjuste.mask(text);
drop function motjuste.close_findings(text, text, text, jsonb);
drop function motjuste.handle(text, text, text, text, jsonb[], text[], text[]);

-- tables that were dropped since they were attached
delete from motjuste.watch as w where not exists (select from pg_catalog.pg_class as c where c.oid = w.relation);
alter table motjuste.watch
    add column label text,
    add column attnum int2,
    add column keys name[] not null default '{}',
    add column key_attnums int2[] not null default '{}',
    add column always boolean not null default false,
    add column seen_as oid not null default 0;
update motjuste.watch as w
set label = motjuste.name_of(w.relation),
    seen_as = w.relation,
    attnum = coalesce((
        select a.attnum
        from pg_catalog.pg_attribute as a
        where a.attrelid = w.relation and a.attname = w.column_name and not a.attisdropped
    ), 0);
alter table motjuste.watch
    alter column label set not null,
    alter column attnum set not null;

alter table motjuste.bypass
    alter column rows drop not null,
    add column xact xid8;
alter table motjuste.bypass_role add column until timestamptz;

-- The rules have another shape: their rows are the pack's, which is then loaded again.
drop table motjuste.word_set, motjuste.key, motjuste.anchor, motjuste.term;
drop function
    motjuste.candidates(text[], text),
    motjuste.fill(text, text[]),
    motjuste.ready(text, text[]),
    motjuste.admits(motjuste.rule, text, text, int, int),
    motjuste.locate(text, text),
    motjuste.matches(text);
alter table motjuste.rule
    drop column unless_before,
    drop column unless_after,
    drop column unless_near,
    drop column unless_phrase,
    drop column needs_before,
    drop column needs_after,
    drop column needs_near,
    drop column needs_phrase,
    add column together boolean not null default false,
    add column weighed boolean not null default false;
update motjuste.pack set current = false where current;
drop index motjuste.finding_open; -- finding_identity begins like it
alter table motjuste.finding set (fillfactor = 80);
