-- The parts of the queue that have rows among the first from a page on, but those of the watches `but`.
select distinct motjuste.bucket(t.row_key, t.note_digest) as part
from (
    select q.row_key, q.note_digest
    from motjuste.queue as q
    where q.ctid >= format('(%%s,0)', %(page)s::bigint)::tid and q.watch_id <> all (%(but)s::int[])
    limit 2000
) as t
order by 1
