-- Of each team, the notes whose key's hash with the seed is lowest: drawn evenly, and the same each time.
select d.row_key, d.stratum, d.day, d.note
from (
    select
        ({key})::text as row_key,
        {stratum} as stratum,
        {day} as day,
        {note}::text as note,
        row_number() over (
            partition by {stratum}
            order by hashtextextended(({key})::text || {note}::text, {seed})
        ) as place
    from {relation} as x
    {join}
    where {counts}
) as d
where d.place <= {size}
order by d.stratum, d.place
