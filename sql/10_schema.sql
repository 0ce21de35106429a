-- The schema. Nothing in it is granted to PUBLIC: an application's role needs no right on it.
do $$
begin
    -- not `if not exists`, which wants a right on the database even where it is there, as after a restore
    if pg_catalog.to_regnamespace('motjuste') is null then
        create schema motjuste;
    elsif not exists (
        select from pg_catalog.pg_namespace as n where n.nspname = 'motjuste' and n.nspowner = current_user::regrole
    ) then
        -- made by another role since we looked (queries/own.sql)
        raise exception 'motjuste: the schema motjuste is not %''s', pg_catalog.quote_ident(current_user)
            using errcode = '42501', hint = 'try again; if you do not know the schema, drop it';
    end if;
end
$$;
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
