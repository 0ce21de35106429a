BEGIN;
CREATE TABLE IF NOT EXISTS repo (
    id SERIAL PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    description text,
    fork boolean,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(metadata) = 'object'),
    private boolean DEFAULT false NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT check_name_nonempty CHECK (name <> '')
);
COMMIT;
