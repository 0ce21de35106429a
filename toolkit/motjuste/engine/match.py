"""Walking the automaton: from each word of a sentence, word by word, to all phrases that begin there."""

from __future__ import annotations

from functools import cached_property

from motjuste.engine.program import DEAD, Program
from motjuste.engine.read import Sentence

TRANSITIONS = 500_000  # that are kept: some fifty megabytes
_FORK = 5  # integers of a fork: least, most, but, signs, state
_Arrival = tuple[tuple[int, ...], list[tuple[int, ...]]]


class Walker:
    """The automaton of a program. What was looked up in the file is kept: notes walk the same ways again and again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        size = len(program.row_at) - 1
        self._rows: list[dict[int, int] | None] = [None] * size  # by state: class -> the next state, or DEAD
        self._arrivals: list[_Arrival | None] = [None] * size
        self._kept = 0

    @cached_property
    def _sets(self) -> dict[int, frozenset[int]]:
        return {int(number): frozenset(classes) for number, classes in self._program.meta["sets"].items()}

    def _arrive(self, state: int) -> tuple[dict[int, int], _Arrival]:
        """What the file says of a state, which is met for the first time."""
        p = self._program
        accepts = p.accepts[p.accept_at[state] : p.accept_at[state + 1]]
        forks = p.forks[p.fork_at[state] * _FORK : p.fork_at[state + 1] * _FORK]
        arrival = tuple(accepts), [tuple(forks[n : n + _FORK]) for n in range(0, len(forks), _FORK)]
        row: dict[int, int] = {}
        self._rows[state], self._arrivals[state] = row, arrival
        return row, arrival

    def _step(self, row: dict[int, int], state: int, word_class: int) -> int:
        self._kept += 1
        if self._kept > TRANSITIONS:
            self._kept = 0
            for old in self._rows:
                if old:
                    old.clear()
        found = row[word_class] = self._program.next(state, word_class)
        return found

    def phrases(self, sentence: Sentence, first: int, root: int) -> list[tuple[int, int]]:
        """(number, word after its last) of each phrase of a root that begins at the word `first`."""
        state = sentence.firsts[first][root]
        found: list[tuple[int, int]] = []
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
                    found += [(number, at) for number in accepts]
                for least, most, but, signs, after in forks:
                    if not most:
                        if sentence.gap(at) <= signs:
                            todo.append((after, at))
                        continue
                    for passed in range(at + 1, at + most + 1 if at + most < size else size + 1):
                        if but >= 0 and classes[passed - 1] in self._sets[but]:
                            break
                        if signs and sentence.gap(passed - 1) > signs:
                            break
                        if passed - at >= least:
                            ahead = rows[after]
                            # most ways end at once: these are not even gone
                            if (
                                ahead is None
                                or arrivals[after] != _NOTHING
                                or (passed < size and ahead.get(classes[passed]) != DEAD)
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


_NOTHING: _Arrival = ((), [])
