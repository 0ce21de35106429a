create schema authorization clerk_of_notes;
set role to clerk_of_notes;
create table in_own (notes text);
set role = none;
create table in_public_again (notes text);
