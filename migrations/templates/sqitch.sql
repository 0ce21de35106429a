-- Deploy @name@ to pg
@header@
\set ON_ERROR_STOP on
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
@batches@
@vacuum@
