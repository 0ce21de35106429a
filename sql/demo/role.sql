-- The role that owns motjuste: it may make its schema and triggers, and read no note.
create role motjuste_owner nologin;
grant create on database @database@ to motjuste_owner;
grant usage on schema crm, support to motjuste_owner;
grant trigger on all tables in schema crm, support to motjuste_owner;
alter default privileges in schema crm, support grant trigger on tables to motjuste_owner;
-- so that a refusal is logged without its statement, which holds the note
grant set on parameter log_min_error_statement to motjuste_owner;
