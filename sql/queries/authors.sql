-- Each watched column with its author column, '' where none is declared.
select motjuste.name_of(w.relation), w.column_name::text, w.json_key, coalesce(w.author_column::text, '')
from motjuste.watch as w
where exists (select from pg_catalog.pg_class as c where c.oid = w.relation)
order by 1, 2, 3
