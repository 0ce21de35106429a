-- The top-level keys that hold text, in a sample of a jsonb column. More than a hundred: keys are data, not names.
select k.key
from (select {column}::jsonb as doc from {relation} where {column} is not null limit 1000) as sample
cross join lateral jsonb_each(case when jsonb_typeof(sample.doc) = 'object' then sample.doc end) as k
where jsonb_typeof(k.value) = 'string'
group by k.key
order by k.key
limit 101
