"""Classes that a program has no words of yet: of words that stand in the lists of several of its classes at once. Pure.

Where a walk may go on by one of the old classes, it may by the new one; where it may by several of them, it goes on at a state that is all the
states that these lead to. Such states are made as they are met, from those that are there: the subset construction once more, without
the rules that the program was made of.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from motjuste.engine.program import BRANCH, DEAD, FORK, GOES_ON, ROOTS, STATE, Program, places, rooted, rows
from motjuste.errors import RuleError

MANY = 20_000  # states that are made: further ones cost more than compiling the rules again
States = frozenset[int]


class Widened:
    """A program with new classes, numbered from `first` on: each stands for the old classes that one of `unions` names.

    Raises RuleError where that makes too many states.
    """

    def __init__(self, program: Program, unions: Sequence[Iterable[int]]) -> None:
        self._program = program
        self.first = max(program.word_class) + 1
        self._unions = [frozenset(union) for union in unions]
        self._size = len(program.states) // STATE
        self._made: dict[States, int] = {}  # by the old states that it is all of
        self._nodes = array("I", program.transitions)
        self._known: dict[tuple[int, ...], int] = {}
        self._added: dict[tuple[int, int, int, int], int] = {}
        self._shift = program.transitions[0]
        if (self.first + len(self._unions)) >> BRANCH >> self._shift >= 1 << BRANCH:
            raise RuleError("more classes than nodes have branches for")

    def first_states(self, union: int) -> list[int]:
        """The states after a word of a new class as the first of a phrase, from each root."""
        program, found = self._program, []
        words = [n for n, one in enumerate(program.word_class) if one in self._unions[union]]
        for root in range(ROOTS):
            after = frozenset(program.word_first[n * ROOTS + root] for n in words) - {DEAD}
            found.append(self._number(after) if after else DEAD)
        return found

    def sections(self) -> dict[str, bytes]:
        """The sections that say it. After `first_states`."""
        program = self._program
        told, accepts, forks = (
            array("I", program.states),
            array("I", program.accepts),
            array("I", program.forks),
        )
        for state, one, after in self._changed():
            low, high, at = told[state * STATE : state * STATE + 3]
            self._tell(told, state, low | high << 32 | places(one), self._with(at, self._shift, one, after))
        for olds, state in self._all():
            row = self._row(olds)
            mask = 0
            for one, _ in row:
                mask |= places(one)
            for old in olds:
                mask |= program.mask(old) & GOES_ON
            told.extend([0] * STATE)
            self._tell(told, state, mask, rooted(row, self._shift, self._node) if row else self._node([0]))
            told[state * STATE + 4] = len(accepts)
            phrases, ways = set[int](), set[tuple[int, ...]]()
            for old in olds:
                begin, end, first, last = program.states[old * STATE + 4 : (old + 1) * STATE]
                phrases.update(program.accepts[begin:end])
                ways.update(tuple(program.forks[n * FORK : (n + 1) * FORK]) for n in range(first, last))
            told[state * STATE + 4], told[state * STATE + 6] = len(accepts), len(forks) // FORK
            accepts.extend(sorted(phrases))
            forks.extend(chain.from_iterable(sorted(ways)))
            told[state * STATE + 5], told[state * STATE + 7] = len(accepts), len(forks) // FORK
        for at in range(0, len(forks), FORK):  # the mask of where it leads to
            forks[at + 2 : at + 4] = told[forks[at + 1] * STATE : forks[at + 1] * STATE + 2]
        arrays = {"states": told, "accepts": accepts, "forks": forks, "transitions": self._nodes}
        sets = {n: self._set(classes) for n, classes in program.meta["sets"].items()}
        meta = json.dumps({**program.meta, "sets": sets}, ensure_ascii=False, separators=(",", ":"))
        return {
            **{name: content.tobytes() for name, content in arrays.items()},
            "meta": meta.encode(),
            **rows("but_at", "buts", "I", map(self._set, _rows(program.but_at, program.buts))),
            **rows("set_at", "set_classes", "I", map(self._set, _rows(program.set_at, program.set_classes))),
        }

    def _set(self, classes: Sequence[int]) -> list[int]:
        """The classes of a set, the new ones among them."""
        return [
            *classes,
            *(self.first + n for n, union in enumerate(self._unions) if not union.isdisjoint(classes)),
        ]

    def _changed(self) -> Iterator[tuple[int, int, int]]:
        """(old state, new class that it takes, where that leads to)."""
        program = self._program
        for n, union in enumerate(self._unions):
            seats = [(one, places(one)) for one in union]
            for state in range(self._size):
                mask = program.mask(state)
                if any(mask & seat == seat for _, seat in seats) and (after := self._after(state, union)):
                    yield state, self.first + n, self._number(after)

    def _all(self) -> Iterator[tuple[States, int]]:
        """The states that are made, while others are."""
        done = 0
        while done < len(self._made):
            fresh = [*self._made.items()][done:]
            done += len(fresh)
            yield from fresh

    def _row(self, olds: States) -> list[tuple[int, int]]:
        """The transitions of a state that is made."""
        after: dict[int, set[int]] = {}
        for old in olds:
            for one in self._program.classes(old):
                after.setdefault(one, set()).add(self._program.next(old, one))
        row = [(one, self._number(frozenset(states))) for one, states in sorted(after.items())]
        for n, union in enumerate(self._unions):
            states = frozenset().union(*(after.get(one, ()) for one in union))
            if states:
                row.append((self.first + n, self._number(states)))
        return row

    def _after(self, state: int, union: Iterable[int]) -> States:
        return frozenset(after for one in union if (after := self._program.next(state, one)) != DEAD)

    def _number(self, states: States) -> int:
        """The state that is all of these, which are old ones."""
        if len(states) == 1:
            return next(iter(states))
        if len(self._made) >= MANY:
            raise RuleError("too many states")
        return self._made.setdefault(states, self._size + len(self._made))

    # -- nodes -------------------------------------------------------------------------------------

    def _tell(self, told: array[int], state: int, mask: int, at: int) -> None:
        told[state * STATE : state * STATE + 4] = array(
            "I", [mask & 0xFFFFFFFF, mask >> 32, at, self._nodes[at]]
        )

    def _node(self, made: Sequence[int]) -> int:
        at = self._known.setdefault(tuple(made), len(self._nodes))
        if at == len(self._nodes):
            self._nodes.extend(made)
        return at

    def _with(self, at: int, shift: int, one: int, after: int) -> int:
        """The node there, with a way for one class more."""
        key = at, shift, one, after
        if key not in self._added:
            branches, bit = self._nodes[at], 1 << (one >> shift & 31)
            ways = self._nodes[at + 1 : at + 1 + branches.bit_count()].tolist()
            place = (branches & bit - 1).bit_count()
            if shift == 0:
                ways.insert(place, after)
            elif branches & bit:
                ways[place] = self._with(ways[place], shift - BRANCH, one, after)
            else:
                ways.insert(place, self._with(self._node([0]), shift - BRANCH, one, after))
            self._added[key] = self._node([branches | bit, *ways])
        return self._added[key]


def _rows(at: Sequence[int], content: Sequence[int]) -> Iterator[Sequence[int]]:
    return (content[begin:end] for begin, end in pairwise(at))
