-- Where nothing is known by a digest, a key that is made anew is as good as the one of before.
update motjuste.key_mark as m
set mark = motjuste.digest('motjuste')
where not exists (select from motjuste.finding) and not exists (select from motjuste.sample_note)
