-- A digest of all that faults.sql looks at, as it stands in the schema, and of who asks: where it is that of an earlier comparison in
-- which nothing was wrong, there is nothing to compare. Names instead of numbers, which are another database's other objects. The
-- second one changes with each change, even where what was there comes back.
with ours as (
    select n.oid, n.nspowner, n.xmin from pg_namespace as n where n.nspname = 'motjuste'
),
relation as (
    select c.*, c.xmin as since from ours as o join pg_class as c on c.relnamespace = o.oid
),
line as (
    select row('session', current_user, current_setting('transaction_read_only'), has_database_privilege(current_database(), 'TEMP'),
        current_setting('server_version_num'), %(watched)s::text[], %(scripts)s::text, pg_get_userbyid(o.nspowner))::text as said, o.xmin as since
    from ours as o
    union all
    select row('function', p.oid::regprocedure, p.prokind, pg_get_userbyid(p.proowner),
        case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end)::text, p.xmin
    from ours as o
    join pg_proc as p on p.pronamespace = o.oid
    union all
    select row('relation', c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relispartition,
        pg_get_userbyid(c.relowner), case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)::text, c.since
    from relation as c
    union all
    select row('column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid))::text, a.xmin
    from relation as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relkind <> 'i'
    union all
    select row('constraint', c.relname, k.conname, k.contype, pg_get_constraintdef(k.oid))::text, k.xmin
    from relation as c
    join pg_constraint as k on k.conrelid = c.oid
    union all
    select row('index', c.relname, i.indexrelid::regclass, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready,
        exists (select from pg_constraint as k where k.conindid = i.indexrelid and k.conrelid = i.indrelid))::text, i.xmin
    from relation as c
    join pg_index as i on i.indrelid = c.oid
    union all
    -- the names of those of foreign keys are numbers
    select row('trigger', c.relname, t.tgenabled, t.tgisinternal,
        case when not t.tgisinternal then row(t.tgname, pg_get_triggerdef(t.oid))::text end)::text, t.xmin
    from relation as c
    join pg_trigger as t on t.tgrelid = c.oid
    union all
    select row('rule', c.relname, r.rulename, r.ev_enabled, case when r.rulename <> '_RETURN' then pg_get_ruledef(r.oid) end)::text, r.xmin
    from relation as c
    join pg_rewrite as r on r.ev_class = c.oid
    union all
    select row('policy', c.relname, p.polname)::text, p.xmin
    from relation as c
    join pg_policy as p on p.polrelid = c.oid
    union all
    select row('family', i.inhrelid::regclass, i.inhparent::regclass)::text, i.xmin
    from relation as c
    join pg_inherits as i on c.oid in (i.inhrelid, i.inhparent)
    where c.relkind <> 'i'
    union all
    -- all that is in the schema, of whatever kind, and whether it is an extension's
    select row('in', x.type, x.identity, exists (
        select from pg_depend as e where (e.classid, e.objid) = (d.classid, d.objid) and e.deptype = 'e'))::text, d.xmin
    from ours as o
    join pg_depend as d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = o.oid
    cross join lateral pg_identify_object(d.classid, d.objid, 0) as x
)
select
    encode(sha256(convert_to(string_agg(l.said, E'\n' order by l.said collate "C"), 'UTF8')), 'hex') as standing,
    encode(sha256(convert_to(string_agg(row(l.said, l.since)::text, E'\n' order by l.said collate "C", l.since::text), 'UTF8')), 'hex') as version
from line as l
