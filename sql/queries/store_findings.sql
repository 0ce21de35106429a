-- From the scan's temporary table into motjuste.finding; what a scan finds again keeps its status, and its certainty
-- unless this scan read it a second time. Distinct: without a primary key, rows of the same text are one note.
insert into motjuste.finding as f
    (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, certainty, author, source)
select distinct on (s.row_key, s.note_digest, s.rule_id, s.start)
    %(relation)s, %(column)s, %(json_key)s, s.row_key, s.note_digest, s.rule_id, s.category, s.level, s.start, s.length,
    s.certainty, s.author, 'scan'
from motjuste_scan as s
where not exists (
    -- what stands already as it was found is left alone, and so is who holds a lock on it
    select
    from motjuste.finding as k
    where (k.relation, k.column_name, k.json_key) = (%(relation)s, %(column)s, %(json_key)s)
        and k.row_key = s.row_key and k.note_digest = s.note_digest and k.rule_id = s.rule_id and k.start = s.start
        and k.closed_at is null
        and (s.certainty is null or s.certainty = k.certainty)
)
and not exists (
    -- what was judged of this text in a row that is gone
    select
    from motjuste.finding as d
    where (d.relation, d.column_name, d.json_key) = (%(relation)s, %(column)s, %(json_key)s)
        and d.row_key = '{}' and d.note_digest = s.note_digest and d.rule_id = s.rule_id and d.start = s.start
        and d.status = 'dismissed'
)
on conflict on constraint finding_identity do update
    set status = case when f.status in ('corrected', 'redacted') then 'open' else f.status end,
        closed_at = null,
        certainty = coalesce(excluded.certainty, f.certainty)
    where f.closed_at is not null or excluded.certainty <> coalesce(f.certainty, '')
