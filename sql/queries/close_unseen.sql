-- Findings that the scan of a whole column did not see again: the note was corrected or deleted while nobody watched.
update motjuste.finding as f
set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and (f.status in ('open', 'accepted', 'tolerated') or f.status = 'dismissed' and f.row_key <> '{}' and f.closed_at is null)
    and f.found_at < %(started_at)s
    and not exists (
        select
        from motjuste_scan as s
        where s.row_key = f.row_key and s.note_digest = f.note_digest and s.rule_id = f.rule_id and s.start = f.start
    )
