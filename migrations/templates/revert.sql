@header@
@down@
begin;
commit;
