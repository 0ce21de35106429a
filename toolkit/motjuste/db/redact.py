"""Running a redaction migration, transaction by transaction, with what became of each note."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import psycopg

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.db.findings import note_column
from motjuste.db.patience import patiently
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.migration.script import Unit
from motjuste.migration.shape import REDACTED, NoteColumn, Outcome, Place, label

Progress = Callable[[int], None]


def column(conn: Connection, where: Place) -> NoteColumn:
    """A column that decisions change, as the catalog has it. Raises DatabaseError where it is gone."""
    found = note_column(conn, *where)
    if found is None:
        raise DatabaseError(
            f"no column {label(*where)} in this database",
            hint="plan on the database that was reviewed, or remove these lines from the decisions file",
        )
    if bool(found.json_key) != (found.kind in ("json", "jsonb")):
        raise DatabaseError(
            f"{label(*where)} is of type {found.kind} now",
            hint="the type changed since the review: scan and review that column again",
        )
    if found.fixed:
        raise DatabaseError(
            f"{label(*where)} cannot be changed: {found.fixed}",
            hint="leave these lines out of the decisions file",
        )
    return found


def database(conn: Connection) -> str:
    """The name of the database that is about to change."""
    return conn.info.dbname


@dataclass
class Run:
    """How a plan is run. `pause` is the seconds between two batches, `retries` how often a transaction is tried again.

    `runs` tells, once the plan's session has begun, what its updates run: kind, name, table, function, as whom.
    """

    dry: bool = False
    lock_timeout: str = "5s"
    statement_timeout: str = "15min"
    pause: float = 0.05
    retries: int = 5
    retried: int = 0
    progress: Progress = field(default=lambda _: None)
    runs: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def run(
        self, conn: Connection, units: Iterable[Unit], *, max_rows: int | None = None
    ) -> Iterator[Outcome]:
        """Run the transactions of a plan in order; what became of each note, as soon as its transaction is over.

        A dry run does the same and rolls back each transaction that changes notes. A transaction that would bring
        the notes changed above `max_rows` is rolled back and raises MotjusteError.
        """
        conn.execute("set motjuste.quiet = 'on'")
        changed, first = 0, True
        for unit in units:
            if unit.kind == "aside":
                if not self.dry:
                    conn.execute(unit.text.encode())
                continue
            if unit.kind == "batch" and not first and not self.dry:
                time.sleep(self.pause)
            first = first and unit.kind != "batch"
            left = None if max_rows is None else max_rows - changed
            work = partial(self._once, conn, unit, left)
            outcomes = patiently(work, self._again, attempts=self.retries + 1)
            changed += _changed(outcomes)
            self.progress(unit.notes)
            yield from outcomes

    def _again(self, _: str) -> None:
        self.retried += 1

    def _once(self, conn: Connection, unit: Unit, left: int | None) -> list[Outcome]:
        text = unit.limited(lock_timeout=self.lock_timeout, statement_timeout=self.statement_timeout)
        if unit.kind == "finish" and self.dry:
            return []
        outcomes: list[Outcome] = []
        with conn.transaction(force_rollback=self.dry and unit.kind in ("batch", "all")):
            # in one transaction the results are gone at its end: they are read before the last statement drops them
            body, close = _apart(text) if unit.kind in ("finish", "all") else (text, "")
            conn.execute(body.encode())
            if unit.kind in ("session", "all"):
                self.runs = conn.execute(assets.query("runs.sql").encode()).fetchall()
            if unit.kind in ("batch", "finish", "all"):
                rows = conn.execute(assets.query("outcomes.sql")).fetchall()
                outcomes = [Outcome(*row) for row in rows]
            changed = _changed(outcomes)
            if left is not None and changed > left:
                raise MotjusteError(
                    f"more notes than --max-rows would change ({changed - left} more); this transaction was rolled back",
                    hint="raise --max-rows, or plan fewer decisions",
                )
            if close:
                conn.execute(close.encode())
        return outcomes


def _changed(outcomes: list[Outcome]) -> int:
    return sum(o.notes for o in outcomes if o.outcome.startswith(REDACTED))


def _apart(text: str) -> tuple[str, str]:
    body, mark, close = text.rpartition("\ndrop table pg_temp.motjuste_edit,")
    return body + "\n", mark + close


def verify(conn: Connection, unit: Unit) -> str:
    """Run the statements of a verify file: '' where nothing of what was redacted still stands, else what does."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(unit.text.encode())
    except psycopg.Error as exc:
        if exc.sqlstate == "MJ002":
            return exc.diag.message_primary or ""
        raise
    return ""
