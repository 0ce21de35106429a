"""The commands of the redaction flow, run on a database of a test's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from motjuste.cli.main import motjuste
from motjuste.db.connection import Connection
from motjuste.errors import MotjusteError

BAD = "Client alcoolique. Rappeler lundi."
GOOD = "Rappeler lundi."

# libpq's own variables, each of which leads away from the demo's server, or keeps it from answering as it should
ELSEWHERE = {
    "PGHOST": "db.invalid", "PGHOSTADDR": "192.0.2.1", "PGPORT": "6543", "PGUSER": "nobody", "PGDATABASE": "other", "PGSERVICE": "missing",
    "PGSERVICEFILE": "/nowhere", "PGOPTIONS": "-c default_transaction_read_only=on", "PGPASSFILE": "/nowhere", "PGREQUIREAUTH": "scram-sha-256",
    "PGSSLMODE": "verify-full", "PGTARGETSESSIONATTRS": "standby", "PGDATA": "/nowhere", "PGDATESTYLE": "SQL, DMY", "PGTZ": "Asia/Tokyo",
    "PGCLIENTENCODING": "LATIN1", "PGCONNECT_TIMEOUT": "1", "PGREQUIREPEER": "nobody",
    "MOTJUSTE_DSN": "service=missing",
}  # fmt: skip


@dataclass
class Ran:
    code: int
    output: str


@dataclass
class Bench:
    """A database with motjuste, a folder, and the commands run on them."""

    dsn: str
    folder: Path
    conn: Connection

    def run(self, *args: str, keys: str = "") -> Ran:
        """Run one command, feeding `keys` to it; an error of ours counts as exit code 2, as in cli.main.run."""
        result = CliRunner().invoke(motjuste, list(args), input=keys, env={"MOTJUSTE_DSN": self.dsn})
        if isinstance(result.exception, MotjusteError):
            return Ran(2, result.output + result.exception.message)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.output)

    def review(self, *args: str, keys: str = "") -> Ran:
        """Review in the database; what it holds then is in the file `decisions` too, but after a second reading."""
        exported = () if "--second-reader" in args else ("--decisions", str(self.decisions))
        return self.run("review", *exported, *args, keys=keys)

    def reading_only(self) -> Bench:
        """The same database, where it cannot be written."""
        return replace(self, dsn=make_conninfo(self.dsn, options="-c default_transaction_read_only=on"))

    def export(self) -> None:
        """Write the decisions of the database to the file."""
        assert self.run("decisions", "export", str(self.decisions), "--force").code == 0

    def plan(self, *files: Path) -> Ran:
        """Plan what the database holds, or a decisions file."""
        named = map(str, files)
        return self.run("migrate", "plan", *named, "--output", str(self.plan_folder), "--name", "nettoyage")

    def apply(self, *args: str) -> Ran:
        return self.run("migrate", "apply", str(self.plan_folder), "--yes", *args)

    def verify(self) -> Ran:
        return self.run("migrate", "verify", str(self.plan_folder))

    def planned(self, *columns: str) -> None:
        """Scan the columns, accept every proposal, write the plan."""
        assert self.run("scan", *columns).code == 1
        assert self.review("--accept-all").code == 0
        assert self.plan().code == 0

    @property
    def decisions(self) -> Path:
        return self.folder / "decisions.jsonl"

    @property
    def plan_folder(self) -> Path:
        return self.folder / "plan"

    def one(self, query: str) -> object:
        row = self.conn.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def column(self, query: str) -> list[object]:
        return [row[0] for row in self.conn.execute(query.encode())]


def wait_until(condition: Callable[[], object], seconds: float = 8) -> None:
    """Wait until something holds; fail where it does not in this time."""
    for _ in range(round(seconds / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("never came true")
