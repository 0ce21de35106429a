-- From here on this transaction waits for a lock less long than the server before it looks for waits in a circle: whoever
-- waits for us is not the one that it ends. Where less was asked for, that stays. motjuste.locking does the same.
do $$
begin
    perform set_config('lock_timeout', least(nullif(l.setting::int, 0), greatest(d.setting::int / 2, 1))::text, true)
    from pg_catalog.pg_settings as l
    cross join pg_catalog.pg_settings as d
    where l.name = 'lock_timeout' and d.name = 'deadlock_timeout';
end
$$;
