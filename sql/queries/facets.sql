-- How many open findings there are of each kind, under the filters: what it is a kind of, which, how many.
with f as (
    select
        f.category, f.rule_id, f.level, coalesce(f.certainty, '') as certainty, f.relation, f.author,
        case
            when f.found_at > now() - interval '30 days' then '0'
            when f.found_at > now() - interval '90 days' then '30'
            else '90' end as days,
        count(*) as findings
    from motjuste.finding as f
    where f.status = 'open' and @wanted@
    group by 1, 2, 3, 4, 5, 6, 7
)
select
    case
        when grouping(f.category) = 0 then 'category' when grouping(f.rule_id) = 0 then 'rule' when grouping(f.level) = 0 then 'level'
        when grouping(f.certainty) = 0 then 'certainty' when grouping(f.relation) = 0 then 'relation' when grouping(f.author) = 0 then 'author'
        else 'days' end as kind,
    coalesce(f.category, f.rule_id, f.level, f.certainty, f.relation, f.author, f.days, '') as which,
    sum(f.findings)::bigint as findings
from f
group by grouping sets ((f.category), (f.rule_id), (f.level), (f.certainty), (f.relation), (f.author), (f.days))
order by 1, 3 desc, 2
