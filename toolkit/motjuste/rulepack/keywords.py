"""Phrases for executors that have no automaton, as SQL: the words by which each is known, and a code to walk it by itself. Pure.

Every match of a phrase holds a word of one of its *keyword* sets, so many words after its first, and, where one is certain to be
there, a word of the sets that stand `near` it. They are the sets that compliant notes hold least. What is left is walked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

Items = frozenset[int]
Item = tuple[Any, ...]  # of rulepack.automaton
MANY = 300  # words that stand near a keyword: more tell little, and cost


class Keyword(NamedTuple):
    """A match has a word of `set`, from `low` to `high` words after its first; a word of one of the sets `near` stands from
    `least` to `most` words after that (before it where negative). No `near`: nothing is certain."""

    set: int
    low: int
    high: int
    near: tuple[int, ...]
    least: int
    most: int


class _Place(NamedTuple):
    item: int
    least: int
    most: int


class Phrases:
    """What is told of the phrases of one builder; `weight` says how often notes hold a word of each set, `sizes` how many words it has."""

    def __init__(self, items: Sequence[Item], weight: Sequence[float], sizes: Sequence[int]) -> None:
        self._items, self._weight, self._sizes = items, weight, sizes
        self._cuts: dict[int, tuple[float, tuple[int, ...]]] = {}
        self.forks: dict[tuple[int, int, int, int], int] = {}  # least, most, but, signs of a fork: its number

    def _cut(self, alternatives: Collection[int]) -> tuple[float, tuple[int, ...]]:
        """(how often, items) of words of which every way from these items to the end has one: those that notes hold least."""
        cost, found = 0.0, set[int]()
        for one in sorted(alternatives):
            if one not in self._cuts:
                kind, *what = self._items[one]
                best: tuple[float, tuple[int, ...]] = (inf, ())
                if kind != "accept":
                    best = self._cut(what[-1])
                if kind == "word" and self._weight[what[0]] <= best[0]:
                    best = (self._weight[what[0]], (one,))
                self._cuts[one] = best
            cost += self._cuts[one][0]
            found.update(self._cuts[one][1])
        return cost, tuple(sorted(found))

    def keywords(self, first: Items) -> list[Keyword]:
        """By what a phrase that begins with these items is known."""
        reach, before = self._reach(first)
        found = set[Keyword]()
        for item in self._cut(first)[1]:
            low, high = reach[item]
            near = [p for p in (self._beside(before[item], -1), self._beside(self._after(item), 1)) if p]
            best = min(near, key=lambda p: p[0])[1:] if near else ((), 0, 0)
            found.add(Keyword(self._items[item][1], low, high, *best))
        return sorted(found)

    def _beside(
        self, places: Collection[_Place | None], side: int
    ) -> tuple[float, tuple[int, ...], int, int] | None:
        """(how often, sets, least, most) of the words of which one stands before or after; None where none is certain, or too many."""
        known = [p for p in places if p is not None]
        if len(known) < len(places) or not known:
            return None
        sets = tuple(sorted({self._items[p.item][1] for p in known}))
        least, most = min(p.least for p in known), max(p.most for p in known)
        if sum(self._sizes[s] for s in sets) > MANY:
            return None
        often = sum(self._weight[s] for s in sets) * (most - least + 1)
        return (often, sets, least, most) if side > 0 else (often, sets, -most, -least)

    def _after(self, item: int) -> set[_Place | None]:
        """The words that may stand right after an item, None for the end of the phrase."""
        found: set[_Place | None] = set()
        todo = [(one, 0, 0) for one in self._items[item][2]]
        while todo:
            one, least, most = todo.pop()
            kind, *what = self._items[one]
            if kind == "word":
                found.add(_Place(one, least + 1, most + 1))
            elif kind == "fork":
                todo += [(after, least + what[0], most + what[1]) for after in what[4]]
            else:
                found.add(None)
        return found

    def _reach(self, first: Items) -> tuple[dict[int, tuple[int, int]], dict[int, set[_Place | None]]]:
        """Of each item: how many words may stand before it in the phrase, and which right before it (None: it may be the first)."""
        reach: dict[int, tuple[int, int]] = dict.fromkeys(first, (0, 0))
        before: dict[int, set[_Place | None]] = {}
        for one in self._in_order(first):
            kind, *what = self._items[one]
            if kind == "accept":
                continue
            least, most = (1, 1) if kind == "word" else what[:2]
            low, high = reach[one][0] + least, reach[one][1] + most
            for after in what[-1]:
                old = reach.get(after, (low, high))
                reach[after] = min(old[0], low), max(old[1], high)
        todo: list[tuple[int, int | None, int, int]] = [(one, None, 0, 0) for one in first]
        seen = set(todo)
        while todo:
            one, last, least, most = todo.pop()
            kind, *what = self._items[one]
            if kind == "accept":
                continue
            if kind == "word":
                before.setdefault(one, set()).add(None if last is None else _Place(last, least + 1, most + 1))
                more = [(after, one, 0, 0) for after in what[1]]
            else:
                more = [(after, last, least + what[0], most + what[1]) for after in what[4]]
            todo += [m for m in more if m not in seen]
            seen.update(more)
        return reach, before

    def _in_order(self, first: Items) -> list[int]:
        """The items of a phrase, each after all that lead to it."""
        found: list[int] = []
        seen = set[int]()
        todo = [(one, False) for one in sorted(first)]
        while todo:
            one, done = todo.pop()
            if done:
                found.append(one)
            elif one not in seen:
                seen.add(one)
                todo.append((one, True))
                if self._items[one][0] != "accept":
                    todo += [(after, False) for after in sorted(self._items[one][-1])]
        return found[::-1]

    def code(self, first: Items) -> list[int]:
        """The most words of a match, the number of items that the phrase begins with, then its items, three integers each: a set, or -2 - the number of a fork in `forks`;
        the place from 0 and the number of the items that follow. An end is -1, 0, 0.
        """
        order: list[Items] = []
        at: dict[Items, int] = {}
        size = 0
        todo = [first]
        for rest in todo:  # which grows
            if rest in at:
                continue
            at[rest] = size
            size += len(rest)
            order.append(rest)
            todo += [self._items[one][-1] for one in sorted(rest) if self._items[one][0] != "accept"]
        longest: dict[int, int] = {}
        for one in reversed(self._in_order(first)):
            kind, *what = self._items[one]
            most = {"word": 1, "accept": 0}.get(kind, what[1] if kind == "fork" else 0)
            rest = what[-1] if kind != "accept" else ()
            longest[one] = most + max((longest[after] for after in rest), default=0)
        found = [max(longest[one] for one in first), len(first)]
        for rest in order:
            for one in sorted(rest):
                kind, *what = self._items[one]
                if kind == "word":
                    found += [what[0], at[what[1]], len(what[1])]
                elif kind == "fork":
                    fork = self.forks.setdefault(tuple(what[:4]), len(self.forks))
                    found += [-2 - fork, at[what[4]], len(what[4])]
                else:
                    found += [-1, 0, 0]
        return found


def weights(sets: Mapping[frozenset[str], int], often: Callable[[str], float], number: str) -> list[float]:
    """How often notes hold a word of each set: the sum of the shares of its words; all hold a `number`."""
    found = [0.0] * len(sets)
    for words, n in sets.items():
        found[n] = sum(map(often, words)) + (number in words)
    return found
