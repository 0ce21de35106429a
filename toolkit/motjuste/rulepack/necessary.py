"""The words of which every match of an expression holds one: where none of them is there, it need not be compiled.

For the expressions that rulepack/pattern.py makes of contexts, on the words of a skeleton.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MOST = 20_000  # spellings of one word: beyond it the word is taken for unknown

Words = frozenset[str]
_EMPTY: Words = frozenset([""])
_ATOM = re.compile(
    r"(?P<ahead>\(\?!)|(?P<group>\(\?:)|<(?P<set>\d+)>|(?P<any>\[[^]]*\])|(?P<space> )|(?P<letter>[a-z0-9œæ])"
)
_TIMES = re.compile(r"\?|\+|\*|\{(\d)(?:,\d)?\}")


@dataclass(frozen=True)
class _Atom:
    """A part of an expression: `kind` is a group of _ATOM; `optional`: it may be absent."""

    kind: str
    text: str
    options: tuple[tuple[_Atom, ...], ...]
    optional: bool

    @property
    def spaced(self) -> bool:
        """Whether it may hold a space."""
        return self.kind == "space" or any(a.spaced for option in self.options for a in option)


def _read(expression: str, at: int) -> tuple[tuple[tuple[_Atom, ...], ...], int]:
    """The alternatives that begin at a place, and where they end. Raises ValueError where it is not of this kind."""
    options: list[tuple[_Atom, ...]] = []
    atoms: list[_Atom] = []
    while at < len(expression) and expression[at] != ")":
        if expression[at] == "|":
            options.append(tuple(atoms))
            atoms = []
            at += 1
            continue
        m = _ATOM.match(expression, at)
        if m is None or m.lastgroup is None:
            raise ValueError(expression[at:])
        at = m.end()
        inside: tuple[tuple[_Atom, ...], ...] = ()
        if m.lastgroup in ("ahead", "group"):
            inside, at = _read(expression, at)
            at += 1  # its parenthesis
        times = _TIMES.match(expression, at)
        at = times.end() if times else at
        optional = times is not None and (times[0] in ("?", "*") or times[1] == "0")
        atoms.append(_Atom(m.lastgroup, m[m.lastgroup], inside, optional))
    return (*options, tuple(atoms)), at


def necessary(expression: str, words_of: Callable[[int], Words]) -> Iterator[Words]:
    """Sets of words: every match holds a word of each. `words_of` gives those that stand for `<number>`."""
    try:
        options, _ = _read(expression, 0)
    except ValueError:
        return
    if len(options) == 1:
        yield from _needed(options[0], words_of)


def _needed(atoms: Sequence[_Atom], words_of: Callable[[int], Words]) -> Iterator[Words]:
    """The same for one alternative: its words one after the other, each with all its spellings."""
    word: Words | None = _EMPTY  # what the word at hand may be so far; None: unknown
    ended: Words = frozenset()  # what it may have been where a hyphen joins two
    for atom in (*atoms, _Atom("space", " ", (), False)):
        if atom.kind == "ahead":
            continue
        if atom.kind == "space":
            if atom.optional:
                ended = ended | word if word is not None else ended
                continue
            yield from _whole(word, ended)
            word, ended = _EMPTY, frozenset()
        elif atom.spaced:
            apart = all(
                option[0].kind == "space" and not option[0].optional for option in atom.options if option
            )
            if (
                word == _EMPTY and not ended
            ):  # at the beginning of a word: what may be absent has its own space after it
                if not atom.optional:
                    inner = [tuple(_needed(option, words_of)) for option in atom.options]
                    if all(inner):
                        yield frozenset().union(*(min(sets, key=len) for sets in inner))
                    word = None
            elif not apart:  # joined: what the word is nobody knows
                word = None
            elif not atom.optional:
                yield from _whole(word, ended)
                word, ended = None, frozenset()
        else:
            word = _longer(word, atom, words_of)


def _whole(word: Words | None, ended: Words) -> Iterator[Words]:
    if word is not None and "" not in word | ended:
        yield word | ended


def _longer(word: Words | None, atom: _Atom, words_of: Callable[[int], Words]) -> Words | None:
    """The beginnings of a word with what an atom adds to them."""
    more = _spellings(atom, words_of)
    if word is None or more is None or len(word) * len(more) > MOST:
        return None
    return frozenset(a + b for a in word for b in more)


def _spellings(atom: _Atom, words_of: Callable[[int], Words]) -> Words | None:
    """What an atom without spaces may be; None: anything."""
    found: Words | None
    if atom.kind == "letter":
        found = frozenset([atom.text])
    elif atom.kind == "set":
        found = words_of(int(atom.text))
    elif atom.kind == "group":
        found = frozenset()
        for option in atom.options:
            whole: Words | None = _EMPTY
            for inner in option:
                whole = _longer(whole, inner, words_of)
            if whole is None:
                return None
            found |= whole
    else:
        return None
    return found | _EMPTY if atom.optional else found
