create schema u_calls5;
set search_path = u_calls5;
create function f(int) returns text language sql as 'select ''a'''; create function f(text) returns int language sql as 'select 1'; create function fa(anyelement) returns anyarray language sql as 'select array[$1]'; create function f(variadic numeric[]) returns numeric language sql as 'select 1.0'; create function g(a int, b text default 'x', out c text, out d int[]) returns setof record language sql as 'select ''a'', array[1]'; create function h() returns table (n int, commentaire text) language sql as 'select 1, ''x'''; create function k(int) returns setof int language sql as 'select 1'; create type ct as (x int, y text); create function mk() returns ct language sql as 'select row(1, ''a'')::ct'; create aggregate mysum(numeric) (sfunc = numeric_add, stype = numeric, initcond = '0');
create view v as select f(1), f('a'::text) as f2, f(1, 2.5, 3) as f4, mysum(1) over (), k(1), mk(), (mk()).y, (g(1)).c as gc;
create view w as select * from g(1, 'b'), h() hh, k(2) kk, mk(), rows from (h(), k(1)) as z(n1, c1, k1), lateral g(kk) as gg(c2, d2);
drop function f(text) cascade;
