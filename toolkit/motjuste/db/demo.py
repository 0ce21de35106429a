"""Building the demo's database: schema, partitions, then the rows by COPY."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from motjuste import assets
from motjuste.db.connection import Connection


def run(conn: Connection, script: str, slots: dict[str, str] | None = None) -> None:
    """Run one script of sql/demo, its @slots@ filled."""
    text = assets.read("sql", "demo", script)
    for slot, value in (slots or {}).items():
        text = text.replace(slot, value)
    conn.execute(text.encode())


def copy(conn: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Load rows, in the order of the table's columns."""
    statement = sql.SQL("copy {} from stdin").format(sql.Identifier(*table.split(".")))
    with conn.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


def compare(conn: Connection) -> list[tuple[str, str, str, str]]:
    """(place, key, before, after) of the notes that sample.sql kept in this session."""
    return conn.execute(assets.read("sql", "demo", "compare.sql")).fetchall()
