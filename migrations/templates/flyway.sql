@header@
-- Flyway checks this file by its sum: the same decisions give the same bytes. It has no undo.
@plain@
