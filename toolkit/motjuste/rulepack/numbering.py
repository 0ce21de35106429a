"""The numbers of a pack's word sets: in the order in which its categories and rules hold them, what none holds left out.

So a pack is the same however it was made: whole, or on top of another of which it keeps the most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from motjuste.model import Category, Context, Key, Rule, Term

_NUMBER = re.compile(r"<(\d+)>")


def numbers_in(pattern: str) -> list[int]:
    """The numbers of the word sets that stand in a pattern, in order."""
    return [int(number) for number in _NUMBER.findall(pattern)]


def filled(pattern: str, write: Callable[[int], str]) -> str:
    """The pattern with what `write` makes of the number of each word set in its place."""
    return _NUMBER.sub(lambda m: write(int(m[1])), pattern)


def numbered(
    categories: Mapping[str, Category], rules: Iterable[Rule], sets: Sequence[frozenset[str]]
) -> tuple[dict[str, Category], list[Rule], tuple[frozenset[str], ...]]:
    """These categories and rules with their word sets numbered anew, and the sets that go with the numbers."""
    held = [(rule, list(_of_rule(rule))) for rule in rules]
    order: dict[int, int] = {}
    for old in chain.from_iterable(olds for _, olds in held):
        order.setdefault(old, len(order))
    moved = {old for old, new in order.items() if old != new}
    return (
        dict(categories),
        [rule if moved.isdisjoint(olds) else _rule(rule, order) for rule, olds in held],
        tuple(sets[old] for old in order),
    )


def _in_patterns(patterns: Iterable[str]) -> list[int]:
    return [number for pattern in patterns for number in numbers_in(pattern)]


def _of_rule(rule: Rule) -> Iterator[int]:
    for term in rule.terms:
        yield from _in_patterns([term.pattern])
        for key in term.keys:
            for number, _, _ in key.needs:
                yield number
    for side in (rule.unless, rule.needs):
        yield from _in_patterns((side.before, side.after, side.near, side.phrase))


def _written(pattern: str, order: Mapping[int, int]) -> str:
    return filled(pattern, lambda number: f"<{order[number]}>")


def _rule(one: Rule, order: Mapping[int, int]) -> Rule:
    terms = tuple(_term(term, order) for term in one.terms)
    return replace(one, terms=terms, unless=_context(one.unless, order), needs=_context(one.needs, order))


def _term(one: Term, order: Mapping[int, int]) -> Term:
    keys = [Key(k.anchors, tuple([(order[n], least, most) for n, least, most in k.needs])) for k in one.keys]
    return replace(one, pattern=_written(one.pattern, order), keys=tuple(keys))


def _context(one: Context, order: Mapping[int, int]) -> Context:
    return Context(*(_written(pattern, order) for pattern in (one.before, one.after, one.near, one.phrase)))
