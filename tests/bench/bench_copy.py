"""COPY into a watched table over the same COPY into an unwatched one; then with ten times the rules."""

from __future__ import annotations

import argparse
import statistics
import time

import psycopg
from sample import multiplied, notes

from motjuste import assets, server
from motjuste.db import connection, install, watching
from motjuste.scan import Place


def copy(conn: psycopg.Connection, table: str, rows: list[str]) -> float:
    """Seconds that a COPY of these notes takes, with its commit."""
    conn.execute(f"truncate {table}")
    conn.execute("truncate motjuste.finding")
    conn.execute("checkpoint")
    start = time.perf_counter()
    with conn.cursor().copy(f"copy {table} (id, note) from stdin (format binary)") as stream:
        stream.set_types(["int4", "text"])
        for n, note in enumerate(rows):
            stream.write_row((n, note))
    return time.perf_counter() - start


def main() -> None:
    """Print the seconds of each variant and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--mode", default="flag")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hard", action="store_true", help="look-alikes instead of plain notes")
    args = parser.parse_args()
    rows = notes(args.rows, hard=args.hard)
    pack = assets.pack()
    # default durability: the baseline pays for its WAL as in production
    with server.run(settings=()) as running, connection.connect(running.dsn()) as conn:
        print(conn.execute("select version()").fetchone()[0].split(" on ")[0])  # type: ignore[index]
        install.install(conn, pack)
        for table in ("bare", "watched"):
            conn.execute(f"create table {table} (id int primary key, note text)")
        watching.attach(conn, Place("public.watched", "note"), args.mode)
        times: dict[str, list[float]] = {"bare": [], "watched": [], "watched, rules x10": []}
        for name, rules in (("watched", pack), ("watched, rules x10", multiplied(pack, 10))):
            install.push(conn, rules)
            print(
                f"{name}: {len(rules.rules)} rules, {conn.execute('select count(*) from motjuste.anchor').fetchone()[0]} anchors"
            )  # type: ignore[index]
            for _ in range(args.rounds):
                times["bare"].append(copy(conn, "bare", rows))
                times[name].append(copy(conn, "watched", rows))
        base = statistics.median(times["bare"])
        for name, values in times.items():
            seconds = statistics.median(values)
            print(
                f"{name:20} {seconds:7.2f} s  {seconds / args.rows * 1e6:7.1f} us a note  ratio {seconds / base:5.2f}"
            )


if __name__ == "__main__":
    main()
