-- Each note that was marked: its team, its day, whether nothing is wrong with it.
select n.stratum, n.written_on, n.objective and n.relevant and n.clean
from motjuste.sample_note as n
where n.marked_by is not null and (cardinality(%(samples)s::int[]) = 0 or n.sample_id = any (%(samples)s::int[]))
