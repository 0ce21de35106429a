"""Misspellings: the words of a text that the language has not, and what was meant by them.

A word is strange where no program knows it (`words` has, beside the words of the rules, those of the language that are common, or one
letter away from a word that is written for it). Of a strange word the first of these that there is stands in its place:

- with the word after or before it, the word that both make together: `alco olique`, cut by a space or at the end of a line;
- with letters for digits, a word: `alc0olique`, `s3r0p0sitif`;
- a word that is one letter away, as `Misspellings.near` says: `alcolique`, `acloolique`;
- two words, of which one is said all the time: `clientalcoolique`.

Names stay: what has a capital inside a sentence, or stands after a title. sql/42_misspelling.sql does the same.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property

from motjuste.engine import plain
from motjuste.engine import text as texts
from motjuste.engine.program import KEPT, SPELT, Program
from motjuste.engine.read import Vocabulary

LONGEST = 30  # letters of a word that is looked at
SHORTEST = 5  # letters of a strange word that is taken for another
JOINED = 8  # letters of one that is taken for two
PART = 2  # letters of the shorter one of these, and of the two that one is cut into
LETTERS = str.maketrans("034578", "oeastb")  # and 1, which is l or i
_BEFORE = 8  # code points looked at before a capital
_small = re.compile(f"[{texts.LOWER}]").search
_capital = re.compile(f"[{texts.UPPER}]").match
_begins = re.compile(f"(?:^|[.!?\n])[^0-9{texts.UPPER}{texts.LOWER}]*\\Z").search


class Misspellings:
    """What strange words are read as. `vocabularies`: those of all programs that a note is read by; the first has the words that are meant."""

    def __init__(self, program: Program, vocabularies: Sequence[Vocabulary]) -> None:
        self._program = program
        self._vocabularies = vocabularies
        self._usual = {program.vocabulary.word(n) for n in program.usual}
        self._known: set[str] = set()
        self._meant: dict[str, str] = {}  # by strange word, "" where it means nothing

    def corrected(self, first: plain.Plain) -> plain.Plain | None:
        """The plain text with what was meant in the place of strange words; None where there are none, or they mean nothing."""
        folded = texts.fold(first.body)
        strange = self._strange(texts.words_of(folded))
        if not strange:
            return None
        changes = list(self._changes(_Text(first.body, folded), strange))
        if not changes:
            return None
        found = plain.reread(first, changes)
        found.meant = True
        return found

    def _strange(self, words: Iterable[str]) -> set[str]:
        """Those of the words that no program has."""
        new = set(words) - self._known
        for word in list(new):
            if not PART <= len(word) <= LONGEST or any(v.has(word) for v in self._vocabularies):
                new.discard(word)
                if len(self._known) > KEPT:
                    self._known.clear()
                self._known.add(word)
        return new

    def _changes(self, text: _Text, strange: Container[str]) -> Iterator[tuple[int, int, str]]:
        """(start, end, what stands there) of what is to be written otherwise."""
        joins = [self._joined(text, n, strange) for n in range(len(text.tokens))]
        for n, (start, end, word) in enumerate(text.tokens):
            if joins[n] and not (n and joins[n - 1]):
                yield start, text.tokens[n + 1][1], joins[n]
            elif n and joins[n - 1] and not (n > 1 and joins[n - 2]):
                continue  # a part of the word before
            elif word in strange and (meant := self.meant(word)) and not text.is_name(n):
                yield start, end, meant

    def _joined(self, text: _Text, n: int, strange: Container[str]) -> str:
        """The word that this one and the next make together, where one of both is strange; "" where they make none."""
        if n + 1 == len(text.tokens):
            return ""
        (_, end, one), (start, _, other) = text.tokens[n : n + 2]
        if (one not in strange and other not in strange) or len(one) < PART or len(other) < PART:
            return ""
        if start - end > 2 or text.folded[end:start].strip(" "):
            return ""
        whole = texts.without_ligatures(one + other)
        if len(whole) > LONGEST or not self._is_meant(whole) or text.is_name(n) or text.is_name(n + 1):
            return ""
        return whole

    def meant(self, word: str) -> str:
        """What is meant by one strange word, "" where it is nothing."""
        found = self._meant.get(word)
        if found is None:
            if len(self._meant) > KEPT:
                self._meant.clear()
            found = self._meant[word] = self._read(texts.without_ligatures(word))
        return found

    def _read(self, word: str) -> str:
        if len(word) < SHORTEST:
            return ""
        if word.isalpha():
            return self.near(word) or (self._parted(word) if len(word) >= JOINED else "")
        if not word[0].isalpha() or 3 * sum(map(str.isalpha, word)) < len(word):
            return ""
        lettered = word.translate(LETTERS)
        return next((w for one in "li" if self._is_meant(w := lettered.replace("1", one))), "")

    def _parted(self, word: str) -> str:
        """Two words that were run together, the shorter first one the first."""
        for at in range(PART, len(word) - PART + 1):
            one, other = word[:at], word[at:]
            if (one in self._usual and self._is_meant(other)) or (
                other in self._usual and self._is_meant(one)
            ):
                return f"{one} {other}"
        return ""

    def near(self, word: str) -> str:
        """The word of a rule that is one letter away, as `slip` says: of several words the likeliest, then the most usual.

        "" where there is none, or the likeliest is no word of a rule.
        """
        near = {rank for key in keys(word) for rank in self._ranks(key)}
        ways = [(found, rank) for rank in near if (found := slip(word, self._word(rank))) is not None]
        return self._of_rule(min(ways)[1]) if ways else ""

    def _word(self, rank: int) -> str:
        return self._program.vocabulary.word(self._program.spelt[rank])

    def _of_rule(self, rank: int) -> str:
        return self._word(rank) if self._program.word_class[self._program.spelt[rank]] else ""

    def _ranks(self, key: str) -> Iterator[int]:
        """The ranks of the words that this is a key of, and of some that only have its checksum."""
        p, number = self._program, zlib.crc32(key.encode())
        begins = number >> 32 - SPELT
        first, until = p.spelt_at[begins : begins + 2] or (0, 0)
        for at in range(first, until):
            if p.spelt_key[at] == number:
                yield p.spelt_of[at]

    def _is_meant(self, word: str) -> bool:
        return any(self._of_rule(rank) == word for rank in self._ranks(word))


class _Text:
    """A plain text with its words, each (start, end, word), folded."""

    def __init__(self, body: str, folded: str) -> None:
        self.body, self.folded = body, folded
        self.tokens = [(m.start(), m.end(), m[0]) for m in texts.words(folded)]

    @cached_property
    def _has_small(self) -> bool:
        return _small(self.body) is not None

    def is_name(self, n: int) -> bool:
        """Whether a word is written as a name: after a title, or with a capital, not where a sentence begins nor where all are capitals."""
        if n and self.tokens[n - 1][2] in texts.TITLES:
            return True
        start = self.tokens[n][0]
        if not _capital(self.body, start):
            return False
        if _capital(self.body, start + 1):
            return self._has_small
        return _begins(self.body[max(0, start - _BEFORE) : start]) is None


def keys(word: str) -> set[str]:
    """What a word is found by: itself, and it with a letter less."""
    return {word, *(word[:cut] + word[cut + 1 :] for cut in range(len(word)))}


def slip(word: str, other: str) -> int | None:
    """How unlikely a slip made this word of the other: 0, of which two letters were swapped, one left out or one written twice; 1, one
    for another; 2, one too many. None where it takes more, or they begin otherwise."""
    same = next(
        (n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    one, two = word[same:], other[same:]
    if not same or abs(len(one) - len(two)) > 1:
        return None
    if len(one) < len(two):
        return 0 if two[1:] == one else None
    if len(one) > len(two):
        doubled = one[0] == word[same - 1]
        return (0 if doubled else 2) if one[1:] == two else None
    if one[1:] == two[1:]:
        return 1
    return 0 if one[:2] == two[1::-1] and one[2:] == two[2:] else None
