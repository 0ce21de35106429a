-- Where and when a scan starts: database, its number, the time, and the oldest transaction that may still be writing; and all that are.
select
    current_database()::text as database,
    (select d.oid::bigint from pg_database as d where d.datname = current_database()) as oid,
    clock_timestamp() as started_at,
    (pg_snapshot_xmin(pg_current_snapshot())::text::numeric %% 4294967296)::bigint as xid,
    pg_current_snapshot()::text as snapshot
