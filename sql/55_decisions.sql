-- What reviewers decide: the state of the findings and what is to be written, together. No text of a note: positions and neutral words.

-- decided(...): what was decided of one note, as a line of a decisions file; null where nothing was.
create or replace function motjuste.decided(relation text, column_name text, json_key text, row_key jsonb, note_digest bytea)
    returns jsonb
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    d motjuste.decision;
    verdicts jsonb;
    reviewer text;
begin
    select x.* into d
    from motjuste.decision as x
    where (x.relation, x.column_name, x.json_key, x.row_key, x.note_digest)
        = (decided.relation, decided.column_name, decided.json_key, decided.row_key, decided.note_digest);
    select
        jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'rule', f.rule_id, 'start', f.start, 'length', f.length, 'reason', f.reason, 'until', f.until,
            'action', case f.status
                when 'dismissed' then 'dismiss' when 'tolerated' then 'tolerate' else coalesce(f.action, 'accept') end))),
        (array_agg(f.decided_by order by f.decided_at desc, f.id))[1]
    into verdicts, reviewer
    from motjuste.finding as f
    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
            = (decided.relation, decided.column_name, decided.json_key, decided.row_key, decided.note_digest)
        and f.status in ('accepted', 'dismissed', 'tolerated');
    if verdicts is null and d.id is null then
        return null;
    end if;
    return jsonb_build_object(
        'relation', relation, 'column', column_name, 'json_key', json_key, 'row_key', row_key,
        'note_digest', encode(note_digest, 'hex'), 'digest_after', coalesce(encode(d.digest_after, 'hex'), ''),
        'edits', coalesce(d.edits, '[]'), 'verdicts', coalesce(d.whole, '[]') || coalesce(verdicts, '[]'),
        'reviewer', coalesce(d.reviewer, reviewer, ''), 'second_reader', coalesce(d.second_reader, ''));
end
$$;

-- are_edits(edits), are_verdicts(verdicts): whether they are written as a review writes them: one that is not would end every plan.
create or replace function motjuste.are_edits(edits jsonb)
    returns boolean
    language sql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_typeof(edits) = 'array', false) and not exists (
        select
        from (
            select
                x.edit, x.edit::text ~ '^\[[0-9]{1,9}, [0-9]{1,9}, "' and x.edit -> 3 is null as is_written,
                lag(x.edit) over (order by x.i) as before
            from jsonb_array_elements(case when jsonb_typeof(edits) = 'array' then edits else '[]' end) with ordinality as x (edit, i)
        ) as e
        where case when e.is_written then (e.before ->> 0)::bigint + greatest((e.before ->> 1)::bigint, 1) > (e.edit ->> 0)::bigint else true end
    )
$$;

create or replace function motjuste.are_verdicts(verdicts jsonb)
    returns boolean
    language sql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_typeof(verdicts) = 'array', false) and not exists (
        select
        from jsonb_array_elements(case when jsonb_typeof(verdicts) = 'array' then verdicts else '[]' end) as x (verdict)
        where (
            case when jsonb_typeof(verdict) = 'object' then verdict - array['rule', 'start', 'length', 'action', 'reason', 'until'] = '{}' end
            and jsonb_typeof(verdict -> 'rule') = 'string' and (verdict -> 'start')::text ~ '^[0-9]{1,9}$'
            and (verdict -> 'length')::text ~ '^[0-9]{1,9}$' and verdict ->> 'action' in ('accept', 'mask', 'erase', 'dismiss', 'tolerate')
            and coalesce(jsonb_typeof(verdict -> 'reason'), 'string') = 'string'
            and case
                when not verdict ? 'until' then true
                -- a day of the calendar
                when verdict ->> 'until' ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$'
                    then to_char((left(verdict ->> 'until', 7) || '-01')::date + right(verdict ->> 'until', 2)::int - 1, 'YYYY-MM-DD') = verdict ->> 'until'
            end
        ) is not true
    )
$$;

-- is_key(row_key): whether a key may be read again, by Python too: a number of thousands of digits, or lists as deep, would end
-- whoever reads it.
create or replace function motjuste.is_key(row_key jsonb)
    returns boolean
    language sql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        jsonb_typeof(row_key) = 'object' and octet_length(row_key::text) <= 4000 and not jsonb_path_exists(row_key, 'strict $.**{850}'), false)
$$;

-- decide(notes): keeps what was decided of these notes. Each is {relation, column, json_key, row_key, note_digest, digest_after, edits,
-- whole, reviewer, second_reader, seen, findings: [{id, known, changed, action, reason, until}]}: `known` is the status that the reviewer
-- saw, `seen` the number of the decision. A note of which something was decided, changed or closed since is left as it is, and
-- said: `status` as it stands now (gone: no such finding of that text any more; own: its second reader decided of it), and by whom.
-- Of the others `id` is the number of the decision, null where nothing is to be written.
create or replace function motjuste.decide(notes jsonb)
    returns table (place int, id bigint, status text, who text)
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    n record;
    k record;
    d record;
    whole boolean;
    -- a desk that several persons share plays the role of each
    who_is text := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
    if exists (
        select
        from jsonb_array_elements(decide.notes) as x (note)
        where (
            (not x.note ? 'row_key' or motjuste.is_key(x.note -> 'row_key')) and motjuste.are_edits(x.note -> 'edits')
            and motjuste.are_verdicts(x.note -> 'whole') and x.note ->> 'note_digest' ~ '^[0-9a-f]{64}$'
            and (x.note -> 'edits' = '[]' or x.note ->> 'digest_after' ~ '^[0-9a-f]{64}$')
            and not exists (
                select
                from jsonb_to_recordset(x.note -> 'findings') as v (until date)
                where not (v.until between '0001-01-01' and '9999-12-31')
            )
        ) is not true
    ) then
        raise exception 'motjuste: this is no decision as a review writes it'
            using errcode = '22023', hint = 'decide by motjuste review, motjuste serve, or motjuste decisions import';
    end if;
    lock table motjuste.finding in row exclusive mode; -- a new key for the digests is over, or waits
    -- who decides of the same findings meanwhile waits here, and all in one order
    perform
    from motjuste.finding as f
    where f.id in (
        select (v.finding ->> 'id')::bigint
        from jsonb_array_elements(decide.notes) as x (note)
        cross join jsonb_array_elements(x.note -> 'findings') as v (finding)
    )
    order by f.id
    for update;
    for n in
        select
            x.place::int as place, x.note -> 'findings' as findings, (x.note ->> 'seen')::bigint as seen,
            decode(x.note ->> 'note_digest', 'hex') as digest, decode(nullif(x.note ->> 'digest_after', ''), 'hex') as after,
            x.note -> 'edits' as edits, x.note -> 'whole' as whole, x.note ->> 'reviewer' as reviewer,
            nullif(x.note ->> 'second_reader', '') as second_reader, x.note
        from jsonb_array_elements(decide.notes) with ordinality as x (note, place)
        order by x.place
    loop
        place := n.place - 1;
        id := null;
        who := null;
        status := null;
        whole := false;
        select f.relation, f.column_name, f.json_key, f.row_key into k
        from motjuste.finding as f
        where f.id = (n.findings #>> '{0,id}')::bigint;
        if not found then
            select x.relation, x.column_name, x.json_key, x.row_key into k from motjuste.decision as x where x.id = n.seen;
        end if;
        if not found then
            whole := true;
            -- of a number with decimals a decision has the text, a finding of the same note the number
            select
                x.relation, x.column_name, x.json_key,
                coalesce((
                    select f.row_key
                    from motjuste.finding as f
                    where x.row_key::text ~ '"-?[0-9]+[.][0-9]'
                        and (f.relation, f.column_name, f.json_key, f.note_digest) = (x.relation, x.column_name, x.json_key, n.digest)
                        and (select jsonb_object_agg(a.key, a.value) from jsonb_each_text(f.row_key) as a)
                            = (select jsonb_object_agg(a.key, a.value) from jsonb_each_text(x.row_key) as a)
                    limit 1
                ), x.row_key) as row_key
            into k
            from (
                select
                    n.note ->> 'relation' as relation, n.note ->> 'column' as column_name, n.note ->> 'json_key' as json_key,
                    n.note -> 'row_key' as row_key
            ) as x;
        end if;
        select coalesce(f.status, 'gone'), f.decided_by into status, who
        from jsonb_to_recordset(n.findings) as v (id bigint, known text)
        left join motjuste.finding as f
            on f.id = v.id and (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
                = (k.relation, k.column_name, k.json_key, k.row_key, n.digest)
        where f.status is distinct from v.known or f.status in ('corrected', 'redacted')
        order by v.id
        limit 1;
        -- without a finding a note is replaced whole, where we read that column, or who decides may write it anyway: else whoever runs the
        -- plan would write what they may not
        if whole and status is null and n.edits <> '[]' and not (
            jsonb_array_length(n.edits) = 1 and n.edits #>> '{0,0}' = '0' and motjuste.digest(n.edits #>> '{0,2}') = n.after
            and (n.edits #>> '{0,2}' = '' or n.whole @> '[{"rule": "restriction"}]')
            and not exists (
                select from jsonb_array_elements(n.whole) as v (verdict) where verdict ->> 'rule' not in ('retention', 'erasure', 'restriction')
            )
            and (
                exists (
                    select
                    from motjuste.watch as w
                    where k.relation in (w.label, motjuste.name_of(w.relation)) and (w.column_name, w.json_key) = (k.column_name, k.json_key)
                )
                or exists (
                    select
                    from motjuste.scan as s
                    where (s.relation, s.column_name, s.json_key) = (k.relation, k.column_name, k.json_key)
                )
                or exists (
                    select
                    from pg_catalog.pg_class as c
                    join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
                    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = k.column_name and a.attnum > 0
                    where format('%I.%I', s.nspname, c.relname) = k.relation
                        and has_schema_privilege(who_is, s.oid, 'usage') and has_column_privilege(who_is, c.oid, a.attnum, 'update')
                )
            )
        ) then
            status := 'unread';
        end if;
        if status is null then
            select x.id, x.reviewer, x.role, x.decided_at, x.edits into d
            from motjuste.decision as x
            where (x.relation, x.column_name, x.json_key, x.row_key, x.note_digest)
                = (k.relation, k.column_name, k.json_key, k.row_key, n.digest)
            for update;
            if d.id is distinct from n.seen then
                status := case when d.id is null then 'open' else 'accepted' end;
                who := d.reviewer;
            elsif n.second_reader = n.reviewer or exists (
                select
                from motjuste.finding as f
                where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
                        = (k.relation, k.column_name, k.json_key, k.row_key, n.digest)
                    and f.status = 'accepted' and f.decided_by = n.second_reader
            ) then
                status := 'own';
                who := n.second_reader;
            else
                -- of one row one text is decided of: another's decision of an earlier one is void when its findings are closed, and not before
                select 'accepted', x.reviewer into status, who
                from motjuste.decision as x
                where (x.relation, x.column_name, x.json_key, x.row_key) = (k.relation, k.column_name, k.json_key, k.row_key)
                    and x.row_key <> '{}' and x.note_digest <> n.digest
                    and exists (
                        select
                        from motjuste.finding as f
                        where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
                                = (x.relation, x.column_name, x.json_key, x.row_key, x.note_digest)
                            and f.status = 'accepted'
                    )
                limit 1;
            end if;
        end if;
        if status is null then
            update motjuste.finding as f
            set status = case
                    when v.action is null then 'open' when v.action = 'dismiss' then 'dismissed'
                    when v.action = 'tolerate' then 'tolerated' else 'accepted' end,
                action = case when v.action not in ('dismiss', 'tolerate') then v.action end,
                reason = v.reason, until = v.until,
                decided_by = case when v.action is not null then n.reviewer end,
                decided_at = case when v.action is not null then now() end
            from jsonb_to_recordset(n.findings) as v (id bigint, changed boolean, action text, reason text, until date)
            where f.id = v.id and v.changed;
            select x.id into id
            from motjuste.decision as x
            where x.id = d.id and x.edits = n.edits and n.second_reader is null
                and not exists (
                    select
                    from jsonb_to_recordset(n.findings) as v (changed boolean, action text)
                    where v.changed and v.action in ('accept', 'mask', 'erase')
                );
            if id is null then
                -- what was decided of an earlier text of the row is void
                delete from motjuste.decision as x
                where (x.relation, x.column_name, x.json_key, x.row_key) = (k.relation, k.column_name, k.json_key, k.row_key)
                    and (x.row_key <> '{}' or x.note_digest = n.digest);
            end if;
            if n.edits <> '[]' and not (
                jsonb_path_exists(n.whole, '$[*] ? (@.action == "accept" || @.action == "mask" || @.action == "erase")')
                or exists (
                    select
                    from motjuste.finding as f
                    where (f.relation, f.column_name, f.json_key, f.row_key, f.note_digest)
                            = (k.relation, k.column_name, k.json_key, k.row_key, n.digest)
                        and f.status = 'accepted'
                )
            ) then
                raise exception 'motjuste: this decision changes a note for no reason that it gives'
                    using errcode = '22023', hint = 'decide by motjuste review, motjuste serve, or motjuste decisions import';
            end if;
            if id is null and n.edits <> '[]' then
                insert into motjuste.decision as x (
                    relation, column_name, json_key, row_key, note_digest, edits, digest_after, whole, reviewer, role,
                    decided_at, second_reader, second_role, confirmed_at
                )
                values (
                    k.relation, k.column_name, k.json_key, k.row_key, n.digest, n.edits, n.after, n.whole, n.reviewer,
                    case when (d.reviewer, d.edits) = (n.reviewer, n.edits) then d.role else who_is end,
                    case when (d.reviewer, d.edits) = (n.reviewer, n.edits) then d.decided_at else now() end, n.second_reader,
                    case when n.second_reader is not null then who_is end,
                    case when n.second_reader is not null then now() end
                )
                on conflict on constraint decision_identity do nothing
                returning x.id into id;
                if id is null then
                    status := 'accepted'; -- of a note without findings two decided at once
                end if;
            end if;
        end if;
        return next;
    end loop;
end
$$;
