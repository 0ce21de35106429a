"""Anchors and witnesses: the words by which the gate knows that a term may match a note.

An *anchor* is a word, or two neighbours, of which every match of a term holds at least one; a *witness* is
a set of words of which every match holds one too, looked for once an anchor is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from motjuste.errors import RuleError
from motjuste.phrase import MAX_FORMS, Choice, Joint, Node, Phrase, Words, as_words

Frequency = Callable[[str], float]  # of a word: the share of compliant notes that hold it


def anchors(phrase: Phrase, frequency: Frequency) -> frozenset[str] | None:
    """Words, or pairs of neighbours, of which every match of the phrase holds at least one: the rarest choice.

    None where nothing is certain to be there.
    """
    candidates: list[frozenset[str]] = []
    runs = _runs(phrase)
    for run in runs:
        found = _anchors_of_run(run, frequency)
        if found:
            candidates.append(found)
    for left, right in pairwise(runs):
        found = _pairs(left[-1], right[0])
        if found:
            candidates.append(found)
    return min(candidates, key=lambda c: _cost(c, frequency), default=None)


def _runs(phrase: Phrase) -> list[list[Node]]:
    """The elements of a phrase, those tied by hyphens together."""
    found: list[list[Node]] = []
    tied = False
    for node in phrase:
        if isinstance(node, Joint):
            tied = True
        elif tied:
            found[-1].append(node)
            tied = False
        else:
            found.append([node])
    return found


def _anchors_of_run(run: list[Node], frequency: Frequency) -> frozenset[str] | None:
    """The anchors of one element, or of several tied by hyphens, which may be written as one word."""
    apart = [found for node in run if (found := _anchors_of(node, frequency)) is not None]
    apart += [found for a, b in pairwise(run) if (found := _pairs(a, b)) is not None]
    if not apart:
        return None
    out = set(min(apart, key=lambda c: _cost(c, frequency)))
    for first in range(len(run)):
        glued = _ends(run[first], last=True) or set()
        for last in range(first + 1, len(run)):
            out |= {a + b for a in glued for b in _ends(run[last]) or ()}
            if as_words(run[last]) is None:
                break  # a phrase in the middle ends the word
            glued = {a + b for a in glued for b in _ends(run[last], last=True) or ()}
    if len(out) > MAX_FORMS:
        raise RuleError(f"more than {MAX_FORMS} spellings of words tied by hyphens")
    return frozenset(out)


def _anchors_of(node: Node, frequency: Frequency) -> frozenset[str] | None:
    if isinstance(node, Words):
        return node.forms
    if isinstance(node, Choice) and not node.optional:
        parts = [anchors(option, frequency) for option in node.options]
        if all(p is not None for p in parts):
            return frozenset(w for p in parts if p is not None for w in p)
    return None


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


def _cost(found: Iterable[str], frequency: Frequency) -> float:
    """How much work a set of anchors makes: how often it opens the gate, and a little for its size.

    Of two words, one note in twenty that holds the rarer is taken to hold them as neighbours.
    """
    return sum(1e-6 + min(map(frequency, a.split())) * (0.05 if " " in a else 1.0) for a in found)


def witnesses(phrase: Phrase, frequency: Frequency) -> list[frozenset[str]]:
    """The word sets of which every match of the phrase holds a word, the rarest first."""
    tied = {i + d for i, n in enumerate(phrase) if isinstance(n, Joint) for d in (-1, 1)}
    found = [_witness(node, frequency) for at, node in enumerate(phrase) if at not in tied]
    return sorted((w for w in found if w), key=lambda w: (_cost(w, frequency), sorted(w)))


def _witness(node: Node, frequency: Frequency) -> frozenset[str] | None:
    if isinstance(node, Words):
        return node.forms
    if not isinstance(node, Choice) or node.optional:
        return None
    rarest = [next(iter(witnesses(option, frequency)), None) for option in node.options]
    return None if None in rarest else frozenset(word for w in rarest if w for word in w)
