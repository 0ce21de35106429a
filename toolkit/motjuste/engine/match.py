"""Walking the automaton: from each word of a sentence, word by word, to all phrases that begin there."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from motjuste.engine.program import DEAD, FORK, GOES_ON, STATE, Program, forked
from motjuste.engine.read import Sentence

TRANSITIONS = 600_000  # that are kept: some sixty megabytes, when as many were met
FEW = 50  # bits of a state's mask: a state of so few has its transitions looked through at once
Numbers = frozenset[int]  # of phrases


class _Fork(NamedTuple):
    """Where a walk also goes on: at `state`, `least` to `most` words later, none of the set `but`, no more than so many `signs` before each.

    `live` are the classes by which it goes on from there, if that is all that may come of it; None where they are many.
    """

    least: int
    most: int
    but: int
    signs: int
    state: int
    live: frozenset[int] | None


_Arrival = tuple[Numbers, list[_Fork]]


class Walker:
    """The automaton of a program. What was looked up in the file is kept: notes walk the same ways again and again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        size = len(program.states) // STATE
        self._rows: list[dict[int, int] | None] = [None] * size  # by state: class -> the next state, or DEAD
        self._arrivals: list[_Arrival | None] = [None] * size
        self._lives: dict[int, frozenset[int] | None] = {}
        self._kept = 0

    @cached_property
    def _sets(self) -> dict[int, frozenset[int]]:
        return {int(number): frozenset(classes) for number, classes in self._program.meta["sets"].items()}

    def _arrive(self, state: int) -> tuple[dict[int, int], _Arrival]:
        """What the file says of a state, which is met for the first time."""
        p = self._program
        first, until, first_fork, until_fork = p.states[state * STATE + 4 : (state + 1) * STATE]
        accepts = p.accepts[first:until]
        forks = p.forks[first_fork * FORK : until_fork * FORK]
        ways = [
            _Fork(*forked(forks[n]), forks[n + 1], self._live(forks[n + 1]))
            for n in range(0, len(forks), FORK)
        ]
        arrival = frozenset(accepts), ways
        row: dict[int, int] = {}
        self._rows[state], self._arrivals[state] = row, arrival
        return row, arrival

    def _live(self, state: int) -> frozenset[int] | None:
        if state not in self._lives:
            mask = self._program.mask(state)
            few = not mask & GOES_ON and mask.bit_count() <= FEW
            self._lives[state] = frozenset(self._program.classes(state)) if few else None
        return self._lives[state]

    def _step(self, row: dict[int, int], state: int, word_class: int) -> int:
        self._kept += 1
        if self._kept > TRANSITIONS:
            self._kept = 0
            for old in self._rows:
                if old:
                    old.clear()
        found = row[word_class] = self._program.next(state, word_class)
        return found

    def phrases(self, sentence: Sentence, first: int, root: int) -> list[tuple[Numbers, int]]:
        """(numbers, word after their last) of all phrases of a root that begin at the word `first`."""
        state = sentence.firsts[first][root]
        found: list[tuple[Numbers, int]] = []
        if state == DEAD:
            return found
        rows, arrivals, classes = self._rows, self._arrivals, sentence.classes
        size = len(classes)
        todo = [(state, first + 1)]
        while todo:
            state, at = todo.pop()
            while True:
                row, arrival = rows[state], arrivals[state]
                if row is None or arrival is None:
                    row, arrival = self._arrive(state)
                accepts, forks = arrival
                if accepts:
                    found.append((accepts, at))
                for least, most, but, signs, after, live in forks:
                    # most ways end at once: these are not even gone
                    if live is not None and live.isdisjoint(classes[at + least : at + most + 1]):
                        continue
                    if not most:
                        if sentence.gap(at) <= signs:
                            todo.append((after, at))
                        continue
                    for passed in range(at + 1, at + most + 1 if at + most < size else size + 1):
                        if but >= 0 and classes[passed - 1] in self._sets[but]:
                            break
                        if signs and sentence.gap(passed - 1) > signs:
                            break
                        if passed - at >= least and (
                            live is None or (passed < size and classes[passed] in live)
                        ):
                            todo.append((after, passed))
                if at == size:
                    break
                follows = row.get(classes[at])
                if follows is None:
                    follows = self._step(row, state, classes[at])
                if follows == DEAD:
                    break
                state, at = follows, at + 1
        return found
