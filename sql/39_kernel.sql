-- The extension motjuste_kernel, which does the checks in C where a server has it.

-- kernel_function(): the number of its function clean(text), 0 where SQL does the checks. A name is no proof, as anybody who may make
-- schemas can take it: its functions must be C, which only a superuser can make.
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
        select min(p.oid) filter (where p.proname = 'clean')
        from pg_catalog.pg_proc as p
        where p.oid = any (array[to_regprocedure('motjuste_kernel.clean(text)'), to_regprocedure('motjuste_kernel.found(text[])')]::oid[])
            and p.prolang = 13
        having count(*) = 2
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
