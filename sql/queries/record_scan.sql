-- The proof of a scan; once, should the scan have died right after and go on from its journal.
insert into motjuste.scan (
    relation, column_name, json_key, rows_read, rows_that_exist, notes_with_findings, pack_digest, pack_version,
    started_at, run, scope, skipped, rows_again, notes_recoded, unrecorded
)
values (
    %(relation)s, %(column)s, %(json_key)s, %(rows_read)s, %(rows_that_exist)s, %(notes_with_findings)s, %(digest)s,
    %(version)s, %(started_at)s, %(run)s, %(scope)s, %(skipped)s, %(rows_again)s, %(notes_recoded)s, %(unrecorded)s
)
on conflict (run, relation, column_name, json_key) do nothing
