-- A process that works the queue off is there, and did so much since it last said so; those long gone are forgotten.
with gone as (
    delete from motjuste.worker as w where w.seen_at < clock_timestamp() - %(forget)s::interval and w.name <> %(name)s
)
insert into motjuste.worker as w (name, rows_read, findings, rate)
values (%(name)s, %(rows)s, %(findings)s, %(rate)s)
on conflict (name) do update
    set seen_at = clock_timestamp(), role = session_user, rows_read = w.rows_read + excluded.rows_read,
        findings = w.findings + excluded.findings, rate = coalesce(excluded.rate, w.rate)
