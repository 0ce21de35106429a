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

-- can_mask(kind, json_key): whether a masked note can be put into a column of this type without running anything of the
-- table's owner: it is one of the system's own. Of a domain the CHECK would run with our rights.
create or replace function motjuste.can_mask(kind oid, json_key text)
    returns boolean
    language sql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
    select case when json_key = '' then kind < 16384::oid else kind = 'jsonb'::regtype end
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

-- plain_query(watch_id, row_name): the SELECT, without its FROM, of what late() asks of a row, whatever its columns are
-- named now and of what type: {"note": text, "key": jsonb, "author": text}.
create or replace function motjuste.plain_query(watch_id int, row_name text)
    returns text
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        select format('select jsonb_build_object(''note'', %s, ''key'', %s, ''author'', %s) as x', x.note_sql, x.key_sql, x.author_sql)
        from motjuste.watch as y
        cross join lateral motjuste.known(y) as w
        cross join lateral motjuste.read(
            w, row_name,
            motjuste.column_now(w.relation, w.column_name, w.attnum),
            array(
                select motjuste.column_now(w.relation, k.name, k.attnum)
                from unnest(w.keys, w.key_attnums) with ordinality as k (name, attnum, i)
                order by k.i
            ),
            motjuste.column_now(w.relation, w.author_column, null)
        ) as x
        where y.id = watch_id
    ), 'select null::jsonb as x')
$$;

-- plain(watch_id, whole): the same of one row; null where there is none. The row keeps its own type: to_jsonb of it would
-- run the casts to json that its owner made.
create or replace function motjuste.plain(watch_id int, whole record)
    returns jsonb
    language plpgsql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
declare
    x jsonb;
begin
    execute motjuste.plain_query(watch_id, '($1)') into x using whole;
    return x;
end
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

-- late(...): what the triggers do for one row, slowly and as motjuste.plain gives it, where a column was renamed or has another
-- type since their functions were written (`status` says outdated). A column that is gone has no notes to check.
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
    old_note := old_row ->> 'note';
    new_note := new_row ->> 'note';
    old_key := old_row -> 'key';
    new_key := new_row -> 'key';
    author := new_row ->> 'author';
    if w.deferred and (op <> 'INSERT' or new_note is not null)
        and not (new_note is not null and old_note is distinct from new_note and motjuste.may_bypass())
    then
        insert into motjuste.queue (watch_id, row_key, note_digest)
        select distinct w.id, x.row_key, case when x.row_key = '{}' then motjuste.digest(x.note) end
        from (values (old_key, old_note), (new_key, new_note)) as x (row_key, note)
        where x.row_key is not null and (x.row_key <> '{}' or x.note is not null);
        if w.mode <> 'block' and (op <> 'UPDATE' or old_note is distinct from new_note) then
            return;
        end if;
    end if;
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
    else
        moved := op = 'INSERT' and motjuste.moved(w.label, w.column_name, w.json_key, new_note);
        perform motjuste.tell(w.label, w.column_name, w.json_key, w.mode, motjuste.handle(
            w.id, w.label, w.column_name, w.json_key, case when moved then 'flag' else w.mode end,
            array[new_key], array[new_note], array[author]));
    end if;
end
$$;

-- late_mask(...): the same for the trigger that masks: the columns to change, with their new values; none where the column is
-- not of one of the system's own types any more.
create or replace function motjuste.late_mask(watch_id int, old_row record, new_row record)
    returns jsonb
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    w motjuste.watch;
    note text;
    masked text;
    place text;
    kind oid;
    document jsonb;
begin
    select k.* into w from motjuste.watch as x cross join lateral motjuste.known(x) as k where x.id = watch_id;
    perform motjuste.recognise(w);
    place := motjuste.column_now(w.relation, w.column_name, w.attnum);
    select a.atttypid into kind
    from pg_catalog.pg_attribute as a
    where a.attrelid = w.relation and a.attname = place;
    note := motjuste.plain(watch_id, new_row) ->> 'note';
    if note is null or not motjuste.can_mask(kind, w.json_key)
        or octet_length(note) > (select s.value from motjuste.setting as s where s.name = 'max_note')
        or note is not distinct from motjuste.plain(watch_id, old_row) ->> 'note' or motjuste.may_bypass()
    then
        return '{}';
    end if;
    masked := motjuste.mask(note);
    if w.json_key <> '' then
        execute format('select to_jsonb(($1).%I)', place) into document using new_row;
        return jsonb_build_object(place, jsonb_set(document, array[w.json_key], to_jsonb(masked)));
    elsif exists (select from pg_catalog.pg_type as t where t.oid = kind and t.typcategory = 'A') then
        return jsonb_build_object(place, masked::text[]);
    end if;
    return jsonb_build_object(place, masked);
end
$$;
