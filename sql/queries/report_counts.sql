-- How many findings share column, category, rule, level, status, month and team; the name of a team only where one is declared,
-- and the finding is still kept.
select
    f.relation || '.' || f.column_name || case f.json_key when '' then '' when '[]' then '[]' else '->>' || f.json_key end,
    f.category,
    f.rule_id,
    f.level,
    f.status,
    to_char(f.month, 'YYYY-MM'),
    {team},
    sum(f.findings)::bigint
from motjuste.counted as f
{join}
group by 1, 2, 3, 4, 5, 6, 7
