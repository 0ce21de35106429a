create schema u_misc4;
set search_path = u_misc4;
create table a (id int, commentaire text); create table b (like a) ; create sequence s owned by a.id; 
alter table if exists only a add if not exists n1 text, add column n2 text not null default $d$;$d$, alter commentaire set storage external, alter column id set default nextval('s'), add constraint u unique nulls not distinct (id), alter id set not null;
alter table a add column arr text array[4] default array['a', ')'], add column j jsonb default '{"a": [1, 2]}'::jsonb check (jsonb_typeof(j) = 'object'), add d2 double precision default 1.5e3, add e interval default interval '1' day, add f text default case when true then 'x' else 'y' end not null, add g text collate "C" default 'é' || E'\'' constraint nn not null;
do language 'plpgsql' $$begin perform 1; execute 'alter table a add h text' using 1; execute $q$alter table a add $q$ || 'i text'; end$$;
create or replace procedure p(inout x int default 3) language plpgsql as $$ begin x := x + 1; execute 'alter table a add p' || x || ' text'; end $$;
call p(); call p(7); call p(x => 8);

create function trg() returns trigger language plpgsql as 'begin return new; end'; create trigger zz before update of commentaire on a for each row when (old.* is distinct from new.*) execute procedure trg(); alter trigger zz on a rename to yy; alter table a disable trigger yy; drop trigger yy on a;
alter table a replica identity full, enable row level security, set (fillfactor = 70);
