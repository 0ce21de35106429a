-- Working off the queue of deferred columns: by `motjuste work`, whose processes read the notes with the Python engine, or by
-- motjuste.work(), where only the server itself can run something. Both take rows by `claim`, read their notes as they stand by `live`,
-- and store what is found by `keep`: what is not committed was not taken.
-- Nothing here is `security definer`: whoever works it off needs the rights on the notes, and nobody else gains any.

-- bucket(row_key, note_digest): which of 16 parts of the queue a row is in. One session at a time has a part, so that of two changes of
-- a row the later one is stored last. No `set search_path`, so that it is inlined.
create or replace function motjuste.bucket(row_key jsonb, note_digest bytea)
    returns int
    language sql
    immutable
as $$
    select case when note_digest is null then jsonb_hash(row_key) else get_byte(note_digest, 0) end & 15
$$;

-- claim(parts, page, most, but): up to so many rows of these parts of the queue, from a page of its table on, those of a row of a user's put together; none of a
-- part that another session has. The others are this transaction's then. Not those of the watches `but`.
create or replace function motjuste.claim(parts int[], page bigint, most int, but int[] default '{}')
    returns table (watch_id int, row_key jsonb, note_digest bytea, places tid[], part int)
    language plpgsql
    rows 200
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
declare
    taken int[];
begin
    taken := array(select p.part from motjuste.part as p where p.part = any (parts) for update skip locked);
    return query
        select t.watch_id, t.row_key, t.note_digest, array_agg(t.place), t.part
        from (
            select q.ctid as place, q.watch_id, q.row_key, q.note_digest, motjuste.bucket(q.row_key, q.note_digest) as part
            from motjuste.queue as q
            where taken <> '{}'
                and q.ctid >= format('(%s,0)', page)::tid
                and motjuste.bucket(q.row_key, q.note_digest) = any (taken)
                and q.watch_id <> all (but)
            limit most
        ) as t
        group by t.watch_id, t.row_key, t.note_digest, t.part;
end
$$;

-- foreign_code(relation, keys_only): what the planner or the executor would run of other people's code where this table is read, as this role; null: nothing.
-- sql/queries/trust_read.sql says more; here no flag of a session lets it. `keys_only`: where a trigger is made on it: the server computes the constant
-- parts of a partition key wherever it looks a partitioned table's partitions up.
create or replace function motjuste.foreign_code(relation regclass, keys_only boolean)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with recursive trusted as (
        select r.oid
        from pg_catalog.pg_roles as r
        where r.rolsuper
            or r.rolname = current_user and r.rolname = session_user
                and r.oid = (select a.usesysid from pg_catalog.pg_stat_get_activity(pg_backend_pid()) as a)
    ),
    kept (classid, objid, name) as (
        select 'pg_catalog.pg_class'::regclass::oid, i.indexrelid, 'index ' || i.indexrelid::regclass
        from motjuste.members(foreign_code.relation) as m
        join pg_catalog.pg_index as i on i.indrelid = m.member and (i.indexprs is not null or i.indpred is not null)
        where not keys_only
        union all
        select 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 'statistics ' || quote_ident(s.stxname)
        from motjuste.members(foreign_code.relation) as m
        join pg_catalog.pg_statistic_ext as s on s.stxrelid = m.member and s.stxexprs is not null
        where not keys_only
        union all
        select 'pg_catalog.pg_class'::regclass, p.partrelid, 'partition key of ' || m.member
        from (
            select x.member from motjuste.members(foreign_code.relation) as x
            union
            select a.ancestor::regclass from motjuste.ancestors(foreign_code.relation) as a where keys_only
        ) as m
        join pg_catalog.pg_partitioned_table as p on p.partrelid = m.member and p.partexprs is not null
    ),
    -- sql/queries/reached.sql
    reached as (
        select k.name, k.classid, k.objid from kept as k
        union
        select r.name, next.classid, next.objid
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
    select x.what
    from (
        select format('%s calls %s', r.name, p.oid::regprocedure) as what
        from reached as r
        join pg_catalog.pg_proc as p on r.classid = 'pg_catalog.pg_proc'::regclass and p.oid = r.objid
        where p.proowner not in (select t.oid from trusted as t)
        union all
        select format('%s casts to %s', r.name, t.oid::regtype)
        from reached as r
        join pg_catalog.pg_type as t on r.classid = 'pg_catalog.pg_type'::regclass and t.oid = r.objid and t.typtype = 'd' and t.oid >= 16384
        where t.typowner not in (select w.oid from trusted as w)
        union all
        select format('%s is no table', m.member)
        from motjuste.members(foreign_code.relation) as m
        join pg_catalog.pg_class as c on c.oid = m.member
        where c.relkind not in ('r', 'p') and not keys_only
    ) as x
    order by 1
    limit 1
$$;

-- matching(w, keys, out ...): the SQL by which a row `n` of the table is found by its key, the columns being those given: the
-- definition of a record `k` of its values, and the test. By operators of the system's on its own types, where an index serves; a value of any other
-- type is compared as it is printed, for its operators, casts and checks are somebody else's.
create or replace function motjuste.matching(w motjuste.watch, keys name[], out definition text, out test text)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with recursive base as (
        select k.i, k.kept, k.name, a.attcollation, a.atttypid as oid, a.atttypmod as typmod
        from unnest(w.keys, matching.keys) with ordinality as k (kept, name, i)
        join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attname = k.name
        union all
        select b.i, b.kept, b.name, b.attcollation, t.typbasetype, t.typtypmod
        from base as b
        join pg_catalog.pg_type as t on t.oid = b.oid and t.typtype = 'd'
    )
    select
        string_agg(format('%I %s', b.kept, case when b.oid < 16384 then format_type(b.oid, b.typmod) else 'text' end), ', ' order by b.i),
        string_agg(
            case
                when b.oid >= 16384 then format('concat(n.%I) operator(pg_catalog.=) (k.%I collate "C")', b.name, b.kept)
                when b.attcollation not in (0, 'pg_catalog."default"'::regcollation)
                    then format('n.%I operator(pg_catalog.=) (k.%I collate %s)', b.name, b.kept, b.attcollation::regcollation)
                else format('n.%I operator(pg_catalog.=) k.%I', b.name, b.kept) end,
            ' and ' order by b.i)
    from base as b
    join pg_catalog.pg_type as t on t.oid = b.oid and t.typtype <> 'd'
$$;

-- live(watch_id, row_keys, note_digests): the notes of these rows of the queue as they stand now: `i` is the row's number in the arrays; none
-- where the row or its note is gone. Without a key, the rows with a note of that digest. `note` is null where it is longer than the policy has them read (then
-- its digest is given), or where those before it are so many bytes already that it is left for another time. `held`: there are findings of the row asked for, and
-- `keep` is to be told of it whatever is found. Error MJ005: these keys are not the table's any more.
create or replace function motjuste.live(watch_id int, row_keys jsonb[], note_digests bytea[])
    returns table (i int, row_key jsonb, size int, note text, note_digest bytea, author text, held boolean)
    language plpgsql
    rows 200
    set search_path = pg_catalog, pg_temp
    set jit = off
    set row_security = off
    set constraint_exclusion = off
    set timezone = 'UTC'
    set datestyle = 'ISO, YMD'
    set intervalstyle = 'postgres'
    set bytea_output = 'hex'
    set extra_float_digits = 1
as $$
declare
    w motjuste.watch;
    place name;
    kept text[];
    keys_now name[];
    code text;
    asked record;
    match record;
    most constant bigint := 4194304; -- bytes of notes at a time; a worker asks four times in a transaction
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = live.watch_id;
    place := motjuste.column_now(w.relation, w.column_name, w.attnum);
    if motjuste.name_of(w.relation) is null or place is null then
        return;
    end if;
    kept := w.keys;
    keys_now := array(
        select motjuste.column_now(w.relation, k.name, k.attnum)
        from unnest(w.keys, w.key_attnums) with ordinality as k (name, attnum, i)
        order by k.i
    );
    if array_position(keys_now, null) is not null or exists (
        select
        from unnest(live.row_keys) as x (key)
        where x.key <> '{}' and (not x.key ?& kept or x.key - kept <> '{}')
    ) then
        raise exception 'motjuste: % has another key than when its rows were queued', w.label using errcode = 'MJ005';
    end if;
    -- who could make an index meanwhile waits for us
    if exists (select from pg_catalog.pg_roles as r where r.rolname = current_user and r.rolsuper) and not w.trust_owner then
        lock table pg_catalog.pg_namespace in share mode; -- nor is its schema renamed: the name is looked up again below
        execute format('lock table %s in row exclusive mode', w.relation);
    end if;
    code := case when not w.trust_owner then motjuste.foreign_code(w.relation, false) end;
    if code is not null then
        raise exception 'motjuste: % is not read: %, code of somebody else that would run with the rights of %', w.label, code, quote_ident(current_user)
            using errcode = '42501', hint = 'work it off as the table''s owner, or trust the owner: attach it again with --trust-owner';
    end if;
    select r.* into asked from motjuste.read(w, 'n', place, keys_now, motjuste.column_now(w.relation, w.author_column, null)) as r;
    select m.* into match from motjuste.matching(w, keys_now) as m;
    return query execute format(
        $q$
        select
            x.i, x.row_key, x.size,
            case when x.size <= $3 and x.bytes - x.size < $4 then x.note end,
            case when x.size > $3 then motjuste.digest(x.note) end,
            x.author,
            exists (
                select
                from motjuste.finding as f
                where (f.relation, f.column_name, f.json_key) = ($5, $6, $7)
                    and f.row_key = x.asked_key
                    and (x.asked_key <> '{}' or f.note_digest = x.asked_digest)
            )
        from (
            select y.*, octet_length(y.note) as size, sum(least(octet_length(y.note), $3)) over (rows unbounded preceding) as bytes
            from (%s offset 0) as y (i, asked_key, asked_digest, row_key, note, author)
            where y.note is not null
        ) as x
        $q$,
        concat_ws(
            ' union all ',
            case when w.keys <> '{}' then format(
                $q$select a.i::int, a.key, null::bytea, %s, %s, %s
                from unnest($1) with ordinality as a (key, i)
                cross join lateral jsonb_to_record(a.key) as k (%s)
                join %s as n on %s
                where a.key <> '{}'$q$,
                asked.key_sql, asked.note_sql, asked.author_sql, match.definition, w.relation, match.test) end,
            case when num_nonnulls(variadic coalesce(nullif(live.note_digests, '{}'), array[null::bytea])) > 0 then format(
                $q$select a.i::int, '{}'::jsonb, a.digest, %s, %s, %s
                from %s as n
                join unnest($2) with ordinality as a (digest, i) on motjuste.digest(%2$s) = a.digest$q$,
                asked.key_sql, asked.note_sql, asked.author_sql, w.relation) end,
            case when w.keys = '{}' then $q$select null::int, null::jsonb, null::bytea, null::jsonb, null::text, null::text where false$q$ end))
    using live.row_keys, live.note_digests, (select s.value from motjuste.setting as s where s.name = 'max_note'), most,
        w.label, w.column_name::text, w.json_key;
end
$$;

-- keep(...): what was found in the rows of the queue that were asked for, as `live` gave them: of `found_keys` the digests of their notes, and of each finding in
-- which of them it is (from 1). What was found in other texts of these rows is closed, and in rows that are gone.
create or replace function motjuste.keep(
    watch_id int, asked_keys jsonb[], asked_digests bytea[], found_keys jsonb[], found_digests bytea[],
    numbers int[], rules text[], categories text[], levels text[], starts int[], lengths int[], authors text[]
)
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
declare
    w motjuste.watch;
    closing bigint[];
    again bigint[];
    stored bigint;
begin
    select x.* into w from motjuste.watch as x where x.id = keep.watch_id;
    -- Key by key in the index, also where this was planned when there were no findings yet.
    with held as materialized (
        select g.id, g.row_key, g.note_digest, g.rule_id, motjuste.may_close(g.status, g.row_key, g.closed_at) as may_close
        from unnest(asked_keys, asked_digests) as a (row_key, digest)
        cross join lateral (
            select f.*
            from motjuste.finding as f
            where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name::text, w.json_key)
                and f.row_key = a.row_key
                and (a.row_key <> '{}' or f.note_digest = a.digest)
            offset 0
        ) as g
    )
    select
        array_agg(h.id) filter (where h.may_close and x.i is null),
        array_agg(h.id) filter (where h.rule_id is null and x.i = any (numbers))
    into closing, again
    from held as h
    left join unnest(found_keys, found_digests) with ordinality as x (row_key, digest, i)
        on x.row_key = h.row_key and x.digest = h.note_digest;
    update motjuste.finding as f
    set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
    where f.id = any (closing) and motjuste.may_close(f.status, f.row_key, f.closed_at);
    -- a note put back as it was: what is left of its closed findings gives way
    delete from motjuste.finding as f where f.id = any (again) and f.rule_id is null;
    if coalesce(cardinality(numbers), 0) = 0 then
        return 0;
    end if;
    with found as materialized (
        select distinct on (x.row_key, x.digest, c.rule_id, c.start)
            x.row_key, x.digest, c.rule_id, c.category, c.level, c.start, c.length, c.author
        from unnest(numbers, rules, categories, levels, starts, lengths, authors)
            as c (i, rule_id, category, level, start, length, author)
        join unnest(found_keys, found_digests) with ordinality as x (row_key, digest, i) on x.i = c.i
    ),
    stored as (
        insert into motjuste.finding as f
            (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, author)
        select w.label, w.column_name, w.json_key, x.row_key, x.digest, x.rule_id, x.category, x.level, x.start, x.length, x.author
        from found as x
        where not exists (
            -- what was judged of this text in a row that is gone
            select
            from motjuste.finding as d
            where (d.relation, d.column_name, d.json_key) = (w.label, w.column_name, w.json_key)
                and d.row_key = '{}' and d.note_digest = x.digest and d.rule_id = x.rule_id and d.start = x.start
                and d.status = 'dismissed'
        )
        order by x.row_key, x.digest, x.rule_id, x.start
        on conflict on constraint finding_identity do update
            set status = case when f.status = 'dismissed' then f.status else 'open' end, closed_at = null
            where f.closed_at is not null
        returning f.id
    )
    select count(*) into stored from stored;
    return stored;
end
$$;

-- unread(...): rows of the queue that could not be read, or are too long (MJ003), noted as not checked: `motjuste scan --failed` reads them when they can be. Without keys: the
-- whole column is to be scanned.
create or replace function motjuste.unread(watch_id int, state text, row_keys jsonb[], note_digests bytea[])
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    insert into motjuste.failure (relation, column_name, json_key, row_key, note_digest, sqlstate)
    select distinct w.label, w.column_name, w.json_key, x.row_key, x.digest, unread.state
    from motjuste.watch as w
    cross join unnest(coalesce(row_keys, array[null::jsonb]), coalesce(note_digests, array[null::bytea])) as x (row_key, digest)
    where w.id = unread.watch_id and not exists (
        select
        from motjuste.failure as f
        where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key)
            and f.row_key is not distinct from x.row_key and f.note_digest is not distinct from x.digest and f.closed_at is null
    )
$$;

-- read_waiting(...): check these rows of the queue and keep what is found; the places in the queue of those that are done. A row that cannot be read is noted as not checked,
-- and the others are read all the same; what only a right or a lock is lacking for is left, all of it.
create or replace function motjuste.read_waiting(
    watch_id int, row_keys jsonb[], note_digests bytea[], out done boolean[], out findings bigint
)
    language plpgsql
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
declare
    r record;
    c record;
    half int;
    first record;
    rest record;
begin
    begin
        select
            coalesce(array_agg(x.row_key order by x.n) filter (where x.note is not null), '{}') as row_keys,
            coalesce(array_agg(x.note order by x.n) filter (where x.note is not null), '{}') as notes,
            coalesce(array_agg(x.author order by x.n) filter (where x.note is not null), '{}') as authors,
            array_agg(x.row_key order by x.n) filter (where x.note_digest is not null) as long_keys,
            array_agg(x.note_digest order by x.n) filter (where x.note_digest is not null) as long_digests,
            coalesce(array_agg(x.i) filter (where x.note is null and x.note_digest is null), '{}') as later
        into r
        from (select l.*, row_number() over (order by l.i) as n from motjuste.live(read_waiting.watch_id, read_waiting.row_keys, read_waiting.note_digests) as l) as x;
        select
            array_agg(f.i) as numbers, array_agg(f.rule_id) as rules, array_agg(f.category) as categories, array_agg(f.level) as levels,
            array_agg(f.start) as starts, array_agg(f.length) as lengths, array_agg(r.authors[f.i]) as authors
        into c
        from motjuste.found(r.notes) as f;
        if r.long_keys is not null then
            perform motjuste.unread(read_waiting.watch_id, 'MJ003', r.long_keys, r.long_digests);
        end if;
        done := array(select a.i <> all (r.later) from generate_series(1, cardinality(read_waiting.row_keys)) as a (i) order by a.i);
        findings := motjuste.keep(
            read_waiting.watch_id,
            array(select k.key from unnest(read_waiting.row_keys, done) with ordinality as k (key, done, i) where k.done order by k.i),
            array(select k.digest from unnest(read_waiting.note_digests, done) with ordinality as k (digest, done, i) where k.done order by k.i),
            r.row_keys || coalesce(r.long_keys, '{}'),
            array(select motjuste.digest(n.note) from unnest(r.notes) with ordinality as n (note, i) order by n.i) || coalesce(r.long_digests, '{}'),
            c.numbers, c.rules, c.categories, c.levels, c.starts, c.lengths, c.authors);
        return;
    exception
        when insufficient_privilege or lock_not_available or deadlock_detected or query_canceled then
            done := array_fill(false, array[cardinality(read_waiting.row_keys)]);
            findings := 0;
            return;
        when sqlstate 'MJ005' then
            perform motjuste.unread(read_waiting.watch_id, sqlstate, null, null);
            done := array_fill(true, array[cardinality(read_waiting.row_keys)]);
            findings := 0;
            return;
        when others then
            if cardinality(read_waiting.row_keys) = 1 then
                perform motjuste.unread(read_waiting.watch_id, sqlstate, read_waiting.row_keys, read_waiting.note_digests);
                done := array[true];
                findings := 0;
                return;
            end if;
    end;
    half := cardinality(read_waiting.row_keys) / 2;
    select x.* into first
    from motjuste.read_waiting(read_waiting.watch_id, read_waiting.row_keys[:half], read_waiting.note_digests[:half]) as x;
    select x.* into rest
    from motjuste.read_waiting(read_waiting.watch_id, read_waiting.row_keys[half + 1:], read_waiting.note_digests[half + 1:]) as x;
    done := first.done || rest.done;
    findings := first.findings + rest.findings;
end
$$;

-- by_watch(watch_id): the watch by which a row of the queue is read: its own, or that of the table that its table is a part of.
create or replace function motjuste.by_watch(watch_id int)
    returns int
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(motjuste.parent_of(w.id), w.id) from motjuste.watch as w where w.id = by_watch.watch_id
$$;

-- work(most): read up to so many rows of the queue and store what is found; how many are done. For where no process of ours can run:
-- select cron.schedule('motjuste work', '10 seconds', 'select motjuste.work(2000)'), as a role that owns the schema and may read the notes.
create or replace function motjuste.work(most int default 1000)
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
declare
    began constant timestamptz := clock_timestamp();
    part int;
    r record;
    x record;
    total bigint := 0;
    found bigint := 0;
    claimed int;
    at_once constant int := 200;
begin
    lock table motjuste.finding in row exclusive mode; -- a new key for the digests is over, or waits
    for part in select p from generate_series(0, 15) as p order by random() loop
        continue when total >= most;
        claimed := 0;
        for r in
            select
                motjuste.by_watch(q.watch_id) as watch_id, array_agg(q.row_key) as row_keys, array_agg(q.note_digest) as note_digests,
                array_agg(q.places::text) as places
            from motjuste.claim(array[part], 0, least(at_once, most - total)::int) as q
            group by 1
        loop
            if r.watch_id is null then
                -- the table is gone, and its notes
                delete from motjuste.queue as q
                using unnest(r.places) as l (places)
                where q.ctid = any (l.places::tid[]);
                continue;
            end if;
            select w.* into x from motjuste.read_waiting(r.watch_id, r.row_keys, r.note_digests) as w;
            delete from motjuste.queue as q
            where q.ctid = any (array(
                select y.place
                from unnest(r.places, x.done) as l (places, done)
                cross join lateral unnest(l.places::tid[]) as y (place)
                where l.done
            ));
            select total + count(*) into total from unnest(x.done) as l (done) where l.done;
            found := found + x.findings;
        end loop;
    end loop;
    -- one line for all sessions; while another one writes it, this one does not count
    perform from motjuste.part as p where p.part = -1 for update skip locked;
    get diagnostics claimed = row_count;
    if claimed > 0 then
        insert into motjuste.worker as w (name, rows_read, findings, rate)
        values (
            'motjuste.work()', total, found,
            case when total > 0 then total / greatest(extract(epoch from clock_timestamp() - began), 0.001) end
        )
        on conflict (name) do update
            set seen_at = clock_timestamp(), role = session_user, rows_read = w.rows_read + excluded.rows_read,
                findings = w.findings + excluded.findings, rate = coalesce(excluded.rate, w.rate);
    end if;
    return total;
end
$$;
