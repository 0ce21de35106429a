"""Phrases -> one deterministic automaton over word classes. Pure.

Two words are of one class if they stand in the same word sets. A state is a set of *items*, as in a parser:

    ("word", set, rest)                            a word of the set, then one of `rest`
    ("fork", least, most, but, signs, rest)        so many words, none of the set `but`, then one of `rest`;
                                                   with no more than so many `signs` (0: any) before each of them, or,
                                                   where they are none, before the next word
    ("accept", number)                             a phrase ends here

Items are made once each, so that phrases which go on alike share what follows. States are made from them by the subset construction; a fork
does not multiply states: a walk that reaches it begins again at the fork's own state, some words later. All phrases
are finite, so are all walks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeGuard

from motjuste.engine.text import without_ligatures
from motjuste.errors import RuleError
from motjuste.rulepack.phrase import (
    Choice,
    Close,
    Gap,
    Joint,
    Node,
    Number,
    Phrase,
    Words,
    glued,
)

NUMBER = "#"  # the word that stands for all numbers
NOTHING = -1  # the set of a gap that excludes no word
ANY, TIGHT, TIED = 0, 1, 2  # signs before a word: any number, one at most (`~`), two at most (a hyphen)
Items = frozenset[int]


class Fork(NamedTuple):
    """Where a walk also goes on: at `state`, after `least` to `most` words of which none is of the set `but`.

    No more than so many `signs` (0: any number) stand before each of these, or before the next word where they are none.
    """

    least: int
    most: int
    but: int
    signs: int
    state: int


class State(NamedTuple):
    """What ends on arrival, where a walk also goes on, and by the class of the next word the next state."""

    accepts: tuple[int, ...]
    forks: tuple[Fork, ...]
    row: dict[int, int]


class Builder:
    """Takes in phrases, gives the automaton. Sets are numbered as they come."""

    def __init__(self) -> None:
        self.sets: dict[frozenset[str], int] = {}
        self._items: dict[tuple[Any, ...], int] = {}
        self._list: list[tuple[Any, ...]] = []
        self._known: dict[tuple[Phrase, Items], Items] = {}
        self._roots: defaultdict[str, set[int]] = defaultdict(set)

    def number(self, words: Iterable[str]) -> int:
        """The number of a word set; ligatures are spelt out."""
        return self.sets.setdefault(frozenset(map(without_ligatures, words)), len(self.sets))

    def add(self, root: str, phrase: Phrase, number: int) -> Items:
        """Have the phrase end with `number`, read from this root: the items with which it begins. Raises RuleError for a phrase that may be
        empty, or begins with a gap.
        """
        first = self._sequence(phrase, frozenset([self._item("accept", number)]))
        kinds = {self._list[i][0] for i in first}
        if "accept" in kinds:
            raise RuleError("all of it is optional")
        if "fork" in kinds:
            raise RuleError("a gap needs a word before it that is not optional")
        self._roots[root] |= first
        return first

    @property
    def items(self) -> Sequence[tuple[Any, ...]]:
        """All items, by their numbers."""
        return self._list

    # -- items -------------------------------------------------------------------------------------

    def _item(self, *what: Any) -> int:
        number = self._items.get(what)
        if number is None:
            number = self._items[what] = len(self._list)
            self._list.append(what)
        return number

    def _sequence(self, phrase: Phrase, rest: Items) -> Items:
        """The items with which the phrase, then one of `rest`, begins."""
        if not phrase:
            return rest
        key = (phrase, rest)
        found = self._known.get(key)
        if found is None:
            if len(phrase) > 1 and isinstance(phrase[0], Close) and isinstance(phrase[1], Gap):
                found = self._gap(phrase[1], self._sequence(phrase[2:], rest), TIGHT)
            elif len(phrase) > 1 and isinstance(phrase[0], Close) and _optional(phrase[1]):
                # `~` ties what is optional to the word before it; where that is not there, nothing
                rest_of_it = self._sequence(phrase[2:], rest)
                there = self._node(replace(phrase[1], optional=False), rest_of_it)
                found = rest_of_it | {self._item("fork", 0, 0, NOTHING, TIGHT, there)}
            elif len(phrase) > 2 and isinstance(phrase[1], Joint):
                tied = self._item("fork", 0, 0, NOTHING, TIED, self._sequence(phrase[2:], rest))
                ways = [self._node(phrase[0], frozenset([tied]))]
                ways += [self._sequence((*glued, *phrase[3:]), rest) for glued in glued(phrase[0], phrase[2])]
                found = frozenset().union(*ways)
            else:
                found = self._node(phrase[0], self._sequence(phrase[1:], rest))
            self._known[key] = found
        return found

    def _node(self, node: Node, rest: Items) -> Items:
        if isinstance(node, Words):
            return frozenset([self._item("word", self.number(node.forms), rest)])
        if isinstance(node, Number):
            return frozenset([self._item("word", self.number([NUMBER]), rest)])
        if isinstance(node, Close):
            return frozenset([self._item("fork", 0, 0, NOTHING, TIGHT, rest)])
        if isinstance(node, Gap):
            return self._gap(node, rest, ANY)
        if isinstance(node, Choice):
            found = set(rest) if node.optional else set()
            for option in node.options:
                found |= self._sequence(option, rest)
            return frozenset(found)
        raise RuleError("a hyphen joins two words")

    def _gap(self, node: Gap, rest: Items, signs: int) -> Items:
        but = self.number(node.but) if node.but else NOTHING
        found = set(rest) if node.least == 0 else set()
        if node.most:
            found.add(self._item("fork", max(node.least, 1), node.most, but, signs, rest))
        return frozenset(found)

    # -- states ------------------------------------------------------------------------------------

    def classes(self) -> tuple[dict[str, int], list[list[int]]]:
        """(word -> class, set -> its classes). Class 0 is that of all words that stand in no set."""
        of: defaultdict[str, list[int]] = defaultdict(list)
        numbers = self.number([NUMBER])
        for words, number in self.sets.items():
            for word in words:
                of[word].append(number)
        for word, held in of.items():
            if word.isdigit() and numbers not in held:
                held.append(numbers)
        ids: dict[tuple[int, ...], int] = {}
        class_of = {word: ids.setdefault(tuple(sorted(of[word])), len(ids) + 1) for word in sorted(of)}
        members: list[list[int]] = [[] for _ in self.sets]
        for held_by, number in ids.items():
            for one in held_by:
                members[one].append(number)
        return class_of, members

    def states(self, members: Sequence[Sequence[int]]) -> tuple[list[State], dict[str, int]]:
        """(all states, root -> its state); `members` are the classes of each set."""
        items = self._list
        roots = {name: frozenset(self._roots[name]) for name in self._roots}
        numbers: dict[Items, int] = {}
        for first in roots.values():
            numbers.setdefault(first, len(numbers))
        states: list[State] = []
        todo = list(numbers)
        for here in todo:  # which grows
            row: defaultdict[int, set[int]] = defaultdict(set)
            forks: defaultdict[tuple[int, int, int, int], set[int]] = defaultdict(set)
            accepts = []
            for i in here:
                kind, *what = items[i]
                if kind == "word":
                    number, rest = what
                    for one in members[number]:
                        row[one] |= rest
                elif kind == "fork":
                    forks[tuple(what[:4])] |= what[4]
                else:
                    accepts.append(what[0])
            nexts: dict[int, int] = {}
            for one, then in row.items():
                after = frozenset(then)
                if after not in numbers:
                    numbers[after] = len(numbers)
                    todo.append(after)
                nexts[one] = numbers[after]
            told = []
            for fork, then in sorted(forks.items()):
                after = frozenset(then)
                if after not in numbers:
                    numbers[after] = len(numbers)
                    todo.append(after)
                told.append(Fork(*fork, numbers[after]))
            states.append(State(tuple(sorted(accepts)), tuple(told), nexts))
        return states, {name: numbers[first] for name, first in roots.items()}


def _optional(node: Node) -> TypeGuard[Choice]:
    return isinstance(node, Choice) and node.optional
