-- Makes them, one round trip for all. One that cannot be made (its table or its function was altered) is left out: what stands
-- in the schema in its place has nothing to be compared with, and is told as altered.
do $$
declare
    statement text;
begin
    -- what a read-only session may not do is an error here, not one for each statement
    create temporary table motjuste_beside ();
    for statement in
        select x.value from pg_catalog.json_array_elements_text(pg_catalog.current_setting('motjuste.beside')::json) as x
    loop
        begin
            execute statement;
        exception when others then
            null;
        end;
    end loop;
end
$$
