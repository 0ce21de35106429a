"""Patterns as regular expressions, compiled when they are met: at first of the words that are there, in the end of all.

A pattern that holds sets of hundreds of words takes longer to compile than a hundred notes to read. Of the words of the
texts in which it was met it takes a hundredth of that, and few words of a set are ever met; it is compiled again where
another one is, and whole once that has been so often that this costs no more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import cache

from motjuste.numbering import filled
from motjuste.pattern import expand, named_sets, spellings, spelt

DENSE = 3  # times as long as that of a few words takes a character of the whole to compile


class _Met:
    """A pattern that was met: of its sets, the words that were there, and what it is for these."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self.sets = sets
        self.words: list[Set[str]] = [frozenset()] * len(sets)
        self.expression: re.Pattern[str] | None = None
        # characters: to compile so many takes as long as the whole
        self.left = DENSE * sum(len(word) for words in sets for word in words)

    def new(self, there: Set[str]) -> bool:
        """Whether words are there of which the expression does not know; now it has to."""
        found = False
        for n, words in enumerate(self.sets):
            here = there & words
            if not here <= self.words[n]:
                self.words[n] = self.words[n] | here
                found = True
        return found


class Expressions:
    """The patterns of a pack, by the word sets that stand in them as `<number>`."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self._sets = sets
        self._whole: dict[str, re.Pattern[str]] = {}
        self._met: dict[str, _Met] = {}
        self._spelt = cache(spelt)
        self._spellings = cache(self._all_spellings)

    def whole(self, pattern: str) -> re.Pattern[str]:
        """The pattern with all words of its sets."""
        found = self._whole.get(pattern)
        if found is None:
            found = self._whole[pattern] = re.compile(expand(pattern, self._sets, self._spelt))
            self._met.pop(pattern, None)
        return found

    def among(self, pattern: str, there: Set[str]) -> re.Pattern[str]:
        """An expression that matches as the whole does in texts of which each word is one of `there`."""
        found = self._whole.get(pattern)
        if found is not None:
            return found
        met = self._met.get(pattern)
        if met is None:
            numbers = named_sets(pattern)
            if not numbers:
                return self.whole(pattern)
            met = self._met[pattern] = _Met([self._spellings(n) for n in numbers])
        if met.new(there) or met.expression is None:
            words = dict(zip(named_sets(pattern), met.words, strict=True))
            source = filled(pattern, lambda number: _any_of(words[number]))
            met.left -= len(source)
            if met.left < 0:
                return self.whole(pattern)
            met.expression = re.compile(source)
        return met.expression

    def _all_spellings(self, number: int) -> frozenset[str]:
        words = self._sets[number]
        found = frozenset(spellings(words))
        return found if len(found) > len(words) else words


def _any_of(words: Set[str]) -> str:
    """An expression for these words."""
    return f"(?:{'|'.join(sorted(words))})" if words else "(?!)"
