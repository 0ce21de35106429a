"""INSERT ... SELECT: the columns of a table that take over the text of others."""

from __future__ import annotations

import re

from motjuste.schema_check import queries
from motjuste.schema_check.cursor import Cursor
from motjuste.schema_check.scope import texts
from motjuste.schema_check.session import Session

LONGEST = 50_000  # characters of a statement that is looked at
_READS = re.compile(r"\b(?:select|table)\b", re.IGNORECASE)
# as a dump has them by the thousand
_VALUES = re.compile(r"[^'()]*(?:\([^'()]*\)\s*)?(?<=[\s)])values\b", re.IGNORECASE)


def insert(s: Session, text: str) -> None:
    """Note which columns an INSERT fills from a query. Raises NotUnderstood where the query is not read."""
    if len(text) > LONGEST or text[:6].lower() != "insert" or _VALUES.match(text) or not _READS.search(text):
        return
    s.spend(1 + len(text) // 200)
    c = Cursor.of(text)
    c.need("insert", "into")
    relation = s.find_relation(c.qualified())
    if relation is None:
        return
    if c.take("as"):
        c.name()
    into = relation.columns
    if c.sees("(") and c.peek(1) not in ("select", "with", "table", "("):
        named = [relation.column(name) for name in c.list_of_names()]
        into = [column for column in named if column is not None]
        if len(into) < len(named):
            return
    if c.take("overriding"):
        c.next()
        c.need("value")
    if c.sees("values") or c.sees("default"):
        return
    for column, given in zip(into, queries.columns(s, _query(c)), strict=False):
        found = [t for t in texts(given.type, (given,)) if t is not column]
        if found and column.origin == "created":
            column.texts, column.filled = tuple(dict.fromkeys((*column.texts, *found))), s.place
            column.changed.append(s.place)


def _query(c: Cursor) -> Cursor:
    """What stands before ON CONFLICT or RETURNING."""
    begin, end = c.i, len(c.tokens)
    depth = 0
    for i in range(begin, end):
        sign = c.tokens[i].value if c.tokens[i].kind in ("op", "word") else ""
        depth += (sign == "(") - (sign == ")")
        after = c.tokens[i + 1].value if i + 1 < end else ""
        if depth == 0 and (sign == "returning" or (sign == "on" and after == "conflict")):
            end = i
            break
    return Cursor(c.tokens[begin:end], c.text)
