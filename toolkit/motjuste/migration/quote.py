"""Quotes names and values, so that they stay inside their quotes, even if a tool reads the file line by line."""

from __future__ import annotations

import json
import re
from typing import Any

# A raw line break may look like a tool's own mark, `${` is a placeholder to Flyway.
_ODD = re.compile(r"[^\x20-\U0010ffff]|[\x7f-\x9f\u2028\u2029]|\$(?=\{)")


def ident(name: str) -> str:
    """A name quoted for SQL."""
    return _quoted(name, '"')


_PART = re.compile(r'"((?:[^"]|"")*)"')


def relation(name: str) -> str:
    """A table's full name as the catalog quotes it, safe in a file that is read line by line."""
    return _PART.sub(lambda m: ident(m[1].replace('""', '"')), name) if _ODD.search(name) else name


def literal(text: str) -> str:
    """A string quoted for SQL with standard_conforming_strings on, which U& insists on."""
    return _quoted(text, "'")


def _quoted(text: str, mark: str) -> str:
    doubled = text.replace(mark, mark * 2)
    if not _ODD.search(text):
        return mark + doubled + mark
    escaped = _ODD.sub(lambda m: f"\\{ord(m[0]):04X}", doubled.replace("\\", "\\\\"))
    return f"U&{mark}{escaped}{mark}"


def comment(text: str) -> str:
    """The text on one line: a name with a line break in it must not end its comment."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("${", "$ {")


def data(value: Any) -> str:
    """The value as JSON on one line, to stand inside SQL quotes."""
    text = _ENCODER.encode(value).replace("$", "\\u0024").replace("'", "''")
    return text if text.isascii() and "\x7f" not in text else text.translate(_LINES)


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_LINES = {0x7F: "\\u007f", 0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def python(text: str) -> str:
    """The text as it stands between triple quotes in a Python file."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\r", "\\r")
