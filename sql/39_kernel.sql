-- The extension motjuste_kernel, which does the checks in C where a server has it.

-- kernel_function(): the number of its function clean(text), 0 where SQL does the checks. A name is no proof, as anybody who may make
-- schemas can take it: it must be C, which only a superuser can make, and belong to the extension with its schema.
create or replace function motjuste.kernel_function()
    returns oid
    language plpgsql
    stable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from motjuste.kernel) then
        return 0::oid;
    end if;
    return coalesce((
        select p.oid
        from motjuste.kernel as k
        join pg_catalog.pg_proc as p on p.proname = 'clean' and p.proargtypes = '25'
        join pg_catalog.pg_namespace as n on n.oid = p.pronamespace and n.nspname = 'motjuste_kernel'
        join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanname = 'c'
        join pg_catalog.pg_extension as e on e.extname = 'motjuste_kernel'
        where (
            select count(*)
            from pg_catalog.pg_depend as d
            where (d.refclassid, d.refobjid, d.deptype) = ('pg_extension'::regclass, e.oid, 'e')
                and (d.classid, d.objid) in (('pg_proc'::regclass, p.oid), ('pg_namespace'::regclass, n.oid))
        ) = 2
    ), 0::oid);
end
$$;

-- executor(): what does the checks now: `kernel` or `sql`. The extension may be there, and its library gone or of another version.
create or replace function motjuste.executor()
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    fits boolean := false;
begin
    if motjuste.kernel_function() <> 0 then
        fits := (select k.format = motjuste_kernel.format() from motjuste.kernel as k);
    end if;
    return case when fits then 'kernel' else 'sql' end;
exception when others then
    return 'sql';
end
$$;
