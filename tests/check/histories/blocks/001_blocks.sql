create table notes_a (id serial primary key, title text, kind text check (kind in ('a','b')));
create table notes_b (id serial primary key, title text, constraint nb_chk check (id > 0 and title <> ''));
create table notes_c (id serial primary key, title text, check (id > 0 or title is null));
do $$ declare t text; begin
  foreach t in array array['notes_a','notes_b'] loop
    execute format('alter table public.%I enable row level security', t);
    execute format('alter table %I add column if not exists remark_%s text', t, left(t, 1));
    execute 'create index on ' || quote_ident(t) || ' (title)';
  end loop;
end $$;
do $$ declare r record; begin
  for r in select tablename from pg_tables where schemaname = 'public' and tablename like 'notes\_%' order by 1 loop
    execute format('alter table public.%I add column created timestamptz', r.tablename);
  end loop;
end $$;
do $$ declare c text; begin
  for c in select con.conname from pg_constraint con where con.conrelid = 'public.notes_a'::regclass and con.contype = 'c'
     and pg_get_constraintdef(con.oid) ilike '%kind%' loop
    execute format('alter table public.notes_a drop constraint %I', c);
  end loop;
  alter table public.notes_a add constraint notes_a_kind_check check (kind in ('a','b','c'));
end $$;
do $$ begin
  if not exists (select 1 from information_schema.tables where table_name = 'nothing') then return; end if;
  alter table notes_a add column never text;
end $$;
do $$ begin
  if exists (select 1 from pg_constraint where conname = 'notes_c_check') then alter table notes_c rename title to heading; end if;
  if exists (select 1 from pg_constraint where conname = 'notes_b_check') then alter table notes_b rename title to heading; end if;
end $$;
create function add_note(tbl text, col text default 'extra', n int default 1) returns void language plpgsql as $f$
begin
  for i in 1..n loop
  execute 'alter table ' || tbl || ' add column ' || col || '_' || i || ' text';
  end loop;
end $f$;
select add_note('notes_a');
select add_note('notes_b', 'memo', 2);
select add_note(tablename::text, 'all') from pg_tables where schemaname = 'public';
do $$ begin perform add_note('notes_c', n := 2, col := 'named'); end $$;
do $$ begin
  alter table notes_a add column undone text;
  alter table notes_a add column title text;
exception when duplicate_column then raise notice 'x'; alter table notes_a add column handled text; end $$;
do $$ declare n int; begin
  select count(*) into n from information_schema.columns where table_name = 'notes_a' and column_name = 'handled';
  if n = 1 then alter table notes_a add column counted text; else alter table notes_a add column uncounted text; end if;
end $$;
do $$ declare spec record; begin
  for spec in select * from (values ('notes_a', 'x1', 'text'), ('notes_b', 'x2', 'varchar(20)')) as t(tbl, col, typ) loop
    if to_regclass('public.' || spec.tbl) is null then continue; end if;
    execute format('alter table %I add %I %s', spec.tbl, spec.col, spec.typ);
  end loop;
end $$;
select format('alter table %I add column gx text', tablename) from pg_tables where schemaname = 'public' and tablename ~ '^notes' \gexec
create function col_there(t text, c text) returns boolean language sql stable as $$ select exists (select 1 from information_schema.columns where table_name = $1 and column_name = $2) $$;
do $$ begin if not col_there('notes_a', 'fresh') then alter table notes_a add column fresh text; end if; if col_there('notes_a', 'title') then alter table notes_a rename column title to title2; end if; end $$;
do $$ begin
 if (select data_type from information_schema.columns where table_name='notes_b' and column_name='x2') = 'character varying' then
   alter table notes_b alter column x2 type text; end if;
end $$;
do $$ declare r record; begin
 for r in select table_name, column_name from information_schema.columns where table_schema='public' and data_type = 'text' and column_name like 'all%' loop
   execute 'alter table ' || r.table_name || ' alter column ' || r.column_name || ' type varchar(100)';
 end loop; end $$;
do $$ declare fk text; begin
 select tc.constraint_name into fk from information_schema.table_constraints tc join information_schema.key_column_usage kcu on tc.constraint_name = kcu.constraint_name
  where tc.table_name = 'notes_b' and tc.constraint_type = 'PRIMARY KEY' and kcu.column_name = 'id';
 if fk is not null then execute 'alter table notes_b drop constraint ' || quote_ident(fk) || ' cascade'; end if; end $$;
do $$ begin
 if exists (select 1 from pg_attribute a join pg_class c on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public' and c.relname = 'notes_c' and a.attname = 'heading' and not a.attisdropped) then
   alter table notes_c rename heading to heading2; end if; end $$;
do $$ begin for i in 1..3 loop execute format('create table part_%s (id int, note text)', i); end loop; end $$;
do $$ declare i int := 0; begin while i < 2 loop i := i + 1; execute 'create table w' || i || ' (a text)'; end loop; end $$;
do $$ begin case when exists (select 1 from pg_tables where tablename='w1') then alter table w1 add b text; else alter table w1 add c text; end case; end $$;
