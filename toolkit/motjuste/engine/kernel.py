"""The kernel in C: what it is told of the rules in use, beside their programs. rulepack/README.md has the format."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from motjuste.engine.program import hashed, pack, strings

if TYPE_CHECKING:
    from motjuste.engine.matcher import Matcher

LEVELS = {"": 0, "watch": 1, "block": 2}
KEYS = ("", "luhn", "nir", "iban")
NO_LIMIT = -(1 << 31)


def settings(matcher: Matcher) -> bytes:
    """Which rules are in use, at which level, and what else a policy may change: a file of sections, as a program is one.

    Rules and categories are numbered in the order of their names.
    """
    rules = sorted(matcher.pack.rules, key=lambda r: r.id)
    numbers = {r.id: n for n, r in enumerate(rules)}
    codes = sorted(matcher.pack.categories)
    scale = matcher.scale
    columns = matcher.parts[0].program.meta["columns"] if scale else []
    limits = scale.limits if scale else {}
    told = array("i")
    for rule in rules:
        part = matcher.part_of[rule.id]
        told.extend((
            codes.index(rule.category), LEVELS[rule.level], KEYS.index(rule.key), limits.get(rule.id, NO_LIMIT),
            matcher.parts.index(part), part.numbers[rule.id],
        ))  # fmt: skip
    categories = array("i")
    for code in codes:
        category, together = matcher.pack.categories[code], matcher.together.get(code)
        categories.extend((
            LEVELS[category.quoted], LEVELS[category.unsure], bool(category.capitals),
            numbers[together.id] if together else -1,
            columns.index(code) if code in columns else -1, scale.learnt.bases.get(code, 0) if scale else 0,
        ))  # fmt: skip
    constants = (
        [scale.learnt.threshold, scale.sure, scale.bias, *map(columns.index, ("fault", "close", "far", "signs"))]
        if scale
        else []
    )
    persons = sorted(map(str.encode, matcher.pack.persons))
    maskable = sorted(matcher.maskable.items(), key=lambda one: one[0].encode())
    parts = [
        array("i", [numbers[r.id] if r else -1 for r in part.rules]) for part in matcher.parts
    ] + [array("i")]
    return pack(
        {
            "scale": array("i", constants).tobytes(),
            **strings(codes, "codes", "code_at"),
            "categories": categories.tobytes(),
            **strings([r.id for r in rules], "ids", "id_at"),
            "rules": told.tobytes(),
            "part_0": parts[0].tobytes(),
            "part_1": parts[1].tobytes(),
            **strings([w.decode() for w in persons], "persons", "person_at"),
            "person_hash": hashed(persons),
            **strings([word for word, _ in maskable], "maskable", "maskable_at"),
            "maskable_rule": array("I", [numbers[rule] for _, rule in maskable]).tobytes(),
        }
    )
