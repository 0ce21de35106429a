-- Where triggers of this table wrote too: they may have kept the notes as they were. Looked through at the end, and by verify.
insert into pg_temp.motjuste_before select e.before from pg_temp.motjuste_edit as e;
insert into pg_temp.motjuste_own
with recursive tree as (
    select pg_catalog.to_regclass(@relation_text@)::oid as oid
    union
    select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
)
select t.oid from tree as t
on conflict do nothing;
do $$
begin
    insert into pg_temp.motjuste_written
    select s.relid
    from pg_catalog.pg_stat_xact_user_tables as s
    where s.schemaname <> 'motjuste' and s.schemaname !~ '^pg_'
        and (s.n_tup_ins > 0 or s.n_tup_upd > 0 and s.relid not in (select o.relation from pg_temp.motjuste_own as o))
    on conflict do nothing;
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'written'
            and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'select')
    ) then
        insert into motjuste.written (reason, relation)
        select p.reason, w.relation
        from pg_temp.motjuste_place as p
        cross join pg_temp.motjuste_written as w
        on conflict do nothing;
    end if;
end
$$;
