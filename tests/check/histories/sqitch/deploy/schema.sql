-- Deploy crm:schema to pg

BEGIN;

CREATE SCHEMA crm;

COMMIT;
