-- Rows of some parts of the queue, this transaction's from now on: by which watch they are read (null: by none any more), the name of its
-- column, the row's key, the digest that tells a row without one, where they stand in the queue, in which
-- part, and the last page that any of them is on.
with claimed as materialized (
    select * from motjuste.claim(%(parts)s::int[], %(page)s::bigint, %(most)s::int, %(but)s::int[])
),
watched as materialized (
    select q.watch_id, motjuste.by_watch(q.watch_id) as by_watch from (select distinct c.watch_id from claimed as c) as q
)
select
    w.id, coalesce(w.label || '.' || w.column_name || case when w.json_key = '' then '' else '->>' || w.json_key end, ''),
    q.row_key::text, q.note_digest, q.places::text, q.part, l.page
from claimed as q
join watched as b on b.watch_id = q.watch_id
left join motjuste.watch as w on w.id = b.by_watch
cross join (
    select (max(c.places[cardinality(c.places)])::text::point)[0]::bigint as page from claimed as c -- the last place of a row is its greatest
) as l
