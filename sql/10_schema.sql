-- The schema. Nothing in it is granted to PUBLIC: an application's role needs no right on it.
create schema if not exists motjuste;
revoke all on schema motjuste from public;
comment on schema motjuste is 'motjuste: lawful free-comment columns';

do $$
begin
    if pg_catalog.getdatabaseencoding() <> 'UTF8' then
        raise exception 'motjuste needs a database in UTF8, this one is in %', pg_catalog.getdatabaseencoding()
            using hint = 'offsets are code points; convert the database, or scan it without installing';
    end if;
end
$$;
