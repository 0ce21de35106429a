"""Discovery on many columns: seconds for the catalog, for names, for content; and the longest query."""

from __future__ import annotations

import argparse
import random
import re
import time

from sample import notes

from motjuste import server
from motjuste.db import connection, discovering

WORDS = [
    "client",
    "dossier",
    "ligne",
    "contact",
    "suivi",
    "commande",
    "agent",
    "visite",
    "appel",
    "contrat",
    "facture",
    "lot",
    "reglement",
]
NAMES = [
    "nom",
    "libelle",
    "commentaire",
    "code",
    "obs",
    "statut",
    "description",
    "adresse",
    "texte",
    "email",
    "motif",
    "ville",
    "reference",
    "note_interne",
]


def main() -> None:
    """Print the seconds, and how many columns were found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--rows", type=int, default=300)
    args = parser.parse_args()
    rng = random.Random(7)
    texts = notes(500)
    settings = (*server.THROW_AWAY, "-c", "log_min_duration_statement=0")
    with server.run(settings=settings) as running, connection.connect(running.dsn()) as conn:
        conn.execute("reset search_path")
        print(conn.execute("select version()").fetchone()[0].split(" on ")[0])  # type: ignore[index]
        conn.execute("create temp table texte (i int, t text)")
        with conn.cursor().copy("copy texte from stdin") as copy:
            for row in enumerate(texts):
                copy.write_row(row)
        for n in range(args.tables):
            names = [f"{rng.choice(NAMES)}_{k}" for k in range(args.columns)]
            columns = ", ".join(f"{name} text" for name in names)
            values = ", ".join(
                "t" if "o" in name else f"'V' || (i * {k + 3}) % 997" for k, name in enumerate(names)
            )
            conn.execute(f"create table {rng.choice(WORDS)}_{n} (id int primary key, {columns})")
            conn.execute(
                f"insert into {conn.execute('select max(oid)::regclass from pg_class where relkind = %s', ['r']).fetchall()[0][0]} select i, {values} from texte limit {args.rows}"
            )
        conn.execute("analyze")
        log = running.folder / "log"
        for budget in (0.0, 10.0):
            before = log.stat().st_size
            with connection.connect(running.dsn()) as reader:
                began = time.perf_counter()
                found = discovering.discover(reader, budget=budget)
                took = time.perf_counter() - began
            shown = sum(c.score >= 40 for c in found)
            durations = re.findall(rb"duration: ([0-9.]+) ms", log.read_bytes()[before:])
            print(
                f"budget {budget:4.0f} s, longest query {max(map(float, durations)) / 1000:.2f} s: {len(found)} columns of {args.tables} tables in {took:5.1f} s, {shown} shown"
            )


if __name__ == "__main__":
    main()
