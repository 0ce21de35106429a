-- The proof of a scan; once, should the scan have died right after and go on from its journal. Of a table that was written
-- anew since it began, the file that was read is not known: 0.
insert into motjuste.scan (
    relation, column_name, json_key, rows_read, rows_that_exist, notes_with_findings, pack_digest, pack_version,
    started_at, run, scope, skipped, rows_again, notes_recoded, unrecorded, horizon, seen_as, files
)
select
    %(relation)s, %(column)s, %(json_key)s, %(rows_read)s, %(rows_that_exist)s, %(notes_with_findings)s, %(digest)s,
    %(version)s, %(started_at)s, %(run)s, %(scope)s, %(skipped)s, %(rows_again)s, %(notes_recoded)s, %(unrecorded)s,
    r.horizon, r.oid, coalesce(f.files, '{}')
from (select %(horizon)s::pg_snapshot as horizon, to_regclass(%(relation)s)::oid as oid) as r
left join lateral (
    select jsonb_object_agg(
        c.oid::text, case when motjuste.later(c.xmin, r.horizon) then '0' else c.relfilenode::text end) as files
    from motjuste.members(r.oid) as m
    join pg_class as c on c.oid = m.member and c.relkind = 'r'
) as f on true
on conflict (run, relation, column_name, json_key) do nothing
