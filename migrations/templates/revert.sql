@header@
-- Nothing to do: a redaction keeps no copy of what it removed, so it cannot be undone. That is its purpose.
begin;
commit;
