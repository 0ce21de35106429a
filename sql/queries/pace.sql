-- Of the findings that this reviewer decided: how many today, how many in the last quarter of an hour, over how many seconds, and
-- whether there is one to take back.
select
    count(*) filter (where f.decided_at >= date_trunc('day', now())),
    count(*) filter (where f.decided_at > now() - interval '15 minutes'),
    coalesce(extract(epoch from now() - min(f.decided_at) filter (where f.decided_at > now() - interval '15 minutes')), 0)::int,
    coalesce(bool_or(f.status in ('accepted', 'dismissed', 'tolerated')), false)
from motjuste.finding as f
where f.decided_by = %(who)s
