"""A pack as the rows of the tables in sql/20_tables.sql."""

from __future__ import annotations

from typing import Any

from motjuste.model import Context, Pack
from motjuste.pattern import loosened, spellings

Rows = list[tuple[Any, ...]]
MASKED = "*"  # the anchor that motjuste.tokens gives a note with a masked word


def _context(c: Context) -> tuple[str, ...]:
    return (c.before, c.after, c.near, c.phrase)


def rows(pack: Pack) -> dict[str, tuple[tuple[str, ...], Rows]]:
    """Table -> (columns, rows), in an order that satisfies the foreign keys. Deterministic."""
    categories = [(c.code, c.label, c.law, c.advice, c.inline) for _, c in sorted(pack.categories.items())]
    rules: Rows = []
    terms: Rows = []
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
            required = "{" + ",".join(map(str, term.required)) + "}"
            loose = loosened(term.pattern) if term.raw else ""
            terms.append((number, rule.id, term.pattern, required, term.raw, loose))
            anchors += [(anchor, number, term.also) for anchor in term.anchors]
        for word in rule.maskable:
            maskable[word] = min(rule.id, maskable.get(word, rule.id))
    if maskable:
        # A gate that opens on any masked word; no pattern of its own: motjuste.matches reads `maskable`.
        anchors += [(MASKED, min(n for n, rule_id, *_ in terms if rule_id in maskable.values()), -1)]
    context = tuple(
        f"{kind}_{side}" for kind in ("unless", "needs") for side in ("before", "after", "near", "phrase")
    )
    return {
        "category": (("code", "label", "law", "advice", "inline"), list(categories)),
        "message": (("name", "body"), sorted(pack.messages.items())),
        "rule": (("id", "category", "level", "why", "key", *context), rules),
        "term": (("id", "rule_id", "pattern", "required", "raw", "loose"), terms),
        "word_set": (
            ("id", "word"),
            [(n, word) for n, forms in enumerate(pack.sets) for word in sorted(spellings(forms))],
        ),
        "anchor": (("token", "term_id", "also"), anchors),
        "maskable": (("word", "rule_id"), sorted(maskable.items())),
    }
