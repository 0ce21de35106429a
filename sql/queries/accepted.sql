-- Of each watched column how many findings were accepted and not redacted yet: they still stand in the notes.
select coalesce(motjuste.name_of(w.relation), w.label), w.column_name::text, w.json_key, count(*)
from motjuste.watch as w
join motjuste.finding as f
    on f.relation in (w.label, motjuste.name_of(w.relation)) and f.column_name = w.column_name and f.json_key = w.json_key
where f.status = 'accepted'
group by 1, 2, 3
