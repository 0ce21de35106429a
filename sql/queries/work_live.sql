-- The notes of rows of the queue as they stand: number of the row, key, bytes, text (none: too long, or left for later), the digest of one that is too long, author, whether
-- there are findings of the row.
select l.i, l.row_key::text, l.size, l.note, l.note_digest, l.author, l.held
from motjuste.live(%(watch)s::int, array(select k from jsonb_array_elements(%(keys)s::jsonb) as k), %(digests)s::bytea[]) as l
