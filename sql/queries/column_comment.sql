-- What COMMENT says of a column, '' where it says nothing.
select coalesce(pg_catalog.col_description(a.attrelid, a.attnum), '')
from pg_catalog.pg_attribute as a
where a.attrelid = %(relation)s::regclass and a.attname = %(column)s
