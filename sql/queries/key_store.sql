-- The new key, what is derived from it, and the digest that tells it.
with marked as (
    update motjuste.key_mark as m set mark = %(mark)s
),
sampled as (
    update motjuste.sample_note as n set note_digest = r.new_digest from motjuste.rekey as r where r.old_digest = n.note_digest
)
update motjuste.secret as s
set key = %(key)s, inner_pad = %(inner)s, outer_pad = %(outer)s, next_key = null,
    made_at = case when s.key = %(key)s then s.made_at else now() end
