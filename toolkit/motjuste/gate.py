"""The gate: which terms of a pack could match a note, by the words that it holds and how near they are.

Nearly every note is compliant and ends here, so this is what is fast: its words are met with the anchors of all terms
at once, as sets; of the few that are anchors most go, for the note holds no word that they need. Only where it does
are places looked at. The cost does not grow with the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from motjuste.model import Key, Pack, Rule, Term
from motjuste.text import DIGITS

Confirm = Callable[[Term], bool]  # whether the pattern of a raw term is in the text


@dataclass(frozen=True, slots=True)
class Ask:
    """What a term asks for beside one word of its anchors: of each of `needs` a word, from least to most words away."""

    rule: Rule
    term: Term
    needs: tuple[tuple[frozenset[str], int, int], ...]

    def holds(self, words: Sequence[str], at: int) -> bool:
        """Whether the words around that at `at` are what the term asks for."""
        for need, least, most in self.needs:
            first = at + least
            if need.isdisjoint(words[first if first > 0 else 0 : max(0, at + most + 1)]):
                return False
        return True

    def opens(self, word: str, words: Sequence[str], present: Set[str], confirm: Confirm) -> bool:
        """Whether the term could match these words, known by this one of them; `present` are the words as a set."""
        for need, _, _ in self.needs[1:]:  # of the first a word was met
            if need.isdisjoint(present):
                return False
        if self.needs:
            at = words.index(word)
            if not self.holds(words, at):
                for _ in range(words.count(word) - 1):
                    at = words.index(word, at + 1)
                    if self.holds(words, at):
                        break
                else:
                    return False
        return not self.term.raw or confirm(self.term)


class _Anchor:
    """One word that terms are known by: what they ask for, by each word of what they need first; and `free`, the
    asks that need nothing more."""

    __slots__ = ("asks", "by_partner", "free", "partners")

    def __init__(self, asks: Sequence[Ask]) -> None:
        self.asks = asks
        self.free = [ask for ask in asks if not ask.needs]
        self.by_partner: dict[str, list[Ask]] = {}
        for ask in asks:
            for partner in ask.needs[0][0] if ask.needs else ():
                self.by_partner.setdefault(partner, []).append(ask)
        self.partners = frozenset(self.by_partner)


class _Anchors(dict[str, _Anchor]):
    """The anchors met so far; what a word asks for is worked out when it is first met."""

    def __init__(self, known: dict[str, list[tuple[Rule, Term, Key]]], pack: Pack) -> None:
        super().__init__()
        self._known = known
        self._sets = pack.sets
        self._share = {word: 1 / n for n, word in enumerate(pack.common, 1)}

    def __missing__(self, word: str) -> _Anchor:
        asks = [Ask(rule, term, self._needs(key)) for rule, term, key in self._known.get(word, ())]
        found = self[word] = _Anchor(asks)
        return found

    def _needs(self, key: Key) -> tuple[tuple[frozenset[str], int, int], ...]:
        """What a key needs, first what fewest notes hold."""
        share = self._share
        found = [(self._sets[n], least, most) for n, least, most in key.needs]
        return tuple(sorted(found, key=lambda need: sum(share.get(w, 0.0) for w in need[0])))


class Gate:
    """The words by which the terms of a pack are known."""

    def __init__(self, pack: Pack) -> None:
        known: dict[str, list[tuple[Rule, Term, Key]]] = {}
        for rule in pack.rules:
            for term in rule.terms:
                for key in term.keys:
                    entry = (rule, term, key)
                    for word in key.anchors:
                        known.setdefault(word, []).append(entry)
        self._words = frozenset(known)
        self._anchors = _Anchors(known, pack)

    def opens(self, words: Sequence[str], confirm: Confirm) -> bool:
        """Whether a term could match these words of a text, which holds no ligature."""
        present = set(words)
        anchors = self._anchors
        for word in self._words & present:
            anchor = anchors[word]
            for ask in anchor.free:
                if ask.opens(word, words, present, confirm):
                    return True
            for partner in anchor.partners & present:
                for ask in anchor.by_partner[partner]:
                    if ask.opens(word, words, present, confirm):
                        return True
        return False

    def candidates(self, words: Sequence[str], *, digits: bool) -> Iterator[tuple[str, Ask, bool]]:
        """Each term that a word speaks for: (the word, what it asks for, whether all of that is there).

        `digits`: the text holds a long number, the anchor of raw patterns.
        """
        plain = [w.replace("œ", "oe").replace("æ", "ae") for w in words]
        known = self._words
        for at, word in enumerate(plain):
            if word in known:
                for ask in self._anchors[word].asks:
                    yield words[at], ask, ask.holds(plain, at)
        if digits:
            for ask in self._anchors[DIGITS].asks:
                yield DIGITS, ask, True
