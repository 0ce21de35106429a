insert into pg_temp.motjuste_standing
select 'copy(ies) of a reviewed note', @place@, null
from @relation@ as t
cross join pg_temp.motjuste_key as k
where @note_digest@ in (select b.digest from pg_temp.motjuste_before as b);
