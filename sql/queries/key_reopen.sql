-- What was decided after its note was read for the new key is asked again.
update motjuste.finding as f
set status = 'open', action = null, reason = null, until = null, decided_by = null, decided_at = null
from motjuste.decision as d
where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
        = (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
    and f.status = 'accepted'
    and exists (select from motjuste.rekey as r where r.old_digest = d.note_digest)
    and not exists (select from motjuste.rekey as r where r.old_digest = d.digest_after)
