create schema if not exists auth;
create view public.members as select u.id, u.email, u.phone, p.username as biography, (u.raw_user_meta_data ->> 'name') as name, u.last_sign_in_at from auth.users u left join public.profiles p on p.id = u.id;
create policy x on storage.objects for select using (bucket_id = 'a' and (storage.foldername(name))[1] = auth.uid()::text);
do $$ begin if not exists (select 1 from pg_publication_tables where pubname = 'supabase_realtime' and tablename = 'profiles') then alter publication supabase_realtime add table public.profiles; end if; end $$;
insert into storage.buckets (id, name, public) values ('a', 'a', true) on conflict (id) do update set public = excluded.public;
grant usage on schema public to anon, authenticated, service_role;
