"""Notes and findings that are older than the policy allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from psycopg import sql

from motjuste.db import trust
from motjuste.db.connection import Connection
from motjuste.db.findings import note_of
from motjuste.db.reading import require_ordinary, row_key
from motjuste.migration.shape import NoteColumn


def _old(where: NoteColumn, dated: str, retain: str, on: date) -> sql.Composable:
    return sql.SQL("from {} as t where t.{} < {}::date - {}::interval and {} <> ''").format(
        sql.SQL(where.relation), sql.Identifier(dated), sql.Literal(on), sql.Literal(retain), note_of(where)
    )


def years(conn: Connection, where: NoteColumn, dated: str, retain: str, on: date) -> list[tuple[int, int]]:
    """(year, how many notes) of those that are older than `retain` on the day `on`, by the date column `dated`."""
    query = sql.SQL("select extract(year from t.{})::int, count(*) {} group by 1 order by 1").format(
        sql.Identifier(dated), _old(where, dated, retain, on)
    )
    with conn.transaction():
        trust.require_read(conn, where.relation)
        require_ordinary(conn, where.relation, dated, "`dated` of the policy")
        return [(int(year), int(notes)) for year, notes in conn.execute(query).fetchall()]


def notes(
    conn: Connection, where: NoteColumn, dated: str, retain: str, on: date
) -> Iterator[tuple[dict[str, Any], str]]:
    """Row key and text of each note that is older, one at a time."""
    key = row_key([name for name, _ in where.key], where.strange, "t")
    query = sql.SQL("copy (select {}::text, {} {}) to stdout (format binary)").format(
        key, note_of(where), _old(where, dated, retain, on)
    )
    with conn.transaction():
        trust.require_read(conn, where.relation)
        require_ordinary(conn, where.relation, dated, "`dated` of the policy")
        with conn.cursor().copy(query) as copy:
            copy.set_types(["text", "text"])
            for key, note in copy.rows():
                yield json.loads(key, parse_float=str), note


def purge(conn: Connection, *, dry_run: bool = False) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Drop the findings that are too old: (status, how long it is kept) of each, and how many went, by status."""
    with conn.transaction(force_rollback=dry_run):
        kept = conn.execute(
            "select r.status, r.keep::text from motjuste.retention as r order by 1"
        ).fetchall()
        gone = conn.execute("select p.status, p.findings from motjuste.purge() as p").fetchall()
    return [(str(status), str(keep)) for status, keep in kept], dict(gone)
