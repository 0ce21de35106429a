do $$
declare
    r record;
begin
    for r in
        select x.place, x.outcome, count(*) as rows
        from pg_temp.motjuste_result as x
        where x.outcome in ('not updated', 'not as reviewed')
        group by x.place, x.outcome
    loop
        if r.outcome = 'not as reviewed' then
            raise exception '%: the edits of % row(s) do not lead to the text that was reviewed: the plan was altered', r.place, r.rows
                using hint = 'write the plan again';
        end if;
        raise exception '%: % row(s) kept their note: a trigger or a rule of the table undoes the update, or the plan was altered', r.place, r.rows
            using hint = 'look at the BEFORE UPDATE triggers and the rules of the table, or write the plan again';
    end loop;
    if current_setting('motjuste.quiet', true) = 'on' then
        return; -- motjuste migrate apply tells it itself
    end if;
    for r in
        select x.place, x.row_key, x.outcome
        from pg_temp.motjuste_result as x
        where x.outcome <> 'redacted'
        order by x.part, x.edit
    loop
        raise notice '% %: %', r.place, r.row_key, r.outcome;
    end loop;
    for r in
        select x.place, x.outcome, count(*) as rows
        from pg_temp.motjuste_result as x
        group by x.place, x.outcome
        order by x.place, x.outcome
    loop
        raise notice '%: % %', r.place, r.rows, r.outcome;
    end loop;
end
$$;
