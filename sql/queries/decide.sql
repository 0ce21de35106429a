-- What a reviewer decided of a finding; one that was closed meanwhile stays closed.
update motjuste.finding as f
set status = %(status)s, reason = %(reason)s, until = %(until)s,
    decided_by = case when %(status)s <> 'open' then %(reviewer)s::text end,
    decided_at = case when %(status)s <> 'open' then now() end
where f.id = %(id)s and f.status in ('open', 'accepted', 'dismissed', 'tolerated')
