-- Of each rule: its findings by what became of them. A false alarm is a finding that a reviewer dismissed.
select
    f.rule_id as rule, f.category, f.level,
    count(*) as findings,
    count(*) filter (where f.status = 'open') as open,
    count(*) filter (where f.status = 'accepted') as accepted,
    count(*) filter (where f.status = 'redacted') as redacted,
    count(*) filter (where f.status = 'tolerated') as tolerated,
    count(*) filter (where f.status = 'dismissed') as dismissed,
    count(*) filter (where f.status = 'corrected') as corrected
from motjuste.finding as f
group by f.rule_id, f.category, f.level
order by count(*) filter (where f.status = 'dismissed') desc, count(*) desc, f.rule_id
