-- The request of a person that an answer of today is for: the last that is not settled, or not due yet; by its day where given.
select r.id
from motjuste.request as r
where r.subjects = %(subjects)s::jsonb
    and case
        when %(received)s::date is not null then r.received = %(received)s::date
        else r.complete is not true or r.due >= current_date
    end
order by r.received desc
limit 1
