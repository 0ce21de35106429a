-- A second reader did not confirm: the findings that the decision would have redacted are open again.
update motjuste.finding as f
set status = 'open', reason = null, until = null, decided_by = null, decided_at = null
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.note_digest = decode(%(digest)s, 'hex')
    -- as texts: a decisions file holds a number with decimals as text
    and coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(f.row_key) as k), '{}')
        = coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(%(row_key)s::jsonb) as k), '{}')
    and f.status = 'accepted'
    and (f.rule_id, f.start) in (select * from unnest(%(rules)s::text[], %(starts)s::int[]))
