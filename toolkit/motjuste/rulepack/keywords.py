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


class Keyword(NamedTuple):
    """A match has a word of `set` where its code has this `item`, and for each of the two `near`, (sets, least, most), a word of one of
    the sets, from `least` to `most` words after that (before it where negative). No sets: nothing is certain."""

    set: int
    item: int
    near: tuple[tuple[tuple[int, ...], int, int], ...]


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
        before = self._before(first)
        found = []
        for item in self._cut(first)[1]:
            near = [p for p in (self._beside(before[item], -1), self._beside(self._after(item), 1)) if p]
            told = [p[1:] for p in sorted(near)]
            found.append(Keyword(self._items[item][1], item, (*told, *[((), 0, 0)] * (2 - len(told)))))
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

    def _before(self, first: Items) -> dict[int, set[_Place | None]]:
        """Of each item, the words that may stand right before it in the phrase, None where it may be the first."""
        before: dict[int, set[_Place | None]] = {}
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
        return before

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
        leading: dict[int, list[int]] = {}
        for one in self._in_order(first):
            for after in self._items[one][-1] if self._items[one][0] != "accept" else ():
                leading.setdefault(after, []).append(one)
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
                    sign = what[0] if kind == "word" else -2 - self.forks.setdefault(tuple(what[:4]), len(self.forks))
                    found[at : at + ITEM] = [sign, *listed(onward, what[-1] if onward else one)]
                at += ITEM
        return [len(heads), *(n for head in heads for n in head), *found]


def weights(sets: Mapping[frozenset[str], int], often: Callable[[str], float], number: str) -> list[float]:
    """How often notes hold a word of each set: the sum of the shares of its words; all hold a `number`."""
    found = [0.0] * len(sets)
    for words, n in sets.items():
        found[n] = sum(map(often, words)) + (number in words)
    return found
