-- What no trigger saw: rows from before a column was watched, or written while its triggers were off, or past them as a replica
-- applies changes. Told from the catalog alone, by the transaction that wrote a row of it last: `xmin` of pg_trigger,
-- pg_attribute and pg_class against where the last scan began. No row of a table is read.

-- later(x, seen): whether that transaction was not over yet when the snapshot was taken. The half of its number that a row does
-- not keep is that of the last two thousand million transactions.
create or replace function motjuste.later(x xid, seen pg_snapshot)
    returns boolean
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select not pg_visible_in_snapshot((case when f.full > f.next + 2147483648 then greatest(f.full - 4294967296, 3) else f.full end)::text::xid8, seen)
    from (
        select n.next, n.next / 4294967296 * 4294967296 + x::text::bigint as full
        from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next) as n
    ) as f
$$;

-- guardian(watch_id): the name of the trigger that notes what is written where session_replication_role is replica. No `set
-- search_path`, so that it is inlined.
create or replace function motjuste.guardian(watch_id int)
    returns name
    language sql
    immutable
as $$
    select format('motjuste_%s_replica', watch_id)::name
$$;

-- note_replica(): the trigger that notes a write where session_replication_role is replica: the others do not fire there.
create or replace function motjuste.note_replica()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
begin
    -- made to fire always, as `enable trigger all` does
    if current_setting('session_replication_role') <> 'replica' then
        return null;
    end if;
    -- the last transaction is enough: of those before, what nobody holds goes
    with noted as (
        insert into motjuste.gap (watch_id, member, xact)
        select w.id, tg_relid, pg_current_xact_id()
        from motjuste.watch as w
        where not w.always
            and (w.relation = tg_relid or w.relation in (select a.ancestor from motjuste.ancestors(tg_relid) as a))
            and not exists (
                select
                from motjuste.gap as g
                where g.watch_id = w.id and g.member = tg_relid and g.xact = pg_current_xact_id()
            )
        returning watch_id, member
    )
    delete from motjuste.gap as g
    where g.id in (
        select x.id
        from motjuste.gap as x
        join noted as n on (n.watch_id, n.member) = (x.watch_id, x.member)
        for update of x skip locked
    );
    return null;
exception when others then
    -- what a replica applies matters more than our note of it
    raise warning 'motjuste: rows written to % as a replica could not be noted (%)', tg_relid::regclass, sqlstate;
    return null;
end
$$;

-- is_noted(watch_id, member): whether replica writes of this table are noted, by our trigger as we make it.
create or replace function motjuste.is_noted(watch_id int, member oid)
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from pg_catalog.pg_trigger as g
        where g.tgrelid = member and g.tgname = motjuste.guardian(watch_id)
            and g.tgenabled = 'R' and g.tgfoid = 'motjuste.note_replica()'::regprocedure
            and regexp_replace(pg_get_triggerdef(g.oid), '^CREATE TRIGGER .* FOR EACH ROW ', 'each row ')
                = 'each row EXECUTE FUNCTION motjuste.note_replica()'
            and g.tgtype = 21 and g.tgattr::text = ''
    )
$$;

-- guard(w): the trigger that notes it, on each table that needs triggers of its own.
create or replace function motjuste.guard(w motjuste.watch)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    guardian constant name := motjuste.guardian(w.id);
    t record;
begin
    -- who makes a partition tomorrow makes its copy of the trigger
    for t in
        select x.grantee::regrole as role
        from motjuste.makers(w.relation) as x
        where not has_function_privilege(x.grantee, 'motjuste.note_replica()', 'execute')
    loop
        execute format('grant execute on function motjuste.note_replica() to %s', t.role);
    end loop;
    for t in
        select m.member, g.oid
        from motjuste.members(w.relation) as m
        join pg_catalog.pg_class as c on c.oid = m.member and c.relkind in ('r', 'p')
        left join pg_catalog.pg_trigger as g on g.tgrelid = m.member and g.tgname = guardian
        -- a trigger that fires for a replica is for the table's owner to make: with the TRIGGER right alone, replica writes go unseen
        where m.own and motjuste.may_alter(m.member) and not motjuste.is_noted(w.id, m.member)
    loop
        if t.oid is not null then
            perform motjuste.locking(format('drop trigger %I on %s', guardian, t.member));
        end if;
        perform motjuste.require_own_keys(w, t.member);
        -- no WHEN: the server would read it anew for each statement that writes
        perform motjuste.locking(format(
            'create trigger %I after insert or update on %s for each row execute function motjuste.note_replica()',
            guardian, t.member));
    end loop;
    for t in
        select m.member
        from motjuste.members(w.relation) as m
        join pg_catalog.pg_trigger as g on g.tgrelid = m.member and g.tgname = guardian
        where g.tgenabled <> 'R' and motjuste.may_alter(m.member)
        order by m.member
    loop
        perform motjuste.require_own_keys(w, t.member);
        perform motjuste.locking(format('alter table %s enable replica trigger %I', t.member, guardian));
    end loop;
end
$$;

-- unguard(): take it from the tables of columns that are watched no more.
create or replace function motjuste.unguard()
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    t record;
begin
    for t in
        select g.tgname, g.tgrelid::regclass as place
        from pg_catalog.pg_trigger as g
        left join motjuste.watch as w on g.tgname = motjuste.guardian(w.id)
        where g.tgfoid = 'motjuste.note_replica()'::regprocedure and g.tgparentid = 0 and motjuste.may_alter(g.tgrelid)
            and (w.id is null or g.tgrelid <> w.relation
                and g.tgrelid not in (select m.member from motjuste.members(w.relation) as m where m.own))
        order by g.tgrelid
    loop
        perform motjuste.locking(format('drop trigger %I on %s', t.tgname, t.place));
    end loop;
end
$$;

-- prints(w): of each table that holds rows: its triggers that see what is written and their functions, as `table:oid:xmin` of
-- pg_trigger and pg_proc; the youngest of them; and whether all are in place, as we left them. `born`: the table was made a
-- partition of a watched one, with its triggers, so that none of its rows is older: one of its columns stands as it was
-- written with it, and ATTACH PARTITION changes all.
create or replace function motjuste.prints(w motjuste.watch)
    returns table (member regclass, seen text[], youngest xid, complete boolean, born boolean, file oid)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select
        m.member, t.seen, t.youngest,
        t.number = b.wanted and t.enabled and (t.seen <@ w.written or b.born),
        b.born,
        c.relfilenode
    from motjuste.members(w.relation) as m
    join pg_catalog.pg_class as c on c.oid = m.member and c.relkind = 'r'
    cross join lateral (
        select
            coalesce(array_agg(format('%s:%s:%s', m.member::oid, x.oid, x.xmin) order by x.oid), '{}') as seen,
            (array_agg(x.xmin order by age(x.xmin)))[1] as youngest,
            (array_agg(x.xmin order by age(x.xmin)) filter (where x.ours))[1] as made,
            count(*) filter (where x.ours) as number,
            coalesce(bool_and(x.enabled), false) as enabled,
            coalesce(bool_and(x.clone), false) as clones
        from (
            select
                g.oid, g.xmin, true as ours, g.tgparentid <> 0 as clone,
                case when g.tgname = motjuste.guardian(w.id) then g.tgenabled = 'R' else g.tgenabled in ('A', 'O') end as enabled
            from pg_catalog.pg_trigger as g
            where g.tgrelid = m.member
                and g.tgname in (format('motjuste_%s_insert', w.id), format('motjuste_%s_update', w.id), motjuste.guardian(w.id))
            union all
            select p.oid, p.xmin, false, true, true
            from pg_catalog.pg_proc as p
            where p.pronamespace = 'motjuste'::regnamespace
                and p.proname in (format('motjuste_%s_insert', w.id), format('motjuste_%s_update', w.id))
        ) as x
    ) as t
    cross join lateral (
        select t.number > 0 and t.clones and t.made = t.youngest and exists (
            select
            from pg_catalog.pg_attribute as own
            join pg_catalog.pg_attribute as a
                on a.attrelid = own.attrelid and a.attnum > 0 and a.xmin = own.xmin and a.cmin = own.cmin
            where own.attrelid = m.member and own.attnum = -1 and own.xmin = t.made
        ) as born,
        -- the one that notes replica writes is there where the schema's owner may make it
        case when pg_has_role(n.nspowner, c.relowner, 'usage') then 3 else 2 end as wanted
        from pg_catalog.pg_namespace as n
        where n.nspname = 'motjuste'
    ) as b
$$;

-- gaps(w): the tables with rows that no trigger saw, or may have not, since the last scan; and why.
create or replace function motjuste.gaps(w motjuste.watch)
    returns table (member regclass, state text)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with last as (
        select s.horizon, s.files
        from motjuste.scan as s
        where s.relation in (w.label, motjuste.name_of(w.relation))
            and s.column_name = w.column_name and s.json_key = w.json_key
            -- a sample is no sweep; and the numbers of a database mean nothing in one restored from it
            and s.scope = '' and s.horizon is not null and s.seen_as = w.relation and w.seen_as = w.relation
        order by s.id desc
        limit 1
    ),
    -- `sound`: what was written since the triggers are there went by them
    seen as (
        select
            p.*, l.horizon, l.horizon is not null as scanned,
            p.born or cardinality(p.seen) > 0 and p.seen <@ w.sound as sound,
            coalesce(motjuste.later(p.youngest, l.horizon), true) as younger,
            p.file <> coalesce(coalesce(l.files, w.files) ->> p.member::oid::text, p.member::oid::text)::oid as moved,
            a.xmin as column_xmin
        from motjuste.prints(w) as p
        left join last as l on true
        left join pg_catalog.pg_attribute as a
            on a.attrelid = p.member and a.attname = motjuste.column_now(p.member, w.column_name, null)
    ),
    told as (
        select s.member, case
            when s.scanned and i.later then 'attached with rows'
            when s.scanned then 'written unseen'
            else 'never scanned' end as state
        from seen as s
        cross join lateral (
            select exists (
                select
                from pg_catalog.pg_inherits as i
                where i.inhrelid = s.member and s.member <> w.relation and motjuste.later(i.xmin, s.horizon)
            ) as later
        ) as i
        where s.younger and not s.sound
        union all
        -- a new file with a new column: what was in it may read otherwise now
        select s.member, 'rewritten'
        from seen as s
        where s.moved and (s.scanned or s.sound)
            and case when s.scanned then motjuste.later(s.column_xmin, s.horizon) else age(s.column_xmin) < age(s.youngest) end
        union all
        select distinct g.member, 'written as replica'
        from motjuste.gap as g
        left join last as l on true
        where g.watch_id = w.id and (l.horizon is null or not pg_visible_in_snapshot(g.xact, l.horizon))
    )
    -- without a page there is no row
    select t.member, t.state
    from told as t
    where case when exists (select from pg_catalog.pg_class as c where c.oid = t.member)
        then pg_relation_size(t.member) > 0 else false end
    union all
    -- what was read and checked under this name was another column's
    select s.member, 'another column'
    from seen as s
    join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attname = motjuste.column_now(w.relation, w.column_name, w.attnum)
    where w.attnum not in (0, a.attnum)
    union all
    -- the trigger is there where the schema's owner may make it
    select m.member, 'replica writes not noted'
    from motjuste.members(w.relation) as m
    join pg_catalog.pg_class as c on c.oid = m.member and c.relkind = 'r'
    join pg_catalog.pg_namespace as n on n.nspname = 'motjuste' and pg_has_role(n.nspowner, c.relowner, 'usage')
    where not w.always and not motjuste.is_noted(w.id, m.member)
    union all
    select m.member, 'diverted'
    from motjuste.members(w.relation) as m
    join pg_catalog.pg_rewrite as r on r.ev_class = m.member
    where r.is_instead and r.ev_type in ('2', '3') and r.ev_enabled <> 'D'
$$;

-- intact(w): the tables of which every row went by our triggers, or was read by the last scan: these stay so where we put
-- other triggers in the place of those.
create or replace function motjuste.intact(w motjuste.watch)
    returns oid[]
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with gap as materialized (
        select g.member from motjuste.gaps(w) as g where g.state in ('never scanned', 'attached with rows', 'written unseen', 'rewritten')
    )
    select coalesce(array_agg(p.member::oid), '{}')
    from motjuste.prints(w) as p
    where p.complete and p.member not in (select g.member from gap as g)
$$;

-- vouch(watch_id, intact): the triggers are in place, under a lock that keeps writers out: from now on they vouch for the
-- tables that were intact before, and for those that are empty.
create or replace function motjuste.vouch(watch_id int, intact oid[])
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    with print as materialized (
        select p.* from motjuste.watch as x cross join lateral motjuste.prints(x) as p where x.id = vouch.watch_id
    )
    update motjuste.watch as w
    set
        sound = coalesce((
            select array_agg(x.item)
            from print as p
            cross join lateral unnest(p.seen) as x (item)
            where p.member = any (vouch.intact) or pg_relation_size(p.member) = 0
        ), '{}'),
        written = coalesce((select array_agg(x.item) from print as p cross join lateral unnest(p.seen) as x (item)), '{}'),
        files = coalesce((select jsonb_object_agg(p.member::oid::text, p.file::text) from print as p), '{}') || w.files
    where w.id = vouch.watch_id
$$;
