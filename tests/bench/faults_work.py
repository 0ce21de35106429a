"""No time but a table: kills of workers and of the server while the queue of a deferred column is worked off, beside writes; two workers at once.

After each kind, what `motjuste.finding` holds is compared with the notes as they stand: lost, twice, stale.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import finder, small_pack
from managed import RULES
from motjuste import server
from motjuste.db import connection, install, watching
from motjuste.db.working import Worker
from motjuste.errors import MotjusteError
from motjuste.scanning.scan import Place

BAD, CLEAN = "Client alcoolique, rappeler lundi.", "Rappeler lundi matin."
ROWS = 20_000


class Row(NamedTuple):
    """What came out of one kind of fault."""

    what: str
    times: int
    lost: int
    twice: int
    stale: int


def child(dsn: str) -> None:
    """A worker in a process of its own; it ends where the server stays away."""
    matcher = finder(small_pack(RULES, rewritten=False))
    worker = Worker(dsn, matcher.find_all, matcher.pack.digest, batch=50)
    try:
        worker.run(0.05)
    except MotjusteError:
        sys.exit(3)


def spawn(dsn: str) -> multiprocessing.Process:
    """Start one."""
    process = multiprocessing.get_context("fork").Process(target=child, args=(dsn,))
    process.start()
    return process


def write(dsn: str, rng: random.Random, number: int) -> None:
    """Some statements of an application; what fails as the server goes is not committed, and nobody's loss."""
    try:
        with psycopg.connect(dsn, autocommit=True) as conn:
            for _ in range(number):
                key, note = rng.randrange(ROWS), rng.choice((BAD, CLEAN, BAD + " Oui."))
                statement = rng.choice(
                    (
                        "insert into public.client values (%(key)s, %(note)s) on conflict (id) do update set note = excluded.note",
                        "update public.client set note = %(note)s where id between %(key)s and %(key)s + 20",
                        "delete from public.client where id = %(key)s and %(note)s <> ''",
                        "update public.client set id = id + 1000000 where id = %(key)s and %(note)s <> '' and not exists"
                        " (select from public.client where id = %(key)s + 1000000)",
                    )
                )
                conn.execute(statement, {"key": key, "note": note})
    except psycopg.Error:
        pass


def kill_server(running: server.Server) -> None:
    """Kill the server's processes, by their numbers, and start it again."""
    first = int((running.folder / "data" / "postmaster.pid").read_text().split()[0])
    others = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == first]
    for pid in (first, *others):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    # a process that nobody waited for still counts as alive
    for left in (running.folder / "data" / "postmaster.pid", *running.folder.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)
    server.restart(running)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def outcome(dsn: str, what: str, times: int) -> Row:
    """Work off what is left, and compare."""
    matcher = finder(small_pack(RULES, rewritten=False))
    worker = Worker(dsn, matcher.find_all, matcher.pack.digest)
    worker.once()
    worker.close()
    with connection.connect(dsn) as conn:
        [(lost, twice, stale, waiting)] = conn.execute(
            """
            with found as (
                select (f.row_key ->> 'id')::int as id, f.note_digest, count(*) as times
                from motjuste.finding as f where f.status = 'open' group by 1, 2
            )
            select
                (select count(*) from public.client as c where c.note like %(bad)s
                    and not exists (select from found as f where f.id = c.id and f.note_digest = motjuste.digest(c.note))),
                (select count(*) from found as f where f.times > 1),
                (select count(*) from found as f
                    where not exists (select from public.client as c where c.id = f.id and motjuste.digest(c.note) = f.note_digest)),
                (select count(*) from motjuste.queue)
            """,
            {"bad": f"{BAD}%"},
        ).fetchall()
    assert waiting == 0, waiting
    return Row(what, times, lost, twice, stale)


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument(
        "--kinds", nargs="*", default=["worker killed", "two workers, one killed", "server killed"]
    )
    args = parser.parse_args()
    rng = random.Random(28)
    matcher = finder(small_pack(RULES, rewritten=False))
    with server.run(settings=()) as running:
        dsn = running.dsn()
        with connection.connect(dsn) as conn:
            install.install(conn, matcher)
            conn.execute("create table public.client (id int primary key, note text)")
            watching.attach(conn, Place("public.client", "note"), "flag", deferred=True)
            conn.execute(
                "insert into public.client select i, case when i %% 10 = 0 then %s else %s end from generate_series(1, %s) as i",
                [BAD, CLEAN, ROWS],
            )
        for what in args.kinds:
            workers = [spawn(dsn) for _ in range(1 + what.startswith("two"))]
            for _ in range(args.times):
                write(dsn, rng, 100)
                time.sleep(rng.random() / 4)
                if what == "server killed":
                    kill_server(running)
                    workers = [w if w.is_alive() else spawn(dsn) for w in workers]
                else:
                    victim = workers.pop(0)
                    victim.kill()
                    victim.join()
                    workers.append(spawn(dsn))
            for worker in workers:
                worker.kill()
                worker.join()
            row = outcome(dsn, what, args.times)
            print(
                f"{row.what:26} {row.times:3} times: lost {row.lost}, twice {row.twice}, stale {row.stale}",
                flush=True,
            )


if __name__ == "__main__":
    main()
