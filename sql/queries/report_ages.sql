-- The findings that stand, by the whole days since they were found.
select floor(extract(epoch from now() - f.found_at) / 86400)::int, count(*)
from motjuste.finding as f
where f.status in ('open', 'accepted')
group by 1
order by 1
