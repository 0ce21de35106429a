-- For other queries, as @types@ after `with recursive`: each type with what it is under its domains, and the size that they give it.
root (oid, base, typmod) as (
    select t.oid, t.oid, -1
    from pg_catalog.pg_type as t
    where t.typtype <> 'd'
    union all
    select t.oid, r.base, case when t.typtypmod >= 0 then t.typtypmod else r.typmod end
    from pg_catalog.pg_type as t
    join root as r on r.oid = t.typbasetype
    where t.typtype = 'd'
)
