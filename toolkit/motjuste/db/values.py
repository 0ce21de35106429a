"""A sample of the values of many columns, within a budget of time: one short query a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from psycopg import sql

from motjuste.db import trust
from motjuste.db.catalog import EACH
from motjuste.db.connection import Connection, passing_over
from motjuste.model import ELEMENTS, Column
from motjuste.scanning.scan import PATH

ROWS = 100  # of each table
LENGTH = 200  # characters of each value
BIG = 5000  # rows from which on pages are drawn


def samples(
    conn: Connection, columns: Sequence[Column], budget: float, say: Callable[[str], object]
) -> Iterator[tuple[Column, list[str | None]]]:
    """(column, some of its values) for as many tables as `budget` seconds allow, the likeliest first.

    What cannot be read, or not fast enough, is left out; `say` is told of what would run other people's code.
    """
    ends = time.monotonic() + budget
    conn.execute(f"set statement_timeout = {EACH}")
    by_table = [list(group) for _, group in groupby(sorted(columns, key=_table), key=_table)]
    for group in sorted(by_table, key=lambda g: -max(c.score for c in g)):
        if time.monotonic() > ends:
            return
        try:
            rows = _rows(conn, group)
        except trust.Untrusted as exc:
            say(f"{exc.message}: its content was not looked at ({exc.hint})")
            continue
        for place, column in enumerate(group):
            yield column, [row[place] for row in rows]


def _table(column: Column) -> tuple[str, str]:
    return column.schema, column.table


def _rows(conn: Connection, group: list[Column]) -> list[tuple[str | None, ...]]:
    first = group[0]
    values = sql.SQL(", ").join(_value(c) for c in group)
    table = sql.Identifier(first.schema, first.table)
    draw = sql.SQL("")
    if first.relkind in ("r", "p", "m") and first.rows > BIG:
        draw = sql.SQL(f" tablesample system ({min(100.0, 300.0 * ROWS / first.rows):.6f})")
    for sample in (draw, sql.SQL("")):
        query = sql.SQL("select {} from {} as x{} limit {}").format(values, table, sample, ROWS)
        rows = None
        with passing_over(conn), conn.transaction():
            trust.require_read(conn, table.as_string(None), views=False)
            rows = conn.execute(query).fetchall()
        if rows is None:
            return []
        if len(rows) >= ROWS // 10 or sample == sql.SQL(""):
            return rows
    return []


def _value(column: Column) -> sql.Composable:
    name = sql.SQL("x.") + sql.Identifier(column.name)
    if column.json_key == ELEMENTS:
        name = sql.SQL("{}[1]").format(name)
    elif column.json_key.startswith(PATH):
        first = sql.SQL("(jsonb_path_query_first({}, {}) #>> '{{}}')")
        name = first.format(name, sql.Literal(f"{column.json_key}[*]"))
    elif column.json_key:
        name = sql.SQL("({} ->> {})").format(name, sql.Literal(column.json_key))
    return sql.SQL("left({}::text, {})").format(name, LENGTH)
