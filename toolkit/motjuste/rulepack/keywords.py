"""Phrases for executors that have no automaton, as SQL: the words by which each is known, and a code to walk it by itself. Pure.

Every match of a phrase holds a word of one of its *keyword* sets, and, where one is certain to be there, a word of the sets that
stand `near` it. They are the sets that compliant notes hold least. What is left is walked, from the keyword both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from motjuste.engine.program import ITEM

Items = frozenset[int]
Item = tuple[Any, ...]  # of rulepack.automaton
MANY = 300  # words that stand near a keyword: more tell little, and cost
WIDE = 8  # places where one may stand, likewise


class Keyword(NamedTuple):
    """A match has a word of `set` where its code has this `item`, and for each of the two `near`, (sets, least, most), a word of one of
    the sets, from `least` to `most` words after that (before it where negative). No sets: nothing is certain."""

    set: int
    item: int
    near: tuple[tuple[tuple[int, ...], int, int], ...]


_Near = tuple[tuple[int, ...], int, int]  # sets, least, most
NOTHING: _Near = (), 0, 0


class Phrases:
    """What is told of the phrases of one builder; `weight` says how often notes hold a word of each set, `sizes` how many words it has."""

    def __init__(self, items: Sequence[Item], weight: Sequence[float], sizes: Sequence[int]) -> None:
        self._items, self._weight, self._sizes = items, weight, sizes
        self._after = [() if kind == "accept" else tuple(sorted(what[-1])) for kind, *what in items]
        self._orders: dict[Items, list[int]] = {}  # of what a phrase, or the rest of one, begins with
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
        return (cost, tuple(sorted(found))) if cost < inf else (inf, ())

    def keywords(self, first: Items) -> list[Keyword]:
        """By what a phrase that begins with these items is known."""
        order, leading = self._in_order(first), self._leading(first)
        found = []
        for item in self._cut(first)[1]:
            onward = self._items[item][-1]
            after = self._near(self._reach(onward, self._in_order(onward), self._after.__getitem__), onward)
            sides = [after, self._before(item, first, order, leading)]
            told = [near for side in sides for near in side[:1]]
            if len(told) < 2:
                told = (sides[0] or sides[1])[:2]
            found.append(
                Keyword(self._items[item][1], item, (*sorted(told, key=self._often), NOTHING, NOTHING)[:2])
            )
        return sorted(found)

    def _near(self, reach: Mapping[int, tuple[int, int]], onward: Collection[int]) -> list[_Near]:
        """The words of which one stands after a keyword, the rarest first: those of a cut of what follows, and the next ones."""
        cut = self._cut(onward)[1]
        found = [self._told(cut, reach)] if cut else []
        beside = set[int]()
        todo = list(onward)
        while todo:
            one = todo.pop()
            if self._items[one][0] == "accept":
                return sorted(filter(None, found), key=self._often)
            if self._items[one][0] == "word":
                beside.add(one)
            else:
                todo += self._items[one][-1]
        found.append(self._told(beside, reach))
        return sorted({near for near in found if near}, key=self._often)

    def _before(
        self, item: int, first: Items, order: Sequence[int], leading: Mapping[int, Sequence[int]]
    ) -> list[_Near]:
        """The same of what comes before one."""
        reach = self._reach(leading.get(item, ()), order[::-1], lambda one: leading.get(one, ()))
        cuts: dict[tuple[int, bool], tuple[float, tuple[int, ...]]] = {}

        def cut(one: int, *, beside: bool = False) -> tuple[float, tuple[int, ...]]:
            """Of the ways that lead to an item."""
            if one in first or not leading.get(one):
                return inf, ()
            cost, found = 0.0, set[int]()
            for before in leading[one]:
                if (before, beside) not in cuts:
                    best = (
                        (inf, ())
                        if beside and self._items[before][0] == "word"
                        else cut(before, beside=beside)
                    )
                    if self._items[before][0] == "word" and self._weight[self._items[before][1]] <= best[0]:
                        best = (self._weight[self._items[before][1]], (before,))
                    cuts[before, beside] = best
                cost += cuts[before, beside][0]
                found.update(cuts[before, beside][1])
            return cost, tuple(sorted(found))

        found = [
            self._told(items, reach) for cost, items in (cut(item), cut(item, beside=True)) if cost < inf
        ]
        turned = {(near[0], -near[2], -near[1]) for near in found if near}
        return sorted(turned, key=self._often)

    def _told(self, items: Collection[int], reach: Mapping[int, tuple[int, int]]) -> _Near | None:
        """Their sets and how far they stand, None where they have too many words or stand too far apart to tell much."""
        sets = tuple(sorted({self._items[one][1] for one in items}))
        least, most = min(reach[one][0] for one in items) + 1, max(reach[one][1] for one in items) + 1
        return (
            (sets, least, most)
            if sum(self._sizes[s] for s in sets) <= MANY and most - least <= WIDE
            else None
        )

    def _often(self, near: _Near) -> tuple[float, _Near]:
        return sum(self._weight[s] for s in near[0]) * (near[2] - near[1] + 1), near

    def _reach(
        self, start: Collection[int], order: Sequence[int], onward: Callable[[int], Collection[int]]
    ) -> dict[int, tuple[int, int]]:
        """How many words may stand between the start of a walk and each item; `order` has them after all that lead to them."""
        reach = dict.fromkeys(start, (0, 0))
        for one in order:
            if one not in reach:
                continue
            kind, *what = self._items[one]
            least, most = (1, 1) if kind == "word" else what[:2] if kind == "fork" else (0, 0)
            low, high = reach[one][0] + least, reach[one][1] + most
            for after in onward(one):
                old = reach.get(after, (low, high))
                reach[after] = min(old[0], low), max(old[1], high)
        return reach

    def _leading(self, first: Items) -> dict[int, list[int]]:
        """Of each item of a phrase, those that lead to it."""
        found: dict[int, list[int]] = {}
        for one in self._in_order(first):
            for after in self._after[one]:
                found.setdefault(after, []).append(one)
        return found

    def _in_order(self, first: Items) -> list[int]:
        """The items of a phrase, each after all that lead to it."""
        known = self._orders.get(first)
        if known is not None:
            return known
        found: list[int] = []
        seen = set[int]()
        todo = sorted(first)
        while todo:
            one = todo.pop()
            if one < 0:
                found.append(~one)
            elif one not in seen:
                seen.add(one)
                todo.append(~one)
                todo += self._after[one]
        found.reverse()
        self._orders[first] = found
        return found

    def longest(self, first: Items) -> int:
        """The most words of a match."""
        longest: dict[int, int] = {}
        for one in reversed(self._in_order(first)):
            kind, *what = self._items[one]
            most = {"word": 1, "accept": 0}.get(kind, what[1] if kind == "fork" else 0)
            rest = what[-1] if kind != "accept" else ()
            longest[one] = most + max((longest[after] for after in rest), default=0)
        return max(longest[one] for one in first)

    def code(self, first: Items, keywords: Sequence[Keyword]) -> list[int]:
        """The number of keywords; of each its set, the place and the number of the items that come before it, and of those after it; then
        all items, three integers each: a set, or -2 - the number of a fork in `forks`, and the place, from 0, and the number of the items that
        go on from there, in the direction of the walk. An end is -1, 0, 0. A phrase of one word has no code.
        """
        if self.longest(first) == 1:
            return []
        leading = self._leading(first)
        lists: dict[tuple[bool, Any], int] = {}
        found: list[int] = []
        todo: list[tuple[bool, Any]] = []

        def listed(onward: bool, which: Any) -> tuple[int, int]:
            """The place and the number of the items after (of the set `which`) or before (the item `which`)."""
            size = len(which) if onward else len(leading.get(which, ())) + (which in first)
            if (onward, which) not in lists:
                lists[onward, which] = len(found) // ITEM
                found.extend([-1, 0, 0] * size)
                todo.append((onward, which))
            return lists[onward, which], size

        heads = [(k.set, *listed(False, k.item), *listed(True, self._items[k.item][2])) for k in keywords]
        for onward, which in todo:  # which grows
            at = lists[onward, which] * ITEM
            for one in sorted(which) if onward else leading.get(which, ()):
                kind, *what = self._items[one]
                if kind != "accept":
                    sign = (
                        what[0]
                        if kind == "word"
                        else -2 - self.forks.setdefault(tuple(what[:4]), len(self.forks))
                    )
                    found[at : at + ITEM] = [sign, *listed(onward, what[-1] if onward else one)]
                at += ITEM
        return [len(heads), *(n for head in heads for n in head), *found]


def weights(sets: Mapping[frozenset[str], int], often: Callable[[str], float], number: str) -> list[float]:
    """How often notes hold a word of each set: the sum of the shares of its words; all hold a `number`."""
    found = [0.0] * len(sets)
    for words, n in sets.items():
        found[n] = sum(map(often, words)) + (number in words)
    return found
