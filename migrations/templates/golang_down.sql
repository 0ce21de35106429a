@header@
@down@
select 1;
