-- The column that says who wrote the notes of a watched column, where one is declared and still there.
select a.attname::text
from motjuste.watch as w
join pg_attribute as a on a.attrelid = w.relation and a.attname = w.author_column and not a.attisdropped
where motjuste.name_of(w.relation) = %(relation)s and w.column_name = %(column)s and w.json_key = %(json_key)s
