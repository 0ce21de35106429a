-- Deploy crm:note to pg
BEGIN;
SET LOCAL search_path = crm;
ALTER TABLE client ADD COLUMN commentaire text;
CREATE TABLE note (LIKE client INCLUDING ALL);
COMMIT;
BEGIN;
DROP TABLE crm.note;
ROLLBACK;
