-- The next notes of a sample that nobody marked yet, behind a number: number, where it stands, its digest, team and day.
select n.number, n.relation, n.column_name, n.json_key, n.row_key, encode(n.note_digest, 'hex') as note_digest, n.stratum, n.written_on
from motjuste.sample_note as n
where n.sample_id = %(sample)s and n.marked_by is null and n.number > %(after)s
order by n.number
limit 1
