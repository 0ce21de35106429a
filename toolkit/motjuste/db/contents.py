"""The digest of each table of the rules as a pack would fill it. The digests are cached, because computing them takes seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.rulepack import tables

Digests = dict[str, tuple[tuple[str, ...], str]]


def digests(matcher: Matcher) -> Digests:
    """Table -> its columns and the digest of its rows, the same whatever their order; sql/queries/content.sql gives the same."""
    # the same rules of another program are other rows
    name = " ".join([matcher.pack.digest, *(part.program.digest for part in matcher.parts)])
    kept = assets.kept("contents", name)
    if kept is None:
        found = {
            table: (tuple(columns), digest(rows)) for table, (columns, rows) in tables.rows(matcher).items()
        }
        assets.keep("contents", name, json.dumps(found))
        return found
    return {table: (tuple(columns), value) for table, (columns, value) in json.loads(kept).items()}


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
