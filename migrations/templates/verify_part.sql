-- @title@
do $$
begin
    if to_regclass('pg_temp.motjuste_edit') is not null then
        drop table pg_temp.motjuste_edit;
    end if;
end
$$;
create temp table motjuste_edit as
    select @key_select@null::jsonb as row_key, null::bytea as before
    from @relation@ as t
    with no data;
@inserts@
analyze pg_temp.motjuste_edit;
insert into pg_temp.motjuste_before select e.before from pg_temp.motjuste_edit as e;
analyze pg_temp.motjuste_before;
insert into pg_temp.motjuste_standing
select 'note(s) still hold what this plan redacts', @place@, e.row_key
from pg_temp.motjuste_edit as e
cross join pg_temp.motjuste_key as k
join @relation@ as t on @same_row@ and @note_digest@ = e.before;
