-- For other queries, as @wanted@ in a where clause on motjuste.finding as f: each filter that is given narrows down.
(cardinality(%(rules)s::text[]) = 0 or f.rule_id = any (%(rules)s::text[]))
and (cardinality(%(categories)s::text[]) = 0 or f.category = any (%(categories)s::text[]))
and (cardinality(%(levels)s::text[]) = 0 or f.level = any (%(levels)s::text[]))
and (cardinality(%(certainties)s::text[]) = 0 or coalesce(f.certainty, '') = any (%(certainties)s::text[]))
and (cardinality(%(relations)s::text[]) = 0 or f.relation = any (%(relations)s::text[]))
and (%(authors)s::text[] is null or f.author = any (%(authors)s::text[]))
and f.found_at <= now() - make_interval(days => %(days)s)
