"""Weighted evidence: what the words of a sentence say together.

A sentence is the sum of the integers of its words, in tenths of a log-odds: of the word itself, of its first four letters,
which stand for its forms and for words never seen, and of two words in a row by the first four letters of each, which
stand for turns of phrase. It is used twice, in the rules that may be weighed:

- a sentence that reaches the `threshold`, holds a word that weighs much by itself (`leading`), and in which no rule found
  anything, is a finding of level `watch`, of the category whose own words weigh most;
- a match in a sentence whose words speak against it, down to the limit of its rule, is no finding, and where they do not
  speak for it either, down to `sure`, a category may say that it is watched instead of refused. Much has to be said against
  the matches of a rule that are nearly always at fault, little against those of one that often are not. The words of the
  match itself never speak against it.

A match of a rule of level block is none only where it means something else as well: where the words right beside it and how it is
written (`sense`) say less than what its rule is `spared` by. Else it is watched, whatever its sentence says: the style of a sentence
is no other meaning.

What words say of a match beside it is more than that: `close` has what they add to the sum, by themselves and by their first
four letters. `signs` has what is said of it by how it is written (after a title, in quotation marks), by what stands right
beside it (a name, a word for a person, a comma), and by a sentence of few words. And the sentences around tell of whom or
what one speaks: `far` has what the first four letters of their words say. They never make a finding of a sentence that reaches no threshold by itself, and never speak
against the match of a rule of level block: no text that is added to a note lowers it.

The integers are learnt from labelled notes by `make weights`; sql/35_weigh.sql is the same sum in PostgreSQL.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

from motjuste.engine.text import Variant, fold, plain_reading, without_ligatures, words, words_of
from motjuste.model import Weights

T = TypeVar("T")
NUMBER = "#"
STEM = 4  # letters
LONGEST = 30  # words: what goes on longer is read in parts
AROUND = 5  # sentences before and after that are read with one
LOUDEST = 12  # what these say at most, for or against
ENOUGH = 7  # words: a sentence of fewer is short
SHORT = "short"
NEAR = 4  # words on either side that say what a match means
CAPITAL = "capital"  # the sign of a match that begins with one
_sentences = re.compile("[^.!?;]+").finditer


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence of a reading: its place, its words in order, and what is asked of few: the words that weigh, their sum."""

    start: int
    end: int
    row: list[str]
    scale: Scale
    n: int

    @cached_property
    def words(self) -> list[str]:
        """The words that weigh, in order."""
        return plain(self.row)

    @cached_property
    def weight(self) -> int:
        """The sum of its words."""
        return self.scale.weight(self.words) + self.scale.bias

    @cached_property
    def far(self) -> int:
        """What its words say of the sentences around."""
        return self.scale.far(self.words)

    def without(self, words: Container[str]) -> Sentence:
        """The sentence without some of its words that weigh."""
        row = [w for w, told in zip(self.row, self.words, strict=True) if told not in words]
        return replace(self, row=row)


class Sentences:
    """The sentences of a stored text, ready to be asked which of them a match is in."""

    def __init__(self, scale: Scale, text: str) -> None:
        self.scale = scale
        self.variant = body(text)
        self._all = list(scale.read(self.variant.body))

    def __iter__(self) -> Iterator[Sentence]:
        return iter(self._all)

    @cached_property
    def _starts(self) -> list[int]:
        return [self.place(s)[0] for s in self._all]

    def place(self, sentence: Sentence) -> tuple[int, int]:
        """The (start, end) of a sentence in the stored text."""
        start, length = self.variant.original(sentence.start, sentence.end - sentence.start)
        return start, start + length

    def around(self, sentence: Sentence, *, grave: bool = False) -> int:
        """What the sentences around one say of it; for a `grave` match only what speaks for it."""
        around = self._all[max(sentence.n - AROUND, 0) : sentence.n + AROUND + 1]
        return self.scale.around(s.far for s in around if s is not sentence and (s.far > 0 or not grave))

    def speaks_for(self, sentence: Sentence, match: str, signs: Iterable[str], *, grave: bool) -> int:
        """What all that stands around a match, a stored text, says for it; `signs` are those that it bears."""
        own = plain(words_of(fold(match)))
        return (
            sentence.weight
            + self.around(sentence, grave=grave)
            + self.scale.beside(sentence.words, own, signs)
        )

    def is_finding(self, sentence: Sentence, said: Sentence) -> bool:
        """Whether a sentence, or what of it is `said` where some words mean something else, is one, and those around do not speak against it."""
        return self.scale.is_finding(said, min(self.around(sentence), 0))

    def holding(self, start: int, end: int) -> Sentence | None:
        """The sentence that holds this part of the stored text, None where none holds all of it."""
        n = bisect_right(self._starts, start) - 1
        return self._all[n] if n >= 0 and end <= self.place(self._all[n])[1] else None


def body(text: str) -> Variant:
    """The reading of a stored text that is weighed: folded, with the end of a line as that of a sentence."""
    return plain_reading(fold(text.replace("\n", ".")))


def sentences(body: str) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, words) of each sentence of a reading that holds a word, from its first word to its last.

    No word holds a ligature.
    """
    for m in _sentences(body):
        found = words_of(m[0])
        if len(found) > LONGEST:
            places = [(w.start(), w.end()) for w in words(m[0])]
            for part in parts(places):
                start, end = part[0][0], part[-1][1]
                yield m.start() + start, m.start() + end, words_of(without_ligatures(m[0][start:end]))
        elif found:
            end = m[0].rindex(found[-1]) + len(found[-1])
            start = m[0].index(found[0])
            yield (
                m.start() + start,
                m.start() + end,
                found if m[0].isascii() else words_of(without_ligatures(m[0])),
            )


def parts(words: Sequence[T]) -> Iterator[Sequence[T]]:
    """The parts in which the words of a sentence are read."""
    return (words[first : first + LONGEST] for first in range(0, len(words), LONGEST))


def plain(tokens: Iterable[str]) -> list[str]:
    """The words that weigh, in order; a number is `#`, a ligature two letters."""
    return [NUMBER if w.isdigit() else without_ligatures(w) for w in tokens]


def features(words: Sequence[str]) -> set[str]:
    """What weighs of these words in a row, each once: themselves, what they begin with, as `alco*`, and each two as `pas alco`."""
    return {*close_features(words), *_pairs(words)}


def close_features(words: Iterable[str]) -> set[str]:
    """What says of a match beside it: the words, and what they begin with."""
    told = set(words)
    return {*told, *(w[:STEM] + "*" for w in told if len(w) > STEM)}


def short(words: Sequence[str]) -> tuple[str, ...]:
    """The sign of a match in a sentence of so few words that most of what it weighs is the bias."""
    return (SHORT,) if len(words) < ENOUGH else ()


def far_features(words: Iterable[str]) -> set[str]:
    """What says of the sentences around: what the words begin with."""
    return {w[:STEM] for w in words}


def sense_features(before: Sequence[str], after: Sequence[str], signs: Iterable[str]) -> set[str]:
    """What says what a match means: its signs, the words right before and after it, and what those near them begin with.

    Of each side, as it stands in the line, up to `NEAR` words.
    """
    told = {*signs, *(w[:STEM] for w in (*before[-NEAR:-1], *after[1:NEAR]))}
    if before:
        told |= {f"{before[-1]} _", f"{before[-1][:STEM]}* _"}
    if after:
        told |= {f"_ {after[0]}", f"_ {after[0][:STEM]}*"}
    return told


def _pairs(words: Sequence[str]) -> list[str]:
    """Each two words in a row, by what they begin with."""
    return [f"{one} {other}" for one, other in pairwise([w[:STEM] for w in words])]


def weight(words: Sequence[str], weights: Mapping[str, int]) -> int:
    """The sum of what weighs of these words."""
    return _sum(features(words), weights)


def _sum(told: Set[str], weights: Mapping[str, int]) -> int:
    return sum([weights.get(f, 0) for f in told])


def against(words: Sequence[str], weights: Mapping[str, int]) -> int:
    """The sum, at most 0, of those of these words in a row, and of those pairs of them, that weigh less than 0."""
    alone = sum(min(weight([w], weights), 0) for w in set(words))
    return alone + sum(min(weights.get(pair, 0), 0) for pair in set(_pairs(words)))


class Scale:
    """The weights of a pack, ready to weigh. `leading` are the words of which a finding holds one."""

    def __init__(self, weights: Weights, leading: Iterable[str] | None = None) -> None:
        self.sure, self.bias = weights.sure, weights.bias
        self.limits: Mapping[str, int] = weights.limits
        self.learnt = weights
        self.weights: Mapping[str, int] = weights.fault
        self.leading = frozenset(self._leading() if leading is None else leading)

    def _leading(self) -> Iterator[str]:
        for word in self.weights:
            alone = word != NUMBER and not word.endswith("*") and " " not in word
            if alone and self.weight([word]) >= self.learnt.leading:
                yield word

    def weight(self, words: Sequence[str]) -> int:
        """The sum of these words in a row, without the bias of a sentence."""
        return weight(words, self.learnt.fault)

    def read(self, body: str) -> Iterator[Sentence]:
        """The sentences of a reading with what they weigh, in order."""
        for n, (start, end, found) in enumerate(sentences(body)):
            yield Sentence(start, end, found, self, n)

    def is_finding(self, sentence: Sentence, around: int = 0) -> bool:
        """Whether the words of a sentence say too much together, with what is said around it."""
        return not self.leading.isdisjoint(sentence.row) and sentence.weight + around >= self.learnt.threshold

    def far(self, words: Iterable[str]) -> int:
        """What these words say of the sentences around."""
        return _sum(far_features(words), self.learnt.far)

    def told(self, sentence: Sentence) -> list[str]:
        """The words that weigh in a sentence, and the pairs of words, heaviest first."""
        pairs = dict(zip(map(" ".join, pairwise(sentence.words)), _pairs(sentence.words), strict=True))
        by_weight = [(-self.weight([w]), w) for w in set(sentence.words)]
        by_weight += [(-self.weights.get(heads, 0), pair) for pair, heads in pairs.items()]
        return [told for n, told in sorted(by_weight) if n < 0]

    def category(self, sentence: Sentence) -> str:
        """The category whose words weigh most; of equals the first by name."""
        told = self.learnt.categories
        sums = {code: self.learnt.bases[code] + weight(sentence.words, told[code]) for code in told}
        return min(sums, key=lambda code: (-sums[code], code))

    def is_spared(self, rule: str, told: Set[str]) -> bool:
        """Whether what says what a match means, `sense_features`, does not say that it means something else."""
        return rule in self.learnt.spared and _sum(told, self.learnt.sense) >= self.learnt.spared[rule]

    def around(self, far: Iterable[int]) -> int:
        """What sentences that say so much of the one that they stand around say together."""
        return max(-LOUDEST, min(LOUDEST, sum(far)))

    def beside(self, words: Sequence[str], own: Sequence[str], signs: Iterable[str]) -> int:
        """What is added to the sum of a sentence for a match in it, whose `own` words never count less than 0.

        `signs` are those that it bears.
        """
        close = _sum(close_features(set(words).difference(own)), self.learnt.close)
        borne = _sum(set(signs), self.learnt.signs)
        return close + borne - against(own, self.weights)
