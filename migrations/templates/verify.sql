@header@
-- Raises an exception where a note that was to be redacted still stands as it was reviewed. Changes nothing.
\set ON_ERROR_STOP on
set client_encoding = 'UTF8';
begin;
set local lock_timeout = '5s';
set local statement_timeout = '15min';
set local standard_conforming_strings = on;
-- keys are written as the triggers and the scan write them
set local timezone = 'UTC';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
set local row_security = off;

@key@
create temp table motjuste_standing (place text not null, row_key jsonb not null) on commit drop;

--{ each column
-- @title@
create temp table motjuste_edit_@part@ on commit drop as
    select @key_select@null::bytea as digest_before
    from @relation@ as t
    with no data;
@inserts@
analyze pg_temp.motjuste_edit_@part@;
insert into pg_temp.motjuste_standing
select @place@, @row_key@
from pg_temp.motjuste_edit_@part@ as e
join @relation@ as t on @same_row@ and pg_temp.motjuste_digest(@note@) = e.digest_before;
--} each column

do $$
declare
    total bigint := (select count(*) from pg_temp.motjuste_standing);
    first_keys text;
begin
    if total > 0 then
        select string_agg(format('%s %s', s.place, s.row_key), '; ')
        into first_keys
        from (select x.* from pg_temp.motjuste_standing as x order by x.place, x.row_key limit 5) as s;
        raise exception '% note(s) still stand as reviewed, first: %', total, first_keys
            using errcode = 'MJ002', hint = 'run deploy.sql, or motjuste migrate apply';
    end if;
end
$$;
rollback;
