-- Of these digests, those by which a note is known and that are not translated yet.
select x.digest
from unnest(%(digests)s::bytea[]) as x (digest)
where (exists (select from motjuste.finding as f where f.note_digest = x.digest)
        or exists (select from motjuste.decision as d where d.note_digest = x.digest)
        or exists (select from motjuste.sample_note as n where n.note_digest = x.digest))
    and not exists (select from motjuste.rekey as r where r.old_digest = x.digest)
