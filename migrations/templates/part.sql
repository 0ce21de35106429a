-- @title@
do $$
begin
    if to_regclass('pg_temp.motjuste_edit') is not null then
        drop table pg_temp.motjuste_edit;
    end if;
end
$$;
create temp table motjuste_edit as
    select @key_select@null::int as edit, null::jsonb as row_key, null::bytea as before, null::bytea as after,
        null::int as first, null::int as length, null::text as words, null::jsonb as edits
    from @relation@ as t
    with no data;
truncate pg_temp.motjuste_place;
insert into pg_temp.motjuste_place
select
    @part@, @finding_relation@, @column_text@, @json_key@, @reason@, @copied@,
    -- a row trigger before the update may write other words than ours
    exists (
        select
        from pg_catalog.pg_partition_tree(@relation_text@) as x
        join pg_catalog.pg_trigger as g on g.tgrelid = x.relid and not g.tgisinternal and g.tgtype & 19 = 19
    );
analyze pg_temp.motjuste_place;
