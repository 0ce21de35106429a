-- What the server brings along: types, functions, operators, casts and system views, one a line, for check/builtins.tsv.
-- Names without a schema are pg_catalog's; those of an extension carry its name.
with of_extension as (
    select d.classid, d.objid, e.extname::text as name
    from pg_depend as d
    join pg_extension as e on e.oid = d.refobjid
    where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname <> 'plpgsql'
),
sorted (kind, line) as (
    select
        't',
        concat_ws(
            E'\t', coalesce(x.name, ''), t.typname, t.typcategory::text, t.typispreferred::int::text, t.typtype::text,
            (select typname from pg_type where oid in (r.rngsubtype, m.rngsubtype))
        )
    from pg_type as t
    left join of_extension as x on x.classid = 'pg_type'::regclass and x.objid = t.oid
    left join pg_range as r on r.rngtypid = t.oid
    left join pg_range as m on m.rngmultitypid = t.oid
    where
        t.typtype in ('b', 'r', 'm', 'p', 'd')
        and t.typname !~ '^_'
        and (t.typnamespace = 'pg_catalog'::regnamespace or x.name is not null)
    union all
    select
        'f',
        concat_ws(
            E'\t', coalesce(x.name, ''), p.proname,
            (select typname from pg_type where oid = p.prorettype),
            (
                select coalesce(string_agg(t.typname, ' ' order by a.n), '')
                from unnest(p.proargtypes::oid[]) with ordinality as a (oid, n)
                join pg_type as t on t.oid = a.oid
            ),
            p.prokind::text || case when p.proretset then 's' else '' end
            || case when p.provariadic <> 0 then 'v' else '' end || p.pronargdefaults::text,
            (
                select string_agg(coalesce(p.proargnames[a.n], '') || ':' || t.typname, ' ' order by a.n)
                from unnest(p.proallargtypes) with ordinality as a (oid, n)
                join pg_type as t on t.oid = a.oid
                where p.proargmodes[a.n] in ('o', 'b', 't')
            )
        )
    from pg_proc as p
    left join of_extension as x on x.classid = 'pg_proc'::regclass and x.objid = p.oid
    where
        (p.pronamespace = 'pg_catalog'::regnamespace or x.name is not null)
        and p.prokind <> 'p'
        and not p.proargtypes::oid[] && array['internal'::regtype::oid, 'cstring'::regtype::oid]
        and p.prorettype not in (
            'internal'::regtype, 'cstring'::regtype, 'event_trigger'::regtype, 'index_am_handler'::regtype,
            'table_am_handler'::regtype
        )
        -- support functions that no query calls by name
        and p.proname !~ '^(RI_|binary_upgrade|pg_stat_get_)'
    union all
    select
        'o',
        concat_ws(
            E'\t', coalesce(x.name, ''), o.oprname, coalesce(l.typname, ''), r.typname, res.typname
        )
    from pg_operator as o
    left join of_extension as x on x.classid = 'pg_operator'::regclass and x.objid = o.oid
    left join pg_type as l on l.oid = o.oprleft
    join pg_type as r on r.oid = o.oprright
    join pg_type as res on res.oid = o.oprresult
    where o.oprnamespace = 'pg_catalog'::regnamespace or x.name is not null
    union all
    select 'c', concat_ws(E'\t', coalesce(x.name, ''), s.typname, t.typname, c.castcontext::text)
    from pg_cast as c
    join pg_type as s on s.oid = c.castsource
    join pg_type as t on t.oid = c.casttarget
    left join of_extension as x on x.classid = 'pg_cast'::regclass and x.objid = c.oid
    where c.castcontext <> 'e' and s.typname <> t.typname
    union all
    select
        'v',
        concat_ws(
            E'\t', coalesce(x.name, n.nspname), c.relname,
            (
                select string_agg(a.attname || ':' || t.typname, ' ' order by a.attnum)
                from pg_attribute as a
                join pg_type as t on t.oid = a.atttypid
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )
        )
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join of_extension as x on x.classid = 'pg_class'::regclass and x.objid = c.oid
    where c.relkind in ('r', 'v') and (n.nspname in ('pg_catalog', 'information_schema') or x.name is not null)
)
select kind || E'\t' || line
from sorted
order by kind, line collate "C"
