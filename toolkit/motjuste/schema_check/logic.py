"""Three-valued logic as SQL has it, on values that may be UNKNOWN: comparisons, patterns, sums and joined texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from motjuste.schema_check.budget import REGEX, bounded
from motjuste.schema_check.catalogue import Constraint, Function, Relation, TypeRef
from motjuste.schema_check.rows import UNKNOWN, Definition, Space

HOLE = "\0"  # stands in a text where a part of it is not known


def both(a: Any, b: Any) -> Any:
    if a is False or b is False:
        return False
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if a is None or b is None:
        return None
    return bool(a) and bool(b)


def opposite(a: Any) -> Any:
    return a if a is UNKNOWN or a is None else not a


def is_null(a: Any) -> Any:
    return UNKNOWN if a is UNKNOWN else a is None


def over(word: str, listed: Any, test: Callable[[Any], Any]) -> Any:
    """ANY or ALL over a list."""
    if not isinstance(listed, list | tuple):
        return None if listed is None else UNKNOWN
    answer: Any = word == "all"
    for x in listed:
        one = test(x)
        answer = both(answer, one) if word == "all" else opposite(both(opposite(answer), opposite(one)))
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, Relation):
        return value.name
    if isinstance(value, Space):
        return value.name
    return value


def compare(sign: str, a: Any, b: Any) -> Any:
    if a is None or b is None:
        return None
    if a is UNKNOWN or b is UNKNOWN or any(isinstance(x, str) and HOLE in x for x in (a, b)):
        return UNKNOWN
    if isinstance(a, dict | list) or isinstance(b, dict | list):
        return UNKNOWN
    if isinstance(a, TypeRef) and isinstance(b, TypeRef):
        equal: Any = a.type is b.type and a.array == b.array
    elif isinstance(a, Relation | Constraint | Function | Space) and type(a) is type(b):
        equal = a == b
    elif isinstance(a, Relation) and isinstance(b, str) and "." in b:
        equal = b == a.label
    elif isinstance(b, Relation) and isinstance(a, str) and "." in a:
        equal = a == b.label
    else:
        a, b = _plain(a), _plain(b)
        if isinstance(a, str) != isinstance(b, str):
            if isinstance(a, int) and isinstance(b, str) and b.lstrip("-").isdigit():
                b = int(b)
            elif isinstance(b, int) and isinstance(a, str) and a.lstrip("-").isdigit():
                a = int(a)
            else:
                return UNKNOWN
        if sign in ("<", ">", "<=", ">="):
            if isinstance(a, str) and isinstance(b, str):
                return UNKNOWN
            return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign]
        equal = a == b
    if sign == "=":
        return equal
    return not equal if sign in ("<>", "!=") else UNKNOWN


def matches(sign: str, a: Any, b: Any) -> Any:
    if isinstance(b, tuple):
        return over(b[0], b[1], lambda x: matches(sign, a, x))
    if a is None or b is None:
        return None
    if isinstance(a, Definition) and isinstance(b, str):
        return _says(a, b)
    if not isinstance(a, str) or not isinstance(b, str) or HOLE in a + b or sign == "similar":
        return UNKNOWN
    if len(a) * len(b) > REGEX:
        return UNKNOWN
    try:
        if sign.startswith(("like", "ilike", "~~", "!~~")):
            found = _like(a, b, re.IGNORECASE if sign in ("ilike", "~~*", "!~~*") else 0)
        else:
            if not bounded(b, len(a)):
                return UNKNOWN  # not the same in Python, or it may not end soon
            found = re.search(b, a, re.IGNORECASE if sign.endswith("*") else 0) is not None
    except (re.error, OverflowError):
        return UNKNOWN
    return not found if sign.startswith("!") else found


def _like(text: str, pattern: str, folded: int) -> bool:
    """LIKE, each part between two % looked for once: its cost is that of the text's length times the pattern's."""
    parts: list[str] = [""]
    for p in re.split(r"(\\.|%|_)", pattern, flags=re.DOTALL):
        if p == "%":
            parts.append("")
        else:
            parts[-1] += "." if p == "_" else re.escape(p[1:] if p[:1] == "\\" else p)
    first, *rest = (re.compile(part, re.DOTALL | folded) for part in parts)
    if not rest:
        return first.fullmatch(text) is not None
    found = first.match(text)
    for part in rest[:-1]:
        found = part.search(text, found.end()) if found else None
    if found is None:
        return False
    # the last part stands at the end: no part but that has a length of its own
    last = rest[-1]
    size = len(re.sub(r"\\(.)", r"\1", parts[-1], flags=re.DOTALL))
    return len(text) - size >= found.end() and last.fullmatch(text, len(text) - size) is not None


# words that the server may put into the definition of a constraint that were not written
_DEPARSED = frozenset(("check", "any", "all", "array", "text", "character", "varying", "and", "or", "not", "null", "is", "in", "numeric",
                       "integer", "bpchar", "date", "time", "timestamp", "zone", "with", "without", "true", "false"))  # fmt: skip


def _says(definition: Definition, pattern: str) -> Any:
    """Whether a definition holds the one word that a pattern asks for."""
    found = re.fullmatch(r"%?(\w+)%?|%'(\w+)'%", pattern)
    word = (found[1] or found[2]).lower() if found else ""
    return UNKNOWN if not word or word in _DEPARSED else word in definition.words.lower()


def concatenated(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return None
    if isinstance(a, list):
        return [*a, *b] if isinstance(b, list) else [*a, b]
    if isinstance(b, list):
        return [a, *b]
    return "".join(x if isinstance(x, str) else str(x) if isinstance(x, int) else HOLE for x in (a, b))


def counted(sign: str, a: Any, b: Any) -> Any:
    if not (isinstance(a, int) and isinstance(b, int)) or (sign in "/%" and not b):
        return UNKNOWN
    if sign == "/":
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    found = {"+": a + b, "-": a - b, "*": a * b, "%": a % b if b else 0}[sign]
    return (
        found if -(2**63) <= found < 2**63 else UNKNOWN
    )  # out of bigint's range: the server would refuse it


def item(found: Any, index: Any) -> Any:
    if isinstance(found, list) and isinstance(index, int):
        return found[index - 1] if 0 < index <= len(found) else None
    return UNKNOWN
