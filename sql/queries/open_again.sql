-- A note is what it was before its redaction: the findings that the redaction closed, decided of or not, are open again.
update motjuste.finding as f
set status = 'open', reason = null, until = null, decided_by = null, decided_at = null, closed_at = null
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.note_digest = motjuste.digest(%(note)s)
    -- as texts: a number with decimals is read as text
    and coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(f.row_key) as k), '{}')
        = coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(%(row_key)s::jsonb) as k), '{}')
    and f.status in ('redacted', 'corrected')
