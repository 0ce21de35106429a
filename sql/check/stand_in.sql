-- attach and detach as migrations call them, where `motjuste check` runs these on a database made for it.
create schema if not exists motjuste;
create or replace function motjuste.attach(
    relation regclass,
    column_name name,
    mode text default 'flag',
    json_key text default '',
    author_column name default null,
    subject_column name default null,
    always boolean default null,
    trust_owner boolean default null,
    deferred boolean default null
)
    returns void
    language sql
as 'select';
create or replace function motjuste.detach(relation regclass, column_name name, json_key text default '')
    returns bigint
    language sql
as 'select 0::bigint';
