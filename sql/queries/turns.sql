-- The open findings that come next, the surest and gravest first, behind a place in that order: rank, number, whether somebody else has
-- it before him; with each how many are open in all.
with open as materialized (
    select
        f.id,
        case f.certainty when 'certain' then 0 when 'doubtful' then 4 else 2 end + case f.level when 'block' then 0 else 1 end as rank
    from motjuste.finding as f
    where f.status = 'open' and @wanted@
),
next as (
    select o.rank, o.id
    from open as o
    where (o.rank, o.id) > (%(rank)s, %(id)s)
        and not exists (
            select from motjuste.reservation as r
            where r.finding_id = o.id and r.reviewer <> %(who)s and r.until > now()
        )
    order by o.rank, o.id
    limit %(limit)s
)
select n.rank, n.id, c.open
from (select count(*) as open from open) as c
left join next as n on true
order by n.rank, n.id
