"""Storing what a scan found in motjuste.finding, with a proof in motjuste.scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from motjuste import assets
from motjuste.db.connection import Connection, connect
from motjuste.db.install import is_installed, may, require
from motjuste.db.patience import give_way, patiently
from motjuste.errors import DatabaseError
from motjuste.model import Pack
from motjuste.scanning.journal import Journal
from motjuste.scanning.scan import Difference, Hit, Tally, standing

ATTEMPTS = 8  # at storing a column's findings, over a minute


def tally_of(journal: Journal, number: int) -> Tally:
    """What the parts of a column read; its findings are counted as they are stored."""
    head = journal.head
    tally = Tally(head.sources[number].place, datetime.fromisoformat(head.started_at), head.scope.label)
    for outcome in journal.outcomes(number):
        tally.add(outcome, again=journal.parts[outcome.part].kind == "changed")
    return tally


def counted(journal: Journal, number: int) -> Tally:
    """What was read and found in a column."""
    tally = tally_of(journal, number)
    for _ in noted(journal, number, tally):
        pass
    return tally


def noted(journal: Journal, number: int, tally: Tally) -> Iterator[Hit]:
    """The hits of a column that hold, each counted in its tally."""
    for hit in standing(lambda: journal.outcomes(number)):
        tally.note(hit)
        yield hit


def require_writable(conn: Connection) -> None:
    """Raise DatabaseError, with the way out, where findings cannot be stored in this database."""
    if not is_installed(conn):
        raise DatabaseError(
            "motjuste is not installed in this database",
            hint="motjuste install, or findings to a file: motjuste scan --output findings.jsonl",
        )
    require(conn)
    [(why,)] = conn.execute(assets.query("may_store.sql"), {}).fetchall()
    if why:
        raise DatabaseError(
            f"findings cannot be stored here: {why}", hint="motjuste scan --output findings.jsonl"
        )


class InDatabase:
    """Findings in motjuste.finding, proofs in motjuste.scan. `compare`: also say what is new, gone and unchanged.

    `say` is told where another session has to be waited for.
    """

    def __init__(
        self, dsn: str | None, pack: Pack, *, compare: bool = False, say: Callable[[str], object] = str
    ) -> None:
        self.dsn, self.pack, self.compare, self.say = dsn, pack, compare, say
        self.dry_run = False
        self.differences: list[Difference] = []

    def publish(self, journal: Journal, number: int) -> Tally:
        """Store the findings of a column and its proof, in one transaction; a second time changes nothing."""
        with connect(self.dsn) as conn:
            work = partial(self._store, conn, journal, number)
            tally, differences = patiently(work, self.say, attempts=ATTEMPTS, more="")
        self.differences += differences
        return tally

    def _store(self, conn: Connection, journal: Journal, number: int) -> tuple[Tally, list[Difference]]:
        tally = tally_of(journal, number)
        place = tally.place
        names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
        differences: list[Difference] = []
        with conn.transaction(force_rollback=self.dry_run):
            give_way(conn)
            conn.execute(assets.query("scan_table.sql"))
            copy_hits(conn, noted(journal, number, tally))
            if self.compare:
                found = conn.execute(assets.query("compare.sql"), names).fetchall()
                for rule, new, gone, unchanged in found:
                    differences.append(Difference(place, rule, new, gone if tally.swept else None, unchanged))
            conn.execute(assets.query("store_findings.sql"), names)
            [(tally.undecided,)] = conn.execute(assets.query("scan_open.sql"), names).fetchall()
            if tally.swept:
                unseen = names | {"started_at": tally.started_at}
                conn.execute(assets.query("close_unseen.sql"), unseen)
                if may(conn, "failure", "update"):
                    caught_up = names | {"xid": journal.head.xid}
                    conn.execute(assets.query("close_failures.sql"), caught_up)
            conn.execute(
                assets.query("record_scan.sql"),
                names
                | {
                    "rows_read": tally.rows_read,
                    "rows_that_exist": tally.rows_that_exist,
                    "notes_with_findings": tally.notes_with_findings,
                    "digest": self.pack.digest,
                    "version": self.pack.version,
                    "started_at": tally.started_at,
                    "run": journal.head.run,
                    "scope": tally.scope,
                    "skipped": Jsonb([asdict(s) for s in tally.skips]),
                    "rows_again": tally.rows_again,
                    "notes_recoded": tally.recoded,
                    "horizon": journal.head.snapshot or None,
                    "unrecorded": journal.head.unrecorded,
                },
            )
        return tally, differences

    def finish(self, journal: Journal) -> None:
        """Nothing is left to do."""


def copy_hits(conn: Connection, found: Iterable[Hit]) -> None:
    """What was found, into the temporary table of a scan."""
    with conn.cursor().copy("copy motjuste_scan from stdin") as copy:
        for hit in found:
            for m, certainty in zip(hit.matches, hit.certainties, strict=True):
                copy.write_row(
                    (hit.row_key, hit.digest, m.rule, m.category, m.level, m.start, m.length, certainty, hit.author)
                )  # fmt: skip


def proofs(conn: Connection) -> list[dict[str, Any]]:
    """The last scan of each column as a mapping, JSON-ready; of a watched one that never was, the names only."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(assets.query("proofs.sql")).fetchall()
    return [{k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()} for row in rows]
