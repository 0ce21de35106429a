create table kept (id int, a text, b text);
create table alone (id int);
do $$
declare
    r record;
    n int;
begin
    -- an inner join after an outer one drops what it does not find
    for r in select c.relname, a.attname from pg_class c left join pg_constraint k on k.conrelid = c.oid
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'a' where c.relname in ('kept', 'alone') loop
        execute format('alter table %I add column from_%s text', r.relname, r.attname);
    end loop;
    -- an aggregate inside of another query is none of this one
    for r in select tablename, (select count(*) from pg_constraint where conname = 'nothing') as many from pg_tables where tablename in ('kept', 'alone') loop
        execute format('alter table %I add column had_%s text', r.tablename, r.many);
    end loop;
    for r in select tablename from pg_tables where tablename in ('kept', 'alone') order by tablename limit 5 loop
        execute format('alter table %I add column few text', r.tablename);
    end loop;
    for r in select tablename from pg_tables where tablename = 'kept' limit 0 loop
        alter table kept add column never text;
    end loop;
    select count(*) into n from (select tablename from pg_tables where tablename in ('kept', 'alone')) t cross join generate_series(1, 2) x;
    execute format('alter table kept add column n%s text', n);
end $$;
