-- What the triggers of a watched column are. Each column has trigger functions of its own, written here with its names in
-- them, so that the server plans their queries once a session and not once a row.
--
-- No trigger names a column in its definition: that would forbid the application to drop it or to change its type. Where
-- the names or types are not those that a function was written for, it goes on by way of motjuste.late.
-- The owner's rights and the caller's session meet in these functions: `pg_catalog, pg_temp` and not '', because with an
-- empty path a temporary type of the caller's would be found before ours.

-- key_columns(relation): the columns of its primary key, in order; empty where it has none.
create or replace function motjuste.key_columns(relation regclass)
    returns name[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(a.attname order by k.i), '{}')
    from pg_catalog.pg_index as i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, i)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = relation and i.indisprimary and k.i <= i.indnkeyatts
$$;

-- keys_beside(relation, note): the columns by which the row of a note is known: those of the primary key, none where the note
-- is one of them, as its text would be told with the key.
create or replace function motjuste.keys_beside(relation regclass, note name)
    returns name[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select case when note = any (k) then '{}' else k end
    from motjuste.key_columns(relation) as k
$$;

-- kept_key(row_key): the key as a finding keeps it: not one too long for an index; such a row is known by the digest alone. No
-- `set search_path`, so that it is inlined: the triggers, which run as their owner, pin it for all they call. The number of
-- bytes stands in toolkit/motjuste/scanning/scan.py too.
create or replace function motjuste.kept_key(row_key jsonb)
    returns jsonb
    language sql
    immutable
as $$
    select case when octet_length(row_key::text) > 1800 then '{}' else row_key end
$$;

-- may_be_long(relation, keys): whether a key of these columns may be too long for an index.
create or replace function motjuste.may_be_long(relation regclass, keys name[])
    returns boolean
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = may_be_long.relation and a.attname = any (may_be_long.keys)
            -- a number of unlimited digits is as a text; so is one of a negative scale (11 bits of the modifier, its sign the first)
            and a.attlen < 0 and (a.atttypid <> 'numeric'::regtype or (a.atttypmod - 4) & 1024 <> 0)
    )
$$;

-- column_now(relation, name, attnum): the column's name today: its own if there still is one of that name, else the one
-- that it was given since; null where the column is gone. A name that another watched column has taken is that one's.
create or replace function motjuste.column_now(relation oid, column_name name, attnum int2)
    returns name
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select a.attname
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and not a.attisdropped and a.attnum > 0
        and (a.attnum = column_now.attnum or a.attname = column_now.column_name and not exists (
            select
            from motjuste.watch as x
            where x.relation = column_now.relation and x.seen_as = column_now.relation
                and x.attnum = a.attnum and x.column_name <> column_now.column_name
        ))
    order by a.attname = column_now.column_name desc
    limit 1
$$;

-- known(w): the watch without the numbers of its columns where they were taken in the database that this one was restored
-- from: there, names are all that is known.
create or replace function motjuste.known(w motjuste.watch)
    returns motjuste.watch
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if w.relation::oid <> w.seen_as then
        w.attnum := 0;
        w.key_attnums := array_fill(0::int2, array[cardinality(w.keys)]);
    end if;
    return w;
end
$$;

-- members(relation): the tables that hold its rows, itself among them: partitions at all depths, inheritance children.
-- `own`: it needs triggers of its own; a partition has copies of its parent's. Not the temporary ones, which only their session reads and writes.
create or replace function motjuste.members(relation regclass)
    returns table (member regclass, own boolean)
    language sql
    stable
    strict
    rows 10
    set search_path = pg_catalog, pg_temp
as $$
    with recursive tree as (
        select members.relation::oid as oid, true as own
        union
        select i.inhrelid, not c.relispartition
        from tree as t
        join pg_catalog.pg_inherits as i on i.inhparent = t.oid
        join pg_catalog.pg_class as c on c.oid = i.inhrelid and c.relpersistence <> 't'
        where not i.inhdetachpending
    )
    select t.oid::regclass, t.own from tree as t order by t.oid
$$;

-- settings(w): what a function must pin so that the key of a row is written the same in every session; and no
-- compiling of plans, nor planning again for each of the first rows of a session: both take longer than to run them. What only queues rows
-- has nothing to plan again, and pays for each setting.
create or replace function motjuste.settings(w motjuste.watch)
    returns text[]
    language sql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select array['search_path=pg_catalog, pg_temp', 'jit=off']
        || case when w.deferred and w.mode = 'flag' then '{}' else '{plan_cache_mode=force_generic_plan}'::text[] end
        || case when exists (
            select
            from unnest(motjuste.key_columns(w.relation)) as k (name)
            join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attname = k.name
            -- these are always written the same way, so that the usual key costs nothing more
            where a.atttypid not in (
                'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'text'::regtype,
                'varchar'::regtype, 'bpchar'::regtype, 'uuid'::regtype, 'date'::regtype, 'bool'::regtype
            )
        ) then array[
            'TimeZone=UTC', 'DateStyle=ISO, YMD', 'IntervalStyle=postgres', 'bytea_output=hex', 'extra_float_digits=1'
        ]
        else '{}'
    end
$$;

-- filled(template, slots): the template with each @name@ replaced, in one pass: what is put in is not read again.
create or replace function motjuste.filled(template text, slots jsonb)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select string_agg(x.piece || coalesce(slots ->> x.hit[1], ''), '' order by x.i)
    from rows from (
        regexp_split_to_table(template, '@[a-z_]+@'), regexp_matches(template, '@([a-z_]+)@', 'g')
    ) with ordinality as x (piece, hit, i)
$$;

-- text_of(value, padded): the SQL that writes a value as text, by its type's output function alone: `concat` calls nothing
-- else, whatever the type. `value::text` would run a cast that the table's owner wrote, with our rights: when it is executed, and,
-- as the planner inlines and folds it, even in a branch that is never taken. `padded`: char(n), whose blanks are no text.
create or replace function motjuste.text_of(value text, padded boolean)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select format(
        case when padded then $t$case when %1$s is null then null else rtrim(concat(%1$s), ' ') end$t$
            else 'case when %1$s is null then null else concat(%1$s) end' end,
        value)
$$;

-- document(value): a document out of its text, where the column is of another type than jsonb by now. Its own error would quote the text.
create or replace function motjuste.document(value text)
    returns jsonb
    language plpgsql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
begin
    return value::jsonb;
exception when data_exception or program_limit_exceeded then
    raise exception 'motjuste: a watched document is no JSON'
        using errcode = '22P02', hint = 'its column had another type when it was attached: detach it (motjuste.detach), or give it its type back';
end
$$;

-- base_of(kind): the type below a domain, and below the domains below it; any other is its own.
create or replace function motjuste.base_of(kind oid)
    returns oid
    language plpgsql
    stable
    strict
    set search_path = pg_catalog, pg_temp
as $$
declare
    below oid;
begin
    loop
        select t.typbasetype into below from pg_catalog.pg_type as t where t.oid = kind;
        exit when coalesce(below, 0) = 0;
        kind := below;
    end loop;
    return kind;
end
$$;

-- json_of(value, domain): the SQL that writes a value of a key as jsonb: where its type, below its domains, is one of the
-- system's own (made by initdb: their numbers are below 16384), as jsonb does, and any other as text. Jsonb would run a cast to
-- json that its owner wrote. The type is looked at when the row comes, as it may have changed; a `domain` costs a look at the catalog.
create or replace function motjuste.json_of(value text, domain boolean)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select format(
        'case when %2$s < 16384::oid then to_jsonb(%1$s) when num_nulls(%1$s) = 0 then to_jsonb(concat(%1$s)) end',
        value,
        format(case when domain then 'motjuste.base_of(pg_typeof(%s))' else 'pg_typeof(%s)::oid' end, value))
$$;

-- kind_of(relation, column): the type of a column and what is below it; nulls where there is no such column.
create or replace function motjuste.kind_of(relation oid, column_name name, out kind oid, out base oid)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select a.atttypid, motjuste.base_of(a.atttypid)
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attname = kind_of.column_name and not a.attisdropped
$$;

-- read(w, row_name, ...): the SQL that reads a row's note, its key under the names that findings keep it by, and its author;
-- the columns are those given, null: gone. No operator, function or cast of the owner's runs in it, whatever the types are.
create or replace function motjuste.read(
    w motjuste.watch, row_name text, note name, keys name[], author name, out note_sql text, out key_sql text, out author_sql text
)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(case
            when x.note is null then null
            -- text as it is, whatever the column's collation makes equal or refuses to search
            when w.json_key = '' then format('(%s collate "C")', motjuste.text_of(x.note, n.base is not distinct from 'bpchar'::regtype))
            else format(
                $t$((case when pg_typeof(%1$s) = 'jsonb'::regtype then to_jsonb(%1$s) when num_nulls(%1$s) = 0 then motjuste.document(concat(%1$s)) end ->> %2$L) collate "C")$t$,
                x.note, w.json_key)
        end, 'null::text'),
        format(case when motjuste.may_be_long(w.relation, w.keys) then 'motjuste.kept_key(%s)' else '%s' end, k.key_sql),
        -- not a note that took the name of the author's column: it would be kept with each finding
        case when read.author is distinct from read.note
            then coalesce(motjuste.text_of(row_name || '.' || quote_ident(read.author), a.base is not distinct from 'bpchar'::regtype), 'null::text')
            else 'null::text' end
    from (select row_name || '.' || quote_ident(read.note) as note) as x
    cross join lateral (
        select format(
            -- all of them the system's own, as most are: twice as fast
            case when bool_and(coalesce(t.kind < 16384, false))
                then 'case when %s then jsonb_build_object(%s) else jsonb_build_object(%s) end' else 'jsonb_build_object(%3$s)' end,
            string_agg(format('pg_typeof(%s)::oid < 16384::oid', y.value), ' and ' order by y.i),
            string_agg(format('%L, %s', y.kept, y.value), ', ' order by y.i),
            string_agg(
                format('%L, %s', y.kept, coalesce(motjuste.json_of(y.value, coalesce(t.kind <> t.base, false)), 'null')),
                ', ' order by y.i)) as key_sql
        from (
            select z.i, z.kept, z.name, row_name || '.' || quote_ident(z.name) as value
            from unnest(w.keys, read.keys) with ordinality as z (kept, name, i)
        ) as y
        left join lateral motjuste.kind_of(w.relation, y.name) as t on true
    ) as k
    left join lateral motjuste.kind_of(w.relation, read.note) as n on true
    left join lateral motjuste.kind_of(w.relation, read.author) as a on true
$$;

-- slots(w): what the templates name: the note, the key and the author of a row, for each name that a row goes by.
create or replace function motjuste.slots(w motjuste.watch)
    returns jsonb
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
            'id', w.id,
            'place', quote_literal(w.label),
            'column', quote_literal(w.column_name),
            'name', quote_ident(w.column_name),
            'json_key', quote_literal(w.json_key),
            'mode', quote_literal(w.mode),
            'deferred', w.deferred::text,
            'what', format('%L, %L, %L', w.label, w.column_name, w.json_key),
            'limit', coalesce((select s.value::text from motjuste.setting as s where s.name = 'max_note'), '1048576'),
            'size', coalesce((
                -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
                select nullif(greatest(case when t.typtype = 'd' then t.typtypmod else a.atttypmod end - 4, 0), 0)::text
                from pg_catalog.pg_attribute as a
                join pg_catalog.pg_type as t on t.oid = a.atttypid
                where a.attrelid = w.relation and a.attname = w.column_name
            ), 'null'),
            -- a document that did not change need not be looked into
            'same_note', case when w.json_key = '' then '' else format('record_image_eq(row(old.%1$I), row(new.%1$I)) or ', w.column_name) end,
            'same_key', case when w.keys = '{}' then 'true' else (
                select format('record_image_eq(row(%s), row(%s))',
                    string_agg(format('old.%I', k.name), ', ' order by k.i), string_agg(format('new.%I', k.name), ', ' order by k.i))
                from unnest(w.keys) with ordinality as k (name, i)
            ) end)
        || jsonb_object_agg('note_' || r.alias, x.note_sql)
        -- whether there is a note, without making its text where that takes none
        || jsonb_object_agg('noted_' || r.alias, case
            when w.json_key = '' then format('not (%s.%I is null)', r.alias, w.column_name)
            else format('(%s) is not null', x.note_sql) end)
        || jsonb_object_agg('key_' || r.alias, x.key_sql)
        || jsonb_object_agg('author_' || r.alias, x.author_sql)
        -- what tells a row without a key
        || jsonb_object_agg('digest_' || r.alias, case
            when w.keys = '{}' then format('motjuste.digest(%s)', x.note_sql)
            when motjuste.may_be_long(w.relation, w.keys) then format('case when %s = ''{}'' then motjuste.digest(%s) end', x.key_sql, x.note_sql)
            else 'null::bytea' end)
    from unnest(array['old', 'new', 'o', 'n']) as r (alias)
    cross join lateral motjuste.read(w, r.alias, w.column_name, w.keys, w.author_column) as x
$$;

-- kernel_there(kernel): the SQL that says whether the kernel's function is there still, by its number: it bears its name, and is C, which only a
-- superuser can make. In a database that was restored without the extension the number may be anybody's: who makes objects can choose it.
create or replace function motjuste.kernel_there(kernel oid)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select format(
        $t$(select p.prolang = 13 and p.oid::regproc::text = 'motjuste_kernel.clean' from pg_catalog.pg_proc as p where p.oid = %s)$t$, kernel)
$$;

-- guarded(kernel, note, statement): the statement, for a note in which the kernel finds something, or which it is not there to read.
-- What has its name by now may be anybody's, and is not even to be planned.
create or replace function motjuste.guarded(kernel oid, note text, statement text)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select case when kernel = 0 then statement else replace(format($t$
            if %s then
                cleared := motjuste_kernel.clean(%s) is not false; -- nor is there anything in no note
            end if;
            if cleared is not true then
                @statement@
            end if;$t$, motjuste.kernel_there(kernel), note), '@statement@', statement) end
$$;

-- frame(kernel, mode, body, late, result, rows, queued): the source of a trigger function around its body, which leaves in `said` what there is
-- to tell. An error of the check stops the write in mode block only; in the others it is recorded, with the keys and the notes
-- of `rows`, and the write goes on. Where not even that can be done, as with no stack left, it is counted; where that cannot
-- either, the write fails: a note is never stored as if it had been checked.
-- Where the kernel cannot be loaded any more, or is of another version, the slow way does without it.
-- A refusal is raised outside the inner block, whose end would undo what motjuste.tell sets for the server's log.
-- `queued`: the body may leave the key of a row, and of what the row was, which are put into the queue outside that block, in which each row would
-- take a transaction number of its own. Where the queue cannot be written, the write fails.
create or replace function motjuste.frame(kernel oid, mode text, body text, late text, result text, rows text, queued boolean default false)
    returns text
    language sql
    immutable
    strict
    set search_path = pg_catalog, pg_temp
as $$
    select replace(replace(replace(replace(replace(replace(replace(replace(
        case when mode = 'block' then $t$
declare
    r record;
    said jsonb;
    long boolean;
    cleared boolean;@declared@
begin
    begin
@body@
    exception
        when undefined_column or datatype_mismatch@lost@ then
@late@
    end;
@tell@@queue@    return @result@;
end
$t$ else $t$
declare
    r record;
    said jsonb;
    long boolean;
    cleared boolean;
    state text;
    missed bigint;@declared@
begin
    begin
@body@
@tell@    exception
        when undefined_column or datatype_mismatch@lost@ then
            begin
@late@
            exception when others then
                state := sqlstate;
                begin
                    perform motjuste.log_failure(@what@, state, null, null);
                exception when others then
                    missed := nextval('motjuste.unrecorded');
                    raise warning 'motjuste: a check of %.% failed (%) and could not be recorded', @place@, @column@, state;
                end;
            end;
        when others then
            state := sqlstate;
            begin
                select @rows@ into r;
                perform motjuste.log_failure(@what@, state, r.row_keys, r.notes);
            exception when others then
                -- no query: it takes less stack than those above
                missed := nextval('motjuste.unrecorded');
                raise warning 'motjuste: a check of %.% failed (%) and could not be recorded', @place@, @column@, state;
            end;
    end;
@queue@    return @result@;
end
$t$ end, '@lost@', case when kernel = 0 then ''
            else $t$ or undefined_file or undefined_function or invalid_schema_name or internal_error or sqlstate 'MJ004'$t$ end), '@body@', body), '@late@', late), '@result@', result), '@rows@', rows),
        '@tell@', case when body || late like '%said%' then $t$    if said is not null then
        perform motjuste.tell(@what@, @mode@, said);
    end if;
$t$ else '' end),
        '@declared@', case when queued then $t$
    queue_key jsonb;
    queue_digest bytea;
    queue_key_old jsonb;
    queue_digest_old bytea;$t$ else '' end),
        '@queue@', case when queued then $t$    if queue_key <> '{}' or queue_digest is not null then
        insert into motjuste.queue (watch_id, row_key, note_digest) values (@id@, queue_key, queue_digest);
    end if;
    if queue_key_old <> '{}' or queue_digest_old is not null then
        insert into motjuste.queue (watch_id, row_key, note_digest) values (@id@, queue_key_old, queue_digest_old);
    end if;
$t$ else '' end)
$$;

-- templates(w): each trigger of a watched column: name, definition (for the table @table@), the bits of pg_trigger.tgtype, and
-- its function's source with @slots@.
create or replace function motjuste.templates(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, kind int2, source text)
    language plpgsql
    stable
    rows 5
    set search_path = pg_catalog, pg_temp
as $$
declare
    -- what a subscriber applies fires row triggers only
    by_row constant boolean := w.always
        or exists (select from pg_catalog.pg_class as c where c.oid = w.relation and c.relkind = 'p');
    kernel constant oid := motjuste.kernel_function();
    late constant text := '            perform motjuste.late(@id@, tg_op, motjuste.plain(@id@, old), motjuste.plain(@id@, new));';
    new_row constant text := 'array[@key_new@] as row_keys, array[@note_new@] as notes';
    old_row constant text := 'array[@key_old@] as row_keys, array[@note_old@] as notes';
    both_rows constant text := 'array[@key_old@, @key_new@] as row_keys, array[@note_old@, @note_new@] as notes';
    -- one more than are kept one by one
    many_rows constant text := $t$array_agg(x.row_key) as row_keys, array_agg(x.note) as notes
                from (
                    select @key_n@ as row_key, @note_n@ as note from new_rows as n where @note_n@ is not null limit 1001
                ) as x$t$;
    gone_rows constant text := replace(replace(many_rows, '_n@', '_o@'), 'new_rows as n', 'old_rows as o');
    -- a row that moves to another partition is deleted and inserted: what it held already does not stop it
    row_mode constant text := case when w.mode = 'block'
        then $t$case when motjuste.moved(@what@, @note_new@) then 'flag' else 'block' end$t$ else '@mode@' end;
    -- nothing is read but by who works off the queue: its row alone is what the write pays for. What it reads is the row as it stands
    -- then, so that the keys of rows that are gone or changed are queued likewise.
    queued constant boolean := w.deferred and w.mode in ('flag', 'mask');
    queue_new constant text := 'queue_key := @key_new@;
            queue_digest := @digest_new@;';
    queue_old constant text := $t$
        if @noted_old@ then
            queue_key_old := @key_old@;
            queue_digest_old := @digest_old@;
        end if;$t$;
    queue_both constant text := $t$
            queue_key := @key_new@;
            queue_digest := @digest_new@;$t$ || case when w.keys <> '{}' and not motjuste.may_be_long(w.relation, w.keys) then $t$
            if not (@same_key@) then
                queue_key_old := @key_old@;
            end if;$t$ else $t$
            queue_key_old := @key_old@;
            queue_digest_old := @digest_old@;$t$ end;
    long_new constant text := case when queued then '' else $t$elsif octet_length(@note_new@) > @limit@ then
            said := motjuste.too_long(@id@, @what@, @mode@, @key_new@, @note_new@);
        $t$ end;
    -- thousands of notes at a time, fewer of long ones: a load of any size takes the same memory
    in_parts constant text := $t$
        for r in
            select
                array_agg(x.row_key order by x.line) filter (where not x.long) as row_keys,
                array_agg(x.note order by x.line) filter (where not x.long) as notes,
                array_agg(x.author order by x.line) filter (where not x.long) as authors,
                array_agg(x.line order by x.line) filter (where not x.long) as lines,
                bool_or(x.long) as long
            from (
                select
                    y.*, @line@octet_length(y.note) > @limit@ as long,
                    sum(octet_length(y.note)) over (rows unbounded preceding) as bytes
                from (@rows@ offset 0) as y
            ) as x
            where x.note is not null
            group by (x.line - 1) / 10000, x.bytes / 4000000
            order by min(x.line)
        loop
            long := long or r.long;
            if r.notes is not null then
                said := motjuste.sift(@id@, @what@, @mode@, r.row_keys, r.notes, r.authors, r.lines, said, @deferred@);
            end if;
        end loop;$t$;
    numbered constant text := 'row_number() over () as line';
    rows_read constant text := 'select @key_n@ as row_key, @note_n@ as note, @author_n@ as author';
    each_row constant text := replace(replace(in_parts, '@line@', numbered || ', '), '@rows@', rows_read || ' from new_rows as n');
    -- the rows in which the kernel finds something; lines count all rows, for those that are known by nothing else
    read_by_kernel constant text := '%1$s is not null and (octet_length(%1$s) > @limit@ or not motjuste_kernel.clean(%1$s))';
    each_suspect constant text := case
        when w.keys = '{}' or motjuste.may_be_long(w.relation, w.keys) then replace(replace(in_parts, '@line@', ''), '@rows@', format(
            'select z.* from (%s, %s from new_rows as n offset 0) as z where %s', rows_read, numbered, format(read_by_kernel, 'z.note')))
        else replace(replace(in_parts, '@line@', numbered || ', '), '@rows@', format(
            '%s from new_rows as n where %s', rows_read, format(read_by_kernel, '@note_n@'))) end;
    -- a few rows in which nothing is found, as most statements write, need no more than this
    few_rows constant text := format($t$
            select count(*) as number, coalesce(bool_or(%s), false) as suspect into r
            from (select @note_n@ as note from new_rows as n limit 11) as x;
            if r.number <= 10 and not r.suspect then
                return null;
            end if;$t$, format(read_by_kernel, 'x.note'));
begin
    part := 'insert';
    trigger_name := format('motjuste_%s_insert', w.id);
    if by_row then
        -- a row trigger of a partitioned table is copied to each partition, also to those made tomorrow
        definition := 'after insert on @table@ for each row';
        kind := 5;
        source := motjuste.frame(kernel, w.mode, $t$
        if @note_new@ is null then
            return null;
        elsif coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            perform motjuste.log_bypass(@place@, @column@, null);
        $t$ || long_new || $t$else
$t$ || case when queued then queue_new else motjuste.guarded(kernel, '@note_new@', format(
            'said := motjuste.handle(@id@, @what@, %s, array[@key_new@], array[@note_new@], array[@author_new@], null, null, @deferred@);', row_mode)) end || $t$
        end if;$t$, late, 'null', new_row, queued);
    else
        definition := 'after insert on @table@ referencing new table as new_rows for each statement';
        kind := 4;
        source := motjuste.frame(kernel, w.mode, $t$
        if coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            perform motjuste.log_bypass(@place@, @column@, (select count(*) from new_rows));
            return null;
        end if;
$t$ || case when queued then $t$
        insert into motjuste.queue (watch_id, row_key, note_digest)
        select @id@, @key_n@, @digest_n@ from new_rows as n where @noted_n@;$t$ else case when kernel = 0 then each_row else replace(replace(replace(replace($k$
        if @there@ then@few@@suspects@
        else@all@
        end if;$k$, '@there@', motjuste.kernel_there(kernel)), '@few@', few_rows), '@suspects@', each_suspect), '@all@', each_row) end || $t$
        if long then
            for r in select @key_n@ as row_key, @note_n@ as note from new_rows as n where octet_length(@note_n@) > @limit@ loop
                said := coalesce(motjuste.too_long(@id@, @what@, @mode@, r.row_key, r.note), said);
            end loop;
        end if;$t$ end, $t$
            for r in execute motjuste.plain_query(@id@, 'n') || ' from new_rows as n' loop
                perform motjuste.late(@id@, tg_op, null, r.x);
            end loop;$t$, 'null', many_rows);
    end if;
    return next;

    -- Row by row in a plain table too. Rows of transition tables can be paired by no key, which may be what changes; a
    -- subscriber fires row triggers only; and an UPDATE of another column in one row would take 3.7 times the bare one
    -- instead of 2 (tests/bench/bench_update.py).
    part := 'update';
    trigger_name := format('motjuste_%s_update', w.id);
    definition := 'after update on @table@ for each row';
    kind := 17;
    source := motjuste.frame(kernel, w.mode, $t$
        if @same_note@@note_old@ is not distinct from @note_new@ then
            if not (@same_key@) then
                perform motjuste.move_findings(@what@, @key_old@, @key_new@, @note_old@);$t$ || case when w.deferred then queue_both else '' end || $t$
            end if;$t$ || case when w.deferred then $t$
        else$t$ else $t$
            return null;
        end if;$t$ end || case when queued then '' else $t$
        perform motjuste.close_findings(@what@, @key_old@, @note_old@);$t$ end || $t$
        if coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass() then
            $t$ || case when queued then 'perform motjuste.close_findings(@what@, @key_old@, @note_old@);' else '' end || $t$
            perform motjuste.log_bypass(@place@, @column@, null);
        $t$ || long_new || $t$else
$t$ || case when queued then queue_both else motjuste.guarded(kernel, '@note_new@',
                'said := motjuste.handle(@id@, @what@, @mode@, array[@key_new@], array[@note_new@], array[@author_new@], null, null, @deferred@);')
                || case when w.deferred then queue_both else '' end end || $t$
        end if;$t$ || case when w.deferred then $t$
        end if;$t$ else '' end, late, 'null', both_rows, w.deferred);
    return next;

    part := 'delete';
    trigger_name := format('motjuste_%s_delete', w.id);
    if by_row then
        definition := 'after delete on @table@ for each row';
        kind := 9;
        source := motjuste.frame(kernel, w.mode, case when queued then queue_old else case when w.mode = 'block' then $t$
        if octet_length(@note_old@) > @limit@ then
            -- for motjuste.too_long
            perform motjuste.log_failure(@what@, 'MJ003', array[@key_old@], array[@note_old@]);
        else
            -- for motjuste.moved$t$ || motjuste.guarded(kernel, '@note_old@', $t$
            perform motjuste.handle(@id@, @what@, 'flag', array[@key_old@], array[@note_old@], array[@author_old@]);$t$) || $t$
        end if;$t$ else '' end || $t$
        perform motjuste.close_findings(@what@, @key_old@, @note_old@);$t$ || case when w.deferred then queue_old else '' end end, late, 'null', old_row, w.deferred);
    else
        definition := 'after delete on @table@ referencing old table as old_rows for each statement';
        kind := 8;
        source := motjuste.frame(kernel, w.mode, case when w.deferred then $t$
        insert into motjuste.queue (watch_id, row_key, note_digest)
        select @id@, @key_o@, @digest_o@ from old_rows as o where @noted_o@;$t$ else '' end || case when queued then '' else $t$
        update motjuste.finding as f
        set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
        from old_rows as o
        where (f.relation, f.column_name, f.json_key) = (@what@)
            and f.row_key = @key_o@$t$ || case when w.keys = '{}' then $t$
            and f.note_digest = motjuste.digest(@note_o@)$t$ when motjuste.may_be_long(w.relation, w.keys) then $t$
            and (f.row_key <> '{}' or f.note_digest = motjuste.digest(@note_o@))$t$ else '' end || $t$
            and motjuste.may_close(f.status, f.row_key, f.closed_at);$t$ end, $t$
            for r in execute motjuste.plain_query(@id@, 'o') || ' from old_rows as o' loop
                perform motjuste.late(@id@, tg_op, r.x, null);
            end loop;$t$, 'null', gone_rows);
    end if;
    return next;

    part := 'truncate';
    trigger_name := format('motjuste_%s_truncate', w.id);
    definition := 'after truncate on @table@ for each statement';
    kind := 32;
    source := motjuste.frame(kernel, w.mode, $t$
        -- not where other tables of an inheritance tree keep their rows
        if not exists (
            select
            from pg_catalog.pg_class as c
            join pg_catalog.pg_inherits as i
                on i.inhparent = c.oid and c.relkind = 'r' or i.inhrelid = c.oid and not c.relispartition
            where c.oid = tg_relid
        ) then
            update motjuste.finding as f
            set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
            where (f.relation, f.column_name, f.json_key) = (@what@)
                and motjuste.may_close(f.status, f.row_key, f.closed_at);
        end if;$t$, '            null;', 'null', 'null::jsonb[] as row_keys, null::text[] as notes');
    return next;

    if w.mode = 'mask' then
        part := 'mask';
        -- z: after the other BEFORE triggers, on what they made of the note
        trigger_name := format('zz_motjuste_%s_mask', w.id);
        definition := 'before insert or update on @table@ for each row';
        kind := 23;
        source := motjuste.frame(kernel, w.mode, $t$
        if tg_op = 'UPDATE' then
            if @same_note@@note_new@ is not distinct from @note_old@ then
                return new;
            end if;
        end if;
        -- only into a type of the system's: assigning to a domain of the owner's would run its CHECK with our rights
        if octet_length(@note_new@) <= @limit@
            and $t$ || case when w.json_key = '' then 'pg_typeof(new.@name@)::oid < 16384::oid'
                else $t$pg_typeof(new.@name@) = 'jsonb'::regtype$t$ end || $t$
            and not (coalesce(current_setting('motjuste.bypass', true), '') <> '' and motjuste.may_bypass())
        then
$t$ || motjuste.guarded(kernel, '@note_new@', case when w.json_key = '' then 'new.@name@ := motjuste.mask(@note_new@, @size@);'
                else 'new.@name@ := jsonb_set(new.@name@, array[@json_key@], to_jsonb(motjuste.mask(@note_new@, null)));' end) || $t$
        end if;$t$, '            new := jsonb_populate_record(new, motjuste.late_mask(@id@, old, new));', 'new', new_row);
        return next;
    end if;
end
$$;

-- sources(w): the same with the slots filled: what each trigger of this column should be now.
create or replace function motjuste.sources(w motjuste.watch)
    returns table (part text, trigger_name name, definition text, kind int2, source text)
    language sql
    stable
    rows 5
    set search_path = pg_catalog, pg_temp
as $$
    select t.part, t.trigger_name, t.definition, t.kind, motjuste.filled(t.source, s.slots)
    from motjuste.templates(w) as t
    cross join (select motjuste.slots(w) as slots offset 0) as s
$$;
