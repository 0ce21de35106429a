-- Nothing is found through the path of whoever runs this, on which others may have put an operator or a function; it is put back
-- at the end.
do $$
begin
    perform pg_catalog.set_config('motjuste.search_path', pg_catalog.current_setting('search_path'), true);
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
