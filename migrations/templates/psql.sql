@header@
-- Run it with `motjuste migrate apply`, or with psql -f. Then run verify.sql.
\set ON_ERROR_STOP on
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
@batches@
@vacuum@
