-- How each of our sessions begins. Compiling our queries takes longer than running them; the driver reads dates in ISO's way
-- only, and sends bytes wrongly where backslashes escape; names are quoted where they need it and no more, and numbers are written whole. The planner computes
-- the CHECK constraints of children beforehand, with our rights: not for us. What stands on an application's search_path, such as
-- an operator `=` that somebody made, is not for us either: motjuste.path keeps it, to look up the names that a person types. Whom we trust is said by a flag, never by ALTER DATABASE.
select
    pg_catalog.set_config('jit', 'off', false),
    pg_catalog.set_config('DateStyle', 'ISO, YMD', false),
    pg_catalog.set_config('standard_conforming_strings', 'on', false),
    pg_catalog.set_config('quote_all_identifiers', 'off', false),
    pg_catalog.set_config('extra_float_digits', '1', false),
    pg_catalog.set_config('constraint_exclusion', 'off', false),
    pg_catalog.set_config('motjuste.trust_owner', 'off', false),
    pg_catalog.set_config('motjuste.read_views', 'off', false),
    pg_catalog.set_config('motjuste.path', pg_catalog.array_to_json(pg_catalog.current_schemas(false))::pg_catalog.text, false),
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)
