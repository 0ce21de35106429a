-- The findings that are kept on these notes, each known by the key of its row, or by its digest where there is none.
select distinct on (f.relation, f.column_name, f.json_key, f.found_at, f.id)
    f.relation, f.column_name, f.json_key, f.row_key::text, coalesce(f.category, ''), f.status, f.found_at::date
from jsonb_array_elements(%(notes)s::jsonb) as x (note)
join motjuste.finding as f
    on f.relation = x.note ->> 0 and f.column_name = x.note ->> 1 and f.json_key = x.note ->> 2
    and f.row_key = case when octet_length((x.note -> 3)::text) > 1800 then '{}' else x.note -> 3 end
    and (f.row_key <> '{}' or f.note_digest = decode(x.note ->> 4, 'hex'))
order by f.relation, f.column_name, f.json_key, f.found_at, f.id
