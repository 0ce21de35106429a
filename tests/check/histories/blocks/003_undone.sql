create table a0 (id int primary key, n text);
do $$ begin for i in 1..40 loop execute format('create table a%s (id int primary key references a%s, n text)', i, i - 1); end loop; end $$;
do $$ begin
  alter table a5 add column kept text; alter table a6 rename column n to m; drop table a40; set search_path = nowhere; comment on column public.a9.n is 'x';
  alter table public.a7 add column n text;
exception when duplicate_column then alter table a8 add column handled text; end $$;
do $$ declare x bigint := 0; begin for i in 1..1000 loop x := x + i; insert into a0 values (i, 'x'); end loop; while x > 0 loop x := x - 1; end loop; end $$;
do $$ begin if (select count(*) from generate_series(1, 1000)) = 1000 then create table series (x text); end if; end $$;
alter table a1 rename to swap; alter table a2 rename to a1; alter table swap rename to a2;
alter table a3 rename column n to swap; alter table a3 rename column id to n; alter table a3 rename column swap to id;
create table ev (id bigint, at timestamptz not null, body text, primary key (id, at)) partition by range (at);
do $$ declare d date := '2024-01-01'; begin for i in 0..2 loop
  execute format('create table if not exists ev_%s partition of ev for values from (%L) to (%L)', i, d + i, d + i + 1); end loop; end $$;
