"""The shape of a pack file: which fields a table may have, and of what type. What they mean is for `rules`."""

from __future__ import annotations

import re
from typing import Any

from motjuste.errors import RuleError
from motjuste.model import SLOTS

# A shape is a type, a list of one shape, or the fields of a table.
TERMS = [str]
CONTEXT = {"before": TERMS, "after": TERMS, "near": TERMS, "phrase": TERMS}
EXAMPLE = {"bad": str, "fixed": str}
RULE = {
    "id": str, "level": str, "why": str, "match": TERMS, "pattern": str, "anchors": TERMS, "key": str, "unless": CONTEXT,
    "needs": CONTEXT, "say": str, "maskable": TERMS, "examples": [EXAMPLE], "allowed": [str],
}  # fmt: skip
EFFECT = {"say": str, "when": TERMS}
CATEGORY = {
    "code": str, "label": str, "law": str, "advice": str, "level": str, "inline": str, "quoted": str, "effect": [EFFECT],
}  # fmt: skip

# a category's file; each rule is checked on its own, so that all that are wrong are told
FILE = {"category": CATEGORY, "rule": [dict]}
SHARED = {
    "pack.toml": {"language": str, "version": str, "messages": dict},
    "lists.toml": {"lists": dict},
    "forms.toml": {"forms": dict, "frequency": dict},
}
_TAKES = {str: "text, in quotes", dict: "a table"}


def check(value: Any, shape: Any, name: str) -> None:
    """Refuse a value that has not this shape: RuleError naming the field and what it takes."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise RuleError(f"`{name}` is a table, as in {{ {next(iter(shape))} = ... }}")
        unknown = sorted(set(value) - set(shape))
        if unknown:
            raise RuleError(f"unknown field {unknown} in `{name}`; known: {sorted(shape)}")
        for field, inner in value.items():
            check(inner, shape[field], field)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise RuleError(f"`{name}` is a list, between [ and ]")
        for item in value:
            check(item, shape[0], name)
    elif not isinstance(value, shape):
        raise RuleError(f"`{name}` takes {_TAKES[shape]}")
    elif name == "say":
        _slots(value)


def _slots(wording: str) -> None:
    """A slot is known, and stands in the brackets that go with it where nothing fills it."""
    inside = "".join(re.findall(r"\[[^\]]*\]", wording))
    for slot in re.findall(r"\{([^}]*)\}", wording):
        if slot not in SLOTS:
            raise RuleError(f"unknown slot {{{slot}}} in `say`; known: {', '.join(SLOTS)}")
        if "{" + slot + "}" not in inside:
            raise RuleError(f"the slot {{{slot}}} of `say` stands between [ and ]")
