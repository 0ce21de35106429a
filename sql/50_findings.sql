-- Recording findings, and what is said to the one who writes the note. Nothing here ever quotes a note.

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
    language sql
    stable
    strict
    parallel safe
    set search_path = ''
as $$
    select pg_catalog.sha256(s.outer_pad || pg_catalog.sha256(s.inner_pad || pg_catalog.convert_to(note, 'UTF8')))
    from motjuste.secret as s
$$;

-- name_of(relation): its qualified and quoted name, whatever the search_path.
create or replace function motjuste.name_of(relation regclass)
    returns text
    language sql
    stable
    strict
as $$
    select format('%I.%I', n.nspname, c.relname)
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation
$$;

-- message(name, ...): one of the pack's messages with its slots filled.
create or replace function motjuste.message(
    name text, place text, category text, first int, last int, total bigint, keys text
)
    returns text
    language sql
    stable
    set search_path = ''
as $$
    select replace(replace(replace(replace(replace(replace(m.body,
        '{column}', place), '{category}', category), '{from}', first::text), '{to}', last::text),
        '{count}', total::text), '{keys}', keys)
    from motjuste.message as m
    where m.name = message.name
$$;

-- close_findings(relation, column, json_key, row_key): the note of this row was corrected or is gone.
create or replace function motjuste.close_findings(relation text, column_name text, json_key text, row_key jsonb)
    returns void
    language sql
    set search_path = ''
as $$
    update motjuste.finding as f
    set status = 'corrected', closed_at = now()
    where f.relation = close_findings.relation
        and f.column_name = close_findings.column_name
        and f.json_key = close_findings.json_key
        and f.row_key = close_findings.row_key
        and f.status in ('open', 'accepted', 'tolerated')
$$;

-- may_bypass(): whether this session asks to bypass the checks, and its role is listed in motjuste.bypass_role.
create or replace function motjuste.may_bypass()
    returns boolean
    language sql
    stable
    set search_path = ''
as $$
    select coalesce(current_setting('motjuste.bypass', true), '') <> ''
        and exists (
            select
            from motjuste.bypass_role as b
            join pg_catalog.pg_roles as r on r.rolname = b.role
            where pg_has_role(session_user, r.oid, 'member')
        )
$$;

create or replace function motjuste.log_bypass(relation text, column_name text, rows bigint)
    returns void
    language sql
    set search_path = ''
as $$
    insert into motjuste.bypass (relation, column_name, rows, reason)
    values (relation, column_name, rows, left(current_setting('motjuste.bypass', true), 500))
$$;

create or replace function motjuste.log_failure(relation text, column_name text, state text)
    returns void
    language plpgsql
    set search_path = ''
as $$
begin
    insert into motjuste.failure (relation, column_name, sqlstate) values (relation, column_name, state);
exception when others then
    -- the write matters more than our log of it; the server's own log still says what happened
    raise warning 'motjuste: a check of %.% failed (%) and could not be recorded', relation, column_name, state;
end
$$;

-- handle(...): check these notes, refuse or record them as the mode says. The three arrays go together, one item a row.
create or replace function motjuste.handle(
    relation text, column_name text, json_key text, mode text, row_keys jsonb[], notes text[], authors text[]
)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    place constant text := relation || '.' || quote_ident(column_name)
        || case when json_key = '' then '' else '->>' || quote_literal(json_key) end;
    refused constant boolean := mode = 'block';
    n record;
begin
    if mode in ('block', 'warn') then
        select count(*) over () as total, x.* into n
        from (
            select
                i.i, c.start, c.length, k.label, k.advice,
                (
                    select string_agg(d.line, '; ' order by d.i)
                    from (
                        select d.i, format('%s (%s)', d.row_key, string_agg(distinct k2.label, ', ')) as line
                        from unnest(row_keys, notes) with ordinality as d (row_key, note, i)
                        cross join lateral motjuste.check(d.note) as c2
                        join motjuste.category as k2 on k2.code = c2.category
                        where not refused or c2.level = 'block'
                        group by d.i, d.row_key
                        order by d.i
                        limit 10
                    ) as d
                ) as keys
            from unnest(notes) with ordinality as i (note, i)
            cross join lateral motjuste.check(i.note) as c
            join motjuste.category as k on k.code = c.category
            where not refused or c.level = 'block'
        ) as x
        order by x.i, x.start
        limit 1;
        if found and refused then
            raise exception using
                errcode = 'MJ001',
                message = motjuste.message('refused', place, n.label, n.start + 1, n.start + n.length, 0, ''),
                detail = motjuste.message('more', place, n.label, 0, 0, n.total, n.keys),
                hint = n.advice;
        elsif found then
            raise warning using
                errcode = 'MJ001',
                message = motjuste.message('warned', place, n.label, n.start + 1, n.start + n.length, 0, ''),
                detail = motjuste.message('more', place, n.label, 0, 0, n.total, n.keys),
                hint = n.advice;
        end if;
    end if;
    insert into motjuste.finding
        (relation, column_name, json_key, row_key, note_digest, rule_id, category, level, start, length, author)
    -- without a primary key, rows of the same text are one note
    select distinct on (i.row_key, i.note, c.rule_id, c.start)
        handle.relation, handle.column_name, handle.json_key,
        i.row_key, motjuste.digest(i.note), c.rule_id, c.category, c.level, c.start, c.length, i.author
    from unnest(row_keys, notes, authors) as i (row_key, note, author)
    cross join lateral motjuste.check(i.note) as c
    -- a note put back as it was: its findings are open again
    on conflict on constraint finding_identity do update
        set status = 'open', closed_at = null
        where finding.status in ('corrected', 'redacted');
end
$$;
