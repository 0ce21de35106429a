-- @title@
do $$
begin
    if to_regclass('pg_temp.motjuste_edit') is not null then
        drop table pg_temp.motjuste_edit;
    end if;
end
$$;
create temp table motjuste_edit on commit delete rows as
    select @key_select@null::int as edit, null::jsonb as row_key, null::bytea as before, null::bytea as after,
        null::int as first, null::int as length, null::text as words, null::jsonb as edits
    from @relation@ as t
    with no data;
truncate pg_temp.motjuste_place;
insert into pg_temp.motjuste_place
select
    @part@, false, false, @finding_relation@, @column_text@, @json_key@, @reason@, @copied@,
    -- a row trigger before the update may write other words than ours
    exists (
        with recursive tree as (
            select pg_catalog.to_regclass(@relation_text@)::oid as oid
            union
            select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
        )
        select
        from tree
        join pg_catalog.pg_trigger as g on g.tgrelid = tree.oid and not g.tgisinternal and g.tgtype & 19 = 19
    );
-- Most notes have nothing but accepted findings: then they need not be read before the triggers see the correction.
do $$
declare
    p pg_temp.motjuste_place;
begin
    select * into p from pg_temp.motjuste_place;
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'finding'
    ) then
        update pg_temp.motjuste_place as x
        set known = true, others = x.copied or exists (
            select
            from motjuste.finding as f
            where f.relation = p.relation and f.column_name = p.column_name and f.json_key = p.json_key
                and f.status in ('open', 'dismissed', 'tolerated')
        );
    end if;
end
$$;
analyze pg_temp.motjuste_place;
