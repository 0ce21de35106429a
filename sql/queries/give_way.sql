-- From here on this transaction waits for a lock less long than the server before it looks for waits in a circle: whoever
-- waits for us is never the one that it ends.
select set_config('lock_timeout', greatest(s.setting::int / 2, 1)::text, true)
from pg_settings as s
where s.name = 'deadlock_timeout'
