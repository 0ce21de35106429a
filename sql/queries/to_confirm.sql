-- The decisions that change a note and that a second person has to read, oldest first, behind a number: number, reviewer, one of its findings.
select d.id, d.reviewer, (
    select min(f.id)
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
            = (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
        and f.status in ('open', 'accepted', 'dismissed', 'tolerated')
)
from motjuste.decision as d
where d.second_reader is null and d.edits <> '[]' and d.reviewer <> %(who)s and d.id > %(after)s
    and not exists (select from motjuste.second_opinion as o where o.decision_id = d.id)
order by d.id
limit %(limit)s
