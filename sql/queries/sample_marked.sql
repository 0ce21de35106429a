-- Each note that was marked: its team, its column, its day, whether nothing is wrong with it, of which sample it is.
select
    n.stratum,
    n.relation || '.' || n.column_name || case when n.json_key = '' then '' else '->>' || n.json_key end,
    n.written_on,
    n.objective and n.relevant and n.clean,
    n.sample_id
from motjuste.sample_note as n
where n.marked_by is not null and (cardinality(%(samples)s::int[]) = 0 or n.sample_id = any (%(samples)s::int[]))
