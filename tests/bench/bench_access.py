"""Seconds that `motjuste access` takes for persons with notes in 12 tables over 3 hops; complete against reading all."""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from conftest import finder
from motjuste import assets, server
from motjuste.access import document
from motjuste.config import Config
from motjuste.db import connection
from motjuste.db.access.find import Wanted, find

# name: (its parent, the share of all notes that it holds)
TABLES = {
    "client": ("", 4), "contrat": ("client", 6), "contrat_histo": ("client", 6), "interaction": ("client", 30), "reclamation": ("client", 4),
    "ticket": ("client", 10), "visite": ("client", 4), "appel": ("client", 10), "avenant": ("contrat", 6), "sinistre": ("contrat", 4),
    "message": ("ticket", 14), "expertise": ("sinistre", 2),
}  # fmt: skip
TEXT = "Le client rappelle au sujet de sa facture, échéancier de trois mois accordé, rappeler Mme Martin après 17 h."


def build(conn: psycopg.Connection, notes: int) -> dict[str, int]:
    """The tables with this many notes in all, the indexes that a real database has; how many rows each has."""
    rows = {name: notes * share // 100 for name, (_, share) in TABLES.items()}
    for name, (parent, _) in TABLES.items():
        key = "id int" if name == "contrat_histo" else "id int, jour date, primary key (id, jour)" if name == "interaction" else "id int primary key, jour date"  # fmt: skip
        link = f", {parent}_id int not null" + ("" if name == "contrat_histo" else f" references {parent}") if parent else ", nom text, email text"  # fmt: skip
        note = "details jsonb" if name == "appel" else "commentaire text"
        by = " partition by range (jour)" if name == "interaction" else ""
        conn.execute(f"create table {name} ({key}{link}, agent text, {note}){by}")
        for year in range(2021, 2027) if by else ():
            conn.execute(
                f"create table {name}_{year} partition of {name} for values from ('{year}-01-01') to ('{year + 1}-01-01')"
            )
        owner = "p.owner" if parent else "g"
        source = f"generate_series(1, {rows[name]}) as g"
        if parent:
            # spread over the parents without order, as years of use leave them
            source += f" join (select id, substring(coalesce(to_jsonb(x) ->> 'commentaire', '') from '^\\[c(\\d+)\\]') as owner from {parent} as x) as p on p.id = 1 + (g::bigint * 7919) % {rows[parent]}"
        text = f"'[c' || {owner} || '] ' || g || ' {TEXT}'"
        value = f"jsonb_build_object('note', {text}, 'duree', 3)" if name == "appel" else text
        names = f"id, {'' if name == 'contrat_histo' else 'jour, '}{f'{parent}_id' if parent else 'nom, email'}, agent, {'details' if name == 'appel' else 'commentaire'}"
        day = "" if name == "contrat_histo" else "date '2021-01-01' + g % 2000, "
        tie = "p.id" if parent else "'Nom' || g, 'c' || g || '@example.org'"
        conn.execute(
            f"insert into {name} ({names}) select g, {day}{tie}, 'agent' || g % 50, {value} from {source}"
        )
        if parent:
            conn.execute(f"create index on {name} ({parent}_id)")
        else:
            conn.execute(f"create unique index on {name} (email)")
    conn.execute("analyze")
    return rows


def brute_force(conn: psycopg.Connection, person: int) -> set[tuple[str, int]]:
    """(table, number) of each note of a person, by reading every note."""
    found = set()
    for name in TABLES:
        note = "details ->> 'note'" if name == "appel" else "commentaire"
        query = f"select substring({note} from '\\] (\\d+)')::int from {name} where starts_with({note}, '[c{person}] ')"
        found |= {(name, n) for (n,) in conn.execute(query)}
    return found


def processor() -> float:
    """Seconds of processor time of the commands that ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    """Print seconds, notes and tables for a few persons, and the time of the whole command for one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=5_000_000)
    parser.add_argument("--persons", type=int, default=5)
    args = parser.parse_args()
    pack = assets.pack()
    matcher = finder(pack)
    with server.run() as running, connection.connect(running.dsn()) as conn:
        conn.execute("reset search_path")
        start = time.perf_counter()
        rows = build(conn, args.notes)
        print(
            f"{sum(rows.values())} notes in {len(TABLES)} tables, built in {time.perf_counter() - start:.0f} s"
        )
        for n in range(args.persons):
            person = 1 + n * rows["client"] // args.persons
            start = time.perf_counter()
            found = find(conn, Wanted((f"client={person}",)), Config(), lambda table: None)
            reading = time.perf_counter() - start
            start = time.perf_counter()
            document.notes(found, matcher, mask=False)
            marking = time.perf_counter() - start
            start = time.perf_counter()
            every = brute_force(conn, person)
            whole = time.perf_counter() - start
            got = {
                (note.place.relation.split(".")[1], int(re.findall(r"\] (\d+)", note.text)[0]))
                for note in found.notes
            }
            held = len({name for name, _ in got})
            print(
                f"person {person}: {len(got)} notes in {held} tables, {reading:.2f} s, marking {marking:.2f} s;"
                f" reading all {whole:.1f} s; missing {len(every - got)}, of others {len(got - every)}"
            )
        with tempfile.TemporaryDirectory() as folder:
            took = []
            before = processor()
            for n in range(5):
                command = [sys.executable, "-m", "motjuste", "access", "--subject", f"client={1 + n}", "--output", str(Path(folder) / str(n))]  # fmt: skip
                start = time.perf_counter()
                subprocess.run(command, env=os.environ | {"MOTJUSTE_DSN": running.dsn()}, capture_output=True, check=True)  # fmt: skip
                took.append(time.perf_counter() - start)
            spent = (processor() - before) / len(took)
            print(
                f"the whole command, five persons: {', '.join(f'{t:.2f}' for t in took)} s; {spent:.2f} s of processor time each"
            )


if __name__ == "__main__":
    main()
