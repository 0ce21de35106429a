create table user_ (
  id serial primary key,
  name varchar(20) not null,
  fedi_name varchar(40) not null,
  preferred_username varchar(20),
  password_encrypted text not null,
  bio text,
  icon bytea,
  admin boolean default false not null,
  published timestamp not null default now(),
  updated timestamp,
  unique(name, fedi_name)
);
create table user_ban (
  id serial primary key,
  user_id int references user_ on update cascade on delete cascade not null,
  reason varchar,
  unique (user_id)
);
insert into user_ (name, fedi_name, password_encrypted) values ('admin', 'TBD', 'TBD');
create view user_view as
select id, name, fedi_name, published,
(select count(*) from user_ban b where b.user_id = u.id) as number_of_bans,
(select coalesce(sum(id), 0) from user_ban b where b.user_id = u.id) as ban_score
from user_ u;
create materialized view user_mview as select * from user_view;
create unique index idx_user_mview_id on user_mview (id);
create or replace function refresh_user() returns trigger language plpgsql as $$
begin refresh materialized view concurrently user_mview; return null; end $$;
create trigger refresh_user after insert or update or delete or truncate on user_ for each statement execute procedure refresh_user();
