-- How many findings that are not closed have no new digest; after a loss, those of before.
select count(*)
from motjuste.finding as f
cross join motjuste.secret as s
where f.status in ('open', 'accepted', 'dismissed', 'tolerated')
    and not exists (select from motjuste.rekey as r where r.old_digest = f.note_digest)
    and (not %(lost)s or f.found_at < s.made_at)
