create temp table if not exists motjuste_standing (what text not null, place text not null, row_key jsonb);
truncate pg_temp.motjuste_standing;
@parts@
do $$
declare
    total bigint := (select count(*) from pg_temp.motjuste_standing);
    said text;
begin
    if total > 0 then
        select string_agg(x.line, '; ')
        into said
        from (
            (
                select format('%s in %s', count(*) || ' ' || s.what, s.place) as line
                from pg_temp.motjuste_standing as s
                group by s.what, s.place
                order by s.what, s.place
            )
            union all
            (
                select 'first: ' || string_agg(f.line, ', ')
                from (
                    select format('%s %s', s.place, s.row_key) as line
                    from pg_temp.motjuste_standing as s
                    where s.row_key is not null
                    order by s.place, s.row_key
                    limit 5
                ) as f
            )
        ) as x;
        raise exception '%', said using errcode = 'MJ002',
            hint = 'run the redaction (motjuste migrate apply), ANALYZE the tables, refresh the materialized views';
    end if;
end
$$;
drop table pg_temp.motjuste_before, pg_temp.motjuste_own, pg_temp.motjuste_written, pg_temp.motjuste_standing, pg_temp.motjuste_key, pg_temp.motjuste_edit, pg_temp.motjuste_relation;
