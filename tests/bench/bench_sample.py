"""Drawing notes from a big table: seconds, share of its pages read, evenness (chi-square over 200 draws) by place and by length."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from statistics import median

import psycopg
from scipy.stats import chi2

from motjuste import assets, server
from motjuste.db import connection, install, sampling
from motjuste.db.sampling import Wanted
from motjuste.scanning.scan import Place

DRAWS = 200
SIZE = 50


def build(conn: psycopg.Connection, rows: int) -> None:
    """A table of this many notes by forty agents: a third of them long, the longer the later; a fifth deleted, some updated."""
    conn.execute("create table note (id int primary key, agent text, jour date, commentaire text)")
    conn.execute(
        f"""insert into note select i, 'agent' || i % 40, date '2020-01-01' + (i / 2500),
        case when i % 3 = 0 then repeat('Client rappelé au sujet de sa facture. ', 1 + (i::bigint * 10 / {rows})::int) else 'Rappeler lundi.' end
        from generate_series(1, {rows}) as i"""
    )
    conn.execute("delete from note where id % 5 = 0")
    conn.execute("update note set commentaire = commentaire || ' Fait.' where id % 97 = 0")
    conn.execute("vacuum (analyze) note")


def blocks(conn: psycopg.Connection) -> int:
    """How many blocks of the table were asked for so far."""
    conn.execute("select pg_stat_force_next_flush()")
    query = "select heap_blks_read + heap_blks_hit from pg_statio_user_tables where relname = 'note'"
    [(found,)] = conn.execute(query).fetchall()
    return int(found)


def even(what: str, drawn: Counter[int], held: Counter[int]) -> None:
    """Print chi-square of the classes that were drawn against those that exist."""
    share = sum(drawn.values()) / sum(held.values())
    stat = sum((drawn[c] - n * share) ** 2 / (n * share) for c, n in held.items())
    bound = chi2.ppf(0.99, len(held) - 1)
    print(f"{what}: chi-square {stat:.1f}, {len(held) - 1} degrees of freedom, 99th percentile {bound:.1f}")


def measure(conn: psycopg.Connection, rows: int) -> None:
    """Draw 200 times and print the figures."""
    [(pages,)] = conn.execute("select relpages from pg_class where relname = 'note'").fetchall()
    query = "select id, width_bucket(id, 1, %s + 1, 20), least(length(commentaire) / 50, 7) from note"
    held = {i: (tenth, length) for i, tenth, length in conn.execute(query, [rows])}
    for per, author in (("column", ""), ("author", "agent")):
        places: Counter[int] = Counter()
        lengths: Counter[int] = Counter()
        seconds, read = [], []
        for seed in range(DRAWS):
            before, start = blocks(conn), time.perf_counter()
            found = sampling.draw(
                conn, Wanted(Place("public.note", "commentaire"), per, SIZE, seed, author), None
            )
            seconds.append(time.perf_counter() - start)
            read.append(blocks(conn) - before)
            for n in found.notes:
                place, length = held[int(n.row_key.split(":")[1].rstrip("}"))]
                places[place] += 1
                lengths[length] += 1
        print(
            f"per {per}: {len(found.notes)} notes of {len(held)} a draw, median {median(seconds):.2f} s,"
            f" {median(read):.0f} of {pages} pages ({100 * median(read) / pages:.1f} %), most {max(read)}"
        )
        even("  by place", places, Counter(place for place, _ in held.values()))
        even("  by length", lengths, Counter(length for _, length in held.values()))


def main() -> None:
    """Build the table on a server of our own and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    args = parser.parse_args()
    with server.run() as running, connection.connect(running.dsn()) as conn:
        conn.execute("reset search_path")
        install.install(conn, assets.matcher())
        build(conn, args.rows)
        measure(conn, args.rows)


if __name__ == "__main__":
    main()
