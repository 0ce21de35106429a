-- For other queries, as @reached@ after `kept` (relation, kind, name, classid, objid): what these expressions call, by way of operators and
-- of the types that they name. The checks of a domain are planned, and their constant parts computed, wherever something is cast to it.
reached as (
    select k.relation, k.kind, k.name::text as name, k.classid, k.objid from kept as k
    union
    select r.relation, r.kind, r.name, next.classid, next.objid
    from reached as r
    cross join lateral (
        select d.refclassid as classid, d.refobjid as objid
        from pg_catalog.pg_depend as d
        where d.classid = r.classid and d.objid = r.objid and d.objsubid = 0
            and r.classid not in (
                'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_proc'::regclass
            )
            and d.refclassid in (
                'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_proc'::regclass
            )
        union all
        -- NOT of an operator is that of its negator
        select x.classid, x.objid
        from pg_catalog.pg_operator as o
        cross join lateral (
            values
                ('pg_catalog.pg_proc'::regclass::oid, o.oprcode::oid),
                ('pg_catalog.pg_operator'::regclass, o.oprnegate),
                ('pg_catalog.pg_operator'::regclass, o.oprcom)
        ) as x (classid, objid)
        where r.classid = 'pg_catalog.pg_operator'::regclass and o.oid = r.objid
        union all
        select x.classid, x.objid
        from pg_catalog.pg_type as t
        cross join lateral (
            select 'pg_catalog.pg_type'::regclass::oid as classid, t.typbasetype as objid
            union all
            select 'pg_catalog.pg_type'::regclass, t.typelem
            union all
            select 'pg_catalog.pg_type'::regclass, a.atttypid
            from pg_catalog.pg_attribute as a
            where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
            union all
            select 'pg_catalog.pg_constraint'::regclass, c.oid from pg_catalog.pg_constraint as c where c.contypid = t.oid
            union all
            select y.classid, y.objid
            from pg_catalog.pg_range as g
            cross join lateral (
                values
                    ('pg_catalog.pg_type'::regclass::oid, g.rngsubtype),
                    ('pg_catalog.pg_proc'::regclass, g.rngsubdiff::oid),
                    ('pg_catalog.pg_proc'::regclass, g.rngcanonical::oid)
            ) as y (classid, objid)
            where t.oid in (g.rngtypid, g.rngmultitypid)
        ) as x
        where r.classid = 'pg_catalog.pg_type'::regclass and t.oid = r.objid and t.oid >= 16384 -- below: the system's own
    ) as next
)
