-- What a DBA or an officer reads from psql.

create or replace view motjuste.status as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.part,
    case
        when p.oid is null or t.oid is null then 'missing'
        when t.tgenabled = 'D' then 'disabled'
        when d.comment is distinct from 'motjuste ' || md5(p.prosrc) then 'altered'
        when p.prosrc <> E'begin\n' || s.body || E'end\n' then 'outdated'
        else 'installed'
    end as state,
    t.tgenabled = 'A' as fires_always
from motjuste.watch as w
cross join lateral motjuste.sources(w) as s
left join pg_catalog.pg_proc as p
    on p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
left join pg_catalog.pg_trigger as t on t.tgrelid = w.relation and t.tgname = s.trigger_name and t.tgfoid = p.oid
left join lateral (select obj_description(p.oid, 'pg_proc') as comment) as d on true
where exists (select from pg_catalog.pg_class as c where c.oid = w.relation);

create or replace view motjuste.open_findings as
select
    f.id, f.relation, f.column_name, f.json_key, f.row_key, f.category, f.rule_id, f.level, f.start, f.length,
    f.status, f.author, f.source, f.found_at, k.advice, f.certainty
from motjuste.finding as f
join motjuste.category as k on k.code = f.category
where f.status in ('open', 'accepted');

-- Of each watched column: the last scan, and what it read of what existed.
create or replace view motjuste.coverage as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.rows_read,
    s.rows_that_exist,
    s.pack_version,
    s.ended_at as scanned_at,
    (
        select count(*)
        from motjuste.finding as f
        where f.relation = motjuste.name_of(w.relation) and f.column_name = w.column_name and f.json_key = w.json_key
            and f.status = 'open'
    ) as open_findings
from motjuste.watch as w
left join lateral (
    select *
    from motjuste.scan as s
    where s.relation = motjuste.name_of(w.relation) and s.column_name = w.column_name and s.json_key = w.json_key
        and s.scope = '' -- a sample is no sweep
    order by s.id desc
    limit 1
) as s on true;

-- Functions are born executable by PUBLIC; none of ours is.
revoke all on all functions in schema motjuste from public;
revoke all on all tables in schema motjuste from public;
