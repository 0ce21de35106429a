-- The key of the digests, and the digest of a text known to all under the key by which the findings were made.
select s.key, m.mark from motjuste.secret as s cross join motjuste.key_mark as m
