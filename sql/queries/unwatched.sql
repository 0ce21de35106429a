-- Of these tables, those that exist and have no watched column yet, in one order for everybody; not those that this role has no
-- right to lock, as where it may only make triggers.
select c.oid::regclass::text
from pg_catalog.pg_class as c
where c.oid in (select to_regclass(x.name) from unnest(%(relations)s::text[]) as x (name))
    and not exists (select from motjuste.watch as w where w.relation = c.oid)
    and has_table_privilege(c.oid, 'update, delete, truncate')
order by c.oid
