-- Keeps what was decided of some notes; of each its number, and where it was not kept what stands instead, and by whom.
select place, id, status, who from motjuste.decide(%(notes)s::jsonb)
