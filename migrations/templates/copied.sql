-- What triggers copied meanwhile is told, and stays until somebody redacts it too.
do $$
declare
    r record;
begin
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'written' and has_table_privilege(c.oid, 'select')
    ) then
        -- an earlier run may have been interrupted
        insert into pg_temp.motjuste_written
        select w.relation::oid
        from motjuste.written as w
        join pg_temp.motjuste_place as p on p.reason = w.reason
        where exists (select from pg_catalog.pg_class as c where c.oid = w.relation)
        on conflict do nothing;
    end if;
    for r in
        select h.place, h.rows from pg_temp.motjuste_holding() as h
    loop
        insert into pg_temp.motjuste_result (part, edit, place, row_key, note_digest, outcome)
        values (
            0, 0, r.place, '{}', '',
            case
                when r.rows is null then 'a trigger wrote here, and this role may not look whether it kept the notes'
                else format('a trigger copied notes as they were: %s row(s)', r.rows)
            end);
        if coalesce(current_setting('motjuste.quiet', true), '') <> 'on' then
            raise warning '%: a trigger copied notes as they were here: % row(s)', r.place, coalesce(r.rows::text, 'unread')
                using hint = 'motjuste migrate plan --copies redact';
        end if;
    end loop;
end
$$;
drop table pg_temp.motjuste_before, pg_temp.motjuste_own, pg_temp.motjuste_written;
