-- migrate:up transaction:false
create table posts_history (like posts);
alter table posts_history rename column note to old_note;
create trigger h after update on posts for each row execute function hist();
create index concurrently on posts (title);

-- migrate:down transaction:false
drop table posts_history;
