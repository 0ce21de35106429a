-- Open findings of a rule, behind a number, that nobody else has before him.
select f.id
from motjuste.finding as f
where f.status = 'open' and f.rule_id = %(rule)s and f.id > %(after)s
    and not exists (
        select from motjuste.reservation as r
        where r.finding_id = f.id and r.reviewer <> %(who)s and r.until > now()
    )
order by f.id
limit %(limit)s
