-- These findings, unless the note was corrected or redacted since.
select
    f.relation, f.column_name, f.json_key, f.row_key, encode(f.note_digest, 'hex') as note_digest,
    f.rule_id, f.category, f.level, f.start, f.length, f.id, f.status, f.certainty,
    f.decided_by, f.reason
from motjuste.finding as f
where f.id = any (%(ids)s::bigint[]) and f.status in ('open', 'accepted', 'dismissed', 'tolerated')
