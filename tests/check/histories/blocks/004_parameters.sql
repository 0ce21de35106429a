create schema crm; create table crm.client (id int primary key); create table crm."Mixed case" (id int);
create function add_notes(tbl regclass) returns void language plpgsql as $$ begin execute 'alter table ' || tbl || ' add notes text'; end $$;
select add_notes('crm.client'); select add_notes('crm."Mixed case"');
create function add_once(tbl regclass, col name, kind regtype default 'text') returns void language plpgsql as $$ begin
  if not exists (select 1 from pg_attribute where attrelid = tbl and attname = col) then execute format('alter table %s add %I %s', tbl, col, kind); end if;
  if tbl = 'crm.client'::regclass then alter table crm.client add only_here text; end if;
  if tbl <> 'crm.client'::regclass then alter table crm."Mixed case" add only_there text; end if; end $$;
select add_once('crm."Mixed case"', 'remark'); alter table crm."Mixed case" drop only_there; select add_once('crm."Mixed case"'::regclass, 'age', 'int4');
alter table crm."Mixed case" drop only_there; select add_once('crm."Mixed case"', 'remark'); select add_once('crm.client', 'notes', 'varchar');
create domain which as regclass; create function by_domain(tbl which, tail text) returns void language plpgsql as $$ begin execute 'alter table ' || tbl || ' rename to ' || tail; end $$;
select by_domain('crm."Mixed case"', 'plain');
do $$ declare t regclass := 'crm.plain'; u regclass; n text; begin
  if t = 'crm.plain'::regclass and t::text = 'crm.plain' then alter table crm.plain add from_declared text; end if;
  u := 'crm.client'; if u <> t then execute format('alter table %s add from_assigned text', u); end if;
  n := t; execute 'alter table ' || n || ' add from_text text'; end $$;
create function each_of(variadic tables regclass[]) returns void language plpgsql as $$ declare t regclass; begin
  foreach t in array tables loop execute format('alter table %s add looped text', t); end loop; end $$;
select each_of('crm.client', 'crm.plain');
create table crm.third (id int); select each_of(variadic array['crm.third']::regclass[]);
create schema regs; set search_path = regs;
create schema crm2; create table crm2.client (id int, x text); create table regs.client (id int); create type crm2.e as enum ('a');
create function a(t regclass, n text default 'notes') returns text language plpgsql as $$ declare q text; begin
  select format('alter table %s add %I text', t, n) into q; execute q;
  if exists (select 1 from information_schema.columns where table_schema = 'crm2' and table_name = 'client' and column_name = n) then execute 'create table seen_' || n || ' (id int)'; end if;
  perform 1; return t::text; end $$;
select a('crm2.client'), a('client', 'other');
select a(t => 'crm2.client', n => 'named');
do $$ declare r record; t regclass; begin
 for r in select c.oid::regclass as rel from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'crm2' and c.relkind = 'r' loop
   t := r.rel; execute format('alter table %s add looped text', r.rel); perform a(t, 'inner_'); end loop;
 for t in select oid from pg_class where relname = 'client' and relnamespace = 'crm2'::regnamespace loop execute 'alter table ' || t || ' add by_oid text'; end loop;
 select 'crm2.client'::regclass into t; execute 'alter table ' || t::text || ' add into_ text';
end $$;
create function s(t regclass) returns void language sql as $$ select a(t, 'by_sql'); $$;
select s('crm2.client');
create function k(t regclass, kind regtype) returns void language plpgsql as $$ begin execute format('alter table %s add %I %s', t, t::oid::regclass::text, kind); end $$;
select k('client', 'crm2.e'); select k('crm2.client', 'varchar(10)');
create function dd(t regclass) returns void language plpgsql as $$ begin execute format('drop table %s', t); end $$;
set search_path = crm2, regs; select dd('regs.client'); select a('client', 'path');
reset search_path;
