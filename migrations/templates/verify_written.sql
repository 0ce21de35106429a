-- Where triggers wrote while this plan was run.
select set_config('motjuste.reason', @reason@, true);
do $$
begin
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'written' and has_table_privilege(c.oid, 'select')
    ) then
        insert into pg_temp.motjuste_written
        select w.relation::oid
        from motjuste.written as w
        where w.reason = current_setting('motjuste.reason')
            and exists (select from pg_catalog.pg_class as c where c.oid = w.relation);
    end if;
    insert into pg_temp.motjuste_standing
    select
        case
            when h.rows is null then 'place(s) where a trigger wrote, which this role may not look through (verify as its owner)'
            else 'copy(ies) of a reviewed note'
        end,
        h.place, null
    from pg_temp.motjuste_holding() as h
    cross join lateral generate_series(1, coalesce(h.rows, 1))
    where not exists (
        select
        from pg_temp.motjuste_standing as s
        where s.place = h.place and s.what in ('copy(ies) of a reviewed note', 'note(s) still hold what this plan redacts')
    );
end
$$;
