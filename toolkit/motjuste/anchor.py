"""Keys: the words by which the gate knows that a term may match a note.

An *anchor* is a word, or two neighbours, of which every match holds at least one; a *witness* is a set of
words of which every match holds one too, a known number of words away from the anchor. A term of several
phrases has a key for each, for what they have in common says less than each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from motjuste.errors import RuleError
from motjuste.phrase import MAX_FORMS, Choice, Joint, Node, Phrase, Words, as_words, length

Frequency = Callable[[str], float]  # of a word: the share of compliant notes that hold it
USUAL = 20  # words of a note on which frequencies were counted
CONFIRM = 20  # what a pattern costs, in units of a look at the words near an anchor
MAX_KEYS = 60  # of one term


@dataclass(frozen=True)
class Lead:
    """What a note holds where a phrase matches it: an anchor; a word of `also`, where that is given, from `least`
    to `most` words after the anchor's first word (before it where negative); a word of each of `required`."""

    anchors: frozenset[str]
    also: frozenset[str] | None
    least: int
    most: int
    required: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class _Spot:
    """Words of which one is there, from `least` to `most` words after the start of what they are in."""

    words: frozenset[str]
    least: int = 0
    most: int = 0

    def after(self, least: int, most: int) -> _Spot:
        return _Spot(self.words, self.least + least, self.most + most)


def leads(phrase: Phrase, frequency: Frequency) -> list[Lead] | None:
    """What a note holds where the phrase matches it, one of these; None where no word of it is certain to be there.

    Those of the same anchors are made one, which says less of each: an anchor is looked at once a key.
    """
    found: dict[frozenset[str], Lead] = {}
    for one in _expanded(phrase):
        lead = _lead(one, frequency)
        if lead is None:
            return None
        found[lead.anchors] = _either(lead, found.get(lead.anchors, lead))
    return list(found.values())


def _either(one: Lead, other: Lead) -> Lead:
    """What holds where one of two leads of the same anchors does."""
    if one == other:
        return one
    required = tuple(words for words in one.required if words in other.required)
    if one.also is None or other.also is None:
        return Lead(one.anchors, None, 0, 0, required)
    least, most = min(one.least, other.least), max(one.most, other.most)
    return Lead(one.anchors, one.also | other.also, least, most, required)


def _expanded(phrase: Phrase) -> list[Phrase]:
    """The phrase with each choice among phrases spelt out, as far as `MAX_KEYS` allows; together they mean the same."""
    done: list[Phrase] = []
    todo = [phrase]
    while todo:
        one = todo.pop()
        at = next((i for i in range(len(one)) if _divides(one, i)), None)
        options = one[at].options if at is not None else ()  # type: ignore[union-attr]
        if at is None or len(done) + len(todo) + len(options) > MAX_KEYS:
            done.append(one)
        else:
            todo += [(*one[:at], *option, *one[at + 1 :]) for option in options]
    return done


def _divides(phrase: Phrase, at: int) -> bool:
    """Whether the element there is a choice among phrases, tied to no neighbour."""
    node = phrase[at]
    tied = any(isinstance(n, Joint) for n in (*phrase[max(0, at - 1) : at], *phrase[at + 1 : at + 2]))
    return (
        isinstance(node, Choice) and not node.optional and not tied and any(len(o) > 1 for o in node.options)
    )


def _lead(phrase: Phrase, frequency: Frequency) -> Lead | None:
    """What a phrase is known by: of all that could serve, what opens the gate least often."""
    runs = _runs(phrase)
    before = [(0, 0)]  # the least and the most words before each run
    for run in runs:
        least, most = length(run)
        before.append((before[-1][0] + least, before[-1][1] + most))
    witnessed = _witness_spots(runs, frequency)
    required = tuple(sorted((s.words for _, s in witnessed), key=lambda w: _order(w, frequency)))
    best: tuple[float, frozenset[str], frozenset[str] | None, int, int] | None = None
    for at, spot in _anchor_spots(runs, frequency):
        looked_at, opens = _cost(spot.words, frequency)
        anchored = frozenset(w for anchor in spot.words for w in anchor.split())
        if best is None or looked_at + opens * CONFIRM < best[0]:
            best = looked_at + opens * CONFIRM, spot.words, None, 0, 0
        for other, witness in witnessed:
            low, high = before[other][0] - before[at][0], before[other][1] - before[at][1]
            least = min(low, high) + witness.least - spot.most
            most = max(low, high) + witness.most - spot.least
            near = min(1.0, _share(witness.words, frequency) * (most - least + 1) / USUAL)
            cost = looked_at + opens * near * CONFIRM
            if cost < best[0] and witness.words.isdisjoint(anchored):
                best = cost, spot.words, witness.words, least, most
    return Lead(*best[1:], required) if best else None


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


def _anchor_spots(runs: Sequence[list[Node]], frequency: Frequency) -> list[tuple[int, _Spot]]:
    """Every set of anchors that could serve, each with the run that it begins in."""
    found = [(at, spot) for at, run in enumerate(runs) if (spot := _spot_of_run(run, frequency))]
    for at, (left, right) in enumerate(pairwise(runs)):
        # tied words may be written as one, which has no neighbour of their own
        if len(left) == len(right) == 1 and (pairs := _pairs(left[0], right[0])):
            least, most = length(left)
            found.append((at, _Spot(pairs, least - 1, most - 1)))
    return found


def _spot_of_run(run: list[Node], frequency: Frequency) -> _Spot | None:
    """The anchors of one element, or of several tied by hyphens, which may be written as one word."""
    if len(run) == 1:
        return _spot_of(run[0], frequency)
    nodes = [n for n in run if not isinstance(n, Joint)]
    apart = [spot.words for node in nodes if (spot := _spot_of(node, frequency)) is not None]
    apart += [found for a, b in pairwise(nodes) if (found := _pairs(a, b)) is not None]
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
    spots = []
    for option in node.options:
        runs = _runs(option)
        spots.append(_best(_anchor_spots(runs, frequency), runs, frequency))
    return _union(spots)


def _best(
    spots: Iterable[tuple[int, _Spot]], runs: Sequence[list[Node]], frequency: Frequency
) -> _Spot | None:
    """The cheapest of these spots, its place counted from the start of the first run."""
    cheapest = min(spots, key=lambda s: _weight(s[1].words, frequency), default=None)
    if cheapest is None:
        return None
    at, spot = cheapest
    before = [length(run) for run in runs[:at]]
    return spot.after(sum(n[0] for n in before), sum(n[1] for n in before))


def _union(spots: Sequence[_Spot | None]) -> _Spot | None:
    """One spot for several alternatives; None where one of them is certain of nothing."""
    found = [s for s in spots if s is not None]
    if not found or len(found) < len(spots):
        return None
    words = frozenset(w for s in found for w in s.words)
    return _Spot(words, min(s.least for s in found), max(s.most for s in found))


def _pairs(left: Node, right: Node) -> frozenset[str] | None:
    """The pairs of neighbours that two elements in a row make."""
    if any(isinstance(n, Choice) and n.optional for n in (left, right)):
        return None
    before, after = _ends(left, last=True), _ends(right)
    if not before or not after or len(before) * len(after) > MAX_FORMS:
        return None
    return frozenset(f"{a} {b}" for a in before for b in after)


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
def _cost(found: frozenset[str], frequency: Frequency) -> tuple[float, float]:
    """How often a set of anchors is looked at, for a word of it is there, and how often an anchor is.

    Of two neighbours the rarer is looked for; one note in twenty that holds it is taken to hold them side by
    side. A little is added for the size of the set.
    """
    rarer = {a: min(a.split(), key=frequency) for a in found}
    looked_at = sum(map(frequency, set(rarer.values()))) + 1e-6 * len(rarer)
    return looked_at, sum(frequency(w) * (0.05 if " " in a else 1.0) for a, w in rarer.items())


@lru_cache(maxsize=100_000)
def _share(words: frozenset[str], frequency: Frequency) -> float:
    """How often a note holds one of these words, or one each of several: the sum of their shares."""
    return sum(map(frequency, words))


@lru_cache(maxsize=100_000)
def _order(words: frozenset[str], frequency: Frequency) -> tuple[float, tuple[str, ...]]:
    """A key that sorts sets of words, those first that open the gate least often."""
    return _weight(words, frequency), tuple(sorted(words))


def _weight(found: frozenset[str], frequency: Frequency) -> float:
    looked_at, opens = _cost(found, frequency)
    return looked_at + opens * CONFIRM


def _witness_spots(runs: Sequence[list[Node]], frequency: Frequency) -> list[tuple[int, _Spot]]:
    """The witnesses of these runs, each with its run; tied words are none, for they may be written as one."""
    return [
        (at, spot) for at, run in enumerate(runs) if len(run) == 1 and (spot := _witness(run[0], frequency))
    ]


def _witness(node: Node, frequency: Frequency) -> _Spot | None:
    if isinstance(node, Words):
        return _Spot(node.forms)
    if not isinstance(node, Choice) or node.optional:
        return None
    spots = []
    for option in node.options:
        runs = _runs(option)
        spots.append(_best(_witness_spots(runs, frequency), runs, frequency))
    return _union(spots)
