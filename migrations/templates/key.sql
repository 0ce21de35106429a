-- The key of the digests: the setting motjuste.key where it is given, else what motjuste.secret holds.
create temp table motjuste_key (inner_pad bytea not null, outer_pad bytea not null) on commit drop;
do $$
declare
    key bytea := decode(nullif(current_setting('motjuste.key', true), ''), 'hex');
    inside bytea := decode(repeat('36', 64), 'hex');
    outside bytea := decode(repeat('5c', 64), 'hex');
begin
    if key is not null then
        -- HMAC-SHA-256, RFC 2104
        if length(key) > 64 then
            key := sha256(key);
        end if;
        for i in 0 .. length(key) - 1 loop
            inside := set_byte(inside, i, get_byte(key, i) # 54);
            outside := set_byte(outside, i, get_byte(key, i) # 92);
        end loop;
        insert into pg_temp.motjuste_key values (inside, outside);
    elsif exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'secret'
    ) then
        insert into pg_temp.motjuste_key select s.inner_pad, s.outer_pad from motjuste.secret as s;
    end if;
    if not exists (select from pg_temp.motjuste_key) then
        raise exception 'the key of the digests is not known here'
            using hint = 'give it before: PGOPTIONS="-c motjuste.key=HEX" (select encode(key, ''hex'') from motjuste.secret, where the review was made)';
    end if;
end
$$;
create or replace function pg_temp.motjuste_digest(note text)
    returns bytea
    language sql
    stable
    strict
as $$
    select pg_catalog.sha256(k.outer_pad || pg_catalog.sha256(k.inner_pad || pg_catalog.convert_to(note, 'UTF8')))
    from pg_temp.motjuste_key as k
$$;
