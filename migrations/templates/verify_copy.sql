-- Each digest is computed once, whatever plan the server chooses.
insert into pg_temp.motjuste_standing
with note as materialized (
    select @note_digest@ as digest from @relation@ as t cross join pg_temp.motjuste_key as k
)
select 'copy(ies) of a reviewed note', @place@, null
from note as n
where n.digest in (select b.digest from pg_temp.motjuste_before as b);
