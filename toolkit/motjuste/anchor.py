"""Keys: the words by which the gate knows that a term may match a note.

An *anchor* is a word of a set of which every match holds one: the set that compliant notes hold least. A *need* is
another such set, with how far from the anchor its word may stand. A term of several phrases has a key for each,
for what they have in common says less than each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from math import inf, prod

from motjuste.errors import RuleError
from motjuste.phrase import MAX_FORMS, Choice, Joint, Node, Phrase, Words, as_words, length

Frequency = Callable[[str], float]  # of a word: the share of compliant notes that hold it
USUAL = 20  # words of a note on which frequencies were counted
CONFIRM = 20  # what a pattern costs, in units of a look at the words near an anchor
LOOK = 1000  # what the other needs of a key cost once the first is there, in comparisons of two words
MAX_KEYS = 150  # of one term
SELDOM = 1e-8  # of compliant notes: what opens the gate for no more is not spelt out


@dataclass(frozen=True)
class Need:
    """Words of which a match holds one, from `least` to `most` words after the anchor (before it where negative)."""

    words: frozenset[str]
    least: int
    most: int


@dataclass(frozen=True)
class Lead:
    """What a note holds where a phrase matches it: a word of `anchors`, and one of each need, the rarest first."""

    anchors: frozenset[str]
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class _Spot:
    """Words of which one is there, from `least` to `most` words after the start of what they are in."""

    words: frozenset[str]
    least: int = 0
    most: int = 0

    def after(self, least: int, most: int) -> _Spot:
        return _Spot(self.words, self.least + least, self.most + most)


def leads(phrase: Phrase, frequency: Frequency, used: set[str]) -> list[Lead] | None:
    """What a note holds where the phrase matches it, one of these; None where no word of it is certain to be there.

    An anchor that is `used` by another term costs little more; those found are added to it.
    """
    found: dict[Lead, None] = {}
    for one in _expanded(phrase, frequency):
        lead = _lead(one, frequency, used)
        if lead is None:
            return None
        used |= lead.anchors
        found[lead] = None
    return list(found)


def _in_order(needs: Sequence[Need], frequency: Frequency) -> tuple[Need, ...]:
    """The needs, first those that are quick to look for and seldom there."""

    def cost(need: Need) -> float:
        return len(need.words) * (need.most - need.least + 1) + LOOK * _near(need, frequency)

    return tuple(sorted(needs, key=lambda n: (cost(n), n.least, sorted(n.words))))


def _expanded(phrase: Phrase, frequency: Frequency) -> list[Phrase]:
    """Phrases that together mean the same: choices among phrases, and hyphens between two words, spelt out, first where the
    gate opens least often for it, until it is seldom enough or there are `MAX_KEYS`.
    """
    done: list[Phrase] = []
    todo = [(-_opens(phrase, frequency), 0, phrase)]
    count = 1
    while todo:
        opens, _, one = heappop(todo)
        best: list[tuple[float, Phrase]] = []
        if -opens > SELDOM:
            room = MAX_KEYS - len(done) - len(todo)
            ways = (_spelt_out(one, at) for at in range(len(one)))
            weighed = ([(_opens(p, frequency), p) for p in way] for way in ways if 0 < len(way) <= room)
            best = min(weighed, key=lambda way: sum(o for o, _ in way), default=[])
        if not best:
            done.append(one)
        for more, spelt in best:
            heappush(todo, (-more, count, spelt))
            count += 1
    return done


def _opens(phrase: Phrase, frequency: Frequency) -> float:
    """How many of the compliant notes hold what the phrase is known by, as a share; infinite where that is nothing."""
    lead = _lead(phrase, frequency, frozenset())
    if lead is None:
        return inf
    return _weight(lead.anchors, frequency) * prod(_near(need, frequency) for need in lead.needs)


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


def _lead(phrase: Phrase, frequency: Frequency, used: Set[str]) -> Lead | None:
    """What a phrase is known by: of all that could serve, what opens the gate least often."""
    runs = _runs(phrase)
    before = [(0, 0)]  # the least and the most words before each run
    for run in runs:
        least, most = length(run)
        before.append((before[-1][0] + least, before[-1][1] + most))
    spots = [(at, spot) for at, run in enumerate(runs) if (spot := _spot_of_run(run, frequency))]
    # tied words are no witness, for they may be written as one
    witnesses = [(at, spot) for at, spot in spots if len(runs[at]) == 1]
    slack = [most - least for least, most in before]
    seen = [(at, _weight(w.words, frequency), slack[at], w.most - w.least) for at, w in witnesses]
    best: tuple[float, int, _Spot] | None = None
    for at, spot in spots:
        opens = 1.0
        for other, weight, other_slack, room in seen:
            if other != at:
                opens *= _chance(weight, abs(other_slack - slack[at]) + room + spot.most - spot.least + 1)
        fresh = sum(map(frequency, spot.words - used))
        cost = fresh + (0.1 + opens * CONFIRM) * _weight(spot.words, frequency)
        if best is None or cost < best[0]:
            best = cost, at, spot
    if best is None:
        return None
    _, at, spot = best
    needs = []
    for other, witness in witnesses:
        if other != at:
            low, high = before[other][0] - before[at][0], before[other][1] - before[at][1]
            least = min(low, high) + witness.least - spot.most
            needs.append(Need(witness.words, least, max(low, high) + witness.most - spot.least))
    return Lead(spot.words, _in_order(needs, frequency))


def _chance(weight: float, places: int) -> float:
    """How likely one of so many places in a note holds a word of a set of this weight."""
    return min(1.0, weight * places / USUAL)


def _near(need: Need, frequency: Frequency) -> float:
    """How likely the words near an anchor hold one that it needs."""
    return _chance(_weight(need.words, frequency), need.most - need.least + 1)


def _runs(phrase: Phrase) -> list[list[Node]]:
    """The elements of a phrase; those tied by hyphens together, the hyphens with them."""
    found: list[list[Node]] = []
    tied = False
    for node in phrase:
        if isinstance(node, Joint) or tied:
            found[-1].append(node)
            tied = isinstance(node, Joint)
        else:
            found.append([node])
    return found


def _spot_of_run(run: list[Node], frequency: Frequency) -> _Spot | None:
    """Where one element is certain of a word, or several tied by hyphens, which may be written as one word."""
    if len(run) == 1:
        return _spot_of(run[0], frequency)
    nodes = [n for n in run if not isinstance(n, Joint)]
    apart = [spot.words for node in nodes if (spot := _spot_of(node, frequency)) is not None]
    if not apart:
        return None
    cheapest = min(apart, key=lambda c: _weight(c, frequency))
    out = set(cheapest)
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


def _spot_of(node: Node, frequency: Frequency) -> _Spot | None:
    if isinstance(node, Words):
        return _Spot(node.forms)
    if not isinstance(node, Choice) or node.optional:
        return None
    return _union([_best(_runs(option), frequency) for option in node.options])


def _best(runs: Sequence[list[Node]], frequency: Frequency) -> _Spot | None:
    """The rarest words of these runs, their place counted from the start of the first."""
    spots = [(at, spot) for at, run in enumerate(runs) if (spot := _spot_of_run(run, frequency))]
    if not spots:
        return None
    at, spot = min(spots, key=lambda s: _weight(s[1].words, frequency))
    before = [length(run) for run in runs[:at]]
    return spot.after(sum(n[0] for n in before), sum(n[1] for n in before))


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


@lru_cache(maxsize=100_000)
def _weight(words: frozenset[str], frequency: Frequency) -> float:
    """How often a note holds one of these words: the sum of their shares, and a little for the size of the set."""
    return sum(map(frequency, words)) + 1e-6 * len(words)
