-- What a plan would change: of each column, notes to change, of which emptied, confirmed by a second person, that two persons see
-- differently; and its findings that are open, tolerated, dismissed.
with d as (
    select
        d.relation, d.column_name, d.json_key, count(*) as notes,
        count(*) filter (where exists (
            select from motjuste.finding as f
            where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
                    = (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
                and f.action = 'erase' and f.status = 'accepted')) as emptied,
        count(*) filter (where d.second_reader is not null) as confirmed,
        count(*) filter (where exists (select from motjuste.second_opinion as o where o.decision_id = d.id)) as disputed
    from motjuste.decision as d
    where d.edits <> '[]'
    group by 1, 2, 3
),
f as (
    select
        f.relation, f.column_name, f.json_key,
        count(*) filter (where f.status = 'open') as open, count(*) filter (where f.status = 'tolerated') as tolerated,
        count(*) filter (where f.status = 'dismissed') as dismissed
    from motjuste.finding as f
    where f.status in ('open', 'tolerated', 'dismissed')
    group by 1, 2, 3
)
select
    relation, column_name, json_key, coalesce(d.notes, 0), coalesce(d.emptied, 0), coalesce(d.confirmed, 0), coalesce(d.disputed, 0),
    coalesce(f.open, 0), coalesce(f.tolerated, 0), coalesce(f.dismissed, 0)
from d
full join f using (relation, column_name, json_key)
order by relation collate "C", column_name collate "C", json_key collate "C"
