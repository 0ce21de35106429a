-- What runs where the relations of pg_temp.motjuste_relation are updated: kind, name, on which table, its function, as whom.
with recursive tree as (
    select c.oid
    from pg_temp.motjuste_relation as x
    cross join lateral (select parse_ident(x.name) as parts) as named
    join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
    join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
    union
    select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
),
named as (
    select t.oid, c.relkind, format('%I.%I', n.nspname, c.relname) as name
    from tree as t
    join pg_catalog.pg_class as c on c.oid = t.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
),
kept (relation, kind, name, function) as (
    select g.tgrelid, 'trigger', g.tgname, g.tgfoid
    from tree
    join pg_catalog.pg_trigger as g on g.tgrelid = tree.oid
    where not g.tgisinternal and g.tgtype & 16 = 16 and g.tgenabled <> 'D'
    union
    select con.conrelid, 'check', con.conname, d.refobjid
    from tree
    join pg_catalog.pg_constraint as con on con.conrelid = tree.oid and con.contype = 'c'
    join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = con.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    select i.indrelid, 'index', c.relname, d.refobjid
    from tree
    join pg_catalog.pg_index as i on i.indrelid = tree.oid
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    select a.attrelid, 'domain', t.typname, d.refobjid
    from tree
    join pg_catalog.pg_attribute as a on a.attrelid = tree.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typtype = 'd'
    join pg_catalog.pg_constraint as con on con.contypid = t.oid
    join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = con.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    select f.adrelid, 'generated column', a.attname, d.refobjid
    from tree
    join pg_catalog.pg_attrdef as f on f.adrelid = tree.oid
    join pg_catalog.pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated <> ''
    join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass
)
select
    k.kind, k.name::text, n.name as relation, p.oid::regprocedure::text as function,
    case when p.prosecdef then pg_catalog.pg_get_userbyid(p.proowner) else current_user end::text as role
from kept as k
join named as n on n.oid = k.relation
join pg_catalog.pg_proc as p on p.oid = k.function
union all
select 'rule', r.rulename, n.name, '', current_user
from pg_catalog.pg_rewrite as r
join named as n on n.oid = r.ev_class
where r.ev_type = '2' and r.rulename <> '_RETURN'
order by 3, 1, 2, 4
