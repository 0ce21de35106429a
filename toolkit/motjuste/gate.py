"""The gate: which terms of a pack could match a note, by the words that it holds and how near they are.

Nearly every note is compliant and ends here, so this is what is fast: its words are met with the anchors of all terms
at once, as sets; of the few that are anchors most go, for the note holds no word that they need. Only where it does
are places looked at. The cost does not grow with the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from motjuste.memory import growing
from motjuste.model import Key, Pack, Rule, Term
from motjuste.text import DIGITS

Need = tuple[int, int, int]  # as in Key.needs


@dataclass(frozen=True, slots=True, eq=False)
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

    def answered(self, places: Iterable[int], words: Sequence[str]) -> bool:
        """Whether all of it is there around one of these places of its anchor."""
        return any(self.holds(words, at) for at in places)


def _places(word: str, words: Sequence[str]) -> list[int]:
    """Where a word is among others, one of which it is."""
    found = [words.index(word)]
    for _ in range(words.count(word) - 1):
        found.append(words.index(word, found[-1] + 1))
    return found


class _Anchor:
    """One word that terms are known by, and what they ask for: `single` need nothing beside it, or the same word again;
    the others first need one of `partners`."""

    __slots__ = ("_by_first", "_by_partner", "asks", "partners", "single")

    def __init__(self, word: str, asks: Sequence[Ask]) -> None:
        self.asks = asks
        self._by_first: dict[frozenset[str], list[Ask]] = {}
        for ask in asks:
            if ask.needs:
                self._by_first.setdefault(ask.needs[0][0], []).append(ask)
        self._by_partner: dict[str, list[Ask]] = {}
        self.single = [ask for ask in asks if not ask.needs] + self.first(word)
        self.partners = frozenset().union(*self._by_first) - {word}

    def first(self, partner: str) -> list[Ask]:
        """What is asked for that needs this word first, worked out when it is first met."""
        found = self._by_partner.get(partner)
        if found is None:
            found = [ask for words, asks in self._by_first.items() if partner in words for ask in asks]
            self._by_partner[partner] = found
        return found


class _Anchors(dict[str, _Anchor]):
    """The anchors met so far; what a word asks for is worked out when it is first met."""

    def __init__(self, known: dict[str, list[tuple[Rule, Term, Key]]], pack: Pack) -> None:
        super().__init__()
        self.known = known
        self._sets = pack.sets
        self._needed: dict[
            int, tuple[tuple[frozenset[str], int, int], ...]
        ] = {}  # by the identity of a key of the pack
        share = {word: 1 / n for n, word in enumerate(pack.common, 1)}
        self._share = lru_cache(maxsize=None)(lambda n: sum(share.get(w, 0.0) for w in pack.sets[n]))

    def __missing__(self, word: str) -> _Anchor:
        asks = [Ask(rule, term, self._needs(key)) for rule, term, key in self.known.get(word, ())]
        found = self[word] = _Anchor(word, asks)
        return found

    def _needs(self, key: Key) -> tuple[tuple[frozenset[str], int, int], ...]:
        found = self._needed.get(id(key))
        if found is None:
            found = tuple((self._sets[n], least, most) for n, least, most in self._ordered(key))
            self._needed[id(key)] = found
        return found

    def _ordered(self, key: Key) -> tuple[Need, ...]:
        """What a key needs, first what fewest notes hold."""
        return tuple(sorted(key.needs, key=lambda need: self._share(need[0])))

    def asked(self) -> dict[str, list[tuple[Term, tuple[Need, ...]]]]:
        """What each word's terms ask for beside it, for all words at once, in the order of Ask.needs."""
        keys = {id(key): key for entries in self.known.values() for _, _, key in entries}
        needs = {n: self._ordered(key) for n, key in keys.items()}
        return {
            word: [(term, needs[id(key)]) for _, term, key in entries] for word, entries in self.known.items()
        }


class Gate:
    """The words by which the terms of a pack are known."""

    @growing()
    def __init__(self, pack: Pack) -> None:
        known: dict[str, list[tuple[Rule, Term, Key]]] = {}
        raw: dict[str, list[tuple[Rule, Term, Key]]] = {}
        for rule in pack.rules:
            for term in rule.terms:
                of = raw if term.raw else known
                for key in term.keys:
                    entry = (rule, term, key)
                    for word in key.anchors:
                        of.setdefault(word, []).append(entry)
        self._words, self._raw_words = frozenset(known), frozenset(raw)
        self._anchors, self._raw = _Anchors(known, pack), _Anchors(raw, pack)

    def calls(self, words: Sequence[str]) -> Iterator[tuple[str, Ask]]:
        """Each term that these words in a row speak for: (its anchor, what it asked for, which is there).

        No word holds a ligature. The raw terms, of which a match may go from one sentence to the next, are left out.
        """
        present = set(words)
        anchors = self._anchors
        for word in self._words & present:
            anchor = anchors[word]
            partners = anchor.partners & present
            if not (partners or anchor.single):
                continue
            places = _places(word, words)
            for partner in partners:
                for ask in anchor.first(partner):
                    if ask.answered(places, words):
                        yield word, ask
            for ask in anchor.single:
                if not ask.needs or (len(places) > 1 and ask.answered(places, words)):
                    yield word, ask

    def raw_calls(self, words: Sequence[str], *, digits: bool) -> Iterator[tuple[str, Ask]]:
        """The same of the raw terms, by all words of a text. `digits`: it holds a long number, the anchor of some."""
        for word in self._raw_words.intersection(words):
            places = _places(word, words)
            for ask in self._raw[word].asks:
                if not ask.needs or ask.answered(places, words):
                    yield word, ask
        if digits:
            for ask in self._raw[DIGITS].asks:
                yield DIGITS, ask

    def asked(self) -> dict[str, set[tuple[Need, ...]]]:
        """By each anchor what its terms ask for; the raw terms are left out."""
        return {word: {needs for _, needs in terms} for word, terms in self._anchors.asked().items()}

    def raw_asked(self) -> dict[str, list[tuple[Term, tuple[Need, ...]]]]:
        """The same of the raw terms but those of long numbers, with the term."""
        return {word: terms for word, terms in self._raw.asked().items() if word != DIGITS}

    def asks(self, word: str) -> Sequence[Ask]:
        """What the terms ask for of which a word is an anchor, there or not."""
        return [*self._anchors[word].asks, *self._raw[word].asks]
