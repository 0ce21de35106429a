"""A pack as the rows of the tables in sql/20_tables.sql."""

from __future__ import annotations

from typing import Any

from motjuste.model import Context, Pack
from motjuste.pattern import spellings
from motjuste.raw import loosened

Rows = list[tuple[Any, ...]]


def _context(c: Context) -> tuple[str, ...]:
    return (c.before, c.after, c.near, c.phrase)


def rows(pack: Pack) -> dict[str, tuple[tuple[str, ...], Rows]]:
    """Table -> (columns, rows), in an order that satisfies the foreign keys. Deterministic."""
    categories = [
        (c.code, c.label, c.law, c.advice, c.inline, c.quoted, c.capitals)
        for _, c in sorted(pack.categories.items())
    ]
    rules: Rows = []
    terms: Rows = []
    keys: Rows = []
    anchors: Rows = []
    maskable: dict[str, str] = {}
    for rule in pack.rules:
        rules.append(
            (
                rule.id,
                rule.category,
                rule.level,
                rule.why,
                rule.key,
                *_context(rule.unless),
                *_context(rule.needs),
            )
        )
        for term in rule.terms:
            number = len(terms) + 1
            loose = loosened(term.pattern) if term.raw else ""
            terms.append((number, rule.id, term.pattern, term.raw))
            for key in term.keys:
                required = "{" + ",".join(map(str, key.required)) + "}"
                keys.append((len(keys) + 1, number, key.also, *key.reach, term.words, required, loose))
                anchors += [(anchor, len(keys)) for anchor in key.anchors]
        for word in rule.maskable:
            maskable[word] = min(rule.id, maskable.get(word, rule.id))
    context = tuple(
        f"{kind}_{side}" for kind in ("unless", "needs") for side in ("before", "after", "near", "phrase")
    )
    return {
        "category": (("code", "label", "law", "advice", "inline", "quoted", "capitals"), list(categories)),
        "message": (("name", "body"), sorted(pack.messages.items())),
        "rule": (("id", "category", "level", "why", "key", *context), rules),
        "term": (("id", "rule_id", "pattern", "raw"), terms),
        "key": (("id", "term_id", "also", "least", "most", "span", "required", "loose"), keys),
        "word_set": (
            ("id", "word"),
            [(n, word) for n, forms in enumerate(pack.sets) for word in sorted(spellings(forms))],
        ),
        "anchor": (("token", "key_id"), anchors),
        "maskable": (("word", "rule_id"), sorted(maskable.items())),
    }
