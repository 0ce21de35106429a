"""Weighted evidence: words that together, in one sentence, say too much of a person, though none does alone.

A sentence is the sum of the integers of its words and pairs of neighbours, in tenths of a log-odds; one that reaches the
pack's threshold, holds a word that weighs much by itself (`leading`), and in which no rule found anything, is a finding of
level `watch`. The category is the one whose own
words weigh most. The integers are learnt from labelled notes by `motjuste rules weigh`; sql/42_weigh.sql is the same sum
in PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from motjuste.model import Weights
from motjuste.text import Variant, fold, variants, words, words_of

T = TypeVar("T")
NUMBER = "#"
LONGEST = 30  # words: what goes on longer is read in parts
_sentences = re.compile("[^.!?;]+").finditer
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


@dataclass(frozen=True)
class Weighed:
    """A sentence that reaches the threshold: its place in the reading, category, sum, and words that weigh, heaviest first."""

    start: int
    end: int
    category: str
    weight: int
    words: tuple[str, ...]


def body(text: str) -> Variant:
    """The reading of a stored text that is weighed: folded, with the end of a line as that of a sentence."""
    return variants(fold(text.replace("\n", ".")))[0]


def sentences(body: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence of a reading that holds a word, from its first word to its last."""
    for m in _sentences(body):
        found = [(w.start(), w.end()) for w in words(m[0])]
        for part in parts(found):
            yield m.start() + part[0][0], m.start() + part[-1][1]


def parts(words: Sequence[T]) -> Iterator[Sequence[T]]:
    """The parts in which the words of a sentence are read."""
    return (words[first : first + LONGEST] for first in range(0, len(words), LONGEST))


def features(tokens: Sequence[str]) -> set[str]:
    """What weighs in a sentence: each word and each pair of neighbours, once; a number is `#`, a ligature two letters."""
    plain = [NUMBER if w.isdigit() else w.translate(_LIGATURES) for w in tokens]
    return {*plain, *(f"{a} {b}" for a, b in pairwise(plain))}


class Scale:
    """The weights of a pack, ready to weigh. `leading` are the words of which a finding holds one."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._least = weights.threshold - weights.bias
        self.leading = frozenset(
            w for w, n in weights.fault.items() if n >= weights.leading and " " not in w and w != NUMBER
        )

    def reaches(self, sentences: Iterable[Sequence[str]]) -> bool:
        """Whether one of these sentences, as words, reaches the threshold."""
        return any(
            self._weight(features(part)) >= self._least
            for words in sentences
            if not self.leading.isdisjoint(words)
            for part in parts(words)
            if not self.leading.isdisjoint(part)
        )

    def weighed(self, body: str) -> Iterator[Weighed]:
        """The sentences of a reading that reach the threshold, in order."""
        fault = self._weights.fault
        for start, end in sentences(body):
            words = [w.translate(_LIGATURES) for w in words_of(body[start:end])]
            if self.leading.isdisjoint(words):
                continue
            found = features(words)
            weight = self._weight(found)
            if weight >= self._least:
                told = sorted((f for f in found if fault.get(f, 0) > 0), key=lambda f: (-fault[f], f))
                yield Weighed(start, end, self._category(found), weight + self._weights.bias, tuple(told))

    def _weight(self, found: set[str]) -> int:
        return _sum(found, self._weights.fault)

    def _category(self, found: set[str]) -> str:
        """The category whose words weigh most; of equals the first by name."""
        sums = {
            code: self._weights.bases[code] + _sum(found, weights)
            for code, weights in self._weights.categories.items()
        }
        return min(sums, key=lambda code: (-sums[code], code))


def _sum(found: set[str], weights: Mapping[str, int]) -> int:
    return sum(weights[f] for f in found & weights.keys())
