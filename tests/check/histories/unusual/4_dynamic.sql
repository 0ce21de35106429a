create schema u_dynamic3;
set search_path = u_dynamic3;
create table suivi (id bigint, le date, note text) partition by range (le);
do $$
declare debut date := date '2026-01-01'; m int; nom text;
begin
  for m in 1..3 loop
    nom := format('suivi_%s_%s', 2026, lpad(m::text, 2, '0'));
    execute format('create table if not exists %I partition of suivi for values from (%L) to (%L)', nom, debut + make_interval(months => m - 1), debut + make_interval(months => m));
    execute format('alter table %I add constraint %I check (id > 0)', nom, nom || '_chk');
  end loop;
end $$;
create or replace function ajoute_colonne(t text, c text, k text default 'text') returns boolean language plpgsql as $$
declare la boolean;
begin
  select count(*) > 0 into la from information_schema.columns i where i.table_schema = current_schema() and i.table_name = t and i.column_name = c;
  if la then return false; end if;
  execute 'ALTER TABLE ' || quote_ident(t) || ' ADD COLUMN ' || quote_ident(c) || ' ' || k; return true;
end $$;
select ajoute_colonne('suivi', 'commentaire'), ajoute_colonne('suivi', 'Note Privée', 'varchar(50)'), ajoute_colonne('suivi', 'note');
select ajoute_colonne(c => 'nomme', t => 'suivi');
do $$ declare r record; v text := ''; begin
  for r in select table_name, string_agg(column_name, '_' order by ordinal_position) as cols from information_schema.columns where table_name = 'suivi' group by table_name loop
    raise notice '%', r.cols;
  end loop;
  for r in select a.attname, format_type(a.atttypid, a.atttypmod) as ft from pg_attribute a where a.attrelid = 'suivi'::regclass and a.attnum > 0 and not a.attisdropped and a.attname ~ '^n' order by a.attnum loop
    v := v || r.attname || ',';
  end loop;
  execute 'create table resume (' || rtrim(replace(v, ',', ' text,'), ',') || ')';
  if exists (select 1 from pg_tables where tablename = 'resume') and not exists (select 1 from pg_indexes where indexname = 'ix_resume') then
    create index ix_resume on resume (note); end if;
  if (select count(*) from pg_inherits where inhparent = 'suivi'::regclass) = 3 then alter table resume add column trois text; end if;
  if to_regtype('inexistant') is null and to_regclass('u_dynamic3.suivi') is not null and to_regproc('ajoute_colonne') is not null then alter table resume add column tout text; end if;
  if (select relkind from pg_class where relname = 'suivi') = 'p' then alter table resume add column part text; end if;
  create table nulle_part (id int); drop table nulle_part;
  begin
    execute 'alter table nulle_part add column x text';
  exception when undefined_table then
    alter table resume add column rattrape text;
  end;
  <<dehors>> for i in 1..5 loop for j in 1..5 loop exit dehors when i * j > 6; continue when j % 2 = 0; execute format('alter table resume add column if not exists x%s text', i * j); end loop; end loop;
end $$;
