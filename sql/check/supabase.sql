-- What Supabase has made before the first migration of a project runs, as far as migrations name it. For `motjuste check` only.
create schema auth;
create schema storage;
create schema extensions;
create schema realtime;
create schema vault;
create schema graphql;
create schema graphql_public;
create extension if not exists "uuid-ossp" schema extensions;
create extension if not exists pgcrypto schema extensions;
create table auth.users (
    instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255), encrypted_password varchar(255),
    email_confirmed_at timestamptz, invited_at timestamptz, last_sign_in_at timestamptz, raw_app_meta_data jsonb,
    raw_user_meta_data jsonb, is_super_admin boolean, created_at timestamptz, updated_at timestamptz, phone text unique,
    phone_confirmed_at timestamptz, confirmed_at timestamptz, banned_until timestamptz, deleted_at timestamptz, is_anonymous boolean
);
create table auth.sessions (id uuid primary key, user_id uuid references auth.users, created_at timestamptz, updated_at timestamptz);
create table auth.identities (
    id uuid primary key, user_id uuid references auth.users, provider_id text, identity_data jsonb, provider text,
    last_sign_in_at timestamptz, created_at timestamptz, updated_at timestamptz, email text
);
create table storage.buckets (
    id text primary key, name text, owner uuid, created_at timestamptz, updated_at timestamptz, public boolean,
    avif_autodetection boolean, file_size_limit bigint, allowed_mime_types text[], owner_id text
);
create table storage.objects (
    id uuid primary key, bucket_id text references storage.buckets, name text, owner uuid, created_at timestamptz,
    updated_at timestamptz, last_accessed_at timestamptz, metadata jsonb, path_tokens text[], version text, owner_id text,
    user_metadata jsonb
);
create table realtime.messages (id uuid primary key, topic text, extension text, payload jsonb, event text, private boolean);
create table vault.secrets (id uuid primary key, name text, description text, secret text);
create view vault.decrypted_secrets as select id, name, description, secret, secret as decrypted_secret from vault.secrets;
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
create function auth.role() returns text language sql stable as 'select null::text';
create function auth.email() returns text language sql stable as 'select null::text';
create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb';
create function storage.foldername(name text) returns text[] language sql stable as 'select null::text[]';
create function storage.filename(name text) returns text language sql stable as 'select null::text';
create function storage.extension(name text) returns text language sql stable as 'select null::text';
create function realtime.topic() returns text language sql stable as 'select null::text';
create publication supabase_realtime;
do $$ begin execute format('alter database %I set search_path to "$user", public, extensions', current_database()); end $$;
