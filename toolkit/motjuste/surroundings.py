"""What may, or must, stand around a match: the alternatives of one side of a context, each tried only where its words are.

To compile an expression of hundreds of words takes longer than to read a note. An alternative of one word is
looked up in a set; one of several is compiled when the words that it needs are first met, once for all rules that
share it. sql/40_check.sql does the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from motjuste.expressions import Expressions
from motjuste.pattern import alternatives, firm_sets, spellings, tied

SIDES = ("before", "after", "near", "phrase")
_ENDS = str.maketrans(".;", "  ")
_last_word = re.compile(r"[^ .;]+(?= *$)").search
_first_word = re.compile(r"^ *([^ .;]+)").search
_words = re.compile(r"[^ .;]+").finditer


def words_there(skeleton: str) -> frozenset[str]:
    """The words of a part of a skeleton."""
    return frozenset(skeleton.translate(_ENDS).split())


class Surroundings:
    """One side of a context, ready to look for; `side` is one of SIDES."""

    def __init__(
        self, context: str, side: str, sets: Sequence[frozenset[str]], expressions: Expressions
    ) -> None:
        self._side = side
        self._expressions = expressions
        self._single: frozenset[str] = frozenset()
        self._several: list[tuple[tuple[frozenset[str], ...], str]] = []
        for one in alternatives(context):
            needed = tuple(frozenset(spellings(sets[n])) for n in firm_sets(one))
            if side != "phrase" and re.fullmatch(r"<\d+>", one):
                self._single |= needed[0]
            else:
                self._several.append((needed, one))
        self._bare = any(not needed for needed, _ in self._several)
        self._opening = frozenset().union(*(needed[0] for needed, _ in self._several if needed))

    def found(self, area: str, there: Set[str]) -> Iterator[tuple[int, int]]:
        """(start, end) of what stands in this part of a skeleton, what lies before, after or around a match.

        `there` are the words all around the match.
        """
        yield from self._of_one_word(area)
        if not self._bare and self._opening.isdisjoint(there):
            return
        possible = [one for needed, one in self._several if all(not n.isdisjoint(there) for n in needed)]
        expressions = [self._expressions.among(tied(one, self._side), there) for one in possible]
        if self._side == "phrase":
            yield from _first_of(expressions, area)
            return
        for expression in expressions:
            for m in expression.finditer(area):
                yield m.span()

    def _of_one_word(self, area: str) -> Iterator[tuple[int, int]]:
        if not self._single:
            return
        if self._side == "near":
            yield from (m.span() for m in _words(area) if m[0] in self._single)
        elif self._side == "before":
            if (m := _last_word(area)) and m[0] in self._single:
                yield m.span()
        elif (m := _first_word(area)) and m[1] in self._single:
            yield m.span(1)


def _first_of(expressions: Sequence[re.Pattern[str]], area: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what an alternative of all of these would match, in order: of two that overlap the first counts.

    There are too many combinations for each to be compiled.
    """
    at = 0
    while True:
        there = [m.span() for e in expressions if (m := e.search(area, at))]
        if not there:
            return
        start, at = min(there, key=lambda span: span[0])
        yield start, at
