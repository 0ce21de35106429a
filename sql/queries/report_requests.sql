-- The requests for access, the first due first among those that are not settled, then the settled ones, the last first.
select r.id, r.received, r.due, r.extended, r.answered_at, r.complete, r.days_left
from motjuste.request_term as r
order by r.days_left, r.received desc, r.id
