"""What a page and an answer of the officer's desk take at the server, with 2,000 and with 100,000 open findings.

    python tests/bench/bench_desk.py [OPEN...]

Of each the median and the best of some runs: on a shared machine the best is what the desk itself takes.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import BINARIES, Cluster
from desk import Office, Person, office
from motjuste import server

RUNS = 30
FILL = """
    select motjuste.detach('crm.client', 'note');
    insert into crm.client select n, 'Dossier ' || n || '. Client alcoolique. Rappeler lundi.' from generate_series(1, {count}) as n;
    insert into motjuste.finding (relation, column_name, row_key, note_digest, rule_id, category, level, start, length, certainty, author)
    select 'crm.client', 'note', jsonb_build_object('id', c.id), motjuste.digest(c.note), 'sante-alcool', 'sante', case c.id % 3 when 0 then 'watch' else 'block' end,
        position('alcoolique' in c.note) - 1, 10, (array['certain', 'likely', 'doubtful'])[1 + c.id % 3], 'agent' || c.id % 50
    from crm.client as c;
    vacuum analyze motjuste.finding, crm.client;
"""


def timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return (time.perf_counter() - started) * 1000


def measure(o: Office, count: int) -> None:
    for statement in FILL.format(count=count).split(";"):
        if statement.strip():
            o.run(statement)
    alice: Person = o.client()
    alice.get("/essai")  # the process is warm, as a desk is

    def answer() -> None:
        alice._send("POST", alice.where, alice.form() | {"action": "accept"})

    first = []
    for _ in range(RUNS // 3):
        o.app.extensions["desk"].reopened()  # the order of the review is read anew
        first.append(timed(lambda: alice.get("/revue")))
    answers, pages = [], []
    for _ in range(RUNS):
        answers.append(timed(answer))
        pages.append(timed(lambda: alice.get("/revue")))
    proposals = [
        timed(lambda: o.client().send(f"{alice.where}/proposition", **alice.form())) for _ in range(RUNS)
    ]
    filters = [timed(lambda: o.client().get("/revue/filtres")) for _ in range(RUNS // 3)]
    state = [timed(lambda: o.client().get("/etat")) for _ in range(3)]
    print(f"{count:,} open findings, milliseconds: median (best)")
    for name, found in (
        ("first page", first), ("an answer", answers), ("the next page", pages), ("a proposal", proposals), ("filters", filters), ("state", state),
    ):  # fmt: skip
        print(f"  {name:15} {statistics.median(found):7.1f} ({min(found):.1f})")


def main() -> None:
    counts = [int(n) for n in sys.argv[1:]] or [2000, 100_000]
    with server.run(next(iter(BINARIES.values()))) as running:
        for count in counts:
            with office(Cluster(running, first=True)) as o:
                measure(o, count)


if __name__ == "__main__":
    main()
