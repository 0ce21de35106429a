create schema u_names8;
set search_path = u_names8;
create table "é""trange" ("à ""côté""" text, "Ligne
coupée" text, U&"\00e9t\00e9" text, "très_long_nom_de_colonne_qui_dépasse_la_limite_de_soixante_trois_octets_ici" text, ÉCOLE text, "select" text, "a.b" text);
alter table "é""trange" rename "à ""côté""" to "côté";
comment on column "é""trange"."Ligne
coupée" is E'un\ncommentaire';
create view "vue é" as select * from "é""trange";
create view v2 as select ("é""trange")."select" as s, "vue é".* from "é""trange" join "vue é" using ("select");
create table n (id int, constraint "clé" primary key (id), unique nulls not distinct (id));
