-- What of the users' own uses ours: views, constraints, defaults, policies, functions, columns. It would go with the schema.
with ours as (
    select 'pg_catalog.pg_class'::regclass as classid, c.oid from pg_catalog.pg_class as c where c.relnamespace = 'motjuste'::regnamespace
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid from pg_catalog.pg_proc as p where p.pronamespace = 'motjuste'::regnamespace
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid from pg_catalog.pg_type as t where t.typnamespace = 'motjuste'::regnamespace
),
-- what is part of a table or view is its schema's
part as (
    select 'pg_catalog.pg_rewrite'::regclass as classid, r.oid, r.ev_class as relation from pg_catalog.pg_rewrite as r
    union all
    select 'pg_catalog.pg_attrdef'::regclass, d.oid, d.adrelid from pg_catalog.pg_attrdef as d
    union all
    select 'pg_catalog.pg_constraint'::regclass, k.oid, k.conrelid from pg_catalog.pg_constraint as k where k.conrelid <> 0
    union all
    select 'pg_catalog.pg_policy'::regclass, p.oid, p.polrelid from pg_catalog.pg_policy as p
    union all
    select 'pg_catalog.pg_trigger'::regclass, t.oid, t.tgrelid from pg_catalog.pg_trigger as t
    where t.tgrelid in (select c.oid from pg_catalog.pg_class as c where c.relnamespace = 'motjuste'::regnamespace)
)
select distinct case
    when d.classid = 'pg_catalog.pg_rewrite'::regclass then pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, p.relation, 0)
    else pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
end
from ours as o
join pg_catalog.pg_depend as d on d.refclassid = o.classid and d.refobjid = o.oid and d.deptype = 'n'
left join part as p on p.classid = d.classid and p.oid = d.objid
left join pg_catalog.pg_class as c on c.oid = p.relation
where c.relnamespace is distinct from 'motjuste'::regnamespace
    and not exists (select from ours as x where x.classid = d.classid and x.oid = d.objid)
    -- our own triggers are taken away first, one by one
    and not exists (
        select
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_proc as f on f.oid = t.tgfoid
        where d.classid = 'pg_catalog.pg_trigger'::regclass and t.oid = d.objid
            and f.pronamespace = 'motjuste'::regnamespace and f.proname ~ '^(zz_)?motjuste_[0-9]+_|^note_replica$'
    )
order by 1
