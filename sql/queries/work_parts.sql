-- The parts of the queue that have rows among so many from a page on, but those of the watches `but`, and how many.
select motjuste.bucket(t.row_key, t.note_digest) as part, count(*)
from (
    select q.row_key, q.note_digest
    from motjuste.queue as q
    where q.ctid >= format('(%%s,0)', %(page)s::bigint)::tid and q.watch_id <> all (%(but)s::int[])
    limit %(most)s::int
) as t
group by 1
order by 1
