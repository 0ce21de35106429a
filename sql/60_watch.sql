-- attach, detach: the functions a DBA calls to watch a column. Each watched column gets its own trigger functions, written
-- here with the column's names in them, so that the server plans their queries once a session and not once a row.

-- key_columns(relation): the columns of its primary key, in order; empty where it has none.
create or replace function motjuste.key_columns(relation regclass)
    returns name[]
    language sql
    stable
    strict
as $$
    select coalesce(array_agg(a.attname order by k.i), '{}')
    from pg_index as i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, i)
    join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = relation and i.indisprimary
$$;

-- sources(w): what each trigger of a watched column is: its name, its definition and its function's body.
create or replace function motjuste.sources(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, body text)
    language plpgsql
    stable
    set search_path = ''
as $$
declare
    place constant text := motjuste.name_of(w.relation);
    by_row constant boolean := (select c.relkind = 'p' from pg_catalog.pg_class as c where c.oid = w.relation);
    keys constant name[] := motjuste.key_columns(w.relation);
    prefix constant text := 'motjuste_' || w.id || '_';
    what constant text := format('%L, %L, %L', place, w.column_name, w.json_key);
    opening text := '';
    closing text := '';
    note text;
    key text;
    author text;
begin
    note := case when w.json_key = ''
        then format('@.%I::text', w.column_name)
        else format('(@.%I ->> %L)', w.column_name, w.json_key) end;
    key := 'jsonb_build_object(' || coalesce(
        (select string_agg(format('%L, @.%I', k.name, k.name), ', ' order by k.i)
         from unnest(keys) with ordinality as k (name, i)), '') || ')';
    author := case when w.author_column is null then 'null::text' else format('@.%I::text', w.author_column) end;
    if w.mode <> 'block' then
        -- flag, warn and mask never break a write
        opening := E'begin\n';
        closing := format(E'exception when others then\n    perform motjuste.log_failure(%L, %L, sqlstate);\nend;\n',
            place, w.column_name);
    end if;

    part := 'insert';
    trigger_name := prefix || 'insert';
    if by_row then
        -- a row trigger of a partitioned table is copied to each partition, also to those made tomorrow
        definition := format('create trigger %I after insert on %s for each row', trigger_name, place);
        body := E'if ' || replace(note, '@', 'new') || E' is null then\n    return null;\nend if;\n'
            || opening
            || format(E'if motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, 1);\n', place, w.column_name)
            || format(E'elsif motjuste.suspect(%s) then\n', replace(note, '@', 'new'))
            || format(E'    perform motjuste.handle(%s, %L, array[%s], array[%s], array[%s]);\nend if;\n',
                what, w.mode, replace(key, '@', 'new'), replace(note, '@', 'new'), replace(author, '@', 'new'))
            || closing;
    else
        definition := format('create trigger %I after insert on %s referencing new table as new_rows for each statement',
            trigger_name, place);
        body := opening
            || format(E'if motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, (select count(*) from new_rows));\n',
                place, w.column_name)
            || E'else\n'
            || format(E'    perform motjuste.handle(%s, %L, s.keys, s.notes, s.authors)\n', what, w.mode)
            || E'    from (\n        select array_agg(u.key order by b.batch, u.i) as keys, array_agg(u.note order by b.batch, u.i) as notes,\n'
            || E'            array_agg(u.author order by b.batch, u.i) as authors\n        from (\n'
            || E'            select x.batch, array_agg(x.key) as keys, array_agg(x.note) as notes, array_agg(x.author) as authors\n'
            || format(E'            from (\n                select %s as key, %s as note, %s as author, (row_number() over () - 1) / 5000 as batch\n',
                replace(key, '@', 'n'), replace(note, '@', 'n'), replace(author, '@', 'n'))
            || format(E'                from new_rows as n\n                where %s is not null\n            ) as x\n', replace(note, '@', 'n'))
            || E'            group by x.batch\n        ) as b\n'
            || E'        cross join lateral (\n            select u.*\n            from unnest(b.keys, b.notes, b.authors) with ordinality as u (key, note, author, i)\n'
            || E'            join motjuste.suspects(b.notes) as f (i) on f.i = u.i\n        ) as u\n'
            || E'    ) as s\n    where s.notes is not null;\nend if;\n'
            || closing;
    end if;
    body := body || E'return null;\n';
    return next;

    part := 'update';
    trigger_name := prefix || 'update';
    definition := format('create trigger %I after update on %s for each row when (%s is distinct from %s or %s is distinct from %s)',
        trigger_name, place, replace(note, '@', 'old'), replace(note, '@', 'new'), replace(key, '@', 'old'), replace(key, '@', 'new'));
    body := opening
        || format(E'if %s is not distinct from %s then\n', replace(note, '@', 'old'), replace(note, '@', 'new'))
        || format(E'    update motjuste.finding as f set row_key = %s\n    where (f.relation, f.column_name, f.json_key) = (%s) and f.row_key = %s;\n',
            replace(key, '@', 'new'), what, replace(key, '@', 'old'))
        || format(E'elsif motjuste.may_bypass() then\n    perform motjuste.log_bypass(%L, %L, 1);\n', place, w.column_name)
        || E'else\n'
        || case when keys = '{}' then
            format(E'    update motjuste.finding as f set status = ''corrected'', closed_at = now()\n'
                || E'    where (f.relation, f.column_name, f.json_key) = (%s) and f.note_digest = motjuste.digest(%s)\n'
                || E'        and f.status in (''open'', ''accepted'', ''tolerated'');\n', what, replace(note, '@', 'old'))
           else format(E'    perform motjuste.close_findings(%s, %s);\n', what, replace(key, '@', 'old')) end
        || format(E'    if motjuste.suspect(%s) then\n', replace(note, '@', 'new'))
        || format(E'        perform motjuste.handle(%s, %L, array[%s], array[%s], array[%s]);\n    end if;\nend if;\n',
            what, w.mode, replace(key, '@', 'new'), replace(note, '@', 'new'), replace(author, '@', 'new'))
        || closing || E'return null;\n';
    return next;

    part := 'delete';
    trigger_name := prefix || 'delete';
    if by_row then
        definition := format('create trigger %I after delete on %s for each row', trigger_name, place);
        body := opening || format(E'perform motjuste.close_findings(%s, %s);\n', what, replace(key, '@', 'old'));
    else
        definition := format('create trigger %I after delete on %s referencing old table as old_rows for each statement',
            trigger_name, place);
        body := opening
            || E'update motjuste.finding as f set status = ''corrected'', closed_at = now()\nfrom old_rows as o\n'
            || format(E'where (f.relation, f.column_name, f.json_key) = (%s)\n    and %s\n', what,
                case when keys = '{}' then 'f.note_digest = motjuste.digest(' || replace(note, '@', 'o') || ')'
                else 'f.row_key = ' || replace(key, '@', 'o') end)
            || E'    and f.status in (''open'', ''accepted'', ''tolerated'');\n';
    end if;
    body := body || closing || E'return null;\n';
    return next;

    if w.mode = 'mask' then
        part := 'mask';
        -- z: after the other BEFORE triggers, on what they made of the note
        trigger_name := 'zz_' || prefix || 'mask';
        definition := format('create trigger %I before insert or update on %s for each row', trigger_name, place);
        body := opening
            || format(E'if %s is not null and motjuste.suspect(%s) and not motjuste.may_bypass() then\n',
                replace(note, '@', 'new'), replace(note, '@', 'new'))
            || case when w.json_key = ''
                then format(E'    new.%I := motjuste.mask(new.%I::text);\n', w.column_name, w.column_name)
                else format(E'    new.%I := jsonb_set(new.%I, array[%L], to_jsonb(motjuste.mask(%s)));\n',
                    w.column_name, w.column_name, w.json_key, replace(note, '@', 'new')) end
            || E'end if;\n' || closing || E'return new;\n';
        return next;
    end if;
end
$$;

-- mask(note): the note with each number that has no place in it replaced by its category's neutral words.
create or replace function motjuste.mask(note text)
    returns text
    language plpgsql
    stable
    strict
    set search_path = ''
as $$
declare
    m record;
begin
    for m in
        select c.start, c.length, k.inline
        from motjuste.check(note) as c
        join motjuste.category as k on k.code = c.category and k.inline <> ''
        order by c.start desc
    loop
        note := overlay(note placing m.inline from m.start + 1 for m.length);
    end loop;
    return note;
end
$$;

-- attach(...): watch a column in a mode; again with another mode changes the mode, and only that.
create or replace function motjuste.attach(
    relation regclass,
    column_name name,
    mode text default 'flag',
    json_key text default '',
    author_column name default null,
    subject_column name default null
)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    place constant text := motjuste.name_of(relation);
    kind "char";
    type_name text;
    category "char";
    w motjuste.watch;
    s record;
    name text;
begin
    if mode is null or mode not in ('flag', 'warn', 'block', 'mask') then
        raise exception 'motjuste: unknown mode %', coalesce(quote_literal(mode), 'null')
            using errcode = '22023', hint = 'use flag, warn, block or mask';
    end if;
    select c.relkind into kind from pg_catalog.pg_class as c where c.oid = relation;
    if place like 'motjuste.%' or place like 'pg_catalog.%' or place like 'information_schema.%' then
        raise exception 'motjuste: % is not a table of yours', place
            using errcode = '42809', hint = 'attach a column of an application''s table';
    end if;
    if kind not in ('r', 'p') then
        raise exception 'motjuste: % is not a table', place
            using errcode = '42809', hint = 'triggers work on tables: attach the table that the view reads';
    end if;
    -- a domain counts as the type below it
    with recursive base as (
        select a.atttypid as oid
        from pg_catalog.pg_attribute as a
        where a.attrelid = relation and a.attname = attach.column_name and a.attnum > 0 and not a.attisdropped
        union all
        select t.typbasetype from base join pg_catalog.pg_type as t on t.oid = base.oid where t.typtype = 'd'
    )
    select t.typname, t.typcategory into type_name, category
    from base join pg_catalog.pg_type as t on t.oid = base.oid
    where t.typtype <> 'd';
    if not found then
        raise exception 'motjuste: % has no column %', place, quote_ident(attach.column_name)
            using errcode = '42703', hint = 'motjuste discover lists the columns';
    end if;
    if not (category = 'S' and json_key = '' or type_name = 'jsonb' and json_key <> '') then
        raise exception 'motjuste: %.% is of type %', place, quote_ident(attach.column_name), type_name
            using errcode = '42804', hint = 'text columns can be watched, and keys of jsonb columns: json_key => ''note''';
    end if;
    for name in select unnest(array[author_column, subject_column]) loop
        if name is not null and not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = relation and a.attname = name and a.attnum > 0 and not a.attisdropped
        ) then
            raise exception 'motjuste: % has no column %', place, quote_ident(name)
                using errcode = '42703', hint = 'name a column of the same table';
        end if;
    end loop;

    insert into motjuste.watch as x (relation, column_name, json_key, mode, author_column, subject_column)
    values (attach.relation, attach.column_name, attach.json_key, attach.mode, attach.author_column, attach.subject_column)
    on conflict on constraint watch_identity do update
        set mode = excluded.mode, author_column = excluded.author_column, subject_column = excluded.subject_column
    returning * into w;

    for s in select * from motjuste.sources(w) loop
        execute format(
            E'create or replace function motjuste.%I()\n    returns trigger\n    language plpgsql\n    security definer\n'
            || E'    set search_path = ''''\nas %L',
            s.trigger_name, E'begin\n' || s.body || E'end\n'
        );
        execute format('revoke all on function motjuste.%I() from public', s.trigger_name);
        -- the digest tells `status` whether the function was altered by hand
        execute format('comment on function motjuste.%I() is %L', s.trigger_name, 'motjuste ' || md5(E'begin\n' || s.body || E'end\n'));
        if not exists (
            select from pg_catalog.pg_trigger as t where t.tgrelid = relation and t.tgname = s.trigger_name
        ) then
            execute s.definition || format(' execute function motjuste.%I()', s.trigger_name);
        end if;
    end loop;
    name := 'zz_motjuste_' || w.id || '_mask';
    if mode <> 'mask' and to_regprocedure('motjuste.' || name || '()') is not null then
        execute format('drop trigger if exists %I on %s', name, place);
        execute format('drop function motjuste.%I()', name);
    end if;
end
$$;

-- detach(...): stop watching a column. Its findings stay.
create or replace function motjuste.detach(relation regclass, column_name name, json_key text default '')
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    w motjuste.watch;
    f record;
begin
    delete from motjuste.watch as x
    where x.relation = detach.relation and x.column_name = detach.column_name and x.json_key = detach.json_key
    returning * into w;
    if not found then
        raise exception 'motjuste: %.% is not watched', motjuste.name_of(relation), quote_ident(detach.column_name)
            using errcode = '42704', hint = 'select * from motjuste.status lists what is';
    end if;
    for f in
        select p.oid::regprocedure as signature, t.tgname, t.tgrelid::regclass as place
        from pg_catalog.pg_proc as p
        left join pg_catalog.pg_trigger as t on t.tgfoid = p.oid and t.tgrelid = w.relation
        where p.pronamespace = 'motjuste'::regnamespace
            and p.proname ~ ('^(zz_)?motjuste_' || w.id || '_(insert|update|delete|mask)$')
    loop
        if f.tgname is not null then
            execute format('drop trigger %I on %s', f.tgname, f.place);
        end if;
        execute format('drop function %s', f.signature);
    end loop;
end
$$;
