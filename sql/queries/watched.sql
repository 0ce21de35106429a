select motjuste.name_of(w.relation), w.column_name::text, w.json_key, w.mode
from motjuste.watch as w
where exists (select from pg_class as c where c.oid = w.relation)
order by 1, 2, 3
