-- Errors inside checks by column, SQLSTATE and role: how often, the last one.
select f.relation || '.' || f.column_name, f.sqlstate, f.role, count(*), count(*), max(f.at)
from motjuste.failure as f
group by 1, 2, 3
order by max(f.at) desc
