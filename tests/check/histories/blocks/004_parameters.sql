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
