"""How a statement is told of: its first words, and the names that it seems to touch."""

from __future__ import annotations

import re

_NAMES = re.compile(
    r"\b(?:table|view|type|domain|schema|into|update|from|on|join)\s+(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?"
    r"((?:\"[^\"]+\"|[A-Za-z_][\w$]*)(?:\s*\.\s*(?:\"[^\"]+\"|[A-Za-z_][\w$]*))*)",
    re.IGNORECASE,
)
_KINDS = frozenset((
    "table", "view", "type", "domain", "schema", "trigger", "function", "procedure", "index", "sequence",
    "extension", "materialized", "foreign", "or", "temp", "unlogged",
))  # fmt: skip
_NOISE = frozenset(
    ("select", "public", "pg_catalog", "if", "each", "delete", "update", "insert", "the", "exists", "server")
)


def head(text: str) -> str:
    """The first words of a statement, in capitals, for a message."""
    words = re.findall(r"(?<![\w${:])[A-Za-z]+", text[:80])[:3]
    kept = words[: 3 if words and words[0].lower() in ("create", "alter", "drop") else 1]
    while len(kept) > 1 and kept[-1].lower() not in _KINDS:
        kept.pop()
    return " ".join(w.upper() for w in kept)


def touched(text: str) -> tuple[str, ...]:
    """The names that a statement seems to touch, at most five."""
    found: dict[str, None] = {}
    for m in _NAMES.finditer(text[:200_000]):
        name = re.sub(r"\s", "", m[1])
        if name.lower() not in _NOISE:
            found.setdefault(name)
    return tuple(list(found)[:5])
