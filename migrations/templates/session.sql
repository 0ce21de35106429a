-- What the redaction works with: all of it temporary.
do $$
begin
    if current_setting('standard_conforming_strings') <> 'on' then
        raise exception 'standard_conforming_strings is off here: the strings of this file would be read wrongly'
            using hint = 'PGOPTIONS="-c standard_conforming_strings=on"';
    end if;
end
$$;
@trust@create temp table if not exists motjuste_key (inner_pad bytea not null, outer_pad bytea not null, key_check text not null);
truncate pg_temp.motjuste_key;
insert into pg_temp.motjuste_key values ('', '', @key_check@);
-- The key of the digests: the setting motjuste.key where it is given, else what motjuste.secret holds.
do $$
declare
    key bytea := decode(nullif(current_setting('motjuste.key', true), ''), 'hex');
    inside bytea := decode(repeat('36', 64), 'hex');
    outside bytea := decode(repeat('5c', 64), 'hex');
    known boolean := false;
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
        known := true;
    elsif exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'secret'
    ) then
        select s.inner_pad, s.outer_pad, true into inside, outside, known from motjuste.secret as s;
    end if;
    if known is not true then
        raise exception 'the key of the digests is not known here'
            using hint = 'give it before: PGOPTIONS="-c motjuste.key=HEX" (select encode(key, ''hex'') from motjuste.secret, where the review was made)';
    end if;
    update pg_temp.motjuste_key as k set inner_pad = inside, outer_pad = outside;
    if exists (
        select
        from pg_temp.motjuste_key as k
        where k.key_check <> encode(sha256(outside || sha256(inside || convert_to('motjuste', 'UTF8'))), 'hex')
    ) then
        raise exception 'this plan was made on another database: the key of its digests is not the one known here'
            using hint = 'run it where the notes were reviewed, or give the key of that database in the setting motjuste.key';
    end if;
end
$$;
analyze pg_temp.motjuste_key;
