-- Functions with the names and types of extensions that some builds of PostgreSQL lack. For `motjuste check --embedded` only:
-- they stand on a server that is thrown away, so that defaults and views which call them can be made.
-- uuid-ossp
create or replace function uuid_nil() returns uuid language sql immutable as 'select ''00000000-0000-0000-0000-000000000000''::uuid';
create or replace function uuid_generate_v1() returns uuid language sql as 'select gen_random_uuid()';
create or replace function uuid_generate_v1mc() returns uuid language sql as 'select gen_random_uuid()';
create or replace function uuid_generate_v3(namespace uuid, name text) returns uuid language sql as 'select gen_random_uuid()';
create or replace function uuid_generate_v4() returns uuid language sql as 'select gen_random_uuid()';
create or replace function uuid_generate_v5(namespace uuid, name text) returns uuid language sql as 'select gen_random_uuid()';
create or replace function uuid_ns_dns() returns uuid language sql immutable as 'select uuid_nil()';
create or replace function uuid_ns_url() returns uuid language sql immutable as 'select uuid_nil()';
-- pgcrypto
create or replace function digest(text, text) returns bytea language sql immutable as 'select $1::bytea';
create or replace function digest(bytea, text) returns bytea language sql immutable as 'select $1';
create or replace function hmac(text, text, text) returns bytea language sql immutable as 'select $1::bytea';
create or replace function hmac(bytea, bytea, text) returns bytea language sql immutable as 'select $1';
create or replace function crypt(text, text) returns text language sql immutable as 'select $1';
create or replace function gen_salt(text) returns text language sql as 'select $1';
create or replace function gen_salt(text, integer) returns text language sql as 'select $1';
create or replace function gen_random_bytes(integer) returns bytea language sql as 'select ''\x00''::bytea';
create or replace function encrypt(bytea, bytea, text) returns bytea language sql immutable as 'select $1';
create or replace function decrypt(bytea, bytea, text) returns bytea language sql immutable as 'select $1';
create or replace function pgp_sym_encrypt(text, text) returns bytea language sql as 'select $1::bytea';
create or replace function pgp_sym_decrypt(bytea, text) returns text language sql as 'select encode($1, ''hex'')';
