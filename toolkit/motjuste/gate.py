"""The gate: which terms of a pack could match a note, by the words that it holds and how near they are.

Nearly every note is compliant and ends here, so this is what is fast: one look-up a word, then for the few
words that some term is known by, one look at their neighbours. The cost does not grow with the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count

from motjuste.model import Key, Pack, Rule, Term
from motjuste.text import DIGITS


@dataclass(frozen=True, slots=True)
class Ask:
    """What a term asks for beside one word of an anchor: its neighbour (`other`, `step` words away; step 0: the
    anchor is one word), then a word of the set `also` from `least` to `most` words away."""

    rule: Rule
    term: Term
    key: Key
    anchor: str
    other: str = ""
    step: int = 0
    also: frozenset[str] | None = None
    least: int = 0
    most: int = 0

    def holds(self, words: Sequence[str], at: int) -> bool:
        """Whether the words around that at `at` are what the term asks for."""
        if self.step and not self.beside(words, at):
            return False
        if self.also is None:
            return True
        return not self.also.isdisjoint(words[max(0, at + self.least) : max(0, at + self.most + 1)])

    def beside(self, words: Sequence[str], at: int) -> bool:
        """Whether the neighbour of the word at `at` makes it the anchor."""
        beside = at + self.step
        return 0 <= beside < len(words) and words[beside] == self.other


# The asks of one word, after what at least one of them needs: a word of the set, from least to most words away
# (None: nothing). A tuple, for it is looked at more often than anything else.
_Near = tuple[frozenset[str] | None, int, int, tuple[Ask, ...]]


def _near(asks: Sequence[Ask]) -> _Near:
    words: set[str] = set()
    least = most = 0
    for ask in asks:
        if ask.step:
            words.add(ask.other)
            least, most = min(least, ask.step), max(most, ask.step)
        elif ask.also is None:
            return None, 0, 0, tuple(asks)
        else:
            words |= ask.also
            least, most = min(least, ask.least), max(most, ask.most)
    return frozenset(words), least, most, tuple(asks)


Confirm = Callable[[Term], bool]  # whether the pattern of a raw term is in the text


class Gate:
    """The words by which the terms of a pack are known. What a word asks for is worked out when it is first met."""

    def __init__(self, pack: Pack) -> None:
        self._sets = pack.sets
        self._rank = {word: n for n, word in enumerate(pack.common)}
        self._known: dict[str, list[tuple[Rule, Term, Key, str]]] = {}
        for rule in pack.rules:
            for term in rule.terms:
                for key in term.keys:
                    for anchor in key.anchors:
                        word = self._rarer(anchor) if " " in anchor else anchor
                        self._known.setdefault(word, []).append((rule, term, key, anchor))
        self._is_known = self._known.__contains__
        self._near: dict[str, _Near] = {}

    def _rarer(self, pair: str) -> str:
        """Of two neighbours the one that fewer notes hold."""
        first, second = pair.split(" ")
        rank = self._rank
        return first if rank.get(first, len(rank)) > rank.get(second, len(rank)) else second

    def _look(self, word: str) -> _Near:
        found = self._near.get(word)
        if found is None:
            found = self._near[word] = _near([self._ask(word, *entry) for entry in self._known[word]])
        return found

    def _ask(self, word: str, rule: Rule, term: Term, key: Key, anchor: str) -> Ask:
        first, _, second = anchor.partition(" ")
        other, step = ("", 0) if not second else (second, 1) if word == first else (first, -1)
        if key.also < 0:
            return Ask(rule, term, key, anchor, other, step)
        shift = -1 if step < 0 else 0  # the reach counts from the first word of the anchor
        least, most = (n + shift for n in key.reach)
        return Ask(rule, term, key, anchor, other, step, self._sets[key.also], least, most)

    def opens(self, words: Sequence[str], confirm: Confirm) -> bool:
        """Whether a term could match these words of a text, which holds no ligature."""
        known = self._near
        for at in compress(count(), map(self._is_known, words)):
            word = words[at]
            near, least, most, asks = known[word] if word in known else self._look(word)
            if near is not None:
                first = at + least
                if near.isdisjoint(words[first if first > 0 else 0 : at + most + 1]):
                    continue
            for ask in asks:
                possible = ask.holds(words, at) and self._possible(ask, words, at)
                if possible and (not ask.term.raw or confirm(ask.term)):
                    return True
        return False

    def candidates(self, words: Sequence[str], *, digits: bool) -> Iterator[tuple[Ask, bool]]:
        """Each term that an anchor of these words speaks for, and whether the rest that it needs is there.

        `digits`: the text holds a long number, the anchor of raw patterns.
        """
        plain = [w.replace("œ", "oe").replace("æ", "ae") for w in words]
        for at in compress(count(), map(self._is_known, words)):
            for ask in self._look(words[at])[3]:
                if not ask.step or ask.beside(plain, at):
                    yield ask, ask.holds(plain, at) and self._possible(ask, plain, at)
        if digits and DIGITS in self._known:
            for ask in self._look(DIGITS)[3]:
                yield ask, True

    def _possible(self, ask: Ask, words: Sequence[str], at: int) -> bool:
        """Whether a match that holds the word at `at` could hold a word of each set that the key requires."""
        around = words[max(0, at - ask.term.words) : at + ask.term.words + 1]
        return not any(self._sets[n].isdisjoint(around) for n in ask.key.required)
