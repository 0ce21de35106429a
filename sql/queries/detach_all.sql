select motjuste.name_of(w.relation) || '.' || quote_ident(w.column_name), motjuste.detach(w.relation, w.column_name, w.json_key)
from motjuste.watch as w
where exists (select from pg_class as c where c.oid = w.relation)
