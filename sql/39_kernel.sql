-- The extension motjuste_kernel, which does the checks in C where a server has it.

-- kernel_function(): the number of its function clean(text), 0 where SQL does the checks. A name is no proof, as anybody who may make
-- schemas can take it: it must be C, which only a superuser can make, and belong to the extension with its schema.
create or replace function motjuste.kernel_function()
    returns oid
    language sql
    stable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        select p.oid
        from pg_catalog.pg_extension as e
        join pg_catalog.pg_depend as d
            on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass
        join pg_catalog.pg_proc as p on p.oid = d.objid
        join pg_catalog.pg_namespace as n on n.oid = p.pronamespace and n.nspname = 'motjuste_kernel'
        join pg_catalog.pg_depend as s
            on s.refclassid = d.refclassid and s.refobjid = e.oid and s.deptype = 'e'
            and s.classid = 'pg_namespace'::regclass and s.objid = n.oid
        join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanname = 'c'
        where e.extname = 'motjuste_kernel' and p.proname = 'clean' and p.proargtypes = '25' and exists (select from motjuste.kernel)
    ), 0::oid)
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
