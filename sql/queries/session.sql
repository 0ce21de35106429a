-- How a session that reads notes is set: it writes nothing, writes row keys as the triggers do, waits for no lock for
-- long, and rather refuses a table than read only the rows that a policy shows it.
select
    set_config('default_transaction_read_only', 'on', false),
    set_config('TimeZone', 'UTC', false),
    set_config('IntervalStyle', 'postgres', false),
    set_config('extra_float_digits', '1', false),
    set_config('bytea_output', 'hex', false),
    set_config('row_security', 'off', false),
    set_config('lock_timeout', %(lock)s, false),
    set_config('max_parallel_workers_per_gather', '0', false),
    case when %(timeout)s::int > 0 then set_config('statement_timeout', %(timeout)s::text, false) end
