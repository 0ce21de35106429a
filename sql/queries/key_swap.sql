-- The findings with their new digests: how many. What was found again meanwhile has given way to what may have been decided.
with moved as (
    update motjuste.finding as f
    set note_digest = r.new_digest
    from motjuste.rekey as r
    where r.old_digest = f.note_digest
        and (not %(lost)s or f.status in ('open', 'accepted', 'dismissed', 'tolerated'))
    returning f.id
)
select count(*) from moved
