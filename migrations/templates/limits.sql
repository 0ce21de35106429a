-- Nothing of ours is found through the path of whoever runs this, on which others may have put an operator or a function. It is put
-- back at the end, and for the triggers of a table while they run: they find their tables by it, as whenever a row is written.
do $$
begin
    perform pg_catalog.set_config('motjuste.search_path', coalesce((
        select coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(p.name), ', ' order by p.i), '')
        from pg_catalog.json_array_elements_text(nullif(pg_catalog.current_setting('motjuste.path', true), '')::pg_catalog.json)
            with ordinality as p (name, i)
        having nullif(pg_catalog.current_setting('motjuste.path', true), '') is not null
    ), pg_catalog.current_setting('search_path')), true);
end
$$;
set local search_path = pg_catalog, pg_temp;
set local lock_timeout = '5s';
@give_way@set local statement_timeout = '15min';
-- An error rather than rows left out in silence; and a batch looks its rows up, it does not read the table.
set local row_security = off;
set local random_page_cost = 1.1;
-- Keys are written as the triggers and the scan write them.
set local timezone = 'UTC';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
