-- What of the schema motjuste is not as the temporary objects beside it (make_beside.sql), which have the same names: kind, name,
-- state, and the statements that put it right before our scripts run again. Names of schemas are left out of definitions.
with ours as (
    select n.oid as real, pg_my_temp_schema() as made, n.nspowner as owner from pg_namespace as n where n.nspname = 'motjuste'
),
-- an extension's objects are its own
foreign_to as (
    select d.classid, d.objid from pg_depend as d where d.deptype = 'e'
),
function as (
    select
        p.oid, p.pronamespace = o.real as installed, p.proname, p.proargtypes, p.proowner, o.owner,
        format('motjuste.%%I(%%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name,
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
        row(p.prorettype, p.proretset, p.prokind, p.provariadic, p.proallargtypes, p.proargmodes, p.proargnames,
            pg_get_function_arguments(p.oid))::text as shape,
        row(p.prolang, p.procost, p.prorows, p.prosupport, p.prosecdef, p.proleakproof, p.proisstrict, p.provolatile,
            p.proparallel, p.protrftypes, p.prosrc, p.probin, p.proconfig, pg_get_function_sqlbody(p.oid))::text as body,
        substring(p.proname from '^(?:zz_)?motjuste_([0-9]+)_(?:insert|update|delete|truncate|mask)$') as watch_id,
        row(l.lanname, p.prorettype, p.pronargs)::text = row('plpgsql'::name, 'trigger'::regtype::oid, 0)::text as trigger_shape,
        row(p.provolatile, p.proisstrict, p.proleakproof, p.proparallel, p.procost, p.prosecdef)::text
            = row('v', false, false, 'u', 100, true)::text as trigger_body
    from ours as o
    join pg_proc as p on p.pronamespace in (o.real, o.made)
    join pg_language as l on l.oid = p.prolang
    where not exists (select from foreign_to as f where (f.classid, f.objid) = ('pg_proc'::regclass, p.oid))
),
function_fault as (
    select
        case when r.oid is null then m.kind else r.kind end as kind,
        case when r.oid is null then replace(m.name, 'pg_temp.', 'motjuste.') else r.name end as name,
        case
            when r.oid is null then 'missing'
            when m.oid is null and k.known and r.trigger_shape and r.trigger_body then 'as it should be'
            when m.oid is null and k.known then 'altered'
            when m.oid is null then 'foreign'
            when (r.shape, r.body) is distinct from (m.shape, m.body) then 'altered'
            else 'as it should be' end as state,
        case
            when r.oid is null then ''
            when m.oid is null and k.known and r.trigger_shape and not r.trigger_body
                then format('alter function %%s volatile called on null input not leakproof parallel unsafe cost 100 security definer', r.name)
            when m.oid is null and k.known and not r.trigger_shape then format('drop function %%s cascade', r.name)
            -- of a column that is watched no more: motjuste.refresh() takes it away, and its triggers
            when m.oid is null and r.watch_id is not null and not k.known then ''
            when m.oid is null and not k.known or r.shape is distinct from m.shape and m.oid is not null
                then format('drop %%s %%s', r.kind, case when r.kind = 'aggregate' then r.oid::regprocedure::text else r.name end)
            else '' end as repair,
        r.oid, r.proowner, r.owner
    from (select * from function as f where f.installed) as r
    full join (select * from function as f where not f.installed) as m using (proname, proargtypes)
    cross join lateral (
        select coalesce(r.watch_id = any (%(watched)s), false) as known
    ) as k
),
relation as (
    select
        c.oid, c.relnamespace = o.real as installed, c.relname, c.relowner, o.owner, format('motjuste.%%I', c.relname) as name,
        c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relispartition,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table'
            when 'c' then 'type' else 'table' end as kind
    from ours as o
    join pg_class as c on c.relnamespace in (o.real, o.made)
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
        and c.relname <> 'motjuste_beside'
        -- the sequence of an identity column belongs to it
        and not exists (
            select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('i', 'e')
        )
),
pair as (
    select r.oid, r.name, r.kind, m.oid as beside
    from relation as r
    join relation as m on m.relname = r.relname and m.relkind = r.relkind
    where r.installed and not m.installed
),
relation_fault as (
    select
        coalesce(r.kind, m.kind) as kind, coalesce(r.name, m.name) as name,
        case
            when r.oid is null then 'missing'
            when m.oid is null and r.relname = any (%(expected)s) then 'altered'
            when m.oid is null then 'foreign'
            when r.relkind <> m.relkind then 'altered'
            when r.relkind = 'v' and (
                regexp_replace(pg_get_viewdef(r.oid), 'pg_temp(_[0-9]+)?[.]', 'motjuste.', 'g'), r.reloptions)
                is distinct from (regexp_replace(pg_get_viewdef(m.oid), 'pg_temp(_[0-9]+)?[.]', 'motjuste.', 'g'), m.reloptions)
                then 'altered'
            when r.relkind = 'r' and (
                r.relrowsecurity or r.relforcerowsecurity or r.relispartition or r.reloptions is distinct from m.reloptions
                or r.relpersistence <> case when r.relname = any (%(unlogged)s) then 'u' else 'p' end::"char")
                then 'altered'
            else 'as it should be' end as state,
        case when r.relkind = 'r' and m.relkind = 'r' then concat_ws('; ',
            case when r.relrowsecurity then format('alter table %%s disable row level security', r.name) end,
            case when r.relforcerowsecurity then format('alter table %%s no force row level security', r.name) end,
            case when r.relpersistence = 'u' and r.relname <> all (%(unlogged)s) then format('alter table %%s set logged', r.name) end,
            case when r.reloptions is distinct from m.reloptions and r.reloptions is not null then format('alter table %%s reset (%%s)', r.name,
                (select string_agg(quote_ident(split_part(x.item, '=', 1)), ', ') from unnest(r.reloptions) as x (item))) end,
            case when r.reloptions is distinct from m.reloptions and m.reloptions is not null then format('alter table %%s set (%%s)', r.name,
                array_to_string(m.reloptions, ', ')) end)
        else '' end as repair,
        r.oid, r.relowner, r.owner
    from (select * from relation as x where x.installed) as r
    full join (select * from relation as x where not x.installed) as m using (relname)
),
-- what others have in the database is not looked at: there may be much of it
compared as (
    select p.oid from pair as p
    union all
    select p.beside from pair as p
),
attribute as (
    select
        a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity, a.attgenerated,
        c.collname, regexp_replace(pg_get_expr(d.adbin, d.adrelid), '(motjuste|pg_temp(_[0-9]+)?)[.]', '', 'g') as value,
        case when a.attcollation <> t.typcollation then format(' collate %%I', c.collname) else '' end as collated
    from pg_attribute as a
    join pg_type as t on t.oid = a.atttypid
    left join pg_collation as c on c.oid = a.attcollation
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and a.attrelid in (select x.oid from compared as x)
),
column_fault as (
    select
        'column' as kind, format('%%s.%%I', p.name, attname) as name,
        case when r.attrelid is null then 'missing' when m.attrelid is null then 'foreign' else 'altered' end as state,
        case
            when p.kind = 'view' then format('drop view if exists %%s', p.name)
            when p.kind <> 'table' or m.attrelid is null then ''
            when r.attrelid is null then format('alter table %%s add column %%I %%s%%s%%s%%s', p.name, attname, m.type, m.collated,
                case when m.attgenerated <> '' then format(' generated always as (%%s) stored', m.value)
                    when m.attidentity = 'a' then ' generated always as identity'
                    when m.attidentity = 'd' then ' generated by default as identity'
                    else ' default ' || m.value end,
                case when m.attnotnull then ' not null' else '' end)
            when (r.type, r.collname, r.attgenerated) is distinct from (m.type, m.collname, m.attgenerated) then ''
            else concat_ws('; ',
                case when r.attidentity <> m.attidentity and r.attidentity <> '' then format('alter table %%s alter %%I drop identity', p.name, attname) end,
                case when r.value is distinct from m.value then format('alter table %%s alter %%I %%s', p.name, attname,
                    case when m.value is null then 'drop default' else 'set default ' || m.value end) end,
                case when r.attnotnull <> m.attnotnull then format('alter table %%s alter %%I %%s not null', p.name, attname,
                    case when m.attnotnull then 'set' else 'drop' end) end,
                case when r.attidentity <> m.attidentity and m.attidentity <> '' then format('alter table %%s alter %%I add generated %%s as identity', p.name, attname,
                    case when m.attidentity = 'a' then 'always' else 'by default' end) end)
            end as repair
    from (select p.beside, a.* from pair as p join attribute as a on a.attrelid = p.oid) as r
    full join (select p.beside, a.* from pair as p join attribute as a on a.attrelid = p.beside) as m using (beside, attname)
    join pair as p using (beside)
    where (r.type, r.attnotnull, r.attidentity, r.attgenerated, r.collname, r.value)
        is distinct from (m.type, m.attnotnull, m.attidentity, m.attgenerated, m.collname, m.value)
),
rule_of as (
    select k.conrelid as relation, 'constraint' as kind, k.conname as part,
        regexp_replace(pg_get_constraintdef(k.oid), '(motjuste|pg_temp(_[0-9]+)?)[.]', '', 'g') as definition, true as fit
    from pg_constraint as k
    -- newer servers keep NOT NULL here too: it is compared with the columns
    where k.conrelid in (select x.oid from compared as x) and k.contype not in ('n', 't')
    union all
    select i.indrelid, 'index', c.relname, regexp_replace(pg_get_indexdef(i.indexrelid), '(motjuste|pg_temp(_[0-9]+)?)[.]', '', 'g'),
        i.indisvalid and i.indisready
    from pg_index as i
    join pg_class as c on c.oid = i.indexrelid
    where i.indrelid in (select x.oid from compared as x)
        and not exists (select from pg_constraint as k where k.conindid = i.indexrelid and k.conrelid = i.indrelid)
    union all
    select t.tgrelid, 'trigger', t.tgname, regexp_replace(pg_get_triggerdef(t.oid), '(motjuste|pg_temp(_[0-9]+)?)[.]', '', 'g'), t.tgenabled = 'O'
    from pg_trigger as t
    where t.tgrelid in (select x.oid from compared as x) and not t.tgisinternal
    union all
    select r.ev_class, 'rule', r.rulename, '', true from pg_rewrite as r where r.rulename <> '_RETURN'
    union all
    select p.polrelid, 'policy', p.polname, '', true from pg_policy as p
),
rule_fault as (
    select
        kind,
        case when kind = 'index' then format('motjuste.%%I', part) else format('%%I on %%s', part, p.name) end as name,
        case when r.relation is null then 'missing' when m.relation is null then 'foreign' else 'altered' end as state,
        concat_ws('; ',
            case
                when r.relation is null then null
                when kind = 'constraint' then format('alter table %%s drop constraint %%I cascade', p.name, part)
                when kind = 'index' then format('drop index motjuste.%%I', part)
                else format('drop %%s %%I on %%s', kind, part, p.name) end,
            case when kind = 'constraint' and m.relation is not null then format('alter table %%s add constraint %%I %%s', p.name, part, m.definition) end
        ) as repair
    from (select p.beside, x.* from pair as p join rule_of as x on x.relation = p.oid) as r
    full join (select p.beside, x.* from pair as p join rule_of as x on x.relation = p.beside) as m using (beside, kind, part)
    join (select x.beside, x.name from pair as x) as p using (beside)
    where (r.definition, r.fit) is distinct from (m.definition, m.fit)
),
family as (
    select 'table' as kind, i.inhrelid::regclass::text as name, 'foreign' as state,
        format('alter table %%s no inherit %%s', i.inhrelid::regclass, p.name) as repair
    from pair as p
    join pg_inherits as i on i.inhparent = p.oid
    where p.kind = 'table'
    union all
    select p.kind, p.name, 'altered', format('alter table %%s no inherit %%s', p.name, i.inhparent::regclass)
    from pair as p
    join pg_inherits as i on i.inhrelid = p.oid
    where p.kind = 'table'
    union all
    -- those of foreign keys
    select p.kind, p.name, 'triggers disabled', format('alter table %%s enable trigger all', p.name)
    from pair as p
    where exists (select from pg_trigger as t where t.tgrelid = p.oid and t.tgisinternal and t.tgenabled <> 'O')
),
other as (
    select x.type as kind, x.identity as name, 'foreign' as state, '' as repair
    from ours as o
    join pg_depend as d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = o.real
    cross join lateral pg_identify_object(d.classid, d.objid, 0) as x
    left join pg_type as t on d.classid = 'pg_type'::regclass and t.oid = d.objid
    where d.classid in (
            'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_collation'::regclass,
            'pg_conversion'::regclass, 'pg_statistic_ext'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass,
            'pg_ts_parser'::regclass, 'pg_ts_template'::regclass
        )
        and (t.oid is null or t.typrelid = 0 and t.typcategory <> 'A')
        and not exists (select from foreign_to as f where (f.classid, f.objid) = (d.classid, d.objid))
),
owned as (
    select x.kind, x.name, 'owned by ' || pg_get_userbyid(x.is_owner) as state, format('alter %%s %%s owner to %%I', x.kind, x.name, pg_get_userbyid(x.owner)) as repair
    from (
        select f.kind, f.name, f.proowner as is_owner, f.owner from function_fault as f where f.oid is not null
        union all
        select r.kind, r.name, r.relowner, r.owner from relation_fault as r where r.oid is not null
    ) as x
    where x.is_owner <> x.owner
)
select f.kind, f.name, f.state, f.repair from function_fault as f where f.state <> 'as it should be'
union all
select r.kind, r.name, r.state, r.repair from relation_fault as r where r.state <> 'as it should be'
union all
select * from column_fault
union all
select * from rule_fault
union all
select * from family
union all
select * from other
union all
select * from owned
order by 1, 2, 3
