-- Rows of a part of the queue, this transaction's from now on: by which watch they are read (null: by none any more), the name of its
-- column, the row's key, the digest that tells a row without one, and where they stand in the queue.
select
    w.id, coalesce(w.label || '.' || w.column_name || case when w.json_key = '' then '' else '->>' || w.json_key end, ''),
    q.row_key::text, q.note_digest, q.places::text[]
from motjuste.claim(%(part)s::int, %(page)s::bigint, %(most)s::int, %(but)s::int[]) as q
left join motjuste.watch as w on w.id = motjuste.by_watch(q.watch_id)
