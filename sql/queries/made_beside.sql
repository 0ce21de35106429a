-- Our statements, rewritten to make temporary objects, where make_beside.sql finds them: a block takes no parameters.
select
    pg_catalog.set_config('motjuste.beside', %(statements)s, true),
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
    pg_catalog.set_config('check_function_bodies', 'off', true)
