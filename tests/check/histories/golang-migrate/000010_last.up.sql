DROP VIEW IF EXISTS reconciler_changesets;
ALTER TABLE IF EXISTS changesets ALTER COLUMN execution_logs TYPE jsonb USING NULL, DROP COLUMN IF EXISTS log_contents;
ALTER TABLE changesets DROP CONSTRAINT IF EXISTS changesets_repo_external_id_unique, DROP COLUMN num CASCADE;
CREATE VIEW reconciler_changesets AS SELECT c.*, row_number() OVER (PARTITION BY repo_id ORDER BY id) FROM changesets c;
CREATE INDEX CONCURRENTLY IF NOT EXISTS changesets_idx ON changesets (repo_id) WHERE repo_id > 0;
