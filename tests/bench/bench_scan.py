"""Scanning over bare COPY of the same notes; two processes over one; peak memory at ten times the rows, wide tables, long notes."""

from __future__ import annotations

import argparse
import resource
import time

import psycopg
from sample import notes, peak

from motjuste import assets, server
from motjuste.db import connection, install


def fill(conn: psycopg.Connection, table: str, rows: int) -> None:
    """A table of that many notes of 300 characters, 5 % with findings."""
    conn.execute(f"create table {table} (id int primary key, note text)")
    texts = notes(min(rows, 20_000))
    with conn.cursor().copy(f"copy {table} from stdin") as stream:
        for n in range(rows):
            stream.write_row((n, texts[n % len(texts)]))
    conn.execute(f"vacuum analyze {table}")


def fill_wide(conn: psycopg.Connection, rows: int) -> None:
    """A table of 200 columns of text, the last of which holds notes."""
    columns = ", ".join(f"c{n} text default 'valeur {n}'" for n in range(198))
    conn.execute(f"create table wide (id int primary key, {columns}, note text)")
    texts = notes(min(rows, 20_000))
    with conn.cursor().copy("copy wide (id, note) from stdin") as stream:
        for n in range(rows):
            stream.write_row((n, texts[n % len(texts)]))


def fill_long(conn: psycopg.Connection, rows: int) -> None:
    """A table of notes of 10 MB, the first with a fault at its end."""
    conn.execute("create table long (id int primary key, note text)")
    plain = "\n".join(notes(2000, share=0.0)) + "\n"
    text = plain * (10_000_000 // len(plain) + 1)
    for n in range(rows):
        note = text + ("Client alcoolique." if n == 0 else "Rappeler lundi.")
        conn.execute("insert into long values (%s, %s)", [n, note])


def bare(conn: psycopg.Connection, table: str) -> tuple[float, float]:
    """(seconds, seconds of processor) that reading keys and notes by COPY takes, each row thrown away."""
    start, busy = time.perf_counter(), time.process_time()
    with conn.cursor().copy(f"copy (select id, note from {table}) to stdout (format binary)") as copy:
        copy.set_types(["int4", "text"])
        for _ in copy.rows():
            pass
    return time.perf_counter() - start, time.process_time() - busy


def scan(dsn: str, table: str, *args: str) -> tuple[float, float, int]:
    """(seconds, seconds of processor, peak kilobytes) of a scan (Linux)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    most = peak(dsn, "scan", f"public.{table}.note", *args)
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, busy, most


def main() -> None:
    """Print seconds, ratios and peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--memory",
        action="store_true",
        help="also the peak of memory: a tenth of the rows, 200 columns, notes of 10 MB",
    )
    args = parser.parse_args()
    with server.run() as running, connection.connect(running.dsn()) as conn:
        conn.execute("reset search_path")
        print(conn.execute("select version()").fetchone()[0].split(" on ")[0])  # type: ignore[index]
        install.install(conn, assets.matcher())
        fill(conn, "big", args.rows)
        base, busy_base = min(bare(conn, "big") for _ in range(3))
        print(
            f"bare COPY   {base:7.2f} s  {base / args.rows * 1e6:6.1f} us a note, {busy_base:.2f} s of processor"
        )
        one, busy, most = scan(running.dsn(), "big")
        print(
            f"1 process   {one:7.2f} s  {one / args.rows * 1e6:6.1f} us a note, {busy:.2f} s of processor; ratio {one / base:.1f},"
            f" of processor {busy / busy_base:.1f}; peak {most / 1024:.0f} MB"
        )
        two, busy_two, _ = scan(running.dsn(), "big", "--jobs", str(args.jobs))
        print(
            f"{args.jobs} processes {two:7.2f} s  {one / two:.2f} times as fast as one, {busy_two:.2f} s of processor:"
            f" {args.jobs * busy / busy_two:.2f} times at most on cores of their own"
        )
        if args.memory:
            fill(conn, "small", args.rows // 10)
            _, _, less = scan(running.dsn(), "small")
            print(f"peak at a tenth of the rows {less / 1024:.0f} MB: ratio {most / less:.2f}")
            fill_wide(conn, args.rows // 10)
            fill_long(conn, 1)
            for table in ("wide", "long"):
                took, _, held = scan(running.dsn(), table)
                print(f"{table}: peak {held / 1024:.0f} MB, ratio {held / less:.2f}, {took:.1f} s")


if __name__ == "__main__":
    main()
