-- One month of crm.interaction: @name@, from @first@ to @next@.
create table crm.@name@ partition of crm.interaction for values from ('@first@') to ('@next@');
grant select, insert, update on crm.@name@ to accueil;
