"""What a pack fills the tables of the rules with: their rows as COPY reads them, and the digest of each table.

Both are cached where there are many rows, because making them takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.rulepack import tables

Columns = tuple[str, ...]
Digests = dict[str, tuple[Columns, str]]
Copied = dict[str, tuple[Columns, str]]
MANY = 20_000  # rows: fewer are made as fast as they are read
SPECIAL = re.compile(r"[\\\t\n\r]").search


def digests(matcher: Matcher) -> Digests:
    """Table -> its columns and the digest of its rows, the same whatever their order; sql/queries/content.sql gives the same."""
    kept = assets.kept("contents", _name(matcher))
    if kept is None:
        content = tables.rows(matcher)
        found = {table: (tuple(columns), digest(rows)) for table, (columns, rows) in content.items()}
        _keep("contents", matcher, content, found)
        return found
    return {table: (tuple(columns), value) for table, (columns, value) in json.loads(kept).items()}


def copied(matcher: Matcher) -> Copied:
    """Table -> its columns and its rows as COPY reads them, in an order that satisfies the foreign keys."""
    kept = assets.kept("rows", _name(matcher))
    if kept is None:
        content = tables.rows(matcher)
        found = {
            table: (tuple(columns), "".join(map(_line, rows))) for table, (columns, rows) in content.items()
        }
        _keep("rows", matcher, content, found)
        return found
    return {table: (tuple(columns), lines) for table, (columns, lines) in json.loads(kept).items()}


def _name(matcher: Matcher) -> str:
    # the same rules of another program are other rows
    return " ".join([matcher.pack.digest, *(part.program.digest for part in matcher.parts)])


def _keep(
    kind: str, matcher: Matcher, content: tables.Content, found: dict[str, tuple[Columns, str]]
) -> None:
    if sum(len(rows) for _, rows in content.values()) >= MANY:
        assets.keep(kind, _name(matcher), json.dumps(found, ensure_ascii=False))


def digest(rows: Iterable[tuple[object, ...]]) -> str:
    """How many rows there are, and the sums of two parts of their SHA-256, each value with its length before it."""
    number = first = second = 0
    for row in rows:
        found = hashlib.sha256("".join(map(_field, row)).encode()).digest()
        number += 1
        first += int.from_bytes(found[:8], "big", signed=True)
        second += int.from_bytes(found[8:16], "big", signed=True)
    return f"{number} {first} {second}"


def _field(value: object) -> str:
    if value is None:
        return "-"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return f"{len(text.encode())}:{text}"


def _line(row: Iterable[object]) -> str:
    """A row as COPY reads it."""
    return "\t".join(map(_copy_text, row)) + "\n"


def _copy_text(value: object) -> str:
    if value is None:
        return "\\N"
    if not isinstance(value, str):
        return {True: "t", False: "f"}[value] if isinstance(value, bool) else str(value)
    if SPECIAL(value) is None:
        return value
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
