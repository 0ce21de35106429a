-- The failures of a column that the scan of the whole of it made good: what was written before it began. Their rows are not told any more.
update motjuste.failure as f
set closed_at = now(), row_key = null, note_digest = null
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.closed_at is null
    -- older than every transaction that could still write when the scan began
    and age(f.xmin) > age(%(xid)s::text::xid)
