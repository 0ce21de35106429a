-- The findings to review, narrowed down by each filter that is given.
select
    f.relation, f.column_name, f.json_key, f.row_key, encode(f.note_digest, 'hex') as note_digest,
    f.rule_id, f.category, f.level, f.start, f.length, f.id, f.status, f.certainty,
    f.decided_by, f.reason
from motjuste.finding as f
where
    f.status = any (%(statuses)s::text[])
    and (cardinality(%(rules)s::text[]) = 0 or f.rule_id = any (%(rules)s::text[]))
    and (cardinality(%(categories)s::text[]) = 0 or f.category = any (%(categories)s::text[]))
    and (cardinality(%(levels)s::text[]) = 0 or f.level = any (%(levels)s::text[]))
    and (cardinality(%(relations)s::text[]) = 0 or f.relation = any (%(relations)s::text[]))
