-- The key of the digests and the one that is to come: this one, where none was begun with; none: the same, after a loss.
update motjuste.secret as s
set next_key = case when %(key)s::bytea is null then null else coalesce(s.next_key, %(key)s) end
returning s.key, coalesce(s.next_key, s.key)
