-- The restored notes, by number, are what they were before their redaction: what they hold is found again. What is left of the
-- findings that it closed, without rule and category, gives way.
select motjuste.handle(
    null, %(relation)s, %(column)s, %(json_key)s, 'flag',
    array_agg(motjuste.kept_key(k.key) order by o.number), array_agg(o.note order by o.number),
    array_agg(k.author order by o.number)
)
from pg_temp.motjuste_original as o
join unnest(%(numbers)s::int[], %(keys)s::jsonb[], %(authors)s::text[]) as k (number, key, author) on k.number = o.number
