-- migrate:up
create table posts (id integer primary key, title text, note text);
create or replace function hist() returns trigger language plpgsql as $$ begin insert into posts_history select old.*; return old; end $$;

-- migrate:down
drop table posts;
