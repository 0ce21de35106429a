"""Keys: the words by which the gate knows that a term may match a note.

An *anchor* is a word of a set of which every match holds one: the set that compliant notes hold least. A *need* is
another such set, with how far from the anchor its word may stand. A term of several phrases has a key for each,
for what they have in common says less than each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import fsum, inf, prod
from typing import NamedTuple

from motjuste.errors import RuleError
from motjuste.rulepack.phrase import MAX_FORMS, Choice, Joint, Node, Phrase, Words, as_words, length

Frequency = Callable[[str], float]  # of a word: the share of compliant notes that hold it
USUAL = 20  # words of a note on which frequencies were counted
CONFIRM = 20  # what a pattern costs, in units of a look at the words near an anchor
SIZE = 1e-3  # what one more anchor costs beside it
LOOK = 1000  # what the other needs of a key cost once the first is there, in comparisons of two words
MAX_KEYS = 150  # of one term
USUAL_BESIDE = 0.5  # of matches: what stands beside so many by chance is not looked for
SELDOM = 1e-8  # of compliant notes: what opens the gate for no more is not spelt out


class Need(NamedTuple):
    """Words of which a match holds one, from `least` to `most` words after the anchor (before it where negative)."""

    words: frozenset[str]
    least: int
    most: int


class Lead(NamedTuple):
    """What a note holds where a phrase matches it: a word of `anchors`, and one of each need, the rarest first."""

    anchors: frozenset[str]
    needs: tuple[Need, ...]


class _Spot(NamedTuple):
    """Words of which one is there, from `least` to `most` words after the start of what they are in."""

    words: frozenset[str]
    least: int = 0
    most: int = 0

    def after(self, least: int, most: int) -> _Spot:
        return _Spot(self.words, self.least + least, self.most + most)


class _Element(NamedTuple):
    """What is told of one element, or of several tied by hyphens: how many words it has at least and at most; words of
    which it is certain, how uncertain their place in it is, and how often notes hold one, with a little for the size of the
    set. Is it a witness? Tied words are none, for they may be written as one.
    """

    least: int
    most: int
    spot: _Spot | None
    room: int
    weight: float
    witness: bool


class Leads:
    """What phrases are known by, given how often compliant notes hold each word.

    What a phrase is known by depends on no other phrase. What can be told of an element is worked out once: hundreds of
    phrases share one, and each is looked at in many ways.
    """

    def __init__(self, frequency: Frequency) -> None:
        self.frequency = frequency
        self._elements: dict[tuple[Node, ...], _Element] = {}
        self._spots: dict[Choice, _Spot | None] = {}
        self._weights: dict[frozenset[str], float] = {}
        self._sorted: dict[frozenset[str], list[str]] = {}

    def of(self, phrase: Phrase) -> list[Lead] | None:
        """What a note holds where the phrase matches it, one of these; None where no word of it is certain to be there."""
        found: dict[Lead, None] = {}
        for one in self._expanded(phrase):
            lead = self._lead(one)
            if lead is None:
                return None
            found[lead] = None
        return list(found)

    def beside(self, options: Sequence[Phrase], side: str) -> Need | None:
        """What stands right before (or after) a match where one of these phrases does, its place counted from the first (the
        last) word of the match; None where no word is certain, or so usual that it tells nothing."""
        spots: list[_Spot | None] = []
        for option in options:
            spot = self._best(option)
            if spot is not None:
                least, most = length(option)
                spot = spot.after(-most, -least) if side == "before" else spot.after(1, 1)
            spots.append(spot)
        found = _union(spots)
        if found is None:
            return None
        need = Need(found.words, found.least, found.most)
        if self._near(need) >= USUAL_BESIDE:
            return None
        return (
            need._replace(most=min(need.most, -1))
            if side == "before"
            else need._replace(least=max(need.least, 1))
        )

    def _expanded(self, phrase: Phrase) -> list[Phrase]:
        """Phrases that together mean the same: choices among phrases, and hyphens between two words, spelt out, first where
        the gate opens least often for it, until it is seldom enough or there are `MAX_KEYS`.
        """
        done: list[Phrase] = []
        todo = [(-self._opens(phrase), 0, phrase)]
        count = 1
        while todo:
            opens, _, one = heappop(todo)
            best = self._divided(one, MAX_KEYS - len(done) - len(todo)) if -opens > SELDOM else []
            if not best:
                done.append(one)
            for more, spelt in best:
                heappush(todo, (-more, count, spelt))
                count += 1
        return done

    def _divided(self, phrase: Phrase, room: int) -> list[tuple[float, Phrase]]:
        """The phrases, at most `room`, into which an element of this one divides it, each with how often the gate opens for
        it: of the element for which that is least often. None where no element does."""
        best: list[tuple[float, Phrase]] = []
        fewest = inf
        for at in range(len(phrase)):
            total = 0.0
            way: list[tuple[float, Phrase]] = []
            spelt = _spelt_out(phrase, at)
            if len(spelt) > room:
                continue
            for one in spelt:
                opens = self._opens(one)
                total += opens
                if best and total >= fewest:
                    break
                way.append((opens, one))
            else:
                best, fewest = (way, total) if way else (best, fewest)
        return best

    def _opens(self, phrase: Phrase) -> float:
        """How many of the compliant notes hold what the phrase is known by, as a share; infinite where that is nothing."""
        lead = self._lead(phrase)
        if lead is None:
            return inf
        return self._weight(lead.anchors) * prod(self._near(need) for need in lead.needs)

    def _lead(self, phrase: Phrase) -> Lead | None:
        """What a phrase is known by: of all that could serve, what opens the gate least often."""
        elements = [self._element(run) for run in _runs(phrase)]
        least = most = 0
        before = []  # the least and the most words before each element
        for one in elements:
            before.append((least, most))
            least, most = least + one.least, most + one.most
        at = self._rarest(elements, [most - least for least, most in before])
        if at is None or (spot := elements[at].spot) is None:
            return None
        needs = []
        for other, one in enumerate(elements):
            if one.witness and one.spot is not None and other != at:
                low, high = before[other][0] - before[at][0], before[other][1] - before[at][1]
                if high < low:
                    low, high = high, low
                needs.append(
                    Need(one.spot.words, low + one.spot.least - spot.most, high + one.spot.most - spot.least)
                )
        return Lead(spot.words, tuple(sorted(needs, key=self._cost) if len(needs) > 1 else needs))

    def _rarest(self, elements: Sequence[_Element], slacks: Sequence[int]) -> int | None:
        """By which of its elements a phrase is best known. Of each, `slacks` says how uncertain it is how many words are before it."""
        witnesses = [(at, one.weight, slacks[at], one.room) for at, one in enumerate(elements) if one.witness]
        best, lowest = None, inf
        for at, one in enumerate(elements):
            if one.spot is None:
                continue
            opens = 1.0
            for other, weight, slack, room in witnesses:
                if other != at:
                    opens *= _chance(weight, abs(slack - slacks[at]) + room + one.room + 1)
            cost = (0.1 + opens * CONFIRM) * one.weight + SIZE * len(one.spot.words)
            if cost < lowest:
                best, lowest = at, cost
        return best

    def _near(self, need: Need) -> float:
        """How likely the words near an anchor hold one that it needs."""
        return _chance(self._weight(need.words), need.most - need.least + 1)

    def _cost(self, need: Need) -> tuple[float, int, list[str]]:
        """How late a need is looked for: first those that are quick to look for and seldom there."""
        places = need.most - need.least + 1
        return len(need.words) * places + LOOK * self._near(need), need.least, self._in_letters(need.words)

    def _in_letters(self, words: frozenset[str]) -> list[str]:
        found = self._sorted.get(words)
        if found is None:
            found = self._sorted[words] = sorted(words)
        return found

    # -- elements ----------------------------------------------------------------------------------

    def _element(self, run: tuple[Node, ...]) -> _Element:
        found = self._elements.get(run)
        if found is None:
            least, most = length(run)
            spot = self._spot_of_run(run)
            if spot is None:
                found = _Element(least, most, None, 0, 0.0, witness=False)
            else:
                weight = self._weight(spot.words)
                found = _Element(least, most, spot, spot.most - spot.least, weight, len(run) == 1)
            self._elements[run] = found
        return found

    def _spot_of_run(self, run: Sequence[Node]) -> _Spot | None:
        """Where one element is certain of a word, or several tied by hyphens, which may be written as one word."""
        if len(run) == 1:
            return self._spot_of(run[0])
        nodes = [n for n in run if not isinstance(n, Joint)]
        apart = [spot.words for node in nodes if (spot := self._spot_of(node)) is not None]
        if not apart:
            return None
        rarest: frozenset[str] = min(apart, key=self._weight)
        out = set(rarest)
        for first in range(len(nodes)):
            glued = _ends(nodes[first], last=True) or set()
            for last in range(first + 1, len(nodes)):
                out |= {a + b for a in glued for b in _ends(nodes[last]) or ()}
                if as_words(nodes[last]) is None:
                    break  # a phrase in the middle ends the word
                glued = {a + b for a in glued for b in _ends(nodes[last], last=True) or ()}
        if len(out) > MAX_FORMS:
            raise RuleError(f"more than {MAX_FORMS} spellings of words tied by hyphens")
        return _Spot(frozenset(out), 0, length(run)[1] - 1)

    def _spot_of(self, node: Node) -> _Spot | None:
        if isinstance(node, Words):
            return _Spot(node.forms)
        if not isinstance(node, Choice) or node.optional:
            return None
        if node not in self._spots:
            self._spots[node] = _union([self._best(option) for option in node.options])
        return self._spots[node]

    def _best(self, phrase: Phrase) -> _Spot | None:
        """The rarest words of a phrase, their place counted from its start."""
        best: _Spot | None = None
        lowest = inf
        least = most = 0
        for run in _runs(phrase):
            one = self._element(run)
            if one.spot is not None and one.weight < lowest:
                best, lowest = one.spot.after(least, most), one.weight
            least, most = least + one.least, most + one.most
        return best

    def _weight(self, words: frozenset[str]) -> float:
        """How often a note holds one of these words: the sum of their shares, and a little for the size of the set."""
        found = self._weights.get(words)
        if found is None:
            found = self._weights[words] = fsum(map(self.frequency, words)) + 1e-6 * len(words)
        return found


def _chance(weight: float, places: int) -> float:
    """How likely one of so many places in a note holds a word of a set of this weight."""
    chance = weight * places / USUAL
    return chance if chance < 1.0 else 1.0


def _spelt_out(phrase: Phrase, at: int) -> list[Phrase]:
    """The phrases that mean the same together, where the element there divides it: a choice among phrases, a hyphen."""
    node, before, after = phrase[at], phrase[:at], phrase[at + 1 :]
    if isinstance(node, Joint):
        left, right = as_words(phrase[at - 1]), as_words(phrase[at + 1])
        if left is None or right is None or "" in left.forms | right.forms:
            return []
        if len(left.forms) * len(right.forms) > MAX_FORMS:
            raise RuleError(f"more than {MAX_FORMS} spellings of words tied by hyphens")
        glued = Words(frozenset(a + b for a in left.forms for b in right.forms))
        return [(*before, *after), (*before[:-1], glued, *after[1:])]
    tied = any(isinstance(n, Joint) for n in (*before[-1:], *after[:1]))
    if isinstance(node, Choice) and not node.optional and not tied and any(len(o) > 1 for o in node.options):
        return [(*before, *option, *after) for option in node.options]
    return []


def _runs(phrase: Phrase) -> list[tuple[Node, ...]]:
    """The elements of a phrase; those tied by hyphens together, the hyphens with them."""
    found: list[tuple[Node, ...]] = []
    tied = False
    for node in phrase:
        if isinstance(node, Joint) or tied:
            found[-1] += (node,)
            tied = isinstance(node, Joint)
        else:
            found.append((node,))
    return found


def _union(spots: Sequence[_Spot | None]) -> _Spot | None:
    """One spot for several alternatives; None where one of them is certain of nothing."""
    found = [s for s in spots if s is not None]
    if not found or len(found) < len(spots):
        return None
    words = frozenset(w for s in found for w in s.words)
    return _Spot(words, min(s.least for s in found), max(s.most for s in found))


def _ends(node: Node, *, last: bool = False) -> set[str] | None:
    """The words that can begin (or end) a node; None where that may be any word."""
    if isinstance(node, Words):
        return set(node.forms)
    if not isinstance(node, Choice):
        return None
    found: set[str] = set()
    for option in node.options:
        for inner in reversed(option) if last else option:
            if isinstance(inner, Joint):
                return None
            words = _ends(inner, last=last)
            if words is None:
                return None
            found |= words
            if not (isinstance(inner, Choice) and inner.optional):
                break
        # tied by a hyphen to its neighbour, the first word may be written into the next
        if any(isinstance(n, Joint) for n in option):
            return None
    return found
