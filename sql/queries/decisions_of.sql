-- Of these findings' notes: the finding's number, that of what is to be written, and all that was decided, as a line of a decisions file.
select f.id, d.id, motjuste.decided(f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)::text
from unnest(%(ids)s::bigint[]) as x (id)
join motjuste.finding as f on f.id = x.id
left join motjuste.decision as d
    on (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
        = (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
