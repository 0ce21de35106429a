-- What of other people's would run, with the rights of this session, where this relation is read: relation, what, whose it is.
-- The planner computes the constant parts of each index, statistics object and partition key before it reads anything. Views and
-- foreign tables run whatever they are made of: they are read on request (`views`), and never so by a superuser.
with recursive @trusted@,
tree as (
    select c.oid
    from (select parse_ident(%(relation)s) as parts) as named
    join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
    join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
    union
    select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
),
kept (relation, kind, classid, objid, name) as (
    select i.indrelid, 'index', 'pg_catalog.pg_class'::regclass::oid, i.indexrelid, c.relname
    from tree
    join pg_catalog.pg_index as i on i.indrelid = tree.oid and (i.indexprs is not null or i.indpred is not null)
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    union all
    select s.stxrelid, 'statistics', 'pg_catalog.pg_statistic_ext'::regclass::oid, s.oid, s.stxname
    from tree
    join pg_catalog.pg_statistic_ext as s on s.stxrelid = tree.oid and s.stxexprs is not null
    union all
    select p.partrelid, 'partition key', 'pg_catalog.pg_class'::regclass::oid, p.partrelid, c.relname
    from tree
    join pg_catalog.pg_partitioned_table as p on p.partrelid = tree.oid and p.partexprs is not null
    join pg_catalog.pg_class as c on c.oid = p.partrelid
    union all
    select p.polrelid, 'policy', 'pg_catalog.pg_policy'::regclass::oid, p.oid, p.polname
    from tree
    join pg_catalog.pg_policy as p on p.polrelid = tree.oid and p.polcmd in ('r', '*')
    where pg_catalog.row_security_active(tree.oid) and current_setting('row_security') = 'on'
),
@reached@,
called as (
    select r.relation, r.kind, r.name, format('calls %%s', p.oid::regprocedure) as what, p.proowner as owner
    from reached as r
    join pg_catalog.pg_proc as p on r.classid = 'pg_catalog.pg_proc'::regclass and p.oid = r.objid
    union all
    -- no lock keeps its owner from adding a check
    select r.relation, r.kind, r.name, format('casts to %%s', t.oid::regtype), t.typowner
    from reached as r
    join pg_catalog.pg_type as t on r.classid = 'pg_catalog.pg_type'::regclass and t.oid = r.objid and t.typtype = 'd' and t.oid >= 16384
)
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    format('%%s %%I %%s', x.kind, x.name, x.what) as what,
    pg_catalog.pg_get_userbyid(x.owner)::text as owner,
    'trust' as flag
from called as x
join pg_catalog.pg_class as c on c.oid = x.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where x.owner not in (select t.oid from trusted as t)
    and coalesce(current_setting('motjuste.trust_owner', true), '') <> 'on'
union all
select
    format('%%I.%%I', n.nspname, c.relname),
    case c.relkind when 'v' then 'a view' else 'a foreign table' end,
    pg_catalog.pg_get_userbyid(c.relowner)::text,
    'views'
from tree
join pg_catalog.pg_class as c on c.oid = tree.oid and c.relkind in ('v', 'f')
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join mighty as m
where coalesce(current_setting('motjuste.read_views', true), '') <> 'on'
    and (m.it_is or not %(views)s)
order by 1, 2
limit 1
