"""A reading of a note: its sentences as rows of words, with their classes and places."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from motjuste.engine.program import DEAD, KEPT, Program
from motjuste.engine.text import without_ligatures

ROOTS = ("terms", "contexts", "effects")
NUMBER = "#"
Firsts = tuple[int, ...]  # the state after a word from each root
_sentences = re.compile("[^.;]+").finditer
_words = re.compile("[^ .;]+").finditer


class Vocabulary:
    """What a program knows of each word: its class, and the state after it from each root. Looked up once, then kept."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[str, tuple[int, Firsts]] = {}
        self._none = 0, (DEAD,) * len(ROOTS)
        self._number = self._look_up(NUMBER)

    def of(self, word: str) -> tuple[int, Firsts]:
        """(class, first states) of a word; class 0 for one that stands in no list."""
        return self._known.get(word) or self._met(word)

    def has(self, word: str) -> bool:
        """Whether the program has a word, of a class or not; a number it has."""
        return self.of(word) is not self._none

    def _met(self, word: str) -> tuple[int, Firsts]:
        found = self._look_up(without_ligatures(word))
        if found is self._none and word.isdigit():
            found = self._number
        if len(self._known) > KEPT:
            self._known.clear()
        self._known[word] = found
        return found

    def _look_up(self, word: str) -> tuple[int, Firsts]:
        number = self._program.vocabulary.find(word)
        if number < 0:
            return self._none
        size = len(ROOTS)
        first = self._program.word_first[number * size : (number + 1) * size]
        return self._program.word_class[number], tuple(first)


class Sentence:
    """The words of one sentence, with what the vocabulary has of them; `starts` and `ends` are places in the reading."""

    def __init__(self, skeleton: str, start: int, end: int, words: list[str], vocabulary: Vocabulary) -> None:
        self._skeleton = skeleton
        self.start, self.end = start, end
        self.words = words
        known = list(map(vocabulary.of, words))
        self.classes = [one for one, _ in known]
        self.firsts = [firsts for _, firsts in known]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return [m.span() for m in _words(self._skeleton, self.start, self.end)]

    @cached_property
    def starts(self) -> list[int]:
        """Where each word begins."""
        return [start for start, _ in self._spans]

    @cached_property
    def ends(self) -> list[int]:
        """Where each word ends."""
        return [end for _, end in self._spans]

    def gap(self, at: int) -> int:
        """How many signs stand before the word at `at`, or behind the last; 0 before the first."""
        return (self.starts[at] if at < len(self.starts) else self.end) - self.ends[at - 1] if at else 0

    def within(self, left: int, right: int) -> range:
        """The words that lie between these places of the reading, whole."""
        return range(
            bisect_left(self.starts, left), len(self.ends) if right >= self.end else self._until(right)
        )

    def _until(self, right: int) -> int:
        at = bisect_left(self.ends, right)
        return at + 1 if at < len(self.ends) and self.ends[at] == right else at


def sentences(skeleton: str, vocabulary: Vocabulary) -> Iterator[Sentence]:
    """The sentences of a skeleton (text.skeleton) that hold a word, in order. No phrase goes from one to the next."""
    for m in _sentences(skeleton):
        if words := m[0].split():
            yield Sentence(skeleton, *m.span(), words, vocabulary)
