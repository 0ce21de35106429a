-- What the triggers call besides: masking, rows that move between partitions, and rows of a table whose columns are not any
-- more what its trigger functions were written for.

-- mask(note, size): the note with each number that has no place in it replaced by its category's neutral words, or by stars
-- where these would not fit in `size` characters.
create or replace function motjuste.mask(note text, size int default null)
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    m record;
    starred text := note;
begin
    for m in
        select c.start, c.length, k.inline
        from motjuste.check(note) as c
        join motjuste.category as k on k.code = c.category and k.inline <> ''
        order by c.start desc
    loop
        note := overlay(note placing m.inline from m.start + 1 for m.length);
        starred := overlay(starred placing repeat('*', m.length) from m.start + 1 for m.length);
    end loop;
    return case when length(note) > size then starred else note end;
end
$$;

-- moved(..., note): whether a row with this note was deleted in this transaction, as when it changes partition, or the note
-- was judged to be a false alarm or tolerable before.
create or replace function motjuste.moved(relation text, column_name text, json_key text, note text)
    returns boolean
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from motjuste.finding as f
        where f.note_digest = motjuste.digest(moved.note)
            and (f.relation, f.column_name, f.json_key) = (moved.relation, moved.column_name, moved.json_key)
            and (f.status in ('dismissed', 'tolerated') or f.status = 'corrected' and f.closed_at = now())
    );
end
$$;

-- late_note(w, whole): the note in a row given as jsonb, whatever the column's name is now; null where it is gone.
create or replace function motjuste.late_note(w motjuste.watch, whole jsonb)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select case
        when w.json_key <> '' then v.value ->> w.json_key
        -- an array as text has its own form, not that of json
        when jsonb_typeof(v.value) = 'array' then (
            select array_agg(x.item order by x.i)::text from jsonb_array_elements_text(v.value) with ordinality as x (item, i)
        )
        else v.value #>> '{}'
    end
    from (select whole -> motjuste.column_now(w.relation, w.column_name, w.attnum)::text as value) as v
$$;

-- late_key(w, whole): the key of a row given as jsonb, under the names that its findings are kept by.
create or replace function motjuste.late_key(w motjuste.watch, whole jsonb)
    returns jsonb
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select motjuste.kept_key(coalesce(
        jsonb_object_agg(k.name, whole -> motjuste.column_now(w.relation, k.name, k.attnum)::text)
            filter (where k.name is not null),
        '{}'))
    from unnest(w.keys, w.key_attnums) as k (name, attnum)
$$;

-- recognise(w): an error where a column is gone by its name and nothing else is known of it.
create or replace function motjuste.recognise(w motjuste.watch)
    returns void
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    gone text;
begin
    if w.attnum = 0 then
        select string_agg(quote_ident(k.name), ', ') into gone
        from unnest(w.keys || w.column_name) as k (name)
        where motjuste.column_now(w.relation, k.name, 0::int2) is null;
        if gone is not null then
            raise exception 'motjuste: % of % renamed or dropped after a restore', gone, w.label
                using hint = 'motjuste install, or select motjuste.refresh()';
        end if;
    end if;
end
$$;

-- late(...): what the triggers do for one row, slowly and by way of jsonb, where a column was renamed or has another type
-- since their functions were written (`status` says outdated). A column that is gone has no notes to check.
create or replace function motjuste.late(watch_id int, op text, old_row jsonb, new_row jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    old_note text;
    new_note text;
    old_key jsonb;
    new_key jsonb;
    author text;
    moved boolean;
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = watch_id;
    if not found then
        return;
    end if;
    perform motjuste.recognise(w);
    if motjuste.column_now(w.relation, w.column_name, w.attnum) is null then
        return;
    end if;
    old_note := motjuste.late_note(w, old_row);
    new_note := motjuste.late_note(w, new_row);
    old_key := motjuste.late_key(w, old_row);
    new_key := motjuste.late_key(w, new_row);
    author := new_row ->> w.author_column::text;
    if op = 'UPDATE' and old_note is not distinct from new_note then
        if old_key <> new_key then
            perform motjuste.move_findings(w.label, w.column_name, w.json_key, old_key, new_key, old_note);
        end if;
        return;
    end if;
    if op <> 'INSERT' then
        perform motjuste.close_findings(w.label, w.column_name, w.json_key, old_key, old_note);
    end if;
    if new_note is null then
        return;
    end if;
    if motjuste.may_bypass() then
        perform motjuste.log_bypass(w.label, w.column_name, null);
    elsif octet_length(new_note) > (select s.value from motjuste.setting as s where s.name = 'max_note') then
        perform motjuste.tell(w.label, w.column_name, w.json_key, w.mode,
            motjuste.too_long(w.id, w.label, w.column_name, w.json_key, w.mode, new_key, new_note));
    elsif motjuste.suspect(new_note) then
        moved := op = 'INSERT' and motjuste.moved(w.label, w.column_name, w.json_key, new_note);
        perform motjuste.tell(w.label, w.column_name, w.json_key, w.mode, motjuste.handle(
            w.id, w.label, w.column_name, w.json_key, case when moved then 'flag' else w.mode end,
            array[new_key], array[new_note], array[author]));
    end if;
end
$$;

-- late_mask(...): the same for the trigger that masks: the columns to change, with their new values.
create or replace function motjuste.late_mask(watch_id int, old_row jsonb, new_row jsonb)
    returns jsonb
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    note text;
    masked text;
    column_name text;
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = watch_id;
    perform motjuste.recognise(w);
    column_name := motjuste.column_now(w.relation, w.column_name, w.attnum);
    note := motjuste.late_note(w, new_row);
    if note is null or octet_length(note) > (select s.value from motjuste.setting as s where s.name = 'max_note')
        or note is not distinct from motjuste.late_note(w, old_row) or motjuste.may_bypass() then
        return '{}';
    end if;
    masked := motjuste.mask(note);
    return jsonb_build_object(column_name, case
        when w.json_key <> '' then jsonb_set(new_row -> column_name, array[w.json_key], to_jsonb(masked))
        when jsonb_typeof(new_row -> column_name) = 'array' then to_jsonb(masked::text[])
        else to_jsonb(masked)
    end);
end
$$;
