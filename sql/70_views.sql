-- What a DBA or an officer reads from psql.

-- One line a trigger that should be: of each watched column, on each table that holds its rows.
create or replace view motjuste.status as
select
    coalesce(motjuste.name_of(w.relation), w.label) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    s.part,
    case
        when x.label_now is null then 'table gone'
        when x.column_now is null then 'column gone'
        when p.oid is null or t.oid is null and m.member = w.relation then 'missing'
        when t.oid is null then 'partition not covered'
        when t.tgenabled in ('D', 'R') then 'disabled'
        when d.comment is distinct from 'motjuste ' || md5(p.prosrc) or not p.prosecdef
            or t.tgtype <> s.kind or t.tgfoid <> p.oid
            -- for some rows only, for some columns only, or as late as at commit
            or t.tgqual is not null or t.tgattr::text <> '' or t.tgconstraint <> 0
            -- without its rows: a temporary table of whoever writes would be read in their place
            or concat(' new table as ' || t.tgnewtable, ' old table as ' || t.tgoldtable)
                <> coalesce(substring(s.definition from ' referencing(.*) for each '), '') then 'altered'
        when not w.trust_owner and motjuste.untrusted(m.member) then 'owner not trusted'
        when s.part = 'mask' and not motjuste.can_mask((motjuste.kind_of(m.member, x.column_now)).kind, w.json_key) then 'not masking'
        when p.prosrc <> s.source or p.proconfig is distinct from motjuste.settings(w)
            or (w.label, w.column_name, w.keys) is distinct from (x.label_now, x.column_now, motjuste.keys_beside(w.relation, x.column_now))
            or w.author_column is distinct from motjuste.column_now(w.relation, w.author_column, null)
            then 'outdated'
        when w.always and t.tgenabled <> 'A' then 'outdated'
        -- changes that come by logical replication are applied as a replica: no trigger fires but those that always do
        when t.tgenabled <> 'A' and exists (select from pg_catalog.pg_subscription_rel as r where r.srrelid = m.member)
            then 'not firing for replica'
        when motjuste.parent_of(w.id) is not null then 'watched twice'
        else 'installed'
    end as state,
    t.tgenabled = 'A' as fires_always,
    coalesce(motjuste.name_of(m.member), w.label) as member,
    -- what reads the notes: `kernel`, in C, or `sql`
    case when p.prosrc like '%motjuste_kernel.clean(%' then e.executor else 'sql' end as executor,
    w.deferred
from motjuste.watch as y
cross join (select motjuste.executor() as executor offset 0) as e
cross join lateral motjuste.known(y) as w
cross join lateral (
    select motjuste.name_of(w.relation) as label_now, motjuste.column_now(w.relation, w.column_name, w.attnum) as column_now
    offset 0
) as x
cross join lateral motjuste.sources(w) as s
cross join lateral (
    select m.member from motjuste.members(w.relation) as m
    -- a partition has copies of the row triggers; those that fire once a statement are their table's own
    where m.own or s.kind & 1 = 1
) as m
left join pg_catalog.pg_proc as p
    on p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
left join pg_catalog.pg_trigger as t on t.tgrelid = m.member and t.tgname = s.trigger_name
left join lateral (select obj_description(p.oid, 'pg_proc') as comment) as d on true;

-- The tables with rows that no trigger saw, or may have not, since the last scan.
create or replace view motjuste.unseen as
select
    motjuste.name_of(w.relation) as relation, w.column_name, w.json_key, motjuste.name_of(g.member) as member, g.state
from motjuste.watch as y
cross join lateral motjuste.known(y) as w
cross join lateral motjuste.gaps(w) as g;

create or replace view motjuste.open_findings as
select
    f.id, f.relation, f.column_name, f.json_key, f.row_key, f.category, f.rule_id, f.level, f.start, f.length,
    f.status, f.author, f.source, f.found_at, k.advice, f.certainty
from motjuste.finding as f
-- left: a pack that knows the category no more does not hide its findings
left join motjuste.category as k on k.code = f.category
where f.status in ('open', 'accepted');

-- Of each watched column with rows in the queue: how many are still to be read, and since when the first of them waits.
create or replace view motjuste.waiting as
select
    coalesce(motjuste.name_of(w.relation), w.label) as relation,
    w.column_name,
    w.json_key,
    q.rows,
    q.since
from (
    select x.watch_id, count(*) as rows, min(x.at) as since from motjuste.queue as x group by x.watch_id
) as q
join motjuste.watch as w on w.id = q.watch_id;

-- Of each watched column: the last scan, and what it read of what existed; `estimated`: how much that was is a guess. What waits in
-- the queue is not read, whatever the scan read of it.
create or replace view motjuste.coverage as
select
    coalesce(motjuste.name_of(w.relation), w.label) as relation,
    w.column_name,
    w.json_key,
    w.mode,
    greatest(s.rows_read - coalesce(q.rows, 0), 0) as rows_read,
    s.rows_that_exist,
    s.pack_version,
    s.ended_at as scanned_at,
    (
        select count(*)
        from motjuste.finding as f
        -- by the name of before and of now: the findings follow a table that was renamed when it is next installed
        where f.relation in (w.label, motjuste.name_of(w.relation))
            and f.column_name = w.column_name and f.json_key = w.json_key and f.status = 'open'
    ) as open_findings,
    -- what could not be read could not always be counted
    s.skipped <> '[]' as estimated,
    coalesce(q.rows, 0) as waiting
from motjuste.watch as w
left join (select x.watch_id, count(*) as rows from motjuste.queue as x group by x.watch_id) as q on q.watch_id = w.id
left join lateral (
    select *
    from motjuste.scan as s
    where s.relation in (w.label, motjuste.name_of(w.relation))
        and s.column_name = w.column_name and s.json_key = w.json_key
        and s.scope = '' -- a sample is no sweep
    order by s.id desc
    limit 1
) as s on true;

-- The findings that are kept and the number of those that are not any more, without row and author.
create or replace view motjuste.counted as
select
    date_trunc('month', f.found_at)::date as month, f.relation, f.column_name, f.json_key, f.category, f.rule_id, f.level,
    f.status, f.author, f.row_key, f.note_digest, 1::bigint as findings
from motjuste.finding as f
where f.rule_id is not null
union all
select y.month, y.relation, y.column_name, y.json_key, y.category, y.rule_id, y.level, y.status, null, null, null, y.findings
from motjuste.tally as y;

-- How many times which rule was met, in which column; `found` counts all, `open` what nobody decided of yet, `notes` the
-- notes of the findings that are kept.
create or replace view motjuste.count_by_rule as
select
    f.category, f.rule_id, f.level, f.relation, f.column_name, f.json_key,
    sum(f.findings)::bigint as found,
    count(*) filter (where f.status = 'open' and f.row_key is not null) as open,
    count(distinct (f.row_key, f.note_digest)) filter (where f.row_key is not null) as notes
from motjuste.counted as f
group by 1, 2, 3, 4, 5, 6;

create or replace view motjuste.count_by_column as
select
    f.relation, f.column_name, f.json_key, f.category,
    sum(f.findings)::bigint as found,
    count(*) filter (where f.status = 'open' and f.row_key is not null) as open,
    count(distinct (f.row_key, f.note_digest)) filter (where f.row_key is not null) as notes
from motjuste.counted as f
group by 1, 2, 3, 4;

-- By who wrote the note, where the watched column has an author column.
create or replace view motjuste.count_by_author as
select
    f.author, f.relation, f.column_name, f.json_key, f.category,
    sum(f.findings)::bigint as found,
    count(*) filter (where f.status = 'open' and f.row_key is not null) as open,
    count(distinct (f.row_key, f.note_digest)) filter (where f.row_key is not null) as notes
from motjuste.counted as f
where f.author is not null
group by 1, 2, 3, 4, 5;

create or replace view motjuste.count_by_month as
select
    f.month, f.relation, f.column_name, f.json_key, f.category,
    sum(f.findings)::bigint as found,
    count(*) filter (where f.status = 'open' and f.row_key is not null) as open,
    count(distinct (f.row_key, f.note_digest)) filter (where f.row_key is not null) as notes
from motjuste.counted as f
group by 1, 2, 3, 4, 5;

-- Who can read a watched column: each role with the right, and how it came by it.
create or replace view motjuste.reader as
select
    motjuste.name_of(w.relation) as relation,
    w.column_name,
    w.json_key,
    motjuste.name_of(m.member) as member,
    coalesce(r.rolname::text, 'PUBLIC') as role,
    r.rolcanlogin as login,
    case
        when g.grantee is not null then 'granted'
        when r.oid = c.relowner then 'owner'
        when r.rolsuper then 'superuser'
        else coalesce('member of ' || (
            select string_agg(x.rolname, ', ' order by x.rolname)
            from pg_catalog.pg_auth_members as a
            join pg_catalog.pg_roles as x on x.oid = a.roleid
            where a.member = r.oid and has_column_privilege(x.oid, c.oid, n.attnum, 'select')
        ), 'PUBLIC')
    end as via
from motjuste.watch as y
cross join lateral motjuste.known(y) as w
cross join lateral motjuste.members(w.relation) as m
join pg_catalog.pg_class as c on c.oid = m.member
join pg_catalog.pg_attribute as n
    on n.attrelid = c.oid and n.attname = motjuste.column_now(w.relation, w.column_name, w.attnum)
cross join lateral (
    select x.oid, x.rolname, x.rolsuper, x.rolcanlogin
    from pg_catalog.pg_roles as x
    where has_schema_privilege(x.oid, c.relnamespace, 'usage')
        and has_column_privilege(x.oid, c.oid, n.attnum, 'select') and x.rolname !~ '^pg_'
    union all
    select 0, null, false, null
) as r
left join lateral (
    select x.grantee
    from (
        select x.* from aclexplode(c.relacl) as x
        union all
        select x.* from aclexplode(n.attacl) as x
    ) as x
    where x.privilege_type = 'SELECT' and x.grantee = r.oid and r.oid <> c.relowner
    limit 1
) as g on true
where r.oid <> 0 or g.grantee is not null;

-- The requests for access with their terms, without the person: a settled one has no days left.
create or replace view motjuste.request_term as
select
    r.id, r.received, r.due, r.extended_at is not null as extended, r.answered_at, r.complete,
    case when r.complete is not true then (r.due - current_date)::int end as days_left
from motjuste.request as r;
