"""What is read of a table's row in the search of a person's notes, and how rows are found by a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import sql

from motjuste import discovery
from motjuste.access.document import Stored
from motjuste.access.graph import Plan, author_column
from motjuste.access.tables import Link, Table, castable, family
from motjuste.db.catalog import dates
from motjuste.db.connection import Connection
from motjuste.db.reading import printed, row_key
from motjuste.model import Column
from motjuste.notes.documents import strings
from motjuste.scanning.scan import Place, kept_key

DATES = 3  # of a row that are read: the first that is not empty is given
MINUTES = 16  # characters of a moment: 2026-11-25 10:30


class Row(NamedTuple):
    """A row that belongs to the person: its identity, its key as JSON, and the values that other tables may refer to."""

    identity: str
    key: str
    targets: dict[str, str | None]
    notes: list[Stored]


class Select:
    """What is read of a table's row: its identity and key, author, date, what other tables may name, its notes."""

    def __init__(self, conn: Connection, table: Table, way: Plan, author: str) -> None:
        self.table = table
        readable = set(table.columns) - table.unreadable
        self.targets = sorted({c for link in way.out_of(table.name) for c in link.targets} & readable)
        self.notes = [n for n in table.notes if n[0] in readable and n[0] not in table.documents]
        self.documents = [d for d in table.documents if d in readable]
        self.key = table.primary_key if set(table.primary_key) <= readable else ()
        self.author = author or author_column(table)
        known = dates(conn, table.name) if table.holds_notes else []
        self.dates = [(c, kind) for c, kind in known if c in readable][:DATES]
        parts = [
            self._identity(whole=not table.unreadable and table.kind != "f"),
            self._key(),
            *(
                _text(table, c)
                for c in (
                    self.author if self.author in readable else "",
                    *(c for c, _ in self.dates),
                    *self.targets,
                    *(c for c, _ in self.notes),
                    *self.documents,
                )
            ),
        ]
        self.columns = sql.SQL(", ").join(parts)

    def _identity(self, *, whole: bool) -> sql.Composable:
        """The identity of a row in this snapshot: its ctid, else its key, else all columns that this role may read."""
        if whole:
            return sql.SQL("x.tableoid::text || x.ctid::text")
        columns = self.key or [c for c in self.table.columns if c not in self.table.unreadable]
        values = sql.SQL(", ").join(_text(self.table, c) for c in columns)
        return sql.SQL("{} || array[{}]::text").format(sql.Literal(self.table.name), values)

    def _key(self) -> sql.Composable:
        return sql.SQL("{}::text").format(row_key(self.key, self.table.strange, "x"))

    def row(self, values: Sequence[Any]) -> Row:
        """The row of what was read, with its notes."""
        identity, key, author, *rest = values
        written, date_column, date_kind = next(
            ((v, *d) for d, v in zip(self.dates, rest, strict=False) if v), ("", "", "")
        )
        rest = rest[len(self.dates) :]
        targets = dict(zip(self.targets, rest, strict=False))
        texts = rest[len(self.targets) :]
        table, kept = self.table, kept_key(key)

        def stored(column: str, json_key: str, text: str) -> Stored:
            place = Place(table.name, column, json_key)
            return Stored(place, kept, author or "", written[:MINUTES], text, date_column, date_kind)

        notes = [
            stored(column, "", text)
            for (column, _), text in zip(self.notes, texts, strict=False)
            if text and text.strip()
        ]
        for column, text in zip(self.documents, texts[len(self.notes) :], strict=True):
            for json_key, value in strings(text).items() if text else ():
                if value.strip() and self._counts(column, json_key):
                    # json, unlike jsonb, may hold half a surrogate pair, which is no text
                    notes.append(stored(column, json_key, value.encode("utf-8", "replace").decode("utf-8")))
        return Row(identity, kept, targets, notes)

    def _counts(self, column: str, json_key: str) -> bool:
        """Whether a key of a document holds notes: the policy says so, or its name does."""
        named = Column(self.table.schema, self.table.bare, column, json_key=json_key, kind="jsonb")
        return (column, json_key) in self.table.notes or discovery.score(named).score >= discovery.SHOWN


def expression(column: str) -> sql.Composable:
    """A column of the row x, or the text under a key of its document: details->>client."""
    name, arrow, json_key = column.partition("->>")
    found = sql.SQL("x.") + sql.Identifier(name)
    return sql.SQL("({} ->> {})").format(found, sql.Literal(json_key)) if arrow else found


def as_text(table: Table, column: str) -> sql.Composable:
    """A column of the row x, or the text under a key of its document, as text."""
    return printed(expression(column), strange=column in table.strange)


def _text(table: Table, column: str) -> sql.Composable:
    if not column:
        return sql.SQL("null")
    return printed(sql.SQL("x.") + sql.Identifier(column), strange=column in table.strange)


def compared(table: Table, column: str) -> tuple[sql.Composable, str, str]:
    """How the row x is compared with a value of a column: the expression, the operator and the type of the value.

    No value is read as a row or a list of a user's own types, whose checks would run.
    """
    operator = table.strange.get(column, "=")
    if operator == "text":
        return as_text(table, column), "=", "text"
    return expression(column), operator, castable(table.columns.get(column, "text"))


def named(keys: Sequence[tuple[str, ...]]) -> sql.Composable:
    """Whether one of these keys of the row x names anybody."""
    said = (
        sql.SQL(" and ").join(sql.SQL("{} is not null").format(expression(c)) for c in columns)
        for columns in keys
    )
    return sql.SQL(" or ").join(sql.SQL("({})").format(s) for s in said) if keys else sql.SQL("false")


def targeted(row: Row, targets: Sequence[str]) -> tuple[str, ...] | None:
    """What a row has in the columns that a key names; None where one is null."""
    found = tuple(row.targets[c] for c in targets)
    return None if None in found else found  # type: ignore[return-value]


def _array(values: Sequence[str]) -> sql.Composable:
    """The literal of a list of texts, without a type."""
    each = ('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values)
    return sql.Literal("{" + ",".join(each) + "}")


def match(tables: Mapping[str, Table], link: Link, keys: Sequence[tuple[str, ...]]) -> sql.Composable:
    """The rows, called x, of a key's child whose columns have one of these values."""
    child, parent = tables[link.child], tables[link.parent]
    left: list[sql.Composable] = []
    arrays: list[sql.Composable] = []
    operators: list[str] = []
    for n, (column, target) in enumerate(zip(link.columns, link.targets, strict=True)):
        here = child.columns.get(column, "text")
        there = parent.columns.get(target, "text")
        value, operator, kind = compared(child, column)
        if column not in child.strange:
            kind = castable(here if family(here) == "text" else there)
            if target in parent.strange:
                kind = "text"
        if (
            family(here) != family(there) and "text" in (family(here), family(there))
        ) or kind == "text" != family(here):
            value, operator, kind = as_text(child, column), "=", "text"  # slow, and the same on both sides
        left.append(value)
        operators.append(operator)
        # read as it stands: from text[] each value would go through a cast, which the type's owner may have made
        arrays.append(sql.SQL("{}::").format(_array([k[n] for k in keys])) + sql.SQL(f"{kind}[]"))
    relation = sql.SQL(link.child)
    if len(left) == 1:
        test = f"{{}} as x where {{}} {operators[0]} any ({{}})"
        return sql.SQL(test).format(relation, left[0], arrays[0])
    names = [sql.Identifier(f"k{n}") for n in range(len(left))]
    same = sql.SQL(" and ").join(
        sql.SQL(f"{{}} {o} k.{{}}").format(a, b) for a, o, b in zip(left, operators, names, strict=True)
    )
    return sql.SQL("unnest({}) as k ({}) join {} as x on {} where true").format(
        sql.SQL(", ").join(arrays), sql.SQL(", ").join(names), relation, same
    )
