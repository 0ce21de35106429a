-- Each watched column with its author's and its subject's column, '' where none is declared.
select
    format('%I.%I', n.nspname, c.relname) as relation,
    w.column_name::text,
    w.json_key,
    coalesce(w.author_column::text, ''),
    coalesce(w.subject_column::text, '')
from motjuste.watch as w
join pg_catalog.pg_class as c on c.oid = coalesce(pg_catalog.pg_partition_root(w.relation), w.relation)
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by 1, 2, 3
