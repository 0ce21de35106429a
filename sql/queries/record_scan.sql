insert into motjuste.scan
    (relation, column_name, json_key, rows_read, rows_that_exist, notes_with_findings, pack_digest, pack_version, started_at)
values (
    %(relation)s, %(column)s, %(json_key)s, %(rows_read)s, %(rows_that_exist)s, %(notes_with_findings)s,
    %(digest)s, %(version)s, %(started_at)s
)
