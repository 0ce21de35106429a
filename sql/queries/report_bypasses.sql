-- Bypasses by column, reason and role: how often, how many rows (null where some came one by one), the last one.
select b.relation || '.' || b.column_name, b.reason, b.role, count(*), case when bool_and(b.rows is not null) then sum(b.rows)::bigint end, max(b.at)
from motjuste.bypass as b
group by 1, 2, 3
order by max(b.at) desc
