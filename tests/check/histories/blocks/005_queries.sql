create table asked (id int, note_a text, note_b text);
do $$
declare
    r record;
    word text;
    n int := 0;
begin
    -- a set is there for each row of what stands before it
    for r in select c, x from unnest(array['asked', '"Quoted"']) c, generate_series(1, 2) x loop
        if to_regclass(r.c) is null then
            execute format('create table %s (id int)', r.c);
        end if;
        execute format('alter table %s add column s%s text', r.c::regclass, r.x);
    end loop;
    -- a LATERAL query is another one for each of them
    for r in select q.k, q.t from (values ('l1', 'text'), ('l2', 'int')) as q (k, t), lateral (select q.k || '_x' as x) s where s.x = 'l1_x' loop
        execute format('alter table asked add column %I %s', r.k, r.t);
    end loop;
    for word in select w from regexp_split_to_table('p1 p2  p3', '\s+') as w loop
        execute 'alter table asked add column ' || quote_ident(word) || ' text';
    end loop;
    foreach word in array regexp_split_to_array('e1,e2', ',') loop
        execute 'alter table asked add column ' || word || ' text';
    end loop;
    for r in (select a.attname as column, a.attnum as position from pg_attribute a where a.attrelid = 'asked'::regclass and a.attname like 'note\_%') loop
        if r.column = any (array['note_a', 'x']) and r.position <> all (select 7) and 2 + 3 * 2 = 8 then
            execute format('alter table asked rename %I to %I', r.column, text 'first_' || r.column);
        end if;
    end loop;
    for i in reverse 3..1 by 2 loop
        n := case i when 3 then n + i else n - i end;
    end loop;
    execute 'alter table asked add column n' || n || ' text';
end $$;
create function several(variadic given text[]) returns text language sql as $$ select given[1] || '_' || cardinality(given) $$;
do $$ begin
    execute 'alter table asked add column ' || several('a', 'b') || ' text';
    execute 'alter table asked add column ' || several(variadic array['c', 'd', 'e']) || ' text';
    execute 'alter table asked add column u' || ((select max(x) from generate_series(1, 3) x)) || ' text';
exception when others then
    raise notice 'not there';
end $$;
