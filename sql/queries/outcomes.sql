-- What became of the notes of a transaction: place, row key, outcome, how many; those redacted as planned only by their number.
select r.place, r.row_key::text, r.outcome, r.notes
from (
    select x.part, 0 as edit, x.place, ''::text as row_key, x.outcome, count(*) as notes
    from pg_temp.motjuste_result as x
    where x.outcome = 'redacted'
    group by x.part, x.place, x.outcome
    union all
    select x.part, x.edit, x.place, x.row_key::text, x.outcome, 1
    from pg_temp.motjuste_result as x
    where x.outcome <> 'redacted'
) as r
order by r.part, r.edit, r.row_key
