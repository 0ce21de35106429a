set check_function_bodies = off;
alter table "public"."profiles" drop constraint "username_length";
drop policy if exists "Public profiles are viewable by everyone." on "public"."profiles";
alter table "public"."profiles" drop column "bio" cascade;
create table "public"."todos" (
    "id" uuid not null default gen_random_uuid(),
    "task" text check (char_length(task) > 3),
    "created_by" uuid not null,
    "Description" text
);
alter table "public"."todos" rename column "Description" to "details";
CREATE UNIQUE INDEX todos_pkey ON public.todos USING btree (id);
alter table "public"."todos" add constraint "todos_pkey" PRIMARY KEY using index "todos_pkey";
alter table "public"."todos" add constraint "todos_created_by_fkey" FOREIGN KEY (created_by) REFERENCES profiles(id) ON DELETE CASCADE not valid;
alter table "public"."todos" validate constraint "todos_created_by_fkey";
create or replace view "public"."open_todos" as  SELECT todos.id,
    todos.task,
    age(now(), now()) AS age
   FROM todos;
create type "public"."pair" as ("first" text, "second" integer);
create or replace function public.search(q text, lim integer default 10, out id uuid, out rank real) returns setof record language sql stable as $function$
  select t.id, 1.0::real from public.todos t limit lim $function$;
drop view public.user_messages;
alter type public.app_role rename value 'moderator' to 'mod';
alter type public.app_role add value if not exists 'guest' after 'admin';
