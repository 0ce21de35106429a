-- Whether the key of the digests is there, and whether the findings were made with it.
select
    exists (select from motjuste.secret),
    coalesce((select m.mark = motjuste.digest('motjuste') from motjuste.key_mark as m), true)
