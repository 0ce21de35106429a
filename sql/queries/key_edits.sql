-- What is to be written into the notes of these digests: digest of the note, digest of what it becomes, edits.
select d.note_digest, d.digest_after, d.edits
from motjuste.decision as d
where d.note_digest = any (%(digests)s::bytea[])
