"""Single-row INSERTs by many clients with pgbench, default durability: transactions a second with the triggers and without.

Then the time of the first check in a new connection, and of long notes. The floors are triggers that do less than any check must.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from floors import FLOORS, extend, settings, watch
from sample import notes

from motjuste import assets, server
from motjuste.db import connection, install, watching
from motjuste.scanning.scan import Place

SCRIPTS = 40  # notes that pgbench picks from


def rate(running: server.Server, table: str, texts: list[str], clients: int, seconds: int) -> float:
    """Transactions a second of INSERTs of these notes into a table."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for n, text in enumerate(texts):
            quoted = text.replace("'", "''").replace("\n", " ").replace(":", " ")
            file = Path(folder, f"{n}.sql")
            file.write_text(f"insert into {table} (note) values ('{quoted}');\n", encoding="utf-8")
            files += ["-f", str(file)]
        command = [
            running.bin_dir / "pgbench",
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(seconds),
        ]
        done = subprocess.run([*command, *files, running.dsn()], capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def first_check(dsn: str, note: str) -> float:
    """Milliseconds of an INSERT that is the first of its connection."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("select 1")
        start = time.perf_counter()
        conn.execute("insert into watched (note) values (%s)", [note])
        return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Print the figures of each variant and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mode", default="flag")
    parser.add_argument("--deferred", action="store_true", help="notes are read by who works off the queue")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000], help="of long notes"
    )
    parser.add_argument("--server", default="", help="one of server.bin_dirs(), the first by default")
    parser.add_argument(
        "--kernel", default="", metavar="FOLDER", help="what `motjuste kernel build --output FOLDER` made"
    )
    args = parser.parse_args()
    binaries = server.bin_dirs()
    texts = notes(SCRIPTS)
    # default durability: each transaction waits for its WAL
    with server.run(binaries[args.server or next(iter(binaries))], settings=settings(args.kernel)) as running:
        with connection.connect(running.dsn()) as conn:
            conn.execute("reset search_path")
            print(conn.execute("select version()").fetchone()[0].split(" on ")[0])  # type: ignore[index]
            extend(conn, args.kernel)
            install.install(conn, assets.matcher())
            floors = {f"floor{n}": floor for n, floor in enumerate(FLOORS)}
            for table in ("bare", "watched", *floors):
                conn.execute(
                    f"create table {table} (id bigint generated always as identity primary key, note text)"
                )
            for table, floor in floors.items():
                watch(conn, table, floor)
            watching.attach(conn, Place("public.watched", "note"), args.mode, deferred=args.deferred)
        found: dict[str, list[float]] = {"bare": [], "watched": [], **{table: [] for table in floors}}
        for _ in range(args.rounds):
            for table, rates in found.items():
                rates.append(rate(running, table, texts, args.clients, args.seconds))
        bare = statistics.median(found["bare"])
        for table, rates in found.items():
            name = f"floor: {floors[table]}" if table in floors else table
            rate_of = statistics.median(rates)
            print(
                f"{args.clients} clients: {rate_of:7.0f} transactions a second {name:22} {rate_of / bare:.1%}"
            )
        for what, note in (("compliant", "Rappeler lundi."), ("with a finding", "Client alcoolique.")):
            times = [first_check(running.dsn(), note) for _ in range(5)]
            print(f"first INSERT of a connection, {what}: {statistics.median(times):.1f} ms")
        with connection.connect(running.dsn()) as conn:
            conn.execute("reset search_path")
            for size in args.sizes:
                note = ("\n".join(texts) * (size // 300 // SCRIPTS + 1))[:size]
                start = time.perf_counter()
                conn.execute("insert into watched (note) values (%s)", [note])
                print(f"a note of {size:>10,} characters: {time.perf_counter() - start:7.2f} s")


if __name__ == "__main__":
    main()
