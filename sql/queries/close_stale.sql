-- Findings of these rows, each with the digest of its note as it stands, that are of another note: it was corrected, or its row is gone.
update motjuste.finding as f
set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
from jsonb_array_elements(%(rows)s::jsonb) as x (row)
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.row_key = x.row -> 0
    and encode(f.note_digest, 'hex') is distinct from x.row ->> 1
    and f.status in ('open', 'accepted', 'tolerated', 'dismissed') and f.closed_at is null
