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
-- arrays and elements of several types
create domain mixed_d as text; create table mixed (a int[], b varchar(3)[], c text[], i8 bigint[], d mixed_d, n numeric(5,2));
create view mixed_v as select array_cat(a, i8) x, array_append(a, 1.5) y, array_append(a, 1) z, array_prepend('a', b) w, array_append(b, 'q') w2, array_cat(c, b) cb, array_cat(b, c) bc, array_cat(b, '{}') bl, array_append(b, d) bd, array_append(c, d) cd, lag(n, 1, 0) over () lg, lag(a) over () la, array_remove(b, 'x') rm, array_replace(a, 1, 2) rp, width_bucket(1, a) wb, lead(n, 1, 1.5::float8) over () ld, array_position(a, 1) ap, array_append(null::int[], n) an from mixed;
create view mixed_w as select a || i8 as k, coalesce(a, '{}') as o, array_agg(d) g, max(d) m, array_prepend(n, '{}') pn from mixed group by 1, 2, n;
-- whole rows wherever they may stand
create schema whole; set search_path = whole; create table p (id int, a text, b text);
create view v1 as select coalesce(p.*, p.*) x from p;
create view v2 as select p.* from p where p.* is not null;
create view v3 as select (p.*).a from p;
create view v4 as select array_agg(p.*) from p;
create view v5 as select array_agg(p.*)::text[] as t, jsonb_agg(p.* order by p.id) j from p;
create view v6 as select case when true then p.* end as c from p;
create view v7 as select x.* from (select p.*, 1 as n from p) x;
create view v8 as select exists (select p.* from p) e;
create view v9 as select array(select p.a from p) arr, p.*::text as tx, (p).* from p;
create view v10 as select to_jsonb(s.*) j, jsonb_build_object('a', s.*) k from (select id, a from p) s;
create view v11 as select unnest(array_agg(p.*)) from p;
create view v12 as select to_jsonb(g.*) from generate_series(1,2) g;
create view v13 as select g.* from generate_series(1,2) g;
create view v14 as select w.* from p w union all select w.* from p w;
create view v15 as select count(distinct p.*) from p;
create view v16 as select p.*::p as q from p;
insert into p select p.* from p;
reset search_path;
