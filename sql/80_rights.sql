-- Who may read what an officer reads: findings, their counts, the proofs of scans and the logs; no note, and not the key of
-- the digests. Nothing else is granted to anybody.

-- entitled(): what readers may do with our objects: one row a privilege. `officer`: those of an officer only.
create or replace function motjuste.entitled()
    returns table (kind text, object oid, privilege text, officer boolean)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select 'schema', 'motjuste'::regnamespace::oid, 'USAGE', false
    union all
    select 'table', c.oid, 'SELECT', false
    from pg_catalog.pg_class as c
    where c.relnamespace = 'motjuste'::regnamespace
        and (c.relkind = 'v'
            or c.relname in (
                'category', 'rule', 'pack', 'watch', 'finding', 'scan', 'bypass', 'bypass_role', 'failure', 'reader_role', 'gap', 'retention', 'setting', 'kernel', 'worker'
            ))
    union all
    select 'sequence', 'motjuste.unrecorded'::regclass::oid, 'SELECT', false
    union all
    -- to know a note again that only its digest tells apart
    select 'function', 'motjuste.digest(text)'::regprocedure::oid, 'EXECUTE', true
    union all
    -- the functions that the views call are called with the reader's rights
    select 'function', p.oid, 'EXECUTE', false
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'motjuste'::regnamespace
        and p.proname in (
            'name_of', 'key_columns', 'keys_beside', 'column_now', 'known', 'members', 'settings', 'filled', 'slots', 'frame', 'templates', 'sources',
            'parent_of', 'kernel_there', 'ancestors', 'may_be_long', 'text_of', 'json_of', 'base_of', 'kind_of', 'read', 'untrusted', 'can_mask', 'makers', 'entitled', 'readers', 'granted', 'surplus', 'prints', 'gaps', 'guardian', 'is_noted', 'later', 'kernel_function', 'executor', 'guarded'
        )
    union all
    select 'table', c.oid, x.privilege, true
    from pg_catalog.pg_class as c
    cross join unnest(array['SELECT', 'INSERT', 'UPDATE']) as x (privilege)
    where c.relnamespace = 'motjuste'::regnamespace
        and (c.relname in ('request', 'sample', 'sample_note') or c.relname in ('secret', 'decision', 'reservation', 'second_opinion') and x.privilege = 'SELECT')
    union all
    -- an officer decides by them alone: no right to write a finding, its rule or its place
    select 'function', p.oid, 'EXECUTE', true
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'motjuste'::regnamespace and p.proname in ('decide', 'decided', 'digest', 'reserve', 'differ')
$$;

-- readers(): the recorded readers that are the very roles to which it was granted, and not others made with their names since.
create or replace function motjuste.readers()
    returns table (role name, oid oid, officer boolean)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select r.role, x.oid, r.officer
    from motjuste.reader_role as r
    join pg_catalog.pg_roles as x on x.rolname = r.role
    join pg_catalog.pg_database as d on d.datname = current_database()
    where r.seen_as = x.oid or r.seen_in <> d.oid
$$;

-- granted(): each right on an object of ours that somebody has who is not its owner; `part`: the column, '' for all of it.
-- Anybody may use a type: what is made of it has rights of its own.
create or replace function motjuste.granted()
    returns table (kind text, object oid, name text, part text, owner oid, grantee oid, privilege text, grantable boolean)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select g.kind, g.object, g.name, g.part, g.owner, x.grantee, x.privilege_type, x.is_grantable
    from (
        select
            case when c.relkind = 'S' then 'sequence' else 'table' end as kind, c.oid as object,
            format('motjuste.%I', c.relname) as name, '' as part, c.relowner as owner, c.relacl as acl
        from pg_catalog.pg_class as c
        where c.relnamespace = 'motjuste'::regnamespace
        union all
        select 'table', c.oid, format('motjuste.%I', c.relname), quote_ident(a.attname), c.relowner, a.attacl
        from pg_catalog.pg_class as c
        join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
        where c.relnamespace = 'motjuste'::regnamespace
        union all
        -- functions are born executable by PUBLIC
        select
            'function', p.oid, format('motjuste.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '',
            p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace and p.prokind in ('f', 'w')
        union all
        select 'type', t.oid, format('motjuste.%I', t.typname), '', t.typowner, t.typacl
        from pg_catalog.pg_type as t
        where t.typnamespace = 'motjuste'::regnamespace
        union all
        select 'schema', n.oid, 'motjuste', '', n.nspowner, n.nspacl
        from pg_catalog.pg_namespace as n
        where n.oid = 'motjuste'::regnamespace
    ) as g
    cross join lateral aclexplode(g.acl) as x
    where x.grantee <> g.owner and (g.kind <> 'type' or x.grantee <> 0)
$$;

-- surplus(): of these, what no recorded reader needs: by default privileges a role is granted what is made anew, unasked.
create or replace function motjuste.surplus()
    returns table (kind text, object oid, name text, part text, owner oid, grantee oid, privilege text)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select g.kind, g.object, g.name, g.part, g.owner, g.grantee, g.privilege
    from motjuste.granted() as g
    where (g.grantable or g.part <> '' or not exists (
        select
        from motjuste.entitled() as e
        cross join motjuste.readers() as r
        where (e.kind, e.object, e.privilege) = (g.kind, g.object, g.privilege)
            and r.oid = g.grantee and (r.officer or not e.officer)
    ))
    -- who makes a partition of a watched table makes its copies of the triggers
    and not (g.kind = 'function' and g.privilege = 'EXECUTE' and not g.grantable and exists (
        select
        from motjuste.watch as w
        cross join lateral motjuste.makers(w.relation) as m
        where m.grantee = g.grantee
            and (g.name = 'motjuste.note_replica()'
                or g.name ~ ('^motjuste[.](zz_)?motjuste_' || w.id || '_(insert|update|delete|truncate|mask)[(]'))
    ))
$$;

-- restrict(): take the surplus back, on what is this role's own, and give the recorded readers theirs.
create or replace function motjuste.restrict()
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    s record;
begin
    for s in
        select distinct x.kind, x.name, x.part, x.grantee
        from motjuste.surplus() as x
        where pg_has_role(x.owner, 'usage')
    loop
        execute format(
            'revoke all%s on %s %s from %s cascade',
            case when s.part <> '' then format(' (%s)', s.part) else '' end, s.kind, s.name,
            case when s.grantee = 0 then 'public' else s.grantee::regrole::text end);
    end loop;
    for s in
        select distinct e.kind, e.privilege, r.role, case e.kind
            when 'schema' then 'motjuste'
            when 'function' then format('motjuste.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))
            else format('motjuste.%I', c.relname) end as name
        from motjuste.entitled() as e
        cross join motjuste.readers() as r
        left join pg_catalog.pg_proc as p on e.kind = 'function' and p.oid = e.object
        left join pg_catalog.pg_class as c on e.kind in ('table', 'sequence') and c.oid = e.object
        where (r.officer or not e.officer)
            and pg_has_role(coalesce(p.proowner, c.relowner, (
                select n.nspowner from pg_catalog.pg_namespace as n where n.oid = e.object)), 'usage')
            and not exists (
                select
                from motjuste.granted() as g
                where (g.kind, g.object, g.privilege) = (e.kind, e.object, e.privilege)
                    and g.grantee = r.oid and g.part = ''
            )
    loop
        execute format('grant %s on %s %s to %I', s.privilege, s.kind, s.name, s.role);
    end loop;
end
$$;

-- grant_reader(role): let a role read them.
create or replace function motjuste.grant_reader(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from pg_catalog.pg_roles as x where x.rolname = grant_reader.role) then
        raise exception 'role % does not exist', quote_ident(grant_reader.role) using errcode = '42704';
    end if;
    -- what a role of this name was before, this one is not
    delete from motjuste.reader_role as r
    where r.role = grant_reader.role and not exists (select from motjuste.readers() as x where x.role = r.role);
    insert into motjuste.reader_role as r (role, seen_as, seen_in)
    select x.rolname, x.oid, d.oid
    from pg_catalog.pg_roles as x
    join pg_catalog.pg_database as d on d.datname = current_database()
    where x.rolname = grant_reader.role
    on conflict do nothing;
    perform motjuste.restrict();
end
$$;

-- grant_officer(role): let a role also decide of findings, keep the register of requests, draw samples and take in their marks. With the key of the
-- digests, by which a note that was read is known again; the notes themselves are for their tables' owners to open.
create or replace function motjuste.grant_officer(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform motjuste.grant_reader(grant_officer.role);
    update motjuste.reader_role as r set officer = true where r.role = grant_officer.role;
    perform motjuste.restrict();
end
$$;

-- revoke_reader(role): take it back, an officer's rights too.
create or replace function motjuste.revoke_reader(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from motjuste.reader_role as r where r.role = revoke_reader.role;
    if not found then
        raise exception 'motjuste: % is no reader', revoke_reader.role
            using errcode = '42704', hint = 'select role from motjuste.reader_role lists them';
    end if;
    execute format('revoke all on all tables in schema motjuste from %I', revoke_reader.role);
    execute format('revoke all on all sequences in schema motjuste from %I', revoke_reader.role);
    execute format('revoke all on all functions in schema motjuste from %I', revoke_reader.role);
    execute format('revoke usage on schema motjuste from %I', revoke_reader.role);
end
$$;

-- Nothing for anybody but the owner and the recorded readers, whatever default privileges gave; once more where a column is
-- attached, whose functions are made then.
do $$
begin
    delete from motjuste.reader_role as r
    where not exists (select from motjuste.readers() as x where x.role = r.role);
    update motjuste.reader_role as r
    set seen_as = x.oid, seen_in = d.oid
    from motjuste.readers() as x
    join pg_catalog.pg_database as d on d.datname = current_database()
    where x.role = r.role and (r.seen_as, r.seen_in) <> (x.oid, d.oid);
    perform motjuste.restrict();
end
$$;
