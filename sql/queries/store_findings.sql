-- From the scan's temporary table into motjuste.finding; what a scan finds again keeps its status.
-- Distinct: without a primary key, rows of the same text are one note.
insert into motjuste.finding as f
    (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, source)
select distinct %(relation)s, %(column)s, %(json_key)s, s.row_key, s.note_digest, s.rule_id, s.category, s.level, s.start, s.length, 'scan'
from motjuste_scan as s
on conflict on constraint finding_identity do update
    set status = 'open', closed_at = null
    where f.status in ('corrected', 'redacted')
