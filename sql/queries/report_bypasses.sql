-- Bypasses by column, reason and role: how often, how many rows, the last one.
select b.relation || '.' || b.column_name, b.reason, b.role, count(*), sum(b.rows)::bigint, max(b.at)
from motjuste.bypass as b
group by 1, 2, 3
order by max(b.at) desc
