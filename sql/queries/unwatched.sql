-- Of these tables, those that exist and have no watched column yet, in one order for everybody.
select c.oid::regclass::text
from pg_catalog.pg_class as c
where c.oid in (select to_regclass(x.name) from unnest(%(relations)s::text[]) as x (name))
    and not exists (select from motjuste.watch as w where w.relation = c.oid)
order by c.oid
