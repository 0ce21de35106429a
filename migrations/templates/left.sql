-- What became of the others.
insert into pg_temp.motjuste_result
select
    @part@, e.edit, @place@, e.row_key, e.before,
    case
        when l.found is null then @missing@
        when l.digest = e.after then 'already clean'
        when l.digest = e.before then 'not updated'
        else 'changed since review'
    end
from pg_temp.motjuste_edit as e
cross join pg_temp.motjuste_key as k
left join @live@
where not exists (select from pg_temp.motjuste_result as r where r.part = @part@ and r.edit = e.edit);
