-- each expression under the name that the server gives it, where that is free in its view
create schema ex;
set search_path = ex;
create domain nested as text;
create type mood as enum ('a', 'b');
create type addr as (rue text, no int, m mood);
create table t (id int primary key, b bigint, s smallint, n numeric(10,2), f real, g double precision, txt text, vc varchar(20), ch char(3), bo boolean, d date, ts timestamp, tz timestamptz(3), ti time, tt timetz, iv interval, j json, jb jsonb, ia int[], ta text[], m mood, ma mood[], ne nested, ad addr, aa addr[], u uuid, by bytea, bi bit(3), vb varbit(5), nm name, o oid, rc regclass, r int4range, mr int4multirange, tr tstzrange, ip inet, mac macaddr, p point, bx box, x tsvector, q tsquery, mo money, c "char", w numeric);
create view e0 as select
    id + b, s + 1 as a2, s * s as a3, n + 1 as a4, n * f as a5, f + g as a6, f * 2 as a7, b / 2 as a8, id / 2.0 as a9, id ^ 2 as a10, n % 3 as a11,
    -s as a12, - n as a13, + f as a14, @ id as a15, id & 3 as a16, id << 1 as a17, ~ id as a18, id # 2 as a19, |/ id as a20, ||/ id as a21,
    txt || vc as a22, txt || id as a23, id || txt as a24, vc || vc as a25, ch || ch as a26, nm || 'x' as a27, txt || null as a28, 'a' || 'b' as a29,
    ne || 'x' as a30, m || 'x' as a31, ia || 1 as a32, 1 || ia as a33, ia || ia as a34, ta || array['x'] as a35, '{x}' || ta as a36, ma || m as a37,
    jb || '{}' as a38, jb || jb as a39, by || by as a40
from t;
create view e1 as select
    bi || bi, vb || bi as a42, x || x as a43, r * r as a44, r + r as a45, mr - mr as a46, r @> 1 as a47, r && r as a48, tr @> now() as a49,
    d + 1 as a50, d - 1 as a51, d - d as a52, d + iv as a53, d + ti as a54, ts - ts as a55, tz - tz as a56, ts + iv as a57, tz - iv as a58,
    iv * 2 as a59, iv / 2 as a60, ti + iv as a61, ti - ti as a62, tt + iv as a63, now() - ts as a64, now() - '1 hour'::interval as a65,
    current_timestamp - tz as a66, mo + mo as a67, mo * 2 as a68, mo / mo as a69, ip + 1 as a70, ip - ip as a71, ip << ip as a72, jb -> 'a' as a73,
    jb ->> 'a' as a74, j -> 0 as a75, jb #> '{a}' as a76, jb #>> '{a}' as a77, jb - 'a' as a78, jb - 1 as a79, jb ? 'a' as a80
from t;
create view e2 as select
    jb ?| ta, jb @? '$.a' as a82, jb @@ '$.a > 1' as a83, jb['a'], jb['a']['b'] as a84, ia[1], ia[1:2] as a85, ia[:2] as a86, ia[1:] as a87,
    aa[1].rue, (aa[1]).rue as a88, (ad).no, (t).txt, t, t.txt as a89, t is null as a90, ad is null as a91, row(id, txt) = row(1, 'x') as a92,
    (id, txt) < (1, 'x') as a93, (id, txt) is not null as a94, txt like 'a%' as a95, txt not like 'a%' escape '!' as a96, txt ilike any (ta) as a97,
    txt similar to 'a' as a98, txt not similar to 'a' escape '#' as a99, txt ~ 'a' as a100, txt !~* 'a' as a101, txt ^@ 'a' as a102,
    txt between 'a' and 'b' as a103, id not between symmetric 1 and 2 as a104, id in (1, 2) as a105, id not in (select id from t) as a106,
    id = any (ia) as a107, id <> all (array[1, 2]) as a108, id = some (select id from t) as a109, id is distinct from 1 as a110,
    id is not distinct from null as a111, bo is true as a112, bo is not unknown as a113, bo isnull as a114
from t;
create view e3 as select
    bo notnull, not bo as a116, not bo and bo or bo as a117, txt is nfc normalized, txt is normalized as a118, id operator(pg_catalog.+) 1 as a119,
    txt operator(pg_catalog.||) 'x' as a120, txt collate "C", txt collate "C" || 'x' as a121, ts at time zone 'UTC', tz at time zone 'UTC' as a122,
    ti at time zone 'UTC' as a123, tt at time zone 'UTC' as a124, d at time zone 'UTC' as a125, '2026-01-01' at time zone 'UTC' as a126,
    (ts, ts) overlaps (ts, iv), case when bo then 1 end, case when bo then 1 else 2.5 end as a127, case when bo then null else txt end as a128,
    case when bo then 'a' else vc end, case id when 1 then vc else ch end, case when bo then vc when id = 1 then txt end as a129,
    case when bo then 'a' end as a130, case when bo then m else 'a' end as a131, case when bo then d else ts end, case when bo then d else now() end,
    case when bo then n else 1 end as a132, case when bo then n else n end, case when bo then vc else vc end as a133,
    case when true then (select max(id) from t) else 1::bigint end as a134, coalesce(vc, 'x'), coalesce(vc, txt) as a135, coalesce(n, 0) as a136,
    coalesce(n, n) as a137, coalesce(null, null) as a138, coalesce(id, b, f) as a139, coalesce(ne, 'x') as a140, coalesce(ne, ne) as a141,
    coalesce(ia, '{}') as a142, coalesce(ta, array[]::text[]) as a143
from t;
create view e4 as select
    coalesce(m, 'a'), greatest(id, 2.5), least(d, ts), greatest(vc, 'x') as a145, nullif(vc, ''), nullif(txt, '') as a146, nullif(id, 0) as a147,
    nullif(n, 1) as a148, nullif('a', 'b') as a149, nullif(ne, 'a') as a150, nullif(ch, 'a') as a151, nullif(ia, '{}') as a152,
    nullif(nm, 'a') as a153, cast(id as text), cast(n as numeric(5)), cast(txt as varchar(3)[]), id::text as a154, id::numeric(4,1)::text as a155,
    '1'::int, '{1,2}'::int[] as a156, 'x'::bpchar, 'x'::char as a157, 'x'::"char", 'x'::varchar, txt::varchar(3) as a158, vc::varchar(20),
    n::numeric as a159, n::numeric(10,2) as a160, iv::interval day to second, iv::interval(3) as a161, tz::timestamptz(1), '1'::interval hour,
    date '2026-01-01', time '10:00', time with time zone '10:00', timestamp '2026-01-01', timestamp(2) '2026-01-01' as a162,
    timestamp with time zone '2026-01-01', timestamp(2) with time zone '2026-01-01 10:00' as a163, interval '1' day as a164
from t;
create view e5 as select
    interval '1 day', interval(2) '1 day' as a166, interval '1' year to month as a167, bit '101', bit varying '101', double precision '1.5',
    character varying '1.5', varchar(2) '1' as a168, numeric '1.5', numeric(4,1) '1.5' as a169, int4 '1', bool 't', mood 'a',
    pg_catalog.date '2026-01-01', point '1,1', b'101', x'1f' as a171, e'\n' as a172, U&'\0061' as a173, $$x$$ as a174, 1e3 as a175, 1. as a176,
    .5 as a177, 3000000000 as a178, 9999999999999999999 as a179, null as a180, true as a181, 'x' as a182, array[1, 2], array[1, 2.5] as a183,
    array['a', vc] as a184, array[vc, vc] as a185, array[txt, null] as a186, array[[1, 2], [3, 4]] as a187, array[ia, ia] as a188,
    array[array[1], ia] as a189, array[]::int[] as a190, array[m] as a191, array[m, 'a'] as a192, array[n, n] as a193
from t;
create view e6 as select
    array[ad], array(select id from t) as a195, array(select ia from t) as a196, array(select 'x') as a197, array(select m from t order by 1) as a198,
    exists (select from t), (select id from t limit 1), (select max(txt) as z from t), (select 'x'), (select ia from t limit 1)[1],
    ((select id from t union select b from t limit 1)) as a200, (select t from t limit 1), (select (ad).rue from t limit 1),
    array_append(array[ne], 'x'), array[ne] as a201, array[ne, 'x'] as a202, unnest(array[ne]), coalesce(ne, 'x'), (array[ne])[1] as a203, bit '101',
    bit(3) '101' as a204, bit varying '101', bit varying(5) '101' as a205, x'1f' || b'1' as a206
from t;
create view w2 as select row_number() over (), rank() over (order by id), lag(txt) over w, lead(n, 1, 0) over w l2, first_value(vc) over w, ntile(4) over w, cume_dist() over w, sum(id) filter (where bo) over (partition by m order by id rows between unbounded preceding and current row exclude ties) from t window w as (order by id);
create view w3 as select upper(txt), lower(vc) lo, initcap(vc), length(txt), substr(txt, 1), left(txt, 1), right(vc, 2), replace(txt, 'a', 'b'), translate(txt, 'a', 'b'), concat(id, txt), concat_ws(',', id), format('%s', id), md5(txt), split_part(txt, ',', 1), regexp_replace(txt, 'a', 'b'), regexp_matches(txt, 'a'), string_to_array(txt, ','), to_char(d, 'YYYY'), to_date(txt, 'YYYY'), to_timestamp(1), to_timestamp(txt, 'x') tt, to_number(txt, '9'), lpad(txt, 3), btrim(vc), ascii(txt), chr(65), encode(by, 'hex'), decode(txt, 'hex'), quote_ident(txt), position('a' in txt), strpos(txt, 'a'), reverse(txt), repeat(txt, 2) from t;
create view w6 as select trim(txt) a, trim(both 'x' from txt), trim(leading from txt), trim(trailing 'x' from vc), trim(by from by) tb, substring(txt from 1 for 2), substring(txt, 1) s2, substring(txt from 'a') s3, substring(txt similar 'a#"b#"c' escape '#') s4, substring(by from 1) s5, substring(bi from 1) s6, overlay(txt placing 'a' from 1 for 2), overlay(by placing by from 1) o2, extract(epoch from iv), normalize(txt, nfc), current_schema, current_user, session_user, user, current_catalog, current_role, localtime, localtimestamp(1), current_time(2), current_date from t;
create view w8 as select json_object('{a,b}'), json_object(ta) jo from t;
create view w9 as select a.id, b.* from t a cross join lateral (select a.id + 1 as z, x.y from (values (1, 'a'), (2, null)) as x(k, y) where x.k = a.id) b;
create view w12 as select * from jsonb_to_record('{"a":1}') as r(a int, b text[], c varchar(3));
create view w14 (a, b) as select id, txt, vc from t;
create view w15 as table t;
create view w16 as (select id from t) union all (select b from t) order by 1;
create view w17 as select id, txt from t union select 1.5, 'x' union all select null, null;
create view w18 as select null as a union select 1;
create view w19 as select 'a' as a union select 'b';
create view w20 as with recursive r(n, p, arr) as (values (1, 'x'::text, array[1]) union all select n + 1, p || n, arr || n from r where n < 5) select * from r;
create view w21 as select id as "order", txt as limit, vc "Été", t.d as date from t;
create view w22 as select x.id from t x where x.id in (select y.id from t y where y.txt = x.txt and exists (select 1 from t z where z.id = y.id having count(*) > 1));
create view w23 as select distinct on (id, txt) id, txt from t order by id, txt desc nulls last fetch first 3 rows with ties;
create view w24 as select generate_series(1, id) gs, (jsonb_each(jb)).*, (jsonb_each(jb)).key as k2 from t;
create view w25 as select f.* from generate_series(now(), now(), '1 day') f;
create view w26 as select f.d1 + 1 as n, f from generate_series(1, 3) f(d1);
create view w27 as select * from regexp_split_to_table('a b', ' ') word, string_to_table('a', ',') with ordinality s(v, i);
create view w28 as select t.tableoid, t.ctid, xmin from t;
create view w30 as select * from t tablesample system (10) repeatable (1) where random() < .5 for update;
create view w31 as select * from only t as o where o.id = 1;
create view w32 as select merge_action is null from (select 1 merge_action) z;
create view w33 as select row_to_json(x) from (select id, txt from t) x;
create view w35 as select (x).id, (x).txt as w from (select id, txt from t) x;
create view w38 as select greatest(1, 2), least('a', 'b'), coalesce(1, 2.0), nullif(1, 2), xmlexists('//a' passing by value null), cast(1 as numeric), 1::float, 1::real, 'x'::name, 1::oid;
create view w41 as select array_length(ia, 1), cardinality(ta), array_append(ia, 1), array_cat(ta, ta), array_position(ia, 1), array_to_string(ta, ','), unnest(ia), array_remove(ma, 'a'), array_upper(ia, 1), generate_series(1, 2), generate_subscripts(ia, 1), lower(r), upper(tr), isempty(r), int4range(1, 2), range_merge(r, r), multirange(r), enum_range(m), enum_first(null::mood), pg_typeof(id), coalesce(array_agg(id) over (), '{}'), gen_random_uuid(), current_setting('x', true), version(), current_database(), to_tsvector(txt), to_tsquery('a'), ts_rank(x, q), x @@ q qq, host(ip), network(ip), bx # bx bb, p <-> p pp, box(p, p), area(bx), num_nonnulls(id), pg_column_size(t), has_table_privilege('t', 'select'), obj_description(1::oid, 'x'), rc::text rct, o::regclass ro, id(t) idt, rue(ad), txt(t) from t;
create view w44 as select a.id, a.b, c.txt, q.* from (t a left join t c using (id)) join lateral unnest(a.ia, a.ta) with ordinality as q(e, f, g2) on true natural join (select 1 as zz) n where false limit 0;
create view w45 as select coalesce(q.value, 'x') k, q.* from jsonb_each_text('{}') q;
create view w46 as select (select count(*) from t)::int, (select id from t limit 1) + 1 as p, -(select 1) as m1, (array_agg(id))[1], ((ad).rue || 'x') || (ad).no as rn from t group by ad;
create view w47 as select position, time, x.interval, none, setof, "values", row, timestamp, exists, between from (values (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) x(position, time, interval, none, setof, values, row, timestamp, exists, between) where time > 1 and (position) = 2 and (values) in (position, time) order by position;
create view w49 as select array_agg(c.column_name) a, array_agg(c.column_name::text) b, string_agg(c.column_name, ',') c, c.table_name from information_schema.columns c group by c.table_name;
create view y1 as select array_agg(c.column_name) a from information_schema.columns c;
create view y2 as select string_agg(c.column_name, ',') a from information_schema.columns c;
create view y3 as select array_agg(c.column_name::text) a from information_schema.columns c;
create view agg as select array_agg(ne), array_agg(d) as a2, max(ne), count(*), (ad).*, array_agg(ad) over () as a3 from t group by ad;
reset search_path;
