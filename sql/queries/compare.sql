-- What the scan at hand found against what was open before it: new, gone and unchanged, by rule.
with seen as (
    select distinct s.row_key, s.note_digest, s.rule_id, s.start from motjuste_scan as s
),
known as (
    select f.row_key, f.note_digest, f.rule_id, f.start
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key) = (%(relation)s, %(column)s, %(json_key)s)
        and f.status in ('open', 'accepted', 'tolerated', 'dismissed')
)
select
    rule_id,
    count(*) filter (where k.row_key is null) as new,
    count(*) filter (where s.row_key is null) as gone,
    count(*) filter (where k.row_key is not null and s.row_key is not null) as unchanged
from seen as s
full join known as k using (row_key, note_digest, rule_id, start)
group by rule_id
order by rule_id
