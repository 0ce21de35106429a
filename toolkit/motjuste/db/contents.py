"""The tables of the rules as a pack fills them: the rows as COPY reads them, and a digest of each table.

Both take seconds to make. Those of the shipped rules are in the wheel, others in the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.rulepack import tables

Digests = dict[str, tuple[tuple[str, ...], str]]
SPECIAL = re.compile(r"[\\\t\n\r]").search


def digests(matcher: Matcher) -> Digests:
    """Table -> its columns and the digest of its rows, the same whatever their order; sql/queries/content.sql gives the same."""
    head, _ = _parts(stored(matcher))
    return {t["table"]: (tuple(t["columns"]), t["digest"]) for t in head["tables"]}


def rows(matcher: Matcher) -> Iterator[tuple[str, tuple[str, ...], bytes]]:
    """(table, columns, its rows as COPY reads them), in an order that satisfies the foreign keys."""
    head, packed = _parts(stored(matcher))
    body, at = memoryview(zlib.decompress(packed)), 0
    for table in head["tables"]:
        yield table["table"], tuple(table["columns"]), bytes(body[at : at + table["size"]])
        at += table["size"]


def stored(matcher: Matcher) -> bytes:
    """The file of these rules: a line of JSON that describes the tables, then all rows, compressed."""
    # the same rules of another program are other rows
    name = " ".join([matcher.pack.digest, *(part.program.digest for part in matcher.parts)])
    built = files("motjuste") / "built" / f"{matcher.pack.language}.rows"
    if built.is_file() and _named(found := built.read_bytes(), name):
        return found
    kept = assets.kept("rows", name)
    if kept is not None and _named(kept, name):
        return kept
    made = _made(matcher, name)
    assets.keep("rows", name, made)
    return made


def _made(matcher: Matcher, name: str) -> bytes:
    told: list[dict[str, Any]] = []
    body = []
    for table, (columns, found) in tables.rows(matcher).items():
        body.append("".join(map(_line, found)).encode())
        told.append({"table": table, "columns": columns, "digest": digest(found), "size": len(body[-1])})
    packed = zlib.compress(b"".join(body), level=1)
    return json.dumps({"name": name, "crc": zlib.crc32(packed), "tables": told}).encode() + b"\n" + packed


def _parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, packed = content.partition(b"\n")
    return json.loads(head), packed


def _named(content: bytes, name: str) -> bool:
    """Whether this is the whole file of the rules with this name: a file of the cache may be damaged."""
    try:
        head, packed = _parts(content)
        return bool(head["name"] == name and head["crc"] == zlib.crc32(packed))
    except (ValueError, KeyError, TypeError):
        return False


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
