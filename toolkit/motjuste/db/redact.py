"""Running a redaction migration: in one transaction, with what became of each note."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from motjuste import migration
from motjuste.db.connection import Connection
from motjuste.db.findings import note_column
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.migration import NoteColumn, Outcome
from motjuste.model import Decision

Place = tuple[str, str, str]


def columns(conn: Connection, decisions: Sequence[Decision]) -> dict[Place, NoteColumn]:
    """The columns that the decisions change, as the catalog has them. Raises DatabaseError where one is gone."""
    found: dict[Place, NoteColumn] = {}
    for place in sorted({migration.place(d) for d in migration.redactions(decisions)}):
        column = note_column(conn, *place)
        if column is None:
            raise DatabaseError(
                f"no column {migration.label(*place)} in this database",
                hint="plan on the database that was reviewed, or remove these lines from the decisions file",
            )
        if bool(column.json_key) != (column.kind in ("json", "jsonb")):
            raise DatabaseError(
                f"{migration.label(*place)} is of type {column.kind} now",
                hint="the type changed since the review: scan and review that column again",
            )
        found[place] = column
    return found


def database(conn: Connection) -> str:
    """The name of the database that is about to change."""
    return conn.info.dbname


def apply(
    conn: Connection, body: str, *, dry_run: bool = False, max_rows: int | None = None
) -> list[Outcome]:
    """Run the statements of a deploy file in one transaction; what became of each note, in the plan's order.

    A dry run does the same and rolls back, as does a run that would change more than `max_rows` notes.
    """
    with conn.transaction(force_rollback=dry_run):
        conn.execute(body.encode())
        rows = conn.execute(
            "select place, row_key::text, outcome from pg_temp.motjuste_result order by part, edit, row_key"
        ).fetchall()
        outcomes = [Outcome(*row) for row in rows]
        changed = sum(o.outcome == migration.REDACTED for o in outcomes)
        if max_rows is not None and changed > max_rows:
            raise MotjusteError(
                f"{changed} notes would change, more than --max-rows {max_rows}; nothing was changed",
                hint="raise --max-rows, or plan fewer decisions",
            )
    return outcomes


def verify(conn: Connection, body: str) -> str:
    """Run the statements of a verify file: '' where no reviewed note still stands, else how many and which."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(body.encode())
    except psycopg.Error as exc:
        if exc.sqlstate == "MJ002":
            return exc.diag.message_primary or ""
        raise
    return ""
