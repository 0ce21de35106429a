-- Where triggers wrote while the notes were redacted, and what of it holds a note as it was reviewed.
create temp table if not exists motjuste_before (digest bytea not null);
create temp table if not exists motjuste_own (relation oid primary key);
create temp table if not exists motjuste_written (relation oid primary key);
truncate pg_temp.motjuste_before, pg_temp.motjuste_own, pg_temp.motjuste_written;
create or replace function pg_temp.motjuste_holding(out place text, out rows bigint)
    returns setof record
    language plpgsql
as $$
declare
    c record;
    looked text; -- the relation whose turn it is, and whether reading it runs nothing of anybody else's
    trusted boolean;
begin
    for c in
        with recursive based as (
            select w.relation, a.attname, a.attnum, y.oid, y.typbasetype, y.typtype
            from pg_temp.motjuste_written as w
            join pg_catalog.pg_attribute as a on a.attrelid = w.relation and a.attnum > 0 and not a.attisdropped
            join pg_catalog.pg_type as y on y.oid = a.atttypid
            union all
            select b.relation, b.attname, b.attnum, y.oid, y.typbasetype, y.typtype
            from based as b
            join pg_catalog.pg_type as y on b.typtype = 'd' and y.oid = b.typbasetype
        )
        select
            format('%I.%I', n.nspname, r.relname) as relation, b.attname,
            has_column_privilege(r.oid, b.attnum, 'select') as readable,
            -- by output functions: no cast of a type of the users' own
            case
                when y.oid in ('json'::regtype, 'jsonb'::regtype) then format(
                    'select v.value #>> ''{}'' from jsonb_path_query(t.%I::jsonb, ''strict $.**'') as v (value) where jsonb_typeof(v.value) = ''string''',
                    b.attname)
                when e.typcategory = 'S' then format('select format(''%%s'', v.value) from unnest(t.%I) as v (value)', b.attname)
                when y.oid = 'bpchar'::regtype then format('select rtrim(format(''%%s'', t.%I), '' '')', b.attname)
                when y.typcategory = 'S' then format('select format(''%%s'', t.%I)', b.attname)
            end as texts
        from based as b
        join pg_catalog.pg_type as y on y.oid = b.oid and y.typtype <> 'd'
        left join pg_catalog.pg_type as e on e.oid = y.typelem and y.typcategory = 'A'
        join pg_catalog.pg_class as r on r.oid = b.relation and r.relkind = 'r'
        join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
        order by 1, b.attnum
    loop
        continue when c.texts is null;
        place := format('%s.%s', c.relation, c.attname);
        rows := null; -- not to be read
        if looked is distinct from c.relation then
            looked := c.relation;
            begin
                perform pg_temp.motjuste_require_trust(array[c.relation], false);
                trusted := true;
            exception when sqlstate 'MJ003' then
                trusted := false;
            end;
        end if;
        if c.readable and trusted then
            execute format(
                'select count(*) from %s as t where exists ('
                'select from (%s) as x (said) cross join pg_temp.motjuste_key as k where '
                'sha256(k.outer_pad || sha256(k.inner_pad || convert_to(x.said, ''UTF8''))) in (select b.digest from pg_temp.motjuste_before as b))',
                c.relation, c.texts)
            into rows;
        end if;
        if rows is distinct from 0 then
            return next;
        end if;
    end loop;
end
$$;
