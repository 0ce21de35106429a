-- whole rows as arguments are the row, not each of its columns
create table part (id int, a text, b text, c text);
create function told(part) returns text language sql as 'select $1.a';
create view told_v as select told(p.*), told(p) as plain, row_to_json(p.*) as j, p.* is null as nothing from part p;
create view count_v as select count(p.*) as n, max(p.id) from part p;
create view rows_v as select row_to_json(row(p.*)) as r from part p;
create view list_v as select p.* from part p;
create view values_v as select v.* from part p, lateral (values (p.id, p.a)) v (x, y);
alter table part drop column c cascade;
create view later_v as select told(q.*) as t, (select max(w) from (values (q.*)) v (x, w)) as m from part q;
-- a function keeps no modifier of a type
create function sized(b varchar(10), n numeric(10,2), l varchar(4)[]) returns table (x varchar(5), y numeric(4,1)) language sql as $$ select 'a'::varchar(5), 1.5 $$;
create view sized_v as select * from sized('a', 1, array['b']);
create function sized(inout b char(3)) language sql as 'select $1'; create view sized_c as select sized('a'::char(3)) as s;
drop view sized_v, sized_c;
drop function sized(varchar, numeric, varchar[]); drop function sized(inout character);
create function sized(varchar(3)) returns varchar(7) language sql as 'select $1'; create or replace function sized(varchar) returns varchar language sql as 'select $1';
create table sized_t as select sized('x') as s;
-- % after a cast is the remainder
create view rest_v as select a::bigint % count(id) as rest, id::int % 3 as three, cast(a as int) % id as type from (select id, id as a, 1 as type from part) p group by a, id;
create extension if not exists hstore; create extension if not exists hstore;
create schema owned authorization current_user; create table owned.t (notes text);
create schema if not exists authorization "Owner role"; create table "Owner role".t (notes text);
