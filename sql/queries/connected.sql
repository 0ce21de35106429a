-- How each of our sessions begins. Compiling our queries takes longer than running them; the driver reads dates in ISO's way
-- only, and sends bytes wrongly where backslashes escape; names are quoted where they need it and no more; and what an
-- application's search_path puts before the system's own names is not for us: unnamed, pg_catalog is looked in first.
select
    pg_catalog.set_config('jit', 'off', false),
    pg_catalog.set_config('DateStyle', 'ISO, YMD', false),
    pg_catalog.set_config('standard_conforming_strings', 'on', false),
    pg_catalog.set_config('quote_all_identifiers', 'off', false),
    pg_catalog.set_config(
        'search_path',
        pg_catalog.regexp_replace(
            pg_catalog.current_setting('search_path'), ',\s*"?pg_catalog"?\s*(?=,|$)', '', 'g'
        ),
        false
    )
