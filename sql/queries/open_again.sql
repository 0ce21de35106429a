-- The restored notes, by number, are what they were before their redaction: the findings that it closed, decided of or not, are open again.
with restored as materialized (
    select o.row_key, motjuste.digest(o.note) as digest
    from pg_temp.motjuste_original as o
    where o.number = any (%(numbers)s::int[])
)
update motjuste.finding as f
set status = 'open', reason = null, until = null, decided_by = null, decided_at = null, closed_at = null
from restored as o
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.note_digest = o.digest
    -- as texts: a number with decimals is read as text
    and coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(f.row_key) as k), '{}')
        = coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(o.row_key) as k), '{}')
    and f.status in ('redacted', 'corrected')
