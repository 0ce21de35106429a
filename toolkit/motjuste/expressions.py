"""Patterns as regular expressions, compiled when they are met: at first of the words that are there, then of all.

A pattern that holds sets of hundreds of words takes longer to compile than a hundred notes to read, and most patterns are met
a few times. With the words of a text alone it takes no time, as PostgreSQL has it always; it is compiled whole once it has
been met so often that this costs no more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from functools import cache

from motjuste.pattern import expand, spellings, spelt
from motjuste.text import without_ligatures

SELDOM = (
    30  # times that a pattern is compiled of the words of a text: as long as it takes to compile it whole
)


class Expressions:
    """The patterns of a pack, by the word sets that stand in them as `<number>`."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self._sets = sets
        self._whole: dict[str, re.Pattern[str]] = {}
        self._met: Counter[str] = Counter()
        self._spelt = cache(spelt)

    def whole(self, pattern: str) -> re.Pattern[str]:
        """The pattern with all words of its sets."""
        found = self._whole.get(pattern)
        if found is None:
            found = self._whole[pattern] = re.compile(expand(pattern, self._sets, self._spelt))
        return found

    def among(self, pattern: str, there: Set[str]) -> re.Pattern[str]:
        """An expression that matches as the whole does in texts of which each word is one of `there`."""
        found = self._whole.get(pattern)
        if found is not None:
            return found
        self._met[pattern] += 1
        if self._met[pattern] > SELDOM or "<" not in pattern:
            return self.whole(pattern)
        return re.compile(expand(pattern, self._sets, lambda words: _any_of(words, there)))


def _any_of(words: frozenset[str], there: Set[str]) -> str:
    """An expression for those of the words, with or without ligatures, that are there."""
    found = words & there
    for word in there:
        if not word.isascii() and word in spellings({without_ligatures(word)} & words):
            found |= {word}
    return f"(?:{'|'.join(sorted(found))})" if found else "(?!)"
