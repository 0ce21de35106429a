-- Keeps the server's log, in this transaction, from quoting a row that breaks a constraint; only some roles may.
do $$
begin
    perform set_config('log_error_verbosity', 'terse', true);
exception
    when insufficient_privilege then null;
end
$$
