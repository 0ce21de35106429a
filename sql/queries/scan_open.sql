-- How many findings of a scan nobody has decided of, once they are stored.
select count(*)
from motjuste.finding as f
where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
    and f.status = 'open'
    and exists (
        select
        from motjuste_scan as s
        where s.row_key = f.row_key and s.note_digest = f.note_digest and s.rule_id = f.rule_id and s.start = f.start
    )
