-- What holds the text of a column beside the column: kind, where, what it keeps, who sees to it, and for a materialized
-- view its name, whether it can be refreshed while it is read, and how many views it is away from the table.
with recursive tree as (
    select to_regclass(%(relation)s)::oid as oid
    union
    select i.inhrelid from tree join pg_inherits as i on i.inhparent = tree.oid
),
noted as (
    select t.oid, a.attnum
    from tree as t
    join pg_attribute as a on a.attrelid = t.oid and a.attname = %(column)s
),
seen as (
    select n.oid, n.attnum::int, 0 as depth from noted as n
    union
    select r.ev_class, 0, s.depth + 1
    from seen as s
    join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid and (s.attnum = 0 or d.refobjsubid in (s.attnum, 0))
    join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid and r.ev_class <> s.oid
),
named as (
    select c.oid, c.relkind, c.relispopulated, format('%%I.%%I', n.nspname, c.relname) as name
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
)
select
    'trigger' as kind,
    format('%%I on %%s', g.tgname, t.name) as place,
    case
        when g.tgoldtable is not null or p.prosrc ~* '\mold\M' then 'reads the old row, and may keep it'
        else 'runs at every update'
    end as what,
    'look at its function ' || p.oid::regprocedure as handled,
    null as refresh, false as live, 0 as depth
from pg_trigger as g
join tree on tree.oid = g.tgrelid
join named as t on t.oid = g.tgrelid
join pg_proc as p on p.oid = g.tgfoid
where not g.tgisinternal and g.tgtype & 16 = 16 and g.tgparentid = 0
    and p.pronamespace <> coalesce(to_regnamespace('motjuste'), 0::oid)
union all
select 'rule', format('%%I on %%s', r.rulename, t.name), 'runs at every update', 'look at it', null, false, 0
from pg_rewrite as r
join tree on tree.oid = r.ev_class
join named as t on t.oid = r.ev_class
where r.ev_type = '2' and r.rulename <> '_RETURN'
union all
select
    'materialized view', v.name, 'keeps the text until it is refreshed', 'the plan refreshes it', v.name,
    v.relispopulated and exists (
        select from pg_index as i where i.indrelid = v.oid and i.indisunique and i.indpred is null and i.indexprs is null
    ),
    s.depth
from (select s.oid, max(s.depth) as depth from seen as s group by s.oid) as s
join named as v on v.oid = s.oid and v.relkind = 'm'
union all
select distinct
    'generated column', format('%%s.%%I', t.name, a.attname), 'computed from the text', 'the update computes it again', null, false, 0
from noted as n
join pg_depend as d
    on d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and (d.refobjid, d.refobjsubid) = (n.oid, n.attnum)
join pg_attrdef as f on f.oid = d.objid
join pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated = 's'
join named as t on t.oid = a.attrelid
where t.name = %(relation)s
union all
select
    'text search', format('%%s.%%I', t.name, a.attname), 'may hold the words of the text',
    'make it again, unless a trigger does', null, false, 0
from tree
join pg_attribute as a on a.attrelid = tree.oid and a.atttypid = 'tsvector'::regtype and a.attgenerated = '' and not a.attisdropped
join named as t on t.oid = a.attrelid
where t.name = %(relation)s
union all
select distinct
    'index', i.indexrelid::regclass::text, 'keeps dead entries until VACUUM', 'the plan vacuums (psql, sqitch), else you', null, false, 0
from noted as n
join pg_index as i on i.indrelid = n.oid
where n.attnum = any (i.indkey::int2[])
    or exists (
        select
        from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
            and d.refclassid = 'pg_class'::regclass and (d.refobjid, d.refobjsubid) = (n.oid, n.attnum)
    )
union all
select
    'statistics', format('pg_stats of %%s', %(relation)s::text), 'common values and bounds are whole texts',
    'the plan analyzes the table', null, false, 0
union all
select 'publication', p.pubname, 'its subscribers keep a copy, which the update reaches', 'check them', null, false, 0
from pg_publication_tables as p
where to_regclass(format('%%I.%%I', p.schemaname, p.tablename)) in (select tree.oid from tree)
union all
select 'replication slot', s.slot_name, 'keeps the WAL, with the old text, until it is read', 'check that it moves on', null, false, 0
from pg_replication_slots as s
union all
select
    'prepared transaction', quote_literal(x.gid), 'keeps dead rows from VACUUM', 'commit it or roll it back', null, false, 0
from pg_prepared_xacts as x
where x.database = current_database()
union all
select
    'standby', coalesce(r.application_name, '?'), 'a delayed one keeps the old text for its delay', 'check it', null, false, 0
from pg_stat_replication as r
union all
select 'WAL, dumps and backups', 'the server', 'keep the old text until they expire', 'yours to expire', null, false, 0
order by 1, 2, 3
