-- Who may read what an officer reads: findings, their counts, the proofs of scans and the logs; no note, and not the key of
-- the digests. Nothing else is granted to anybody.

-- grant_reader(role): let a role read them.
create or replace function motjuste.grant_reader(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    what text;
begin
    insert into motjuste.reader_role as r (role) values (grant_reader.role) on conflict do nothing;
    execute format('grant usage on schema motjuste to %I', grant_reader.role);
    for what in
        select format('%I', c.relname)
        from pg_catalog.pg_class as c
        where c.relnamespace = 'motjuste'::regnamespace
            and (c.relkind = 'v'
                or c.relname in ('category', 'rule', 'pack', 'watch', 'finding', 'scan', 'bypass', 'bypass_role', 'failure', 'retention', 'setting', 'unrecorded'))
    loop
        execute format('grant select on motjuste.%s to %I', what, grant_reader.role);
    end loop;
    -- the functions that the views call are called with the reader's rights
    for what in
        select p.oid::regprocedure::text
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname in (
                'name_of', 'key_columns', 'keys_beside', 'column_now', 'known', 'members', 'settings', 'filled', 'slots', 'frame', 'templates', 'sources',
                'parent_of', 'ancestors', 'may_be_long'
            )
    loop
        execute format('grant execute on function %s to %I', what, grant_reader.role);
    end loop;
end
$$;

-- grant_officer(role): let a role also keep the register of requests, draw samples and take in their marks. With the key of the
-- digests, by which a note that was read is known again; the notes themselves are for their tables' owners to open.
create or replace function motjuste.grant_officer(role name)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform motjuste.grant_reader(grant_officer.role);
    execute format(
        'grant select, insert, update on motjuste.request, motjuste.sample, motjuste.sample_note to %I', grant_officer.role
    );
    execute format('grant select on motjuste.secret to %I', grant_officer.role);
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

-- Functions are born executable by PUBLIC; none of ours is. What an installation made anew is granted to the readers again.
revoke all on all functions in schema motjuste from public;
revoke all on all tables in schema motjuste from public;
do $$
begin
    delete from motjuste.reader_role as r
    where not exists (select from pg_catalog.pg_roles as x where x.rolname = r.role);
    perform motjuste.grant_reader(r.role) from motjuste.reader_role as r;
end
$$;
