create schema u_types6;
set search_path = u_types6;
create domain phone as varchar(20) check (value ~ '^[0-9+]+$');
create domain phones as phone[];
create domain nonempty as text not null default '' collate "C";
create domain nested as nonempty;
create type addr as (rue text, cp char(5), note nested);
create type r as range (subtype = timestamptz, multirange_type_name = mr);
create table t (a phone, b phones, c nested, d addr, e addr[], f r, g mr, h nested[], i "char", j char, k bit(3), l bit varying, m interval day to second(3), n time(2) with time zone, o double precision array, p int array[3], q numeric(10), s national character varying(12), u name, v oid, w regclass, x xml, y jsonb);
create view v as select (d).rue, (d).note, b[1] as first_phone, b[1:2] as few, lower(f) as lo, unnest(g) as un, a || 'x' as ax, coalesce(a, 'none') as ca, nullif(c, '') as nc, greatest(a, c::varchar) as ga, q * 2 as q2, q % 3 as q3, -q as nq, k & b'101' as kk, m + n as mn, m * 2 as m2, y -> 'a' as ya, y ->> 'a' as yta, y #>> '{a,b}' as ytt, y @> '{}' as yc, xmlserialize(content x as text) as xs, u || 'x' as ux, (t).a as ta, t.*::text as whole, array(select a from t) as arr, exists (select 1) as ex, not c is null as nn, c is distinct from 'x' as idf, c like any (array['a', 'b']) as la, c similar to 'a|b' escape '#' as st, (select count(*) from t) as cnt, case when a is null then 1 else 2.5 end as cs, current_date as cd, localtimestamp(2) as ls, extract(epoch from m) as ee, substring(c from '#"x#"' for '#') as sb, overlay(c placing 'x' from 2) as ov, position('a' in c) as po, trim(leading 'x' from c) as tr, cast(c as varchar(3)) as cv, date '2026-01-01' + 1 as dd, interval '1' day as id1, timestamp with time zone '2026-01-01' at time zone 'UTC' as atz, c collate "C" as cc, 1 as limit, 'x' as "from" from t;


alter type addr rename attribute rue to voie cascade;
alter type addr rename to adresse;
create table u of adresse (primary key (voie), note with options default null unique);
alter domain phone rename to telephone;
