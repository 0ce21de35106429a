CREATE TABLE IF NOT EXISTS changesets (
  id bigserial PRIMARY KEY,
  repo_id integer NOT NULL REFERENCES repo(id) ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE,
  external_title text GENERATED ALWAYS AS ('x') STORED,
  reconciler_state text DEFAULT 'queued',
  failure_message text,
  syncer_error text,
  log_contents text,
  execution_logs json[],
  num int NOT NULL DEFAULT 0,
  EXCLUDE USING btree (repo_id WITH =)
);
ALTER TABLE changesets ADD CONSTRAINT changesets_repo_external_id_unique UNIQUE (repo_id, num), ADD COLUMN IF NOT EXISTS num int, ALTER num SET DEFAULT 1;
CREATE OR REPLACE VIEW reconciler_changesets AS
 SELECT c.id, c.repo_id, c.execution_logs, c.failure_message
   FROM changesets c JOIN repo r ON (r.id = c.repo_id)
  WHERE r.deleted_at IS NULL AND EXISTS (SELECT 1 FROM repo r2 WHERE r2.id = c.repo_id);
