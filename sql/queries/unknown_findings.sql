-- The places of those decisions for which there is no finding. A number with decimals is text in a decisions file, so that
-- a row key that is not found as it is written is looked for by the digest of its note.
select distinct w.place
from unnest(
    %(place)s::int[], %(relation)s::text[], %(column)s::text[], %(json_key)s::text[], %(row_key)s::jsonb[],
    %(digest)s::text[], %(rule)s::text[], %(start)s::int[]
) as w (place, relation, column_name, json_key, row_key, digest, rule_id, start)
where not exists (
    select
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest, f.rule_id, f.start)
        = (w.relation, w.column_name, w.json_key, w.row_key, decode(w.digest, 'hex'), w.rule_id, w.start)
)
and (
    w.row_key::text !~ '"-?\d+\.\d'
    or not exists (
        select
        from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key, f.note_digest, f.rule_id, f.start)
            = (w.relation, w.column_name, w.json_key, decode(w.digest, 'hex'), w.rule_id, w.start)
    )
)
