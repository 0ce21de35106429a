-- The findings with their new digests: how many. What was found again meanwhile has given way to what may have been decided.
with moved as (
    update motjuste.finding as f
    set note_digest = r.new_digest
    from motjuste.rekey as r
    where r.old_digest = f.note_digest
        and (not %(lost)s or f.status in ('open', 'accepted', 'dismissed', 'tolerated'))
    returning f.id
),
written as (
    update motjuste.decision as d
    set note_digest = r.new_digest, digest_after = a.new_digest
    from motjuste.rekey as r, motjuste.rekey as a
    where r.old_digest = d.note_digest and a.old_digest = d.digest_after
),
-- rows that wait to be read and are known by a digest alone: their columns are to be scanned
given as (
    delete from motjuste.queue as q where q.note_digest is not null returning q.watch_id
),
told as (
    insert into motjuste.failure (relation, column_name, json_key, sqlstate)
    select distinct w.label, w.column_name, w.json_key, 'MJ004' from given as g join motjuste.watch as w on w.id = g.watch_id
)
select count(*) from moved
