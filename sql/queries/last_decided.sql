-- The findings of the last thing that this reviewer decided and that is not redacted yet.
select f.id
from motjuste.finding as f
where f.decided_by = %(who)s and f.status in ('accepted', 'dismissed', 'tolerated')
    and f.decided_at = (
        select max(x.decided_at)
        from motjuste.finding as x
        where x.decided_by = %(who)s and x.status in ('accepted', 'dismissed', 'tolerated')
    )
order by f.id
