-- Mark a drawn note: `new`, `same` where it has these marks already, `other` with who gave them where it has others; no row
-- where there is no such note.
with told as (
    select n.objective, n.relevant, n.clean, n.marked_by
    from motjuste.sample_note as n
    where n.sample_id = %(sample)s and n.number = %(number)s
),
given as (
    update motjuste.sample_note as n
    set objective = %(objective)s, relevant = %(relevant)s, clean = %(clean)s, marked_by = %(reviewer)s, marked_at = now()
    where n.sample_id = %(sample)s and n.number = %(number)s and n.marked_by is null
)
select
    case
        when t.marked_by is null then 'new'
        when (t.objective, t.relevant, t.clean) = (%(objective)s, %(relevant)s, %(clean)s) then 'same'
        else 'other'
    end,
    t.marked_by
from told as t
