-- Those of these findings that somebody else has before him.
select r.finding_id
from motjuste.reservation as r
where r.finding_id = any (%(ids)s::bigint[]) and r.reviewer <> %(who)s and r.until > now()
