"""The person who asks: which row `--subject crm.client=42` names, and what in it is her own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from motjuste.access.persons import Own
from motjuste.access.tables import Table, family
from motjuste.db.access.rows import compared
from motjuste.db.access.ties import named
from motjuste.db.connection import Connection
from motjuste.db.reading import row_key
from motjuste.errors import ConfigError

_TYPED = re.compile(r'((?:"(?:[^"]|"")*"|[^"=])+)=(.*)', re.DOTALL)
MOST_COLUMNS = 40  # jsonb_build_object takes a hundred arguments


@dataclass(frozen=True)
class Asked:
    """A row of a table by the values of some of its columns; `unique` where the table has a key of them."""

    table: str
    columns: tuple[str, ...]
    values: tuple[str, ...]
    unique: bool

    def where(self, tables: Mapping[str, Table]) -> sql.Composable:
        """The condition of its row, which is called x."""
        tests = []
        for c, v in zip(self.columns, self.values, strict=True):
            value, operator, kind = compared(tables[self.table], c)
            tests.append(sql.SQL(f"{{}} {operator} {{}}::{kind}").format(value, sql.Literal(v)))
        return sql.SQL(" and ").join(tests)


def parse(conn: Connection, typed: str, tables: Mapping[str, Table]) -> Asked:
    """The row that a person named: schema.table=key, or schema.table.column=value. Raises ConfigError where it cannot be one."""
    m = _TYPED.fullmatch(typed)
    if m is None or not m[2].strip():
        raise ConfigError(
            "--subject names no row", hint="write --subject crm.client=42, or --subject crm.client.email=..."
        )
    table, column = named(conn, m[1].strip(), tables)
    keys = tables[table].keys
    if column:
        return Asked(table, (column,), (m[2],), (column,) in keys)
    if not keys or not (tables[table].primary or len(keys) == 1):
        lacks = "more than one unique key and no primary key" if keys else "no key"
        raise ConfigError(
            f"{table} has {lacks}: a value alone names no row of it",
            hint=f"name the column that tells persons apart: --subject {table}.COLUMN=VALUE; or another table about them",
        )
    values = tuple(m[2].split(",")) if len(keys[0]) > 1 else (m[2],)
    if len(values) != len(keys[0]):
        raise ConfigError(
            f"the key of {table} is ({', '.join(keys[0])})",
            hint=f"give {len(keys[0])} values, separated by commas",
        )
    return Asked(table, keys[0], values, True)


def own(conn: Connection, asked: Sequence[Asked], tables: Mapping[str, Table]) -> Own:
    """What is the person's own in the rows that were asked for: names, addresses, numbers, title."""
    rows: list[dict[str, str | None]] = []
    for a in asked:
        table = tables[a.table]
        notes = {column for column, _ in table.notes}
        columns = [
            c
            for c, kind in table.columns.items()
            if family(kind) == "text" and c not in notes | table.unreadable
        ]
        for first in range(0, len(columns), MOST_COLUMNS):
            some = columns[first : first + MOST_COLUMNS]
            query = sql.SQL("select {}::text from {} as x where {}").format(
                row_key(some, table.strange, "x"), sql.SQL(a.table), a.where(tables)
            )
            rows += [json.loads(row) for (row,) in conn.execute(query)]
    return Own.of(rows)
