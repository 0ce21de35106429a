create table client (id int primary key, agency_id int, "Legacy Name" text, kind text constraint kind_ok check (kind in ('prospect', 'client')), oldNote text);
create table facture (id int primary key, client_id int references client (id), agency_id int, montant numeric check (montant > 0), etat text check (etat in ('open')), libelle_court varchar(20));
create table facture_ligne (id int, facture_id int constraint fk_ligne references facture, remarque text);
do $$ declare pairs text[][] := array[['client', 'agency_id', 'account_id'], ['facture', 'libelle_court', 'libelle'], ['facture', 'nothing', 'something']]; t text; has_old boolean; has_new boolean; begin
  for i in 1 .. array_length(pairs, 1) loop
    t := pairs[i][1];
    select exists (select 1 from information_schema.columns where table_schema = 'public' and table_name = t and column_name = pairs[i][2]) into has_old;
    select exists (select 1 from information_schema.columns where table_schema = 'public' and table_name = t and column_name = pairs[i][3]) into has_new;
    if has_old and not has_new then execute format('alter table %I rename column %I to %I', t, pairs[i][2], pairs[i][3]); raise notice 'done %', t; elsif has_new then raise notice 'skip'; else raise notice 'none'; end if;
  end loop; end $$;
do $$ declare r record; begin for r in select table_name, column_name from information_schema.columns where table_schema = 'public' and column_name in ('agency_id', 'x') loop
  execute format('alter table public.%I rename column %I to %I', r.table_name, r.column_name, replace(r.column_name, 'agency_id', 'agence')); end loop; end $$;
do $$ declare v text; begin
  select conname into v from pg_constraint where conrelid = 'facture'::regclass and contype = 'c' and pg_get_constraintdef(oid) ilike '%etat%';
  if v is not null then execute 'alter table facture drop constraint ' || quote_ident(v); end if;
  alter table facture add constraint facture_etat_check check (etat in ('open', 'closed')), add column if not exists note text;
end $$;
do $$ declare r record; begin
  for r in select c.conname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
    where c.conrelid = 'public.facture_ligne'::regclass and c.contype = 'f' and a.attname = 'facture_id' loop
    execute 'alter table public.facture_ligne drop constraint if exists ' || quote_ident(r.conname); end loop; end $$;
create procedure snake(tbl varchar) language plpgsql as $$ declare c varchar(250); n varchar(250); begin
  for c in select column_name from information_schema.columns where table_name = tbl loop
    n = trim(lower(regexp_replace(replace(c, ' ', '_'), '([a-z])([A-Z])', '\1_\2', 'g')));
    if n != c then execute format('alter table %I rename column %I to %I', tbl, c, n); end if;
  end loop; end $$;
call snake('client');
create function ensure_column(p_table text, p_column text, p_type text, p_default text default null) returns void language plpgsql as $$
begin
  if exists (select 1 from information_schema.tables where table_schema = 'public' and table_name = p_table)
     and not exists (select 1 from information_schema.columns where table_schema = 'public' and table_name = p_table and column_name = p_column) then
    if p_default is null then execute format('alter table public.%I add column %I %s', p_table, p_column, p_type);
    else execute format('alter table public.%I add column %I %s default %s', p_table, p_column, p_type, p_default); end if;
  end if;
exception when others then raise notice 'ensure_column skips %.%: %', p_table, p_column, sqlerrm;
end $$;
select ensure_column('client', 'commentaire', 'text');
select ensure_column('client', 'commentaire', 'text'), ensure_column('facture', 'priorite', 'int', '0'), ensure_column('absent', 'x', 'text');
select ensure_column('facture', 'bad', 'no_such_type');
do $$ declare n int := 0; nom text := 'client'; begin
  while (select count(*) from information_schema.tables where table_name = nom) > 0 loop n := n + 1; nom := 'client_' || n; end loop;
  execute format('create table %I as table client with no data', nom); end $$;
create function pg_temp.rename_it(t regclass, o text, n text) returns void language plpgsql as $$ begin execute format('alter table %s rename column %I to %I', t, o, n); end $$;
select pg_temp.rename_it('facture_ligne', 'remarque', 'remarques');
do $body$ declare tables constant text[] := '{client,facture}'; t text; begin
  foreach t in array tables loop
    execute format('create table if not exists %I_history (like %I, changed_at timestamptz not null default now(), action text)', t, t);
    execute format($f$ create index if not exists %1$s_h on %1$I_history (changed_at) $f$, t);
  end loop; end $body$;
do $$ begin
  if to_regprocedure('ensure_column(text, text, text, text)') is not null then drop function ensure_column(text, text, text, text); end if;
  if to_regclass('public.ghost') is null and to_regtype('humeur') is null then create type humeur as enum ('a'); end if;
  if not exists (select from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = current_schema() and typname = 'humeur') then create table wrong (a int); end if;
end $$;
create view scores as (select c.id, sum(f.montant) filter (where f.montant > 1) as up, -sum(f.montant) as down, coalesce(l.id, 0)::bool as has, (select remarques from facture_ligne where id = c.id) as r, 'now'::timestamp - '1 month'::interval as since, case when c.id > 1 then now() else greatest(now(), now()) end as newest
  from client c left join facture f on f.client_id = c.id left join lateral (select * from facture_ligne fl where fl.facture_id = f.id) as l on true group by c.id, l.id
  union all select id, null, null, null, null as r, null, null as newest from client);
create table scores_fast as select * from scores;
do $$ <<outer_block>> declare v_sql text; begin
  for v_sql in select format('alter table %I.%I alter column %I type text', table_schema, table_name, column_name) from information_schema.columns
     where table_schema = 'public' and data_type = 'character varying' and table_name not like '%history' loop execute v_sql; end loop; end outer_block $$;
do $$ declare rec record; begin
  for rec in with c as (select 1 as one) select unnest(array['p1', 'p2']) as nom loop execute 'create table ' || rec.nom || '(note text)'; end loop; end $$;
do $$ declare i int; begin loop i := coalesce(i, 0) + 1; exit when i > 2; continue when i = 1; execute 'create table l' || i || ' (n text)'; end loop; end $$;
do $$ declare arr text[] := array['k1','k2']; begin for i in array_lower(arr, 1) .. array_upper(arr, 1) loop execute format('create table %I ()', arr[i]); end loop; for i in reverse 2..1 loop execute format('alter table %I add z text', arr[i]); end loop; end $$;
do $$ begin create table t1 (a int); begin create table t1 (b int); exception when duplicate_table then create table t1b (c text); end; exception when others then null; end $$;
do $$ begin raise exception 'no'; exception when raise_exception then create table after_raise (x text); end $$;
do $$ begin perform 1 from pg_class where relname = 'after_raise'; if found then create table was_found (x text); end if; if not found then create table was_not (x int); end if; end $$;
do $$ declare schema_name text; begin foreach schema_name in array array['tenant_a', 'tenant_b'] loop execute format('create schema if not exists %I', schema_name); execute format('set local search_path to %I', schema_name); create table if not exists notes (body text); end loop; end $$;
create procedure made_by_another(nom text) language plpgsql as $$ begin call makes(nom); end $$;
create procedure makes(nom text) language plpgsql as $$ begin execute format('create table %I (id int, %I text)', nom, nom || '_note'); end $$;
create function makes_two(a text, b text) returns int language plpgsql as $$ declare n int; begin call made_by_another(a); perform makes_one(b); return 2; end $$;
create function makes_one(nom text) returns void language plpgsql as $$ begin call makes(nom); end $$;
do $$ begin call makes('appele'); call made_by_another('appele_deux'); end $$;
call made_by_another('appele_trois');
select makes_two('appele_quatre', 'appele_cinq');
do $$ declare n int; begin n := makes_two('appele_six', 'appele_sept'); if n = 2 then call makes('appele_huit'); end if; end $$;
