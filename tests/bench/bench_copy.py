"""COPY into a watched table over the same COPY into an unwatched one; then with ten times the rules.

With `--partitioned` into four partitions, row by row. The foil is what one would write at first: a row trigger that tries each
rule's words as one regular expression; it is so slow that a few notes do. The floors are triggers that do less than any check must.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time

import psycopg
from floors import FLOORS, extend, settings, watch
from sample import multiplied, notes

from motjuste import assets, server
from motjuste.db import connection, install, watching
from motjuste.engine.text import fold
from motjuste.model import Pack
from motjuste.scanning.scan import Place

FOIL_ROWS = 3
FOIL_WORDS = 500  # a regular expression of thousands is more than PostgreSQL compiles

# for the benchmark only: the words of each rule as one alternation
FOIL = """
    create table naive_rule (rule_id text, pattern text);
    create table naive (id int primary key, note text);
    create table naive_finding (id int, rule_id text);
    create function naive_check() returns trigger language plpgsql as $$
    declare
        r record;
    begin
        for r in select * from naive_rule loop
            if new.note ~* r.pattern then
                insert into naive_finding values (new.id, r.rule_id);
            end if;
        end loop;
        return new;
    end $$;
    create trigger naive before insert on naive for each row execute function naive_check();
"""


def create(conn: psycopg.Connection, table: str, partitioned: bool) -> None:
    """An empty table of notes, in four partitions where asked."""
    if not partitioned:
        conn.execute(f"create table {table} (id int primary key, note text)")
        return
    conn.execute(f"create table {table} (id int primary key, note text) partition by hash (id)")
    for n in range(4):
        conn.execute(
            f"create table {table}_{n} partition of {table} for values with (modulus 4, remainder {n})"
        )


def foil(conn: psycopg.Connection, pack: Pack, rows: list[str]) -> float:
    """Seconds a note that the naive trigger takes."""
    conn.execute(FOIL)
    for rule in pack.rules:
        words = sorted({w for term in rule.match for w in re.findall(r"(?<![@{\w])[a-z]{3,}", fold(term))})
        for n in range(0, len(words), FOIL_WORDS):
            pattern = rf"\m({'|'.join(words[n : n + FOIL_WORDS])})\M"
            conn.execute("insert into naive_rule values (%s, %s)", [rule.id, pattern])
    return copy(conn, "naive", rows) / len(rows)


def copy(conn: psycopg.Connection, table: str, rows: list[str]) -> float:
    """Seconds that a COPY of these notes takes, with its commit."""
    conn.execute(f"truncate {table}")
    conn.execute("truncate motjuste.finding, motjuste.queue")
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
    parser.add_argument("--deferred", action="store_true", help="notes are read by who works off the queue")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--partitioned", action="store_true", help="tables in four partitions")
    parser.add_argument("--foil", action="store_true", help="also a naive trigger, on a few notes")
    parser.add_argument("--clean", action="store_true", help="only notes that no rule finds anything in")
    parser.add_argument("--hard", action="store_true", help="look-alikes instead of plain notes")
    parser.add_argument(
        "--kernel", default="", metavar="FOLDER", help="what `motjuste kernel build --output FOLDER` made"
    )
    args = parser.parse_args()
    pack = assets.pack()
    rows = notes(args.rows, hard=args.hard, share=0 if args.clean else 0.05)
    if args.clean:
        matcher = assets.matcher().with_pack(pack)
        clean = {note: not matcher.find(note) for note in set(rows)}
        rows = [note for note in rows if clean[note]]
    # default durability: the baseline pays for its WAL as in production
    with server.run(settings=settings(args.kernel)) as running, connection.connect(running.dsn()) as conn:
        conn.execute("reset search_path")
        print(conn.execute("select version()").fetchone()[0].split(" on ")[0])  # type: ignore[index]
        extend(conn, args.kernel)
        install.install(conn, assets.matcher().with_pack(pack))
        for table in ("bare", "watched"):
            create(conn, table, args.partitioned)
        if args.foil:
            naive = foil(conn, pack, rows[:FOIL_ROWS])
        watching.attach(conn, Place("public.watched", "note"), args.mode, deferred=args.deferred)
        times: dict[str, list[float]] = {"bare": [], "watched": [], "watched, rules x10": []}
        for n, floor in enumerate(FLOORS):
            create(conn, f"floor{n}", args.partitioned)
            watch(conn, f"floor{n}", floor)
            times[f"floor: {floor}"] = [copy(conn, f"floor{n}", rows) for _ in range(args.rounds)]
        packs = [("watched", pack)] + [("watched, rules x10", multiplied(pack, 10))] * (
            not args.deferred and not args.kernel
        )
        for name, rules in packs:
            install.push(conn, assets.matcher().with_pack(rules))
            [(anchors,)] = conn.execute("select count(*) from motjuste.keyword").fetchall()
            print(f"{name}: {len(rules.rules)} rules, {anchors} anchors")
            copy(conn, "watched", rows[:500])  # what a connection does once
            for _ in range(args.rounds):
                times["bare"].append(copy(conn, "bare", rows))
                times[name].append(copy(conn, "watched", rows))
        base = statistics.median(times["bare"])
        for name, values in ((n, v) for n, v in times.items() if v):
            seconds = statistics.median(values)
            print(
                f"{name:22} {seconds:7.2f} s  {seconds / len(rows) * 1e6:7.1f} us a note  ratio {seconds / base:5.2f}"
            )
        if args.foil:
            watched = statistics.median(times["watched"]) / len(rows)
            print(
                f"{'naive trigger':22} {'':9}  {naive * 1e6:7.1f} us a note: {naive / watched:.1f} times the watched table's"
            )


if __name__ == "__main__":
    main()
