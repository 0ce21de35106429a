create table post (
  id serial primary key,
  name varchar(100) not null,
  url text, -- These are both optional, a post can just have a title
  body text,
  creator_id int references user_ on update cascade on delete cascade not null,
  removed boolean default false not null
);
create table post_like (post_id int references post on update cascade on delete cascade not null, score smallint not null);
-- Rework the views
drop view user_view cascade;
alter table user_ alter column name type text, alter column fedi_name type varchar, add column email text unique, drop column icon;
alter table user_ rename to person;
alter sequence user__id_seq rename to person_id_seq;
alter table person rename constraint user__pkey to person_pkey;
alter index user__name_fedi_name_key rename to idx_person_name;
create view post_view as
with all_post as (
  select p.*, (select u.name from person u where p.creator_id = u.id) as creator_name,
  coalesce(sum(pl.score), 0) as score,
  count (case when pl.score = 1 then 1 else null end) as upvotes
  from post p left join post_like pl on p.id = pl.post_id group by p.id
)
select ap.*, u.id as user_id, u.admin as read from person u cross join all_post ap
union all
select ap.*, null as user_id, null as read from all_post ap;
alter table post add column nsfw boolean not null default false;
drop view post_view;
create view post_view as select p.*, p.id::bigint * 2 as big, greatest(p.id, 1) from post p, lateral (select 1) l(x);
