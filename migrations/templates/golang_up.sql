@header@
@plain@
