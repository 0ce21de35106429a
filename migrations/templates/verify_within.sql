-- Each text of each document, wherever it stands.
insert into pg_temp.motjuste_standing
with note as materialized (
    select @inner_digest@ as digest
    from @relation@ as t
    cross join pg_temp.motjuste_key as k
    cross join lateral jsonb_path_query(t.@column@::jsonb, 'strict $.**') as v (value)
    where jsonb_typeof(v.value) = 'string'
)
select 'copy(ies) of a reviewed note', @whole_place@, null
from note as n
where n.digest in (select b.digest from pg_temp.motjuste_before as b);
