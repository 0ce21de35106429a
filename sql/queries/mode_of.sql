-- The mode of a watched column, and whether it is deferred: its own, or that of the parent that its table is watched with.
select w.mode, w.deferred
from motjuste.watch as w
where w.column_name = %(column)s and w.json_key = %(json_key)s
    and (w.relation = to_regclass(%(relation)s)
        or w.relation in (select a.ancestor from motjuste.ancestors(to_regclass(%(relation)s)) as a))
limit 1
