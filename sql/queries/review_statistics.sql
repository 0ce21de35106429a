-- Of each rule: its findings by what became of them. A false alarm is a finding that a reviewer dismissed.
select
    f.rule_id as rule, f.category, f.level,
    sum(f.findings)::bigint as findings,
    coalesce(sum(f.findings) filter (where f.status = 'open'), 0)::bigint as open,
    coalesce(sum(f.findings) filter (where f.status = 'accepted'), 0)::bigint as accepted,
    coalesce(sum(f.findings) filter (where f.status = 'redacted'), 0)::bigint as redacted,
    coalesce(sum(f.findings) filter (where f.status = 'tolerated'), 0)::bigint as tolerated,
    coalesce(sum(f.findings) filter (where f.status = 'dismissed'), 0)::bigint as dismissed,
    coalesce(sum(f.findings) filter (where f.status = 'corrected'), 0)::bigint as corrected
from motjuste.counted as f
group by f.rule_id, f.category, f.level
order by 9 desc, 4 desc, 1
