-- The open findings under the filters: of each rank, the surest and gravest first, their numbers, in no order.
select
    case f.certainty when 'certain' then 0 when 'doubtful' then 4 else 2 end + case f.level when 'block' then 0 else 1 end as rank,
    array_agg(f.id)
from motjuste.finding as f
where f.status = 'open' and @wanted@
group by 1
order by 1
