-- Record a request that came in: its number, due a month later by the calendar.
insert into motjuste.request (subjects, received, due)
select %(subjects)s::jsonb, d.received, (d.received + interval '1 month')::date
from (select coalesce(%(received)s::date, current_date) as received) as d
returning id
