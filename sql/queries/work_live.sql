-- The notes of rows of the queue as they stand: number of the row, key, bytes, text (none: too long, or left for later), the digest of one that is too long, author.
select l.i, l.row_key::text, l.size, l.note, l.note_digest, l.author
from motjuste.live(%(watch)s::int, %(keys)s::text[]::jsonb[], %(digests)s::bytea[]) as l
