"""Working off the queue of a deferred column: rows a second by one process over `scan` of the same notes, by two over one, under a held snapshot.

Then bloat, memory, and the time from commit to finding where little is written.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import psycopg
from sample import notes, peak

from motjuste import assets, server
from motjuste.db import connection, install, watching
from motjuste.scanning.scan import Place

WORK = (sys.executable, "-m", "motjuste", "work", "--once")


def seconds(dsn: str, *commands: tuple[str, ...]) -> float:
    """How long these commands take, all at the same time."""
    began = time.perf_counter()
    running = [
        subprocess.Popen([*c, "--dsn", dsn], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for c in commands
    ]
    for process in running:
        process.wait()
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    args = parser.parse_args()
    with server.run(settings=()) as running, connection.connect(running.dsn()) as conn:
        dsn = running.dsn()
        install.install(conn, assets.matcher())
        conn.execute("create table public.client (id int primary key, note text)")
        with conn.cursor().copy("copy public.client from stdin") as copy:
            for n, note in enumerate(notes(args.rows)):
                copy.write_row((n, note))
        start, start_of_two = (min(seconds(dsn, *[WORK] * n) for _ in range(3)) for n in (1, 2))
        watching.attach(conn, Place("public.client", "note"), "flag", deferred=True)

        def fill() -> None:
            conn.execute("truncate motjuste.finding, motjuste.queue")
            conn.execute(
                "insert into motjuste.queue (watch_id, row_key)"
                " select w.id, jsonb_build_object('id', c.id) from public.client as c, motjuste.watch as w"
            )

        scan = (
            seconds(
                dsn, (sys.executable, "-m", "motjuste", "scan", "public.client.note", "--jobs", "1", "--anew")
            )
            - start
        )
        print(
            f"scan, one process:         {args.rows / scan:7.0f} rows a second (start of {start:.1f} s left out)"
        )
        fill()
        one = seconds(dsn, WORK) - start
        print(f"work, one process:         {args.rows / one:7.0f}  ({scan / one:.2f} of scan)")
        [(size,)] = conn.execute("select pg_relation_size('motjuste.queue')").fetchall()
        fill()
        print(
            f"bytes of the queue's table after that: {size}; a worker's memory: {peak(dsn, 'work', '--once') // 1024} MB"
        )
        fill()
        two = seconds(dsn, WORK, WORK) - start_of_two
        print(f"work, two processes:       {args.rows / two:7.0f}  ({one / two:.2f} of one)")
        fill()
        with psycopg.connect(dsn) as holder:
            holder.execute("set transaction isolation level repeatable read")
            holder.execute("select count(*) from public.client")
            held = seconds(dsn, WORK) - start
        print(f"work, a snapshot held:     {args.rows / held:7.0f}  ({one / held:.2f} of one)")
        conn.execute("truncate motjuste.finding, motjuste.queue")
        worker = subprocess.Popen(
            [*WORK[:-1], "--dsn", dsn], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        times = []
        for n in range(12):
            conn.execute("update public.client set note = %s where id = 1", [f"Client alcoolique, {n}."])
            began = time.perf_counter()
            while conn.execute("select count(*) from motjuste.finding where status = 'open'").fetchall() != [
                (1,)
            ] or conn.execute("select count(*) from motjuste.queue").fetchall() != [(0,)]:
                time.sleep(0.01)
            times.append(time.perf_counter() - began)
        worker.terminate()
        worker.wait()
        print(
            f"from commit to finding:    median {statistics.median(times[2:]):.2f} s, longest {max(times[2:]):.2f} s"
        )


if __name__ == "__main__":
    main()
