"""Reading the catalog: which text columns there are, with what discovery needs to score them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from psycopg import sql
from psycopg.rows import dict_row

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.model import Column

MAX_JSON_KEYS = 100


def columns(conn: Connection, schemas: Collection[str] = ()) -> list[Column]:
    """The text columns of the user's tables and the text keys of their jsonb columns, in order of name.

    `schemas` narrows it down. A partitioned table is one table. A jsonb column of which the keys cannot be
    read, or whose keys are data (more than a hundred), is left out.
    """
    query = assets.read("sql", "queries", "columns.sql")
    found: list[Column] = []
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query, {"schemas": list(schemas)}).fetchall():
            readable = row.pop("readable")
            column = Column(**row | {"key": tuple(row["key"])})
            if column.kind != "jsonb":
                found.append(column)
            elif readable:
                found += _json_columns(conn, column)
    return found


def _json_columns(conn: Connection, column: Column) -> Iterator[Column]:
    template = assets.read("sql", "queries", "json_keys.sql")
    query = sql.SQL(template).format(
        relation=sql.Identifier(column.schema, column.table), column=sql.Identifier(column.name)
    )
    keys = [key for (key,) in conn.execute(query)]
    if len(keys) <= MAX_JSON_KEYS:
        for key in keys:
            yield Column(
                column.schema,
                column.table,
                column.name,
                json_key=key,
                kind=column.kind,
                relkind=column.relkind,
                key=column.key,
                rows=column.rows,
                comment=column.comment,
            )
