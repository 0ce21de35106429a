drop table pg_temp.motjuste_edit, pg_temp.motjuste_finding, pg_temp.motjuste_place, pg_temp.motjuste_result, pg_temp.motjuste_key, pg_temp.motjuste_relation;
do $$
begin
    perform pg_catalog.set_config('search_path', pg_catalog.current_setting('motjuste.search_path'), true);
end
$$;
