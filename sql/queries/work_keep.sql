-- What was found in rows of the queue, stored; how many findings are new.
select motjuste.keep(
    %(watch)s::int,
    array(select k from jsonb_array_elements(%(asked_keys)s::jsonb) as k), %(asked_digests)s::bytea[],
    array(select k from jsonb_array_elements(%(found_keys)s::jsonb) as k), %(found_digests)s::bytea[],
    %(numbers)s::int[], %(rules)s::text[], %(categories)s::text[], %(levels)s::text[], %(starts)s::int[], %(lengths)s::int[], %(authors)s::text[]
)
