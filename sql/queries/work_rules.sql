-- The key of the digests, and the digest of the rules that the database holds.
select s.key, p.digest from motjuste.secret as s cross join motjuste.pack as p where p.current
