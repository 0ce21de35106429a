-- How each of our sessions begins. Compiling our queries takes longer than running them; and what an application's
-- search_path puts before the system's own names is not for us: unnamed, pg_catalog is looked in first.
select
    pg_catalog.set_config('jit', 'off', false),
    pg_catalog.set_config(
        'search_path',
        pg_catalog.regexp_replace(
            pg_catalog.current_setting('search_path'), ',\s*"?pg_catalog"?\s*(?=,|$)', '', 'g'
        ),
        false
    )
