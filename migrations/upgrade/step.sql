-- From version @version@ to the next, where that is what is installed.
do $upgrade$
declare
    comment text := obj_description(to_regnamespace('motjuste'), 'pg_namespace');
    installed int := coalesce(substring(comment from '^motjuste schema ([0-9]+) ')::int, 1);
begin
    if to_regclass('motjuste.watch') is not null and installed <= @version@ then
        execute $body$
@body@
$body$;
    end if;
end
$upgrade$;
