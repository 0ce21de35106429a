-- attach, detach, refresh: the functions a DBA calls to watch a column.

-- renamed_key(row_key, names): a row key with the names of its columns replaced by those given.
create or replace function motjuste.renamed_key(row_key jsonb, names jsonb)
    returns jsonb
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_object_agg(coalesce(names ->> e.key, e.key), e.value) filter (where e.key is not null), '{}')
    from jsonb_each(row_key) as e
$$;

-- rename_findings(...): a table, a column or the columns of its key have other names now; findings and proofs follow.
create or replace function motjuste.rename_findings(
    relation text, column_name text, json_key text, new_relation text, new_column text, new_keys jsonb
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update motjuste.scan as s
    set relation = new_relation, column_name = new_column
    where (s.relation, s.column_name, s.json_key)
        = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key);
    update motjuste.failure as s
    set relation = new_relation, column_name = new_column, row_key = motjuste.renamed_key(s.row_key, new_keys)
    where (s.relation, s.column_name, s.json_key)
            = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key)
        and s.closed_at is null;
    -- what was found again meanwhile under the new name gives way to what may have been decided
    delete from motjuste.finding as g
    using motjuste.finding as f
    where (f.relation, f.column_name, f.json_key)
            = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key)
        and (g.relation, g.column_name, g.json_key) = (new_relation, new_column, rename_findings.json_key)
        and (g.row_key, g.note_digest, g.rule_id, g.start)
            = (motjuste.renamed_key(f.row_key, new_keys), f.note_digest, f.rule_id, f.start)
        and g.id <> f.id;
    update motjuste.finding as f
    set relation = new_relation, column_name = new_column, row_key = motjuste.renamed_key(f.row_key, new_keys)
    where (f.relation, f.column_name, f.json_key)
        = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key);
    delete from motjuste.decision as e
    using motjuste.decision as d
    where (d.relation, d.column_name, d.json_key)
            = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key)
        and (e.relation, e.column_name, e.json_key) = (new_relation, new_column, rename_findings.json_key)
        and (e.row_key, e.note_digest) = (motjuste.renamed_key(d.row_key, new_keys), d.note_digest)
        and e.id <> d.id;
    update motjuste.decision as d
    set relation = new_relation, column_name = new_column, row_key = motjuste.renamed_key(d.row_key, new_keys)
    where (d.relation, d.column_name, d.json_key)
        = (rename_findings.relation, rename_findings.column_name, rename_findings.json_key);
end
$$;

-- locking(statement): run a statement that locks a table. Where this transaction holds another one that writers wait for, we
-- wait less long than the server before it looks for waits in a circle: it would end any of them, and that may be a
-- writer. migrations/templates/give_way.sql does the same where this function may not be there.
create or replace function motjuste.locking(statement text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from pg_catalog.pg_locks as l
        join pg_catalog.pg_class as c on c.oid = l.relation
        where l.pid = pg_backend_pid() and l.mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock')
            and c.relkind in ('r', 'p') and c.relnamespace <> 'motjuste'::regnamespace
    ) then
        perform set_config('lock_timeout', least(nullif(l.setting::int, 0), greatest(d.setting::int / 2, 1))::text, true)
        from pg_catalog.pg_settings as l
        cross join pg_catalog.pg_settings as d
        where l.name = 'lock_timeout' and d.name = 'deadlock_timeout';
    end if;
    execute statement;
end
$$;

-- untrusted(relation): whether the triggers run with a superuser's rights, those of the owner of this schema, on a table whose
-- owner has less: what the owner may write into types, casts and defaults must then not even once be run by them.
create or replace function motjuste.untrusted(relation oid)
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from pg_catalog.pg_namespace as n
        join pg_catalog.pg_roles as r on r.oid = n.nspowner and r.rolsuper
        cross join pg_catalog.pg_class as c
        where n.nspname = 'motjuste' and c.oid = untrusted.relation and not pg_has_role(c.relowner, n.nspowner, 'member')
    )
$$;

-- require_own_keys(w, member): an error where to make a trigger on this table, or to enable it, would run code of somebody else with our
-- rights, which are those of a superuser who plays the schema's owner.
create or replace function motjuste.require_own_keys(w motjuste.watch, member regclass)
    returns void
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    code constant text := case when not w.trust_owner then motjuste.foreign_code(member, true) end;
begin
    if code is not null then
        raise exception 'motjuste: no trigger is made on %: %, code of somebody else that would run with your rights', motjuste.name_of(member), code
            using errcode = '42501',
                hint = 'attach it as the table''s owner; or, where you trust the owner, trust_owner = true under its [[watch]] in motjuste.toml'
                    ' (for motjuste attach: --trust-owner, in SQL: trust_owner => true)';
    end if;
end
$$;

-- may_alter(relation): whether this role may take triggers away from a table, one by one, and enable them: a right that its
-- owner alone has. The TRIGGER right is enough to make one, to make it again, and to drop it with our function.
create or replace function motjuste.may_alter(relation oid)
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select pg_has_role(c.relowner, 'usage') from pg_catalog.pg_class as c where c.oid = relation
$$;

-- makers(relation): who may make a partition of it, or of a partition: PostgreSQL lets them only where they may execute the
-- functions of the triggers that fire for each row, which are copied.
create or replace function motjuste.makers(relation regclass)
    returns table (grantee oid)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select distinct c.relowner
    from motjuste.members(relation) as m
    join pg_catalog.pg_class as c on c.oid = m.member and c.relkind = 'p'
$$;

-- forget(watch_id): the triggers and functions of a watched column, removed. Its findings stay.
create or replace function motjuste.forget(watch_id int)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    mine constant text := '^(zz_)?motjuste_' || watch_id || '_(insert|update|delete|truncate|mask)$';
    f record;
begin
    for f in
        select t.tgname, t.tgrelid::regclass as place
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_trigger as t on t.tgfoid = p.oid and t.tgparentid = 0
        where p.pronamespace = 'motjuste'::regnamespace and p.proname ~ mine and motjuste.may_alter(t.tgrelid)
        order by t.tgrelid, t.tgname
    loop
        perform motjuste.locking(format('drop trigger %I on %s', f.tgname, f.place));
    end loop;
    for f in
        select p.oid::regprocedure as signature
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace and p.proname ~ mine
    loop
        perform motjuste.locking(format('drop function %s cascade', f.signature));
    end loop;
end
$$;

-- make_way(w, label, column): of the other watches that go by these names still, since two tables or columns changed places:
-- their numbers. Each, with its findings, goes by a name of its own meanwhile; one whose column is gone is forgotten.
create or replace function motjuste.make_way(w motjuste.watch, label_now text, column_now name)
    returns int[]
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    other motjuste.watch;
    aside motjuste.watch;
    ids int[] := '{}';
begin
    for other in
        select k.*
        from motjuste.watch as x
        cross join lateral motjuste.known(x) as k
        where x.id <> w.id and (x.label, x.column_name, x.json_key) = (make_way.label_now, make_way.column_now, w.json_key)
    loop
        if other.relation = w.relation and motjuste.column_now(other.relation, other.column_name, other.attnum) is null then
            perform motjuste.close_all(other);
            perform motjuste.forget(other.id);
            delete from motjuste.watch as x where x.id = other.id;
            continue;
        end if;
        aside := other;
        aside.label := format('watch %s', other.id);
        if other.relation = w.relation then
            aside.column_name := format('watch %s', other.id);
        end if;
        perform motjuste.rename_findings(
            other.label, other.column_name, other.json_key, aside.label, aside.column_name, '{}');
        update motjuste.watch as x set label = aside.label, column_name = aside.column_name where x.id = other.id;
        ids := ids || other.id;
    end loop;
    return ids;
end
$$;

-- close_all(w): the notes of a watched column are gone, and with them what its findings tell: nothing can put them back. At
-- once and not by motjuste.settle, so that the same transaction may change our own tables.
create or replace function motjuste.close_all(w motjuste.watch)
    returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    with judged as (
        delete from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key) and f.status = 'dismissed'
        returning f.*
    ),
    closing as materialized (
        select f.*
        from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key)
            and f.status in ('open', 'accepted', 'tolerated')
        for update
    ),
    closed as (
        update motjuste.finding as f
        set status = 'corrected', closed_at = now(), rule_id = null, category = null, level = null, start = null,
            length = null, certainty = null, author = null, action = null, reason = null, until = null
        from closing as c
        where f.id = c.id
    ),
    void as (
        delete from motjuste.decision as d
        where (d.relation, d.column_name, d.json_key) = (w.label, w.column_name, w.json_key)
    )
    insert into motjuste.tally (month, relation, column_name, json_key, category, rule_id, level, status, findings)
    select
        date_trunc('month', x.found_at), x.relation, x.column_name, x.json_key, x.category, x.rule_id, x.level, x.status,
        count(*)
    from (
        select c.found_at, c.relation, c.column_name, c.json_key, c.category, c.rule_id, c.level, 'corrected' as status
        from closing as c
        union all
        select j.found_at, j.relation, j.column_name, j.json_key, j.category, j.rule_id, j.level, j.status from judged as j
    ) as x
    group by 1, 2, 3, 4, 5, 6, 7, 8
$$;

-- refresh(watch_id): bring the triggers of a watched column up to date: what is right already is not touched, and no table
-- is locked for it. False where table or column is gone.
create or replace function motjuste.refresh(watch_id int)
    returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    column_now name;
    label_now text;
    keys_now name[];
    names jsonb;
    twin motjuste.watch;
    waiting int[] := '{}';
    wanted "char";
    mine text;
    schema_owner oid;
    intact oid[];
    other boolean; -- another column has its name now
    s record;
    t record;
begin
    select * into w from motjuste.watch as x where x.id = watch_id for update;
    w := motjuste.known(w);
    label_now := motjuste.name_of(w.relation);
    column_now := motjuste.column_now(w.relation, w.column_name, w.attnum);
    if label_now is null then
        -- the table was dropped, its triggers with it, and its notes
        perform motjuste.forget(w.id);
        delete from motjuste.watch as x where x.id = w.id;
        delete from motjuste.queue as q where q.watch_id = w.id;
        perform motjuste.close_all(w);
        return false;
    elsif column_now is null then
        -- the watch stays, so that `status` tells
        delete from motjuste.queue as q where q.watch_id = w.id;
        perform motjuste.close_all(w);
        return false;
    end if;
    keys_now := motjuste.keys_beside(w.relation, column_now);
    if keys_now <> motjuste.key_columns(w.relation) then
        -- of a key that holds the note nothing may be told: what is still there is found again without it
        delete from motjuste.finding as f
        where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key) and f.row_key ? w.column_name;
    end if;
    if w.label <> label_now or w.column_name <> column_now or w.keys <> '{}' and w.keys <> keys_now then
        names := (
            select coalesce(jsonb_object_agg(k.name, motjuste.column_now(w.relation, k.name, k.attnum))
                filter (where k.name is not null), '{}')
            from unnest(w.keys, w.key_attnums) as k (name, attnum)
        );
        select x.* into twin
        from motjuste.watch as x
        where x.id <> w.id and (x.relation, x.column_name, x.json_key) = (w.relation, column_now, w.json_key)
            and motjuste.column_now(x.relation, x.column_name, x.attnum) = column_now;
        if found then
            -- it was watched again under its new name
            perform motjuste.forget(w.id);
            delete from motjuste.watch as x where x.id = w.id;
            update motjuste.queue as q set watch_id = twin.id, row_key = motjuste.renamed_key(q.row_key, names) where q.watch_id = w.id;
            perform motjuste.rename_findings(w.label, w.column_name, w.json_key, twin.label, twin.column_name, names);
            return motjuste.refresh(twin.id);
        end if;
        waiting := motjuste.make_way(w, label_now, column_now);
        perform motjuste.rename_findings(w.label, w.column_name, w.json_key, label_now, column_now, names);
    end if;
    other := w.attnum not in (0, (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = w.relation and a.attname = column_now));
    update motjuste.watch as x
    set label = label_now,
        seen_as = w.relation,
        column_name = column_now,
        attnum = (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = w.relation and a.attname = column_now),
        author_column = motjuste.column_now(w.relation, w.author_column, null),
        subject_column = motjuste.column_now(w.relation, w.subject_column, null),
        keys = keys_now,
        key_attnums = array(
            select a.attnum
            from unnest(keys_now) with ordinality as k (name, i)
            join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attname = k.name
            order by k.i
        )
    where x.id = w.id
    returning * into w;
    intact := case when other then '{}' else motjuste.intact(w) end;
    if other then
        -- what was read was not this one
        update motjuste.scan as x
        set horizon = null
        where (x.relation, x.column_name, x.json_key) = (w.label, w.column_name, w.json_key);
    end if;

    wanted := case when w.always then 'A' else 'O' end;
    mine := '^(zz_)?motjuste_' || w.id || '_(insert|update|delete|truncate|mask)$';
    select n.nspowner into schema_owner from pg_catalog.pg_namespace as n where n.nspname = 'motjuste';
    -- from a table that left the tree and is another's to alter, a trigger goes with its function, which is made again
    for t in
        select distinct p.oid::regprocedure as signature
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_trigger as g on g.tgfoid = p.oid and g.tgparentid = 0
        where p.pronamespace = 'motjuste'::regnamespace and p.proname ~ mine and not motjuste.may_alter(g.tgrelid)
            and g.tgrelid not in (select m.member from motjuste.members(w.relation) as m where m.own)
    loop
        perform motjuste.locking(format('drop function %s cascade', t.signature));
    end loop;

    for s in select x.*, motjuste.settings(w) as settings from motjuste.sources(w) as x loop
        if not exists (
            select
            from pg_catalog.pg_proc as p
            where p.pronamespace = 'motjuste'::regnamespace and p.proname = s.trigger_name
                and p.prosrc = s.source and p.proconfig = s.settings and p.prosecdef
        ) then
            execute format(
                E'create or replace function motjuste.%I()\n    returns trigger\n    language plpgsql\n    security definer\n%s\nas %L',
                s.trigger_name,
                (select string_agg(
                    -- a list is written as a list, the others as one value
                    case when split_part(x.setting, '=', 1) = 'search_path' then '    set ' || replace(x.setting, '=', ' = ')
                        else format('    set %I = %L', split_part(x.setting, '=', 1), split_part(x.setting, '=', 2)) end,
                    E'\n' order by x.i) from unnest(s.settings) with ordinality as x (setting, i)),
                s.source);
            execute format('revoke all on function motjuste.%I() from public', s.trigger_name);
            -- the digest tells `status` whether the function was altered by hand
            execute format('comment on function motjuste.%I() is %L', s.trigger_name, 'motjuste ' || md5(s.source));
        end if;
        -- whoever attaches: it runs with the rights of the schema's owner, not with more
        if exists (
            select from pg_catalog.pg_proc as p
            where p.oid = format('motjuste.%I()', s.trigger_name)::regprocedure and p.proowner <> schema_owner
        ) then
            execute format('alter function motjuste.%I() owner to %I', s.trigger_name, pg_get_userbyid(schema_owner));
        end if;
        -- who makes a partition tomorrow makes its copies of the triggers
        for t in
            select x.grantee::regrole as role
            from motjuste.makers(w.relation) as x
            where s.kind & 1 = 1 and not has_function_privilege(x.grantee, format('motjuste.%I()', s.trigger_name), 'execute')
        loop
            execute format('grant execute on function motjuste.%I() to %s', s.trigger_name, t.role);
        end loop;
        for t in
            select m.member, g.oid, motjuste.may_alter(m.member) as alterable
            from motjuste.members(w.relation) as m
            join pg_catalog.pg_class as c on c.oid = m.member and c.relkind in ('r', 'p')
            left join pg_catalog.pg_trigger as g on g.tgrelid = m.member and g.tgname = s.trigger_name
            where m.own and (g.oid is null or g.tgtype <> s.kind
                or g.tgqual is not null or g.tgattr::text <> '' or g.tgconstraint <> 0
                or concat(' new table as ' || g.tgnewtable, ' old table as ' || g.tgoldtable)
                    <> coalesce(substring(s.definition from ' referencing(.*) for each '), '')
                or g.tgfoid <> format('motjuste.%I()', s.trigger_name)::regprocedure
                -- to make it again enables it, on its partitions too, which only the table's owner may do otherwise
                or wanted = 'O' and exists (
                    select
                    from motjuste.members(m.member) as below
                    join pg_catalog.pg_trigger as d on d.tgrelid = below.member and d.tgname = s.trigger_name
                    where d.tgenabled <> 'O' and not motjuste.may_alter(below.member)
                ))
        loop
            if t.oid is not null and t.alterable then
                perform motjuste.locking(format('drop trigger %I on %s', s.trigger_name, t.member));
            end if;
            perform motjuste.require_own_keys(w, t.member);
            perform motjuste.locking(format('create or replace trigger %I %s execute function motjuste.%I()',
                s.trigger_name, replace(s.definition, '@table@', t.member::text), s.trigger_name));
        end loop;
    end loop;

    -- the mask of a column that is not masked any more, and triggers on tables that left the tree
    for t in
        select g.tgname, g.tgrelid::regclass as place, format('motjuste.%I()', p.proname) as signature, x.trigger_name
        from pg_catalog.pg_proc as p
        left join pg_catalog.pg_trigger as g on g.tgfoid = p.oid and g.tgparentid = 0
        left join motjuste.sources(w) as x on x.trigger_name = p.proname
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname ~ mine
            and (x.trigger_name is null or g.tgrelid not in (select m.member from motjuste.members(w.relation) as m where m.own))
    loop
        continue when to_regprocedure(t.signature) is null; -- gone with its function, from another table of the tree
        if t.tgname is not null and motjuste.may_alter(t.place) then
            perform motjuste.locking(format('drop trigger %I on %s', t.tgname, t.place));
        end if;
        if t.trigger_name is null then
            perform motjuste.locking(format('drop function if exists %s cascade', t.signature));
        end if;
    end loop;

    for t in
        select distinct on (g.tgname, m.member) g.tgname, m.member
        from motjuste.members(w.relation) as m
        join pg_catalog.pg_trigger as g on g.tgrelid = m.member
        join motjuste.sources(w) as x on x.trigger_name = g.tgname
        where g.tgenabled <> wanted
        order by g.tgname, m.member
    loop
        if not motjuste.may_alter(t.member) then
            raise exception 'motjuste: % belongs to another role, who alone may have its triggers fire always',
                    motjuste.name_of(t.member)
                using errcode = '42501', hint = format('as its owner: alter table %s enable always trigger %I',
                    motjuste.name_of(t.member), t.tgname);
        end if;
        perform motjuste.require_own_keys(w, t.member);
        perform motjuste.locking(format(
            'alter table %s enable %s trigger %I', t.member, case when w.always then 'always' else '' end, t.tgname
        ));
    end loop;
    perform motjuste.guard(w);
    -- default privileges may give what was made here to others
    perform motjuste.restrict();
    perform motjuste.vouch(w.id, intact);
    if names is not null then
        update motjuste.queue as q
        set row_key = motjuste.renamed_key(q.row_key, names)
        where q.watch_id = w.id and q.row_key <> motjuste.renamed_key(q.row_key, names);
    end if;
    perform motjuste.refresh(x.id) from unnest(waiting) as x (id);
    return true;
end
$$;

-- refresh(): all of them; and what is left of those that are watched no more is removed.
create or replace function motjuste.refresh()
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform motjuste.refresh(w.id) from motjuste.watch as w order by w.id;
    perform motjuste.forget(x.id)
    from (
        select distinct substring(p.proname from '^(?:zz_)?motjuste_([0-9]+)_[a-z]+$')::int as id
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
    ) as x
    where x.id is not null and not exists (select from motjuste.watch as w where w.id = x.id);
    perform motjuste.unguard();
    delete from motjuste.gap as g where not exists (select from motjuste.watch as w where w.id = g.watch_id);
end
$$;

-- attach(...): watch a column in a mode; again with another mode changes the mode, and only that. `always`: also where
-- session_replication_role is replica, as where changes come by logical replication. `trust_owner`: also where the table's owner
-- has less rights than the triggers, which are a superuser's. `deferred`: what refuses nothing is read later, by motjuste.work() or
-- `motjuste work`. What is null stays as it was; at first, mode is flag, the others false.
create or replace function motjuste.attach(
    relation regclass,
    column_name name,
    mode text default null,
    json_key text default '',
    author_column name default null,
    subject_column name default null,
    always boolean default null,
    trust_owner boolean default null,
    deferred boolean default null
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    place constant text := motjuste.name_of(relation);
    wanted constant text := mode;
    kind "char";
    temporary boolean;
    type_name text;
    category "char";
    element "char";
    generated "char";
    declared oid;
    member regclass;
    schema_owner constant name := (select pg_get_userbyid(n.nspowner) from pg_catalog.pg_namespace as n where n.nspname = 'motjuste');
    w motjuste.watch;
    covering motjuste.watch;
    part record;
    name text;
begin
    json_key := coalesce(json_key, '');
    -- what had this name before it got another, or what this column was watched as before
    perform motjuste.refresh(x.id)
    from motjuste.watch as x
    where x.relation <> attach.relation and x.label = place
        or x.relation = attach.relation and x.seen_as = x.relation
            and motjuste.column_now(x.relation, x.column_name, x.attnum) <> x.column_name;
    mode := coalesce(mode, (
        select x.mode
        from motjuste.watch as x
        where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
    ), 'flag');
    if mode not in ('flag', 'warn', 'block', 'mask') then
        raise exception 'motjuste: unknown mode %', quote_literal(mode)
            using errcode = '22023', hint = 'use flag, warn, block or mask';
    end if;
    if mode = 'warn' and coalesce(attach.deferred, (
        select x.deferred
        from motjuste.watch as x
        where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
    )) then
        raise exception 'motjuste: mode warn tells the client at once, nothing of it can be deferred'
            using errcode = '22023', hint = 'defer flag, block or mask; or check at once: deferred => false (--at-once)';
    end if;
    if place is null then
        raise exception 'motjuste: there is no such table'
            using errcode = '42P01', hint = 'name a table that exists, as in motjuste.attach(''crm.client'', ''note'')';
    end if;
    select c.relkind, c.relpersistence = 't' into kind, temporary from pg_catalog.pg_class as c where c.oid = relation;
    if place ~ '^(motjuste|pg_catalog|information_schema|pg_toast)[.]' then
        raise exception 'motjuste: % is not a table of yours', place
            using errcode = '42809', hint = 'attach a column of an application''s table';
    end if;
    if kind not in ('r', 'p') or temporary then
        raise exception 'motjuste: % is not a table', place || case when temporary then ' (it is temporary)' else '' end
            using errcode = '42809', hint = 'triggers work on tables: attach the table that the view reads';
    end if;
    -- the owner of this schema makes and drops triggers by way of their functions; another role could not drop them again
    for member, name in
        select m.member, pg_get_userbyid(c.relowner)
        from motjuste.members(relation) as m
        join pg_catalog.pg_class as c on c.oid = m.member
        where not pg_has_role(c.relowner, 'usage')
        order by m.member
    loop
        if always then
            raise exception 'motjuste: % belongs to %, who alone may have its triggers fire always', motjuste.name_of(member), quote_ident(name)
                using errcode = '42501', hint = format('attach it as %I, or as a member of it', name);
        end if;
        continue when exists (
            select
            from motjuste.watch as x
            where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
        );
        if not pg_has_role(schema_owner, 'usage') then
            raise exception 'motjuste: % belongs to %', motjuste.name_of(member), quote_ident(name)
                using errcode = '42501',
                    hint = format('attach it as %I, or as a member of it: another role could not take the triggers away again',
                        schema_owner);
        elsif not has_table_privilege(member, 'trigger') then
            raise exception 'motjuste: % may make no triggers on %', quote_ident(current_user), motjuste.name_of(member)
                using errcode = '42501',
                    hint = format('grant trigger on %s to %I', motjuste.name_of(member), current_user);
        end if;
    end loop;
    -- whoever owns a table writes code for it: checks, casts, types. None of it should run in our triggers; this is the second wall
    select m.member, pg_get_userbyid(c.relowner) into member, name
    from motjuste.members(relation) as m
    join pg_catalog.pg_class as c on c.oid = m.member
    where motjuste.untrusted(m.member)
    order by m.member
    limit 1;
    if found and not coalesce(trust_owner, (
        select x.trust_owner
        from motjuste.watch as x
        where x.relation = attach.relation and x.column_name = attach.column_name and x.json_key = attach.json_key
    ), false) then
        raise exception 'motjuste: % belongs to %, who is no superuser, and the triggers would run as %, who is one',
                motjuste.name_of(member), quote_ident(name), quote_ident(schema_owner)
            using errcode = '42501',
                hint = 'give the schema to a role of its own: motjuste install --as motjuste_owner (OPERATIONS: a role of its own);'
                    ' or, where you trust the owner with a superuser''s rights, trust_owner = true under its [[watch]] in motjuste.toml'
                    ' (for motjuste attach: --trust-owner, in SQL: trust_owner => true)';
    end if;
    -- a domain counts as the type below it
    with recursive base as (
        select a.atttypid as oid, a.attgenerated
        from pg_catalog.pg_attribute as a
        where a.attrelid = relation and a.attname = attach.column_name and a.attnum > 0 and not a.attisdropped
        union all
        select t.typbasetype, b.attgenerated from base as b join pg_catalog.pg_type as t on t.oid = b.oid where t.typtype = 'd'
    )
    select t.typname, t.typcategory, e.typcategory, b.attgenerated into type_name, category, element, generated
    from base as b
    join pg_catalog.pg_type as t on t.oid = b.oid
    left join pg_catalog.pg_type as e on e.oid = t.typelem
    where t.typtype <> 'd';
    if not found then
        raise exception 'motjuste: % has no column %', place, quote_ident(attach.column_name)
            using errcode = '42703', hint = 'motjuste discover lists the columns';
    end if;
    if not (
        json_key = '' and (category = 'S' or category = 'A' and element = 'S') or type_name = 'jsonb' and json_key <> ''
    ) then
        raise exception 'motjuste: %.% is of type %', place, quote_ident(attach.column_name), type_name
            using errcode = '42804',
                hint = 'text columns can be watched, arrays of text, and keys of jsonb columns: json_key => ''note''';
    end if;
    if generated = 'v' or generated <> '' and mode = 'mask' then
        raise exception 'motjuste: %.% is generated%', place, quote_ident(attach.column_name),
                case when generated = 'v' then ' when it is read' else ', nothing can be masked in it' end
            using errcode = '42809', hint = 'attach the column that it is computed from';
    end if;
    declared := (motjuste.kind_of(relation, attach.column_name)).kind;
    if mode = 'mask' and not motjuste.can_mask(declared, json_key) then
        raise exception 'motjuste: %.% is of type %, nothing can be masked in it', place, quote_ident(attach.column_name),
                declared::regtype
            using errcode = '42809',
                hint = 'what its owner has such a type check would run with our rights: use mode block, or one of PostgreSQL''s own types';
    end if;
    for name in select unnest(array[author_column, subject_column]) loop
        if name is not null and not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = relation and a.attname = name and a.attnum > 0 and not a.attisdropped
        ) then
            raise exception 'motjuste: % has no column %', place, quote_ident(name)
                using errcode = '42703', hint = 'name a column of the same table';
        elsif name = attach.column_name then
            raise exception 'motjuste: %.% is the note itself, which would be kept with each finding', place, quote_ident(name)
                using errcode = '22023', hint = 'name the column that says who wrote the note, or whom it is about';
        end if;
    end loop;
    select x.* into covering
    from motjuste.watch as x
    join motjuste.ancestors(attach.relation) as a on a.ancestor = x.relation
    where x.column_name = attach.column_name and x.json_key = attach.json_key
    order by motjuste.name_of(x.relation)
    limit 1;
    if covering.id is not null then
        -- what is asked for holds already: a policy may name a child and its parent
        if coalesce(wanted, covering.mode) = covering.mode and coalesce(always, covering.always) = covering.always
            and coalesce(deferred, covering.deferred) = covering.deferred
        then
            return;
        end if;
        raise exception 'motjuste: %.% is watched already, with %, mode %', place, quote_ident(attach.column_name),
                motjuste.name_of(covering.relation), covering.mode
            using errcode = '42710',
                hint = format('its checks are those of %s: attach that one again', motjuste.name_of(covering.relation));
    end if;

    insert into motjuste.watch as x
        (relation, column_name, json_key, mode, author_column, subject_column, label, attnum, always, trust_owner, deferred, seen_as,
            unrecorded)
    values (
        attach.relation, attach.column_name, attach.json_key, attach.mode, attach.author_column, attach.subject_column,
        place,
        (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attname = attach.column_name),
        coalesce(attach.always, false),
        coalesce(attach.trust_owner, false),
        coalesce(attach.deferred, false),
        attach.relation,
        (select case when u.is_called then u.last_value else 0 end from motjuste.unrecorded as u)
    )
    on conflict on constraint watch_identity do update
        set mode = excluded.mode,
            author_column = coalesce(excluded.author_column, x.author_column),
            subject_column = coalesce(excluded.subject_column, x.subject_column),
            always = coalesce(attach.always, x.always),
            trust_owner = coalesce(attach.trust_owner, x.trust_owner),
            deferred = coalesce(attach.deferred, x.deferred)
    returning * into w;
    -- a partition or child that was watched on its own is watched with its parent from now on
    for part in
        select x.*
        from motjuste.members(attach.relation) as m
        join motjuste.watch as x on x.relation = m.member and x.column_name = w.column_name and x.json_key = w.json_key
        where x.id <> w.id
        order by x.id
    loop
        perform motjuste.forget(part.id);
        delete from motjuste.watch as x where x.id = part.id;
        update motjuste.queue as q set watch_id = w.id where q.watch_id = part.id;
        perform motjuste.rename_findings(part.label, part.column_name, part.json_key, w.label, w.column_name, '{}');
    end loop;
    perform motjuste.unguard();
    perform motjuste.refresh(w.id);
end
$$;

-- give_up(w, state): what still waits to be read of this column is noted as not checked, for `motjuste scan --failed`: each row, or
-- the whole column where there are too many.
create or replace function motjuste.give_up(w motjuste.watch, state text)
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    many constant int := 1000;
    waited bigint;
begin
    with given as (
        delete from motjuste.queue as q where q.watch_id = w.id returning q.row_key, q.note_digest
    ),
    line as (
        select distinct g.row_key, g.note_digest from given as g
    ),
    counted as (
        select count(*) as lines from line as l
    ),
    noted as (
        insert into motjuste.failure (relation, column_name, json_key, row_key, note_digest, sqlstate)
        select w.label, w.column_name, w.json_key, l.row_key, l.note_digest, state
        from line as l
        cross join counted as c
        where c.lines <= many and not exists (
            select
            from motjuste.failure as f
            where (f.relation, f.column_name, f.json_key) = (w.label, w.column_name, w.json_key)
                and f.row_key = l.row_key and f.note_digest is not distinct from l.note_digest and f.closed_at is null
        )
        union all
        select w.label, w.column_name, w.json_key, null, null, state from counted as c where c.lines > many
    )
    select c.lines into waited from counted as c;
    return waited;
end
$$;

-- detach(...): stop watching a column. Its findings stay; what still waited to be read is noted as not checked: how many rows.
create or replace function motjuste.detach(relation regclass, column_name name, json_key text default '')
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    waited bigint;
begin
    delete from motjuste.watch as x
    where x.relation = detach.relation
        and (x.column_name = detach.column_name
            or motjuste.column_now(x.relation, x.column_name, x.attnum) = detach.column_name)
        and x.json_key = detach.json_key
    returning * into w;
    if not found then
        raise exception 'motjuste: %.% is not watched', motjuste.name_of(relation), quote_ident(detach.column_name)
            using errcode = '42704', hint = 'select * from motjuste.status lists what is';
    end if;
    perform motjuste.forget(w.id);
    -- under the lock that took the triggers away: nobody queues any more
    waited := motjuste.give_up(w, 'MJ004');
    perform motjuste.unguard();
    return waited;
end
$$;

-- set_policy(max_note, keep): what the policy says of the length of notes, in bytes, and of how long findings are kept, by status.
create or replace function motjuste.set_policy(max_note bigint, keep jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update motjuste.retention as r
    set keep = k.value::interval
    from jsonb_each_text(set_policy.keep) as k
    where k.key = r.status and r.keep <> k.value::interval;
    update motjuste.setting as s
    set value = set_policy.max_note
    where s.name = 'max_note' and s.value <> set_policy.max_note;
    if found then
        -- it stands in the triggers
        perform motjuste.refresh();
    end if;
end
$$;
