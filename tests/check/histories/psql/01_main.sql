\set ON_ERROR_STOP on
\set schema 'ventes'
\echo 'starting'
SET client_min_messages TO warning; -- quiet
CREATE SCHEMA IF NOT EXISTS ventes AUTHORIZATION CURRENT_USER;
CREATE SCHEMA "Données";
SET search_path = ventes, public;
\ir parts/tables.psql
\i parts/views.psql
RESET search_path;
CREATE TABLE apres (texte_libre text);
begin;
create table oubliee (note text);
rollback;
start transaction isolation level serializable read write;
alter table ventes.client add observations_ text;
end;
create temporary table tmp_a on commit drop as select 1 as x;
create table ventes.from_tmp (like ventes.client);
