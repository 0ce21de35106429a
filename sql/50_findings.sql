-- Recording findings, and what is said to the one who writes the note. Nothing here ever quotes a note.
-- What runs for each note is plpgsql, whose plans last as long as the session; those of sql functions are made again in each
-- transaction.

insert into motjuste.secret (key, inner_pad, outer_pad)
select k.key, p.inner_pad, p.outer_pad
from (
    -- two random uuids hold 244 bits from the server's strong generator; no extension is needed
    select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) as key
) as k
cross join lateral (
    select
        decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' order by b.i), 'hex') as inner_pad,
        decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' order by b.i), 'hex') as outer_pad
    from (
        select i, case when i < 32 then get_byte(k.key, i) else 0 end as byte from generate_series(0, 63) as i
    ) as b
) as p
on conflict do nothing;

-- digest(note): HMAC-SHA-256 of the note under the secret key. A bare hash of a short note could be guessed.
create or replace function motjuste.digest(note text)
    returns bytea
    language plpgsql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select pg_catalog.sha256(s.outer_pad || pg_catalog.sha256(s.inner_pad || pg_catalog.convert_to(note, 'UTF8')))
        from motjuste.secret as s
    );
end
$$;

insert into motjuste.key_mark (mark) select motjuste.digest('motjuste') on conflict do nothing;

-- name_of(relation): its qualified and quoted name, whatever the search_path; null where it is gone.
create or replace function motjuste.name_of(relation regclass)
    returns text
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select format('%I.%I', n.nspname, c.relname)
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation
$$;

-- message(name, ...): one of the pack's messages with its slots filled.
create or replace function motjuste.message(
    name text, place text, category text, first int, last int, total bigint, keys text
)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select replace(replace(replace(replace(replace(replace(m.body,
        '{from}', first::text), '{to}', last::text), '{count}', total::text),
        '{category}', category), '{column}', place), '{keys}', keys)
    from motjuste.message as m
    where m.name = message.name
$$;

-- may_close(f): whether a finding goes with its note. One that was dismissed keeps its status: what was judged of the text
-- outlives the row, without the row's key (motjuste.settle). No `set search_path`, so that it is inlined.
create or replace function motjuste.may_close(status text, row_key jsonb, closed_at timestamptz)
    returns boolean
    language sql
    immutable
as $$
    select status in ('open', 'accepted', 'tolerated') or status = 'dismissed' and row_key <> '{}' and closed_at is null
$$;

-- close_findings(...): the note of this row was corrected or is gone. Without a key, its digest tells which note.
create or replace function motjuste.close_findings(
    relation text, column_name text, json_key text, row_key jsonb, note text
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update motjuste.finding as f
    set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
    where f.relation = close_findings.relation
        and f.column_name = close_findings.column_name
        and f.json_key = close_findings.json_key
        and f.row_key = close_findings.row_key
        and (f.row_key <> '{}' or f.note_digest = motjuste.digest(close_findings.note))
        and motjuste.may_close(f.status, f.row_key, f.closed_at);
end
$$;

-- settle(): at the end of a transaction, what its closed findings tell of a person is dropped: rule, category, level, place,
-- author, reason. Until then a note may come back, as where its row changes partition. What counts goes to motjuste.tally.
create or replace function motjuste.settle()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
begin
    -- the first one sees to all of its transaction
    if exists (
        select from motjuste.finding as f where f.id = new.id and f.closed_at is not null and f.rule_id is not null
    ) then
        perform motjuste.strip(new.closed_at);
    end if;
    return null;
exception when others then
    raise warning 'motjuste: a closed finding could not be stripped (%): motjuste purge does it', sqlstate;
    return null;
end
$$;

-- strip(moment): the same for the findings that were closed at a moment.
create or replace function motjuste.strip(moment timestamptz)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    with closing as materialized (
        select f.id, f.found_at, f.relation, f.column_name, f.json_key, f.category, f.rule_id, f.level, f.status
        from motjuste.finding as f
        where f.closed_at = moment and f.rule_id is not null and f.status in ('corrected', 'redacted')
        for update skip locked
    ),
    stripped as (
        update motjuste.finding as f
        set rule_id = null, category = null, level = null, start = null, length = null, certainty = null, author = null,
            action = null, reason = null, until = null
        from closing as c
        where f.id = c.id
    )
    insert into motjuste.tally (month, relation, column_name, json_key, category, rule_id, level, status, findings)
    select
        date_trunc('month', c.found_at), c.relation, c.column_name, c.json_key, c.category, c.rule_id, c.level, c.status,
        count(*)
    from closing as c
    group by 1, 2, 3, 4, 5, 6, 7, 8;
    -- what was judged of a text stays with the text, whose row is not told any more
    with gone as (
        delete from motjuste.finding as f
        where f.closed_at = moment and f.rule_id is not null and f.status = 'dismissed'
        returning f.*
    )
    insert into motjuste.finding (
        relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, certainty, status,
        reason, decided_by, decided_at, source, found_at
    )
    select
        g.relation, g.column_name, g.json_key, '{}', g.note_digest, g.rule_id, g.category, g.level, g.start, g.length,
        g.certainty, g.status, g.reason, g.decided_by, g.decided_at, g.source, g.found_at
    from gone as g
    on conflict on constraint finding_identity do nothing;
end
$$;

drop trigger if exists finding_settle on motjuste.finding;
create constraint trigger finding_settle
    after update on motjuste.finding
    deferrable initially deferred
    for each row when (new.closed_at is not null and new.rule_id is not null)
    execute function motjuste.settle();
-- what logical replication applies is corrected too
alter table motjuste.finding enable always trigger finding_settle;

-- void(): what was to be written into a note is void once one of its findings is accepted no more, whatever closed, opened or
-- dropped it: a plan holds every finding that is accepted, and no other.
create or replace function motjuste.void()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
begin
    if tg_op = 'DELETE' or new.status <> 'accepted' then
        delete from motjuste.decision as d
        where (d.relation, d.column_name, d.json_key, d.row_key, d.note_digest)
            = (old.relation, old.column_name, old.json_key, old.row_key, old.note_digest);
    end if;
    return null;
end
$$;

drop trigger if exists finding_void on motjuste.finding;
create trigger finding_void
    after delete or update of status on motjuste.finding
    for each row when (old.status = 'accepted')
    execute function motjuste.void();
alter table motjuste.finding enable always trigger finding_void;

-- purge(): drops findings that are older than motjuste.retention keeps them; how many of each status. What stands in a note
-- still is found again by the next scan: of what nobody decided, nothing is counted. For a timer: select cron.schedule('motjuste', '17 3 * * *', 'select motjuste.purge()')
create or replace function motjuste.purge()
    returns table (status text, findings bigint)
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    lock table motjuste.retention in share row exclusive mode; -- one at a time; an advisory lock anybody may hold
    -- what a transaction could not strip at its end
    perform motjuste.strip(x.closed_at)
    from (
        select distinct f.closed_at from motjuste.finding as f where f.closed_at is not null and f.rule_id is not null
    ) as x;
    return query
    with old as materialized (
        select f.*
        from motjuste.finding as f
        join motjuste.retention as r on r.status = f.status
        where case f.status
                when 'corrected' then f.closed_at
                when 'redacted' then f.closed_at
                when 'tolerated' then greatest(coalesce(f.decided_at, f.found_at), f.until)
                when 'dismissed' then coalesce(f.decided_at, f.found_at)
                else f.found_at
            end < now() - r.keep
        for update of f skip locked
    ),
    gone as (
        delete from motjuste.finding as f using old as o where f.id = o.id
    ),
    counted as (
        insert into motjuste.tally as y (month, relation, column_name, json_key, category, rule_id, level, status, findings)
        select
            date_trunc('month', o.found_at), o.relation, o.column_name, o.json_key, o.category, o.rule_id, o.level, o.status,
            count(*)
        from old as o
        where o.rule_id is not null and o.status in ('dismissed', 'tolerated')
        group by 1, 2, 3, 4, 5, 6, 7, 8
    )
    select o.status, count(*) from old as o group by o.status order by o.status;
    -- what was decided of whole notes hangs on no finding
    delete from motjuste.decision as d
    using motjuste.retention as r
    where r.status = 'accepted' and d.whole <> '[]' and d.decided_at < now() - r.keep;
    -- one line a sum: a line of each transaction could be set beside what else that transaction wrote
    with lines as (
        delete from motjuste.tally as y returning y.*
    )
    insert into motjuste.tally (month, relation, column_name, json_key, category, rule_id, level, status, findings)
    select l.month, l.relation, l.column_name, l.json_key, l.category, l.rule_id, l.level, l.status, sum(l.findings)
    from lines as l
    group by 1, 2, 3, 4, 5, 6, 7, 8
    having sum(l.findings) <> 0
    order by 1, 2, 3, 4, 5, 6, 7, 8;
end
$$;

-- move_findings(...): the row of this note has another key now; its findings follow, with what was decided of them.
create or replace function motjuste.move_findings(
    relation text, column_name text, json_key text, old_key jsonb, new_key jsonb, note text
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if old_key = new_key then
        return; -- both too long to be kept
    end if;
    -- what an earlier row left under the new key, of the same note, gives way
    delete from motjuste.finding as g
    using motjuste.finding as f
    where f.relation = move_findings.relation
        and f.column_name = move_findings.column_name
        and f.json_key = move_findings.json_key
        and f.row_key = old_key
        and f.note_digest = motjuste.digest(move_findings.note)
        and (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, new_key)
        and g.note_digest = f.note_digest
        and (g.rule_id is null or (g.rule_id, g.start) = (f.rule_id, f.start))
        and g.id <> f.id;
    -- the digest: where keys shift from row to row, each finding moves once, with its own note
    update motjuste.finding as f
    set row_key = new_key
    where f.relation = move_findings.relation
        and f.column_name = move_findings.column_name
        and f.json_key = move_findings.json_key
        and f.row_key = old_key
        and f.note_digest = motjuste.digest(move_findings.note);
    delete from motjuste.decision as d
    where (d.relation, d.column_name, d.json_key) = (move_findings.relation, move_findings.column_name, move_findings.json_key)
        and d.row_key = new_key and d.note_digest = motjuste.digest(move_findings.note);
    update motjuste.decision as d
    set row_key = new_key
    where (d.relation, d.column_name, d.json_key) = (move_findings.relation, move_findings.column_name, move_findings.json_key)
        and d.row_key = old_key and d.note_digest = motjuste.digest(move_findings.note);
    -- nor does a check that failed lose its row
    update motjuste.failure as f
    set row_key = new_key
    where (f.relation, f.column_name, f.json_key) = (move_findings.relation, move_findings.column_name, move_findings.json_key)
        and f.row_key = old_key and f.closed_at is null
        and (f.note_digest is null or f.note_digest = motjuste.digest(move_findings.note));
end
$$;

-- may_bypass(): whether this session asks to bypass the checks, and its role is listed in motjuste.bypass_role. A redaction asks
-- for its own writes only (bypass_own): what a trigger of the users' own writes because of them is checked.
create or replace function motjuste.may_bypass()
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select btrim(coalesce(current_setting('motjuste.bypass', true), '')) <> ''
        and (coalesce(current_setting('motjuste.bypass_own', true), '') <> 'on' or pg_trigger_depth() <= 1)
        and exists (
            select
            from motjuste.bypass_role as b
            join pg_catalog.pg_roles as r on r.rolname = b.role
            where pg_has_role(session_user, r.oid, 'member') and (b.until is null or b.until > clock_timestamp())
        )
$$;

-- log_bypass(...): rows is null where they come one by one: then one line a transaction, not one a row.
create or replace function motjuste.log_bypass(relation text, column_name text, rows bigint)
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    insert into motjuste.bypass (relation, column_name, rows, reason, xact)
    select log_bypass.relation, log_bypass.column_name, log_bypass.rows, s.reason, pg_current_xact_id()
    from (select left(current_setting('motjuste.bypass', true), 500) as reason) as s
    where log_bypass.rows > 0
        or log_bypass.rows is null and not exists (
            select
            from motjuste.bypass as b
            where b.xact = pg_current_xact_id() and b.rows is null
                and (b.relation, b.column_name, b.reason) = (log_bypass.relation, log_bypass.column_name, s.reason)
        )
$$;

-- log_failure(...): these notes were not checked; one line a row, its last note. Without arrays, or where there are too many
-- of them: one line for the column, which is to be scanned.
create or replace function motjuste.log_failure(
    relation text, column_name text, json_key text, state text, row_keys jsonb[], notes text[]
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    digests bytea[];
    many constant int := 1000;
begin
    if row_keys is null or cardinality(row_keys) not between 1 and many then
        row_keys := array[null::jsonb];
        notes := array[null::text];
    end if;
    begin
        digests := array(select motjuste.digest(n.note) from unnest(notes) with ordinality as n (note, i) order by n.i);
    exception when others then
        digests := array_fill(null::bytea, array[cardinality(row_keys)]);
    end;
    delete from motjuste.failure as f
    where f.id in (
        select g.id
        from motjuste.failure as g
        where (g.relation, g.column_name, g.json_key) = (log_failure.relation, log_failure.column_name, log_failure.json_key)
            and g.row_key = any (row_keys) and g.row_key <> '{}' and g.closed_at is null
        for update skip locked
    );
    insert into motjuste.failure (relation, column_name, json_key, row_key, note_digest, sqlstate)
    select log_failure.relation, log_failure.column_name, log_failure.json_key, x.row_key, x.digest, state
    from (
        select distinct on (k.row_key, d.digest) k.row_key, d.digest
        from (
            -- a row without a key is known by the digest of its note alone
            select distinct on (r.row_key, case when r.row_key = '{}' then r.digest end)
                case when r.row_key <> '{}' or r.digest is not null then r.row_key end as row_key, r.digest
            from unnest(row_keys, digests) with ordinality as r (row_key, digest, i)
            order by r.row_key, case when r.row_key = '{}' then r.digest end, r.i desc
        ) as k
        cross join lateral (select case when k.row_key is not null then k.digest end as digest) as d
    ) as x
    where not exists (
        select
        from motjuste.failure as f
        where (f.relation, f.column_name, f.json_key) = (log_failure.relation, log_failure.column_name, log_failure.json_key)
            and f.row_key is not distinct from x.row_key and f.note_digest is not distinct from x.digest
            and f.closed_at is null
    );
end
$$;

-- too_long(...): a note that is longer than the policy has them read. In mode block it is refused: what there is to tell
-- comes back. In the others it is recorded, in mode warn told too.
create or replace function motjuste.too_long(
    watch_id int, relation text, column_name text, json_key text, mode text, row_key jsonb, note text
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    said constant jsonb := jsonb_build_object(
        'long', octet_length(note), 'limit', (select s.value from motjuste.setting as s where s.name = 'max_note'));
begin
    if motjuste.parent_of(watch_id) is not null then
        return null;
    end if;
    -- not a row that only changes partition: it was deleted in this transaction, and recorded then
    if mode = 'block' and not exists (
        select
        from motjuste.failure as f
        where (f.relation, f.column_name, f.json_key) = (too_long.relation, too_long.column_name, too_long.json_key)
            and f.closed_at is null and f.sqlstate = 'MJ003' and f.at = now() and f.note_digest = motjuste.digest(note)
    ) then
        return said;
    end if;
    perform motjuste.log_failure(relation, column_name, json_key, 'MJ003', array[row_key], array[note]);
    if mode = 'warn' then
        perform motjuste.tell(relation, column_name, json_key, mode, said);
    end if;
    return null;
end
$$;

-- ancestors(relation): the tables that it is a partition or a child of, and theirs. No `set search_path`, so that it is
-- inlined: the triggers, which run as their owner, pin it for all they call.
create or replace function motjuste.ancestors(relation oid)
    returns table (ancestor oid)
    language sql
    stable
as $$
    with recursive above as (
        select i.inhparent from pg_catalog.pg_inherits as i where i.inhrelid = relation
        union
        select i.inhparent from above as a join pg_catalog.pg_inherits as i on i.inhrelid = a.inhparent
    )
    select a.inhparent from above as a
$$;

-- parent_of(watch_id): the watch that already sees every row of this one: of the table that it is a partition or a child
-- of. Null, the usual answer, where there is none.
create or replace function motjuste.parent_of(watch_id int)
    returns int
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select min(p.id)
        from motjuste.watch as w
        cross join lateral motjuste.ancestors(w.relation) as a
        join motjuste.watch as p on p.relation = a.ancestor and p.column_name = w.column_name and p.json_key = w.json_key
        where w.id = watch_id
    );
end
$$;

-- handle(...): check these notes once and record what is found. The arrays go together, one item a row; `lines` counts the
-- rows, for those that have no key, where all rows of the statement are seen. Comes back what there is to tell the client,
-- added to `said`, what was to tell before: how many notes and whether these are all of the statement, the first one's place
-- and advice, and the keys of the first ten. Null: nothing. `deferred`: nothing is recorded, what has findings is queued.
create or replace function motjuste.handle(
    watch_id int, relation text, column_name text, json_key text, mode text,
    row_keys jsonb[], notes text[], authors text[], lines bigint[] default null, said jsonb default null,
    deferred boolean default false
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    told record; -- of all findings, in arrays
    remains bigint[];
    more jsonb;
begin
    if motjuste.parent_of(watch_id) is not null then
        return null;
    end if;
    with c as materialized (
        select f.* from motjuste.found(notes) as f
    ),
    -- of each note once, however much is found in it
    d as materialized (
        select x.i, motjuste.digest(notes[x.i]) as digest from (select distinct c.i from c) as x
    )
    select
        array_agg(c.i) as numbers, array_agg(i.row_key) as row_keys, array_agg(d.digest) as digests, array_agg(c.rule_id) as rules,
        array_agg(c.category) as categories, array_agg(c.level) as levels, array_agg(c.start) as starts, array_agg(c.length) as lengths,
        array_agg(i.author) as authors, array_agg(i.line) as lines
    into told
    from c
    join d on d.i = c.i
    join unnest(row_keys, authors, lines) with ordinality as i (row_key, author, line, i) on i.i = c.i;
    if told.numbers is null then
        return said; -- nothing is written, nor locked, for a note in which nothing is found
    end if;
    if deferred then
        insert into motjuste.queue (watch_id, row_key, note_digest)
        select distinct handle.watch_id, x.row_key, case when x.row_key = '{}' then x.note_digest end
        from unnest(told.row_keys, told.digests) as x (row_key, note_digest);
    else
        -- What is known of a note is looked up by its digest and its key alone, and then compared: a plan lasts as long as the session, and one that was made
        -- while there were few findings would read all of the column's ever after.
        -- The lock of who writes comes first: taken after that of who reads, it would deadlock with an install.
        lock table motjuste.finding in row exclusive mode;
        remains := array(
            select f.id
            from unnest(told.row_keys, told.digests) as x (row_key, note_digest)
            cross join lateral (
                select f.* from motjuste.finding as f where f.note_digest = x.note_digest and f.row_key = x.row_key offset 0
            ) as f
            where (f.relation, f.column_name, f.json_key) = (handle.relation, handle.column_name, handle.json_key)
                and f.rule_id is null
        );
        if remains <> '{}' then
            -- a note put back as it was: what is left of its closed findings gives way
            delete from motjuste.finding as f where f.id = any (remains);
        end if;
        insert into motjuste.finding as f
            (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, author)
        -- without a primary key, rows of the same text are one note
        select distinct on (x.row_key, x.note_digest, x.rule_id, x.start)
            handle.relation, handle.column_name, handle.json_key,
            x.row_key, x.note_digest, x.rule_id, x.category, x.level, x.start, x.length, x.author
        from unnest(
            told.row_keys, told.digests, told.rules, told.categories, told.levels, told.starts, told.lengths, told.authors
        ) as x (row_key, note_digest, rule_id, category, level, start, length, author)
        where not exists (
            -- what was judged of this text in a row that is gone, or goes in this transaction
            select
            from (
                select d.* from motjuste.finding as d where d.note_digest = x.note_digest and d.row_key = '{}'
                union all
                select d.* from motjuste.finding as d where d.note_digest = x.note_digest and d.closed_at = now() and d.rule_id is not null
                offset 0
            ) as d
            where (d.relation, d.column_name, d.json_key) = (handle.relation, handle.column_name, handle.json_key)
                and d.rule_id = x.rule_id and d.start = x.start
                and d.status = 'dismissed' and d.row_key <> x.row_key
        )
        -- put back in the transaction that took it away
        on conflict on constraint finding_identity do update
            set status = case f.status when 'dismissed' then f.status else 'open' end, closed_at = null
            where f.closed_at is not null;
    end if;
    if mode not in ('warn', 'block') then
        return said;
    end if;
    with offence as (
        select distinct on (x.i)
            x.i, k.label, k.advice, x.start, x.length,
            -- without a key the line, where lines are counted
            concat_ws(' ',
                case when x.row_key = '{}' then motjuste.message('line', '', '', x.line::int, 0, 0, '') else x.row_key::text end,
                '(' || string_agg(k.label, ', ') over (partition by x.i) || ')') as key
        from (
            select distinct on (y.i, y.category) y.*
            from unnest(
                told.numbers, told.row_keys, told.categories, told.levels, told.starts, told.lengths, told.lines
            ) as y (i, row_key, category, level, start, length, line)
            where mode = 'warn' or y.level = 'block'
            order by y.i, y.category, y.start
        ) as x
        join motjuste.category as k on k.code = x.category
        order by x.i, x.start
    ),
    opening as (
        select o.* from offence as o order by o.i limit 1
    )
    select jsonb_build_object(
        'notes', (select count(*) from offence),
        'all', lines is not null,
        'label', o.label, 'advice', o.advice, 'first', o.start + 1, 'last', o.start + o.length,
        'keys', (select jsonb_agg(t.key order by t.i) from (select * from offence as p order by p.i limit 10) as t))
    into more
    from opening as o;
    if said is null or more is null then
        return coalesce(more, said);
    end if;
    return said || jsonb_build_object(
        'notes', (said ->> 'notes')::bigint + (more ->> 'notes')::bigint,
        'keys', (
            select jsonb_agg(x.key order by x.i)
            from jsonb_array_elements((said -> 'keys') || (more -> 'keys')) with ordinality as x (key, i)
            where x.i <= 10
        ));
end
$$;

-- sift(...): the same for many notes. Where a check fails, the other notes are still checked, but in mode block, which stops; where it fails for note after note, the rest is recorded
-- as not checked.
create or replace function motjuste.sift(
    watch_id int, relation text, column_name text, json_key text, mode text,
    row_keys jsonb[], notes text[], authors text[], lines bigint[], said jsonb, deferred boolean default false
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    failed int := 0;
    state text;
begin
    return motjuste.handle(
        watch_id, relation, column_name, json_key, mode, row_keys, notes, authors, lines, said, deferred);
exception when others then
    if mode = 'block' or cardinality(notes) = 1 then
        raise;
    end if;
    for i in 1 .. cardinality(notes) loop
        begin
            said := motjuste.sift(watch_id, relation, column_name, json_key, mode,
                row_keys[i:i], notes[i:i], authors[i:i], lines[i:i], said, deferred);
            failed := 0;
        exception when others then
            failed := failed + 1;
            state := sqlstate;
        end;
        if failed > 3 then
            perform motjuste.log_failure(relation, column_name, json_key, state, row_keys[i:], notes[i:]);
            exit;
        elsif failed > 0 then
            perform motjuste.log_failure(relation, column_name, json_key, state, row_keys[i:i], notes[i:i]);
        end if;
    end loop;
    return said;
end
$$;

-- tell(...): refuse the write, or warn of it; nothing where there is nothing to tell.
create or replace function motjuste.tell(relation text, column_name text, json_key text, mode text, said jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    place constant text := relation || '.' || quote_ident(column_name)
        || case when json_key = '' then '' else '->>' || quote_literal(json_key) end;
    what text;
    which text;
begin
    if said is null then
        return;
    end if;
    if said ? 'long' then
        what := motjuste.message('long', place, '', 0, (said ->> 'limit')::int, (said ->> 'long')::bigint, '');
    else
        what := motjuste.message(case when mode = 'block' then 'refused' else 'warned' end,
            place, said ->> 'label', (said ->> 'first')::int, (said ->> 'last')::int, 0, '');
        -- refused row by row, the statement ends with its first
        which := motjuste.message(case when mode = 'block' and not (said ->> 'all')::boolean then 'first' else 'more' end, place, said ->> 'label', 0, 0, (said ->> 'notes')::bigint,
            (select string_agg(x.key, ' ; ' order by x.i) from jsonb_array_elements_text(said -> 'keys') with ordinality as x (key, i)));
    end if;
    if mode <> 'block' then
        raise warning using errcode = 'MJ001', message = coalesce(what, place), detail = coalesce(which, ''),
            hint = coalesce(said ->> 'advice', '');
        return;
    end if;
    -- the server logs the statement beside its error, with the note in it: not where we may prevent it
    if has_parameter_privilege('log_min_error_statement', 'set') then
        perform set_config('log_min_error_statement', 'panic', true);
    end if;
    raise exception using errcode = 'MJ001', message = coalesce(what, place), detail = coalesce(which, ''),
        hint = coalesce(said ->> 'advice', '');
end
$$;
