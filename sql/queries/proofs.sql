-- The last scan of each column, full ones before partial ones; columns that are watched and never were scanned too.
select
    coalesce(s.relation, w.relation) as relation,
    coalesce(s.column_name, w.column_name) as column_name,
    coalesce(s.json_key, w.json_key) as json_key,
    s.rows_read, s.rows_that_exist, s.rows_again, s.notes_recoded, s.notes_with_findings, s.scope, s.skipped,
    s.pack_version, s.pack_digest, s.started_at, s.ended_at, s.role::text as role
from (
    select distinct on (x.relation, x.column_name, x.json_key) x.*
    from motjuste.scan as x
    order by x.relation, x.column_name, x.json_key, x.scope = '' desc, x.id desc
) as s
full join (
    select motjuste.name_of(x.relation) as relation, x.column_name::text, x.json_key
    from motjuste.watch as x
    where exists (select from pg_class as c where c.oid = x.relation)
) as w on (w.relation, w.column_name, w.json_key) = (s.relation, s.column_name, s.json_key)
order by 1, 2, 3
