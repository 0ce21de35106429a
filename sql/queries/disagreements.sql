-- The decisions of which a second reader decided otherwise, oldest first: number, one of the note's findings, reviewer, reader, what the
-- reader would have decided.
select o.decision_id, (
    select min(f.id)
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
            = (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
        and f.status in ('open', 'accepted', 'dismissed', 'tolerated')
), d.reviewer, o.reader, jsonb_build_object('verdicts', o.verdicts, 'edits', o.edits, 'digest_after', coalesce(encode(o.digest_after, 'hex'), ''))
from motjuste.second_opinion as o
join motjuste.decision as d on d.id = o.decision_id
order by o.decision_id
