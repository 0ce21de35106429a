-- The columns whose notes are known by a digest, those that still exist.
select x.relation, x.column_name, x.json_key
from (
    select f.relation, f.column_name, f.json_key from motjuste.finding as f
    union
    select d.relation, d.column_name, d.json_key from motjuste.decision as d
    union
    select n.relation, n.column_name, n.json_key from motjuste.sample_note as n
) as x
join pg_attribute as a on a.attrelid = to_regclass(x.relation) and a.attname = x.column_name and not a.attisdropped
order by 1, 2, 3
