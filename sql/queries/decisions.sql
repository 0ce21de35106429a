-- Every decision, as the lines of a decisions file and in their order: the number of what is to be written, and the line.
select d.id, motjuste.decided(n.relation, n.column_name, n.json_key, n.row_key, n.note_digest)::text
from (
    select f.relation, f.column_name, f.json_key, f.row_key, f.note_digest
    from motjuste.finding as f
    where f.status in ('accepted', 'dismissed', 'tolerated')
    union
    select d.relation, d.column_name, d.json_key, d.row_key, d.note_digest from motjuste.decision as d
) as n
left join motjuste.decision as d
    on (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
        = (n.relation, n.column_name, n.json_key, n.row_key, n.note_digest)
order by
    n.relation collate "C", n.column_name collate "C", n.json_key collate "C",
    (
        -- as the file has it, where a number with decimals is text
        select coalesce('{' || string_agg(
            to_json(k.key)::text || ': ' || case
                when jsonb_typeof(k.value) = 'number' and k.value::text like '%%.%%' then to_json(k.value::text)::text
                else k.value::text end,
            ', ' order by k.key collate "C") || '}', '{}')
        from jsonb_each(n.row_key) as k
    ) collate "C",
    n.note_digest
