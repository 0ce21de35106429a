-- Of these notes, each (place in the list, relation, column, json_key, row key, digest), those that the database knows: place, number of
-- what is to be written, what was decided as a line of a decisions file, and the findings: number, status, rule, start, length. A
-- number with decimals is text in a file: a row key that is not found as it is written is compared as text.
with wanted as materialized (
    select
        (x ->> 0)::int as place, x ->> 1 as relation, x ->> 2 as column_name, x ->> 3 as json_key, x -> 4 as row_key,
        decode(x ->> 5, 'hex') as note_digest
    from jsonb_array_elements(%(wanted)s::jsonb) as x
),
note as (
    select w.place, w.relation, w.column_name, w.json_key, k.row_key, w.note_digest
    from wanted as w
    cross join lateral (
        select f.row_key
        from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
            = (w.relation, w.column_name, w.json_key, w.row_key, w.note_digest)
        union
        select d.row_key
        from motjuste.decision as d
        where (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
            = (w.relation, w.column_name, w.json_key, w.row_key, w.note_digest)
        union
        select f.row_key
        from motjuste.finding as f
        where w.row_key::text ~ '"-?\d+\.\d'
            and (f.relation, f.column_name, f.json_key, f.note_digest) = (w.relation, w.column_name, w.json_key, w.note_digest)
            and (select jsonb_object_agg(k.key, k.value) from jsonb_each_text(f.row_key) as k)
                = (select jsonb_object_agg(k.key, k.value) from jsonb_each_text(w.row_key) as k)
    ) as k
)
select
    n.place, d.id, motjuste.decided(n.relation, n.column_name, n.json_key, n.row_key, n.note_digest)::text,
    (
        select coalesce(jsonb_agg(jsonb_build_array(f.id, f.status, f.rule_id, f.start, f.length) order by f.id), '[]')
        from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
            = (n.relation, n.column_name, n.json_key, n.row_key, n.note_digest)
    )
from note as n
left join motjuste.decision as d
    on (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
        = (n.relation, n.column_name, n.json_key, n.row_key, n.note_digest)
