BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 1975ea83b712

CREATE TYPE kind AS ENUM ('phone', 'mail');

CREATE TABLE account (
    id SERIAL NOT NULL, 
    name VARCHAR(50) NOT NULL, 
    description VARCHAR(200), 
    kind kind, 
    payload JSON, 
    stamp TIMESTAMP WITHOUT TIME ZONE DEFAULT now() NOT NULL, 
    matrix INTEGER[][], 
    PRIMARY KEY (id), 
    CONSTRAINT uq_name UNIQUE (name)
);

COMMENT ON COLUMN account.description IS 'free text, typed in the back office';

INSERT INTO alembic_version (version_num) VALUES ('1975ea83b712') RETURNING alembic_version.version_num;

-- Running upgrade 1975ea83b712 -> ae1027a6acf

ALTER TABLE account ADD COLUMN last_note TEXT;

ALTER TABLE account RENAME name TO label;

ALTER TABLE account ALTER COLUMN description TYPE TEXT;

CREATE TABLE log (id UUID NOT NULL, account_id INTEGER, FOREIGN KEY(account_id) REFERENCES account (id), PRIMARY KEY (id));

ALTER TABLE log SET SCHEMA public;

UPDATE alembic_version SET version_num='ae1027a6acf' WHERE alembic_version.version_num = '1975ea83b712';

COMMIT;
