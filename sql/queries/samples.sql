-- The samples, the newest first: number, day, by what it was drawn, since when, notes, of which marked.
select s.id, s.drawn_at, s.per, s.since, count(n.number), count(n.marked_by)
from motjuste.sample as s
left join motjuste.sample_note as n on n.sample_id = s.id
group by s.id
order by s.id desc
