"""The flow of the demo: every step is a command that a user would type, run for real, with what it printed."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from motjuste import server
from motjuste.db import demo as database
from motjuste.db.connection import Connection, connect
from motjuste.demo import data
from motjuste.demo.notes import Writer
from motjuste.errors import MotjusteError
from motjuste.server import Server

MAX_LINES = 30  # of what a command printed
TAIL = 5  # of them, the last lines of an output
DATABASE = "lumeo"
PLAN = "redaction-2026-11"
QUIET = ("-v", "SHOW_CONTEXT=never", "-P", "footer=off")  # a person reads the message, not our call stack


class Flow:
    """Runs commands against one server and shows them; `say` takes one line of output."""

    def __init__(self, running: Server, folder: Path, say: Callable[[str], None]) -> None:
        self.server = running
        self.folder = folder
        self.say = say
        self.dsn = running.dsn(DATABASE)
        self._steps = 0
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "MOTJUSTE_"))}
        self._environ = ours | {
            "MOTJUSTE_DSN": self.dsn,
            "PGCLIENTENCODING": "UTF8",
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": str(
                shutil.get_terminal_size((120, 40)).columns - 2
            ),  # what is printed is set in by two
        }

    def heading(self, title: str) -> None:
        """Start a step."""
        self._steps += 1
        self.say(f"\n━━ {self._steps}. {title} ".ljust(100, "━"))

    def motjuste(self, *args: str, code: int = 0) -> None:
        """Run one of our commands. Raises MotjusteError where its exit code is not `code`."""
        # -P: the current folder is no place to import from
        self._run([sys.executable, "-P", "-m", "motjuste", *args], f"motjuste {' '.join(args)}", code)

    def psql(self, statement: str, *, user: str = "accueil", code: int = 0) -> None:
        """Run one statement as the application would."""
        psql = [
            str(self.server.bin_dir / "psql"),
            self.server.dsn(DATABASE, user),
            "-X",
            *QUIET,
            "-c",
            statement,
        ]
        self._run(psql, f'psql -U {user} -c "{statement}"', code)

    def _run(self, command: list[str], shown: str, code: int) -> None:
        self.say(f"$ {shown}")
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        lines = done.stdout.rstrip().splitlines()
        left_out = len(lines) - MAX_LINES if done.returncode == code else 0
        if left_out > 1:  # the end says what to do next
            lines[MAX_LINES - TAIL : -TAIL] = [f"... and {left_out} lines more"]
        for line in lines:
            self.say(f"  {line}".rstrip())
        if done.returncode != code:
            raise MotjusteError(
                f"`{shown}` ended with exit code {done.returncode} instead of {code}",
                hint="that is a bug of motjuste: please report what is printed above",
            )
        seconds = time.monotonic() - started
        remarks = [f"exit code {code}"] * bool(code) + [f"{seconds:.1f} s"] * (seconds >= 1)
        if remarks:
            self.say(f"  ({', '.join(remarks)})")


def build(dsn: str) -> int:
    """Build the demo's database; how many notes it holds."""
    with connect(dsn) as conn:
        conn.execute(f"create database {DATABASE}")
    with connect(dsn, dbname=DATABASE) as conn:
        database.run(conn, "schema.sql")
        for month in data.MONTHS:
            database.run(conn, "partition.sql", data.partition(month))
        for table, rows in data.tables():
            database.copy(conn, table, rows)
        database.run(conn, "role.sql", {"@database@": DATABASE})
        conn.execute("analyze")
    return data.NOTES


def prepare(flow: Flow) -> None:
    """From an unknown database to one whose notes were read. Raises MotjusteError at the first surprise."""
    flow.heading("Which columns hold notes?")
    flow.motjuste("init")
    flow.motjuste("discover", "--write")

    flow.heading(
        "Watch them from now on; what it installs belongs to a role of its own, which is no superuser"
    )
    flow.motjuste("install", "--as", "motjuste_owner")
    flow.motjuste("attach", "crm.client.commentaire", "--mode", "block")
    # the busiest table: its writes pay for a row in a queue, and are read a moment later
    flow.motjuste("attach", "crm.interaction.compte_rendu", "--mode", "flag", "--deferred")

    flow.heading("A note that no file needs is refused; the application's role knows nothing of motjuste")
    where = "update crm.client set commentaire ="
    flow.psql(f"{where} 'Client alcoolique, rappeler lundi.' where id = 7", code=1)
    flow.psql(f"{where} 'Client indisponible, rappeler lundi.' where id = 7")

    flow.heading("Elsewhere it is recorded, also in bulk, also in a partition made after the installation")
    _november(flow)
    flow.motjuste("work", "--once")
    # rows from before the checks: until they are scanned, `status` says so
    flow.motjuste("status", code=1)

    flow.heading("Read the past")
    flow.motjuste("scan", code=1)


def play(flow: Flow) -> None:
    """The whole flow, from an unknown database to a cleaned one. Raises MotjusteError at the first surprise."""
    prepare(flow)
    with connect(flow.dsn) as conn:
        database.run(conn, "sample.sql")
        flow.heading("Review: here everything is accepted; `motjuste review` asks for each")
        flow.motjuste("review", "--accept-all")
        flow.heading("Write the redaction as a migration, try it, apply it, verify it")
        flow.motjuste("migrate", "plan", "--output", PLAN)
        flow.motjuste("migrate", "apply", PLAN, "--dry-run")
        flow.motjuste("migrate", "apply", PLAN, "--yes")
        flow.motjuste("migrate", "verify", PLAN)
        _compare(flow, conn)

    flow.heading("Scan again: nothing is left of what review accepted")
    flow.motjuste("scan")
    flow.psql("select status, count(*) from motjuste.finding group by status", user="postgres")
    flow.motjuste("status")


def _november(flow: Flow) -> None:
    """A month of new calls, loaded with COPY into a partition that did not exist at the time of install."""
    slots = data.partition(11)
    with connect(flow.dsn) as conn:
        database.run(conn, "partition.sql", slots)
        logins = [login for (login,) in conn.execute("select login from crm.agent order by login")]
    flow.say(f'$ psql -c "create table crm.{slots["@name@"]} partition of crm.interaction ..."')
    with (flow.folder / "novembre.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(data.interactions(Writer(11), 11, logins))
    flow.psql("\\copy crm.interaction from novembre.csv csv")


def _compare(flow: Flow, conn: Connection) -> None:
    for place, key, before, after in database.compare(conn):
        flow.say(f"\n  {place} ({key})")
        flow.say(f"    before: {' '.join(before.split())}")
        flow.say(f"    after:  {' '.join(after.split()) or '(empty)'}")


@contextmanager
def workshop(keep: bool) -> Iterator[tuple[Server, Path]]:
    """A server and a folder to work in, both gone at the end; with `keep`, only after an error or Ctrl-C."""
    folder = Path(tempfile.mkdtemp(prefix="motjuste-demo-"))
    finished = False
    try:
        with server.run(keep=keep) as running:
            yield running, folder
        finished = True
    finally:
        if not (keep and finished):
            server.remove(folder)


def run(
    say: Callable[[str], None], *, keep: bool = False, serve: Callable[[str, Path], None] | None = None
) -> None:
    """The demo from start to end. Raises MotjusteError where a step did not go as it should.

    `serve`, where given, is called with the database and the folder of its policy once its notes are read, instead of cleaning them.
    """
    started = time.monotonic()
    say("Starting a PostgreSQL server of our own and building a customer database...")
    with workshop(keep) as (running, folder):
        count = build(running.dsn())
        say(f"{count:,} notes in 7 columns of 13 tables, ready after {time.monotonic() - started:.1f} s.")
        flow = Flow(running, folder, say)
        if serve:
            say("Looking for the columns that hold notes, installing the checks, reading every note...")
            prepare(Flow(running, folder, lambda line: None))
            serve(flow.dsn, folder)
            return
        play(flow)
        say(f"\nDone in {time.monotonic() - started:.0f} s.")
        if keep:
            _kept(running, folder, say)
    say(NEXT)


def _kept(running: Server, folder: Path, say: Callable[[str], None]) -> None:
    say("\nThe server stays up:")
    say(f"  export MOTJUSTE_DSN='{running.dsn(DATABASE)}'")
    say(f"  cd {folder}")
    say("To stop it and remove everything:")
    say(
        f"  kill -INT $(head -1 {running.folder}/data/postmaster.pid); sleep 1; rm -rf {running.folder} {folder}"
    )


NEXT = """
What to try next:
  motjuste demo --keep                                   the same, and the server stays for you to play with
  echo "Client alcoolique, rappeler lundi." | motjuste lint
  motjuste explain "Compteur malade"                     why this is no finding
  motjuste discover --dsn "service=yours"                your own database; nothing is written to it"""
