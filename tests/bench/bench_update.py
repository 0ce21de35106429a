"""UPDATEs that leave the note as it is: microseconds a row without triggers, with ours, and with one trigger a statement.

The last one is the floor of what would name all notes of a refused UPDATE: it reads both transition tables for a note that
changed, pairs their rows by the key, as if that never changed, and does nothing more.
"""

from __future__ import annotations

import argparse
import time

from motjuste import assets, server
from motjuste.db import connection, install, watching
from motjuste.db.connection import Connection
from motjuste.scanning.scan import Place

ROWS = 5_000
STATEMENT = """
    create function statement() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp set jit = off set plan_cache_mode = force_generic_plan
        set enable_nestloop = off -- else a load is planned as the one row before it, with the square of its time
    as $$
    begin
        if exists (
            select from old_rows as o join new_rows as n on n.id = o.id where n.note is distinct from o.note
        ) then
            raise 'not here';
        end if;
        return null;
    end $$;
    create trigger statement after update on statement referencing old table as old_rows new table as new_rows
        for each statement execute function statement();
"""
ONE = "do $$ begin for i in 1 .. {rows} loop update {table} set other = i where id = i; end loop; end $$"
ALL = "update {table} set other = other + 1"


def seconds(conn: Connection, statement: str) -> float:
    """How long a statement takes."""
    start = time.perf_counter()
    conn.execute(statement.encode())
    return time.perf_counter() - start


def main() -> None:
    """Print the best of some rounds for each variant, row by row and all at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mode", default="block")
    parser.add_argument("--server", default="", help="one of server.bin_dirs(), the first by default")
    args = parser.parse_args()
    binaries = server.bin_dirs()
    tables = ("bare", "watched", "statement")
    with (
        server.run(binaries[args.server or next(iter(binaries))]) as running,
        connection.connect(running.dsn()) as conn,
    ):
        install.install(conn, assets.matcher())
        conn.execute("reset search_path")
        for table in tables:
            conn.execute(
                f"create table {table} (id int primary key, note text, other int) with (fillfactor = 50)"
            )
            conn.execute(
                f"insert into {table} select i, repeat('Rappeler lundi. ', 20), 0 from generate_series(1, {ROWS}) as i"
            )
        conn.execute(STATEMENT)
        watching.attach(conn, Place("public.watched", "note"), args.mode)
        best = {(table, what): float("inf") for table in tables for what in (ONE, ALL)}
        for _ in range(args.rounds):
            for table, what in best:
                conn.execute(f"vacuum analyze {table}")
                taken = seconds(conn, what.format(table=table, rows=ROWS))
                best[table, what] = min(best[table, what], taken / ROWS * 1e6)
        for table in tables:
            print(f"{table:10} one by one {best[table, ONE]:6.1f} us, all at once {best[table, ALL]:6.1f} us")


if __name__ == "__main__":
    main()
