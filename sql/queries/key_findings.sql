-- The findings that are not closed of these rows of a column: row, digest, rule, place in the note.
select f.row_key::text, f.note_digest, f.rule_id, f.start, f.length
from motjuste.finding as f
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.row_key = any (%(row_keys)s::jsonb[])
    and f.status in ('open', 'accepted', 'dismissed', 'tolerated')
