"""Functions of the server's that migrations build statements and ask questions with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from motjuste.schema_check.budget import bounded
from motjuste.schema_check.catalogue import Constraint, Relation, TypeRef, quoted
from motjuste.schema_check.logic import HOLE, compare
from motjuste.schema_check.rows import UNKNOWN, Definition

Text = Callable[[Any], Any]  # a value as text


def _format(text: Text, arguments: list[Any]) -> Any:
    if not arguments or not isinstance(arguments[0], str):
        return UNKNOWN
    values, at = arguments[1:], 0

    def one(m: re.Match[str]) -> str:
        nonlocal at
        if m[0] == "%%":
            return "%"
        index = int(m[1]) - 1 if m[1] else at
        at = index + 1
        value = text(values[index]) if index < len(values) else HOLE
        kind = m[2]
        if value is None:
            return "NULL" if kind == "L" else ""
        if HOLE in value:
            return str(value)
        if kind == "I":
            return value if isinstance(values[index], Relation) else quoted(value)
        return "'" + value.replace("'", "''") + "'" if kind == "L" else str(value)

    return re.sub(r"%%|%(?:(\d+)\$)?(?:-?\d+)?([sIL])", one, arguments[0])


def _texts(apply: Callable[..., Any]) -> Callable[[Text, list[Any]], Any]:
    """A function of texts: NULL for NULL, not known where one is not."""

    def run(text: Text, arguments: list[Any]) -> Any:
        values = [a if isinstance(a, int) and not isinstance(a, bool) else text(a) for a in arguments]
        if None in values:
            return None
        if any(isinstance(v, str) and HOLE in v for v in values):
            return HOLE
        try:
            return apply(*values)
        except (TypeError, IndexError, ValueError, OverflowError, re.error):
            return UNKNOWN

    return run


def _coalesce(text: Text, arguments: list[Any]) -> Any:
    return next((a for a in arguments if a is not None), None)


def _concat(text: Text, arguments: list[Any]) -> Any:
    return "".join(text(a) or "" for a in arguments)


def _concat_ws(text: Text, arguments: list[Any]) -> Any:
    separator = text(arguments[0]) if arguments else None
    return None if separator is None else separator.join(text(a) for a in arguments[1:] if a is not None)


def _length(text: Text, arguments: list[Any]) -> Any:
    value = arguments[0] if arguments else UNKNOWN
    if value is None:
        return None
    if isinstance(value, list):
        return len(value) or None
    return len(value) if isinstance(value, str) and HOLE not in value else UNKNOWN


def _format_type(text: Text, arguments: list[Any]) -> Any:
    return str(arguments[0]) if arguments and isinstance(arguments[0], TypeRef) else UNKNOWN


def _constraint_definition(text: Text, arguments: list[Any]) -> Any:
    key = arguments[0] if arguments else UNKNOWN
    if not isinstance(key, Constraint):
        return None if key is None else UNKNOWN
    names = [c.name for c in (*key.columns, *key.target_columns)]
    kind = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY REFERENCES", "c": "CHECK"}.get(key.kind, "")
    return Definition(" ".join([kind, key.says, *names, key.target.name if key.target else ""]))


def _regexp_replace(value: str, pattern: str, by: str, flags: str = "") -> Any:
    if not bounded(pattern, len(value)) or set(flags) - {"g", "i"}:
        return UNKNOWN  # not the same in Python, or it may not end soon
    by = re.sub(r"\\(\d)", r"\\g<\1>", by).replace("\\&", "\\g<0>")
    once, folded = int("g" not in flags), re.IGNORECASE if "i" in flags else 0
    return re.sub(pattern, by, value, count=once, flags=folded)


def _regexp_split(value: str, pattern: str) -> Any:
    # what groups hold Python gives too
    return re.split(pattern, value) if bounded(pattern, len(value)) and "(" not in pattern else UNKNOWN


def _nullif(text: Text, arguments: list[Any]) -> Any:
    equal = compare("=", *arguments[:2]) if len(arguments) > 1 else UNKNOWN
    return UNKNOWN if equal is UNKNOWN else None if equal is True else arguments[0]


def _split_part(value: str, separator: str, n: int) -> str:
    parts = value.split(separator)
    return parts[n - 1] if 0 < n <= len(parts) else ""


def _to_char(value: Any, shape: str) -> Any:
    if isinstance(value, int) and re.fullmatch(r"FM[09]+", shape):
        return str(value).zfill(len(shape) - 2)
    return UNKNOWN


def growth(name: str, arguments: list[Any]) -> tuple[int, int]:
    """How many characters and elements a call may give at most, from what it is given: told before it is made."""
    texts = [a for a in arguments if isinstance(a, str)]
    numbers = [a for a in arguments if isinstance(a, int)]
    size = len(texts[0]) if texts else 0
    if name == "repeat" and texts and numbers:
        return size * max(numbers[0], 0), 0
    if name in ("lpad", "rpad") and numbers:
        return max(numbers[0], 0), 0
    if name in ("replace", "regexp_replace") and len(texts) > 2:
        times = texts[0].count(texts[1]) if name == "replace" and texts[1] else size + 1
        # a group may stand in the text that takes its place, as often as it likes
        groups = texts[2].count("\\") * size if name == "regexp_replace" else 0
        return size + times * (len(texts[2]) + groups), 0
    if name in ("concat_ws", "format"):
        listed = sum(len(a) for a in arguments if isinstance(a, list))
        given = max((len(t) for t in texts[1:]), default=0)
        return sum(map(len, texts)) * 2 + (texts[0].count("%") if texts else 0) * given * 2 + listed, 0
    return 0, sum(len(t) for t in texts) if name.endswith("_to_array") else 0


FUNCTIONS: dict[str, Callable[[Text, list[Any]], Any]] = {
    "format": _format,
    "current_database": lambda text, arguments: "current_database",  # whichever it is, it is the one at hand
    "quote_ident": _texts(lambda v: quoted(v)),
    "quote_literal": _texts(lambda v: "'" + str(v).replace("'", "''") + "'"),
    "concat": _concat,
    "concat_ws": _concat_ws,
    "coalesce": _coalesce,
    "nullif": _nullif,
    "lower": _texts(str.lower),
    "upper": _texts(str.upper),
    "replace": _texts(str.replace),
    "trim": _texts(lambda v: v.strip(" ")),
    "btrim": _texts(lambda v, chars=" ": v.strip(chars)),
    "left": _texts(lambda v, n: v[:n]),
    "right": _texts(lambda v, n: v[-n:]),
    "substr": _texts(lambda v, at, size=10**6: v[at - 1 : at - 1 + size]),
    "lpad": _texts(lambda v, n, fill=" ": str(v).rjust(n, fill)[:n]),
    "split_part": _texts(_split_part),
    "string_to_array": _texts(lambda v, separator: v.split(separator)),
    "regexp_split_to_array": _texts(_regexp_split),
    "to_char": _texts(_to_char),
    "array_length": _length,
    "array_upper": _length,
    "array_lower": lambda text, arguments: 1 if _length(text, arguments) else None,
    "cardinality": _length,
    "length": _length,
    "char_length": _length,
    "format_type": _format_type,
    "pg_get_constraintdef": _constraint_definition,
    "regexp_replace": _texts(_regexp_replace),
    "initcap": _texts(str.title),
    "repeat": _texts(lambda v, n: v * max(n, 0)),
    "reverse": _texts(lambda v: v[::-1]),
    "ltrim": _texts(lambda v, chars=" ": v.lstrip(chars)),
    "rtrim": _texts(lambda v, chars=" ": v.rstrip(chars)),
    "strpos": _texts(lambda v, part: v.find(part) + 1),
    "starts_with": _texts(str.startswith),
    "parse_ident": _texts(lambda v: [p.strip('"') for p in v.split(".")]),
}  # fmt: skip
