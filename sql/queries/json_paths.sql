-- The keys that lead to texts further down in a sample of a jsonb column: through objects, and through arrays as if
-- each of their elements stood alone. More than a hundred: keys are data, not names.
with recursive node (path, value, depth) as (
    select array[]::text[], sample.doc, 0
    from (select {column}::jsonb as doc from {relation} where {column} is not null limit 200) as sample
    union all
    select case when child.key is null then node.path else node.path || child.key end, child.value, node.depth + 1
    from node
    cross join lateral (
        select o.key, o.value
        from jsonb_each(case when jsonb_typeof(node.value) = 'object' then node.value end) as o
        union all
        select null, a.value
        from jsonb_array_elements(case when jsonb_typeof(node.value) = 'array' then node.value end) as a
    ) as child
    where node.depth < 6
)
select path
from node
where jsonb_typeof(value) = 'string' and depth > 1 and cardinality(path) > 0
group by path
order by path
limit 101
