"""Reading the catalog: which text columns there are, with what discovery needs to score them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from psycopg import sql
from psycopg.rows import class_row, dict_row

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection, passing_over
from motjuste.discovery.kin import Neighbour
from motjuste.model import ELEMENTS, Column
from motjuste.scanning.scan import PATH

MAX_JSON_KEYS = 100
EACH = 500  # milliseconds that a query on a user's table may take
TABLES = ("r", "p")
EVERYTHING = ("r", "p", "v", "m", "f")


def columns(conn: Connection, schemas: Collection[str] = (), *, everything: bool = False) -> list[Column]:
    """The text columns of the user's tables and the text keys of their jsonb columns, in order of name.

    `schemas` narrows it down. A partitioned table is one table. With `everything` also what a scan can read and no
    trigger can watch: views, materialized views, foreign tables, arrays of texts, texts further down in jsonb, xml; and,
    without a key, each jsonb column of which the keys cannot be read or are data (more than a hundred).
    """
    query = assets.query("columns.sql")
    kinds = EVERYTHING if everything else TABLES
    found: list[Column] = []
    with conn.cursor(row_factory=dict_row) as cursor:
        wanted = {"schemas": list(schemas), "kinds": list(kinds), "lists": everything}
        for row in cursor.execute(query, wanted).fetchall():
            column = Column(**row | {"key": tuple(row["key"])})
            if column.kind.endswith("[]"):
                found.append(replace(column, json_key=ELEMENTS))
            elif column.kind != "jsonb":
                found.append(column)
            else:
                found += _json_columns(conn, column, further=everything)
    return found


def _json_columns(conn: Connection, column: Column, *, further: bool) -> Iterator[Column]:
    """The keys of a jsonb column as columns; the column itself where they are not found out, of interest with `further`."""
    keys = _sampled(conn, column, "json_keys.sql") if column.readable else None
    paths = _sampled(conn, column, "json_paths.sql") if further and keys is not None else []
    for key in [key for (key,) in keys or []] + [_path(path) for (path,) in paths or []]:
        yield replace(column, json_key=key, size=0, listed=False, width=0, distinct=0.0, constrained=False)
    if further and (keys is None or paths is None):
        yield column


def _sampled(conn: Connection, column: Column, name: str) -> list[tuple[Any, ...]] | None:
    """What a query finds in a sample of a column; None where that fails or takes too long, keys are data, or to read it would
    run other people's code.
    """
    relation = sql.Identifier(column.schema, column.table)
    query = sql.SQL(assets.query(name)).format(relation=relation, column=sql.Identifier(column.name))
    # a view may fail, a table be locked or have policies, a foreign server be away
    with suppress(trust.Untrusted), passing_over(conn), conn.transaction():
        conn.execute(f"set local statement_timeout = {EACH}")
        trust.require_read(conn, relation.as_string(None), views=False)
        found = conn.execute(query).fetchall()
        return found if len(found) <= MAX_JSON_KEYS else None
    return None


def _path(keys: Sequence[str]) -> str:
    """The path of SQL/JSON that leads through these keys."""
    return PATH + ".".join(k if re.fullmatch(r"[A-Za-z_]\w*", k, re.A) else json.dumps(k) for k in keys)


def neighbours(conn: Connection, schemas: Collection[str] = ()) -> list[Neighbour]:
    """Every column of the user's tables, whatever its type, in order."""
    with conn.cursor(row_factory=class_row(Neighbour)) as cursor:
        query = assets.query("neighbours.sql")
        return cursor.execute(query, {"schemas": list(schemas)}).fetchall()


def bases(conn: Connection, schemas: Collection[str] = ()) -> dict[tuple[str, str, str], str]:
    """(schema, view, column) -> the column that it shows."""
    rows = conn.execute(assets.query("bases.sql"), {"schemas": list(schemas)})
    return {(schema, view, name): base for schema, view, name, base in rows}


def date_columns(conn: Connection, relation: str) -> list[str]:
    """The columns of a table that are dates, those whose names speak of writing first."""
    return [name for name, _ in dates(conn, relation)]


def dates(conn: Connection, relation: str) -> list[tuple[str, str]]:
    """The same, each with what its name and default say of it: creation, event, change, import..."""
    return conn.execute(assets.query("date_columns.sql"), {"relation": relation}).fetchall()
