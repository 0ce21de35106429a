-- All findings of the notes of these findings that are not closed: `asked` is the number of the finding that was asked for.
select
    a.id as asked, f.relation, f.column_name, f.json_key, f.row_key, encode(f.note_digest, 'hex') as note_digest,
    f.rule_id, f.category, f.level, f.start, f.length, f.id, f.status, f.certainty,
    f.decided_by, f.reason
from unnest(%(ids)s::bigint[]) as x (id)
join motjuste.finding as a on a.id = x.id
join motjuste.finding as f
    on (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
        = (a.relation, a.column_name, a.json_key, a.row_key, a.note_digest)
where f.status in ('open', 'accepted', 'dismissed', 'tolerated')
order by f.start, f.length desc, f.rule_id
