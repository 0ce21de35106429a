-- What was found in rows of the queue, stored; how many findings are new.
select motjuste.keep(
    %(watch)s::int, %(asked_keys)s::text[]::jsonb[], %(asked_digests)s::bytea[], %(found_keys)s::text[]::jsonb[], %(found_digests)s::bytea[],
    %(numbers)s::int[], %(rules)s::text[], %(categories)s::text[], %(levels)s::text[], %(starts)s::int[], %(lengths)s::int[], %(authors)s::text[]
)
