-- Every request, the first due first among those that are not settled, then the settled ones, the last first.
select
    r.id, r.subjects, r.received, r.due, r.reason, r.answered_at, r.answered_by, r.complete, r.notes, r.tables,
    (r.due - current_date)::int as days_left
from motjuste.request as r
order by r.complete is true, case when r.complete is not true then r.due end, r.received desc, r.id
