-- The places of those decisions for which there is no finding. A number with decimals is text in a decisions file, so that
-- a row key that is not found as it is written is looked for by the digest of its note.
with wanted as materialized (
    select
        (x ->> 0)::int as place, x ->> 1 as relation, x ->> 2 as column_name, x ->> 3 as json_key, x -> 4 as row_key,
        decode(x ->> 5, 'hex') as digest, x ->> 6 as rule_id, (x ->> 7)::int as start
    from jsonb_array_elements(%(wanted)s::jsonb) as x
)
select distinct w.place
from wanted as w
where not exists (
    select
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest, f.rule_id, f.start)
        = (w.relation, w.column_name, w.json_key, w.row_key, w.digest, w.rule_id, w.start)
)
and not exists (
    -- of one that was closed meanwhile the note is known and not the rule: applying says what became of it
    select
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.note_digest) = (w.relation, w.column_name, w.json_key, w.digest)
        and f.rule_id is null
)
and (
    w.row_key::text !~ '"-?\d+\.\d'
    or not exists (
        select
        from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key, f.note_digest, f.rule_id, f.start)
            = (w.relation, w.column_name, w.json_key, w.digest, w.rule_id, w.start)
    )
)
