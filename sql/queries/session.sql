-- How a session that reads notes is set: it writes nothing, writes row keys as the triggers do, waits for no lock for
-- long, and rather refuses a table than read only the rows that a policy shows it. Where views and foreign tables are not to be
-- read the server refuses them too, also one that takes the place of a table: a setting of pg_dump's, newer than some servers.
with @trusted@
select
    set_config('default_transaction_read_only', 'on', false),
    set_config('TimeZone', 'UTC', false),
    set_config('IntervalStyle', 'postgres', false),
    set_config('extra_float_digits', '1', false),
    set_config('bytea_output', 'hex', false),
    set_config('row_security', 'off', false),
    set_config('lock_timeout', %(lock)s, false),
    set_config('max_parallel_workers_per_gather', '0', false),
    case when %(timeout)s::int > 0 then set_config('statement_timeout', %(timeout)s::text, false) end,
    (
        select set_config(s.name, 'view, foreign-table', false)
        from pg_catalog.pg_settings as s
        where s.name = 'restrict_nonsystem_relation_kind'
            and coalesce(current_setting('motjuste.read_views', true), '') <> 'on'
            and (not %(views)s or (select m.it_is from mighty as m))
    )
