-- Deploy crm:client to pg
-- requires: schema

BEGIN;
SET client_min_messages = 'warning';
SET LOCAL search_path = crm, public;
CREATE TABLE client (id int PRIMARY KEY, nom text);
SAVEPOINT a;
CREATE TABLE never (x text);
ROLLBACK TO SAVEPOINT a;
COMMIT;
