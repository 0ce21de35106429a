-- The rows that stand in these slots of a table now, with the notes that count.
select x.ctid::text, ({key})::text, {stratum}, {day}, {note}::text
from only {leaf} as x
{join}
where x.ctid = any ({tids}::tid[]) and {counts}
