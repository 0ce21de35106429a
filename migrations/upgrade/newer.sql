-- What a newer motjuste installed is not for an older one to change.
do $$
declare
    installed int := substring(obj_description(to_regnamespace('motjuste'), 'pg_namespace') from '^motjuste schema ([0-9]+) ');
begin
    if installed > @version@ then
        raise exception 'this database holds version % of the schema motjuste, newer than this motjuste (@version@)', installed
            using hint = 'upgrade the command: pip install --upgrade motjuste';
    end if;
end
$$;
