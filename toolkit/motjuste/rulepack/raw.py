"""Raw patterns: the regular expressions that authors write for numbers, and what can be told of them without matching.

They are for the folded text. Only a subset that Python and PostgreSQL read alike is let in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from motjuste.engine.text import DIGITS, WORD, fold, without_ligatures
from motjuste.errors import RuleError
from motjuste.model import Call, Expression

# Ways through a repetition, or times round it, from which on it must not be able to go two ways over the same characters.
WAYS, LONG = 100_000, 10
PLACES = 2_000  # that a repetition may be written out to

OPEN, CLOSE = f"(?<![{WORD}])", f"(?![{WORD}])"

_CLASS = r"\[\^?(?:[a-z0-9œæ'./ *@$#:,-]|[a-z]-[a-z])+\]"
_SUBSET = re.compile(
    rf"(?:[a-z0-9œæ' :=/]|\\[.]|{_CLASS}|\(\?:|\((?!\?)|\)|\||\?(?!\?)|\{{\d{{1,2}}(?:,\d{{1,2}})?\}}(?!\?))*"
)

_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789œæ'./ *@$#:,-=" + "\0"  # the last for all others


def check_subset(pattern: str) -> None:
    """Refuse a raw pattern that is outside the subset both engines share, or that could blow up.

    Raises RuleError. Allowed: letters, digits, classes, groups, |, ? and bounded {m,n}; never * or +,
    back-references or look-around.
    """
    if re.search(r"[*+](?![^\[]*\])", pattern):
        raise RuleError("an unbounded repetition (* or +) could blow up", hint="write {0,3} instead")
    m = _SUBSET.match(pattern)
    if m is None or m.end() != len(pattern):
        at = m.end() if m else 0
        raise RuleError(f"pattern outside the common subset at character {at + 1}: {pattern[at : at + 12]!r}")
    try:
        re.compile(pattern)
    except re.error as exc:
        raise RuleError(f"not a regular expression: {exc}") from exc
    loops = _Loops()
    if loops.read(pattern)[0].bounds > WAYS:
        raise RuleError("nested repetitions could blow up")
    if loops.ambiguous():
        raise RuleError("a repetition that may go round in two ways over the same characters could blow up")


def expression(source: str, anchors: Iterable[str], frequency: Callable[[str], float]) -> Expression:
    """The expression that an author wrote, and what calls for it: of an anchor of several words in a row the one that compliant
    notes hold least, the others beside it. Raises RuleError where it is outside the subset.
    """
    body = simplified(source)
    check_subset(body)
    calls: dict[tuple[tuple[str, int, int], ...], set[str]] = {}
    for anchor in anchors:
        words = [w for w in re.split(f"[^{WORD}{DIGITS}]+", fold(anchor)) if w]
        at = min(range(len(words)), key=lambda n: frequency(words[n]))
        beside = tuple((without_ligatures(w), n - at, n - at) for n, w in enumerate(words) if n != at)
        calls.setdefault(beside, set()).add(without_ligatures(words[at]))
    called = tuple(Call(tuple(sorted(words)), beside) for beside, words in calls.items())
    return Expression(f"{OPEN}(?:{body}){CLOSE}", source, longest(body), called)


def simplified(raw: str) -> str:
    """The same pattern, where an optional class that stands twice in a row is one that may come twice: one way, not two."""
    return re.sub(rf"({_CLASS})\?\1\?", r"\1{0,2}", raw)


@dataclass(frozen=True)
class _Part:
    """A part of a pattern: may it match nothing, the places where it may begin and end, the ways to repeat within it, and
    the product of its bounds.
    """

    empty: bool = True
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    ways: int = 1
    bounds: int = 1


class _Loops:
    """The places of a pattern of the subset, one for each character or class, which may follow which and how often, and
    those repetitions (as ranges of places) that would take for ever if they could go round in two ways.
    """

    def __init__(self) -> None:
        self.chars: list[frozenset[str]] = []
        self.follow: list[list[int]] = []
        self.long: list[range] = []

    def read(self, raw: str, at: int = 0) -> tuple[_Part, int]:
        """The alternatives from here to the closing parenthesis, and where that is."""
        options: list[_Part] = []
        whole = _Part()
        while at < len(raw) and (piece := PIECE.match(raw, at)) is not None and not piece["close"]:
            at = piece.end()
            if piece["bar"]:
                options.append(whole)
                whole = _Part()
                continue
            first = len(self.chars)
            part, end = self._one(raw, piece, at)
            if times := TIMES.match(raw, end):
                least = int(times["least"] or 0)
                most = int(times["most"] or least or 1)
                if least == most and part.ways == 1 and most * (len(self.chars) - first) <= PLACES:
                    for _ in range(most - 1):  # no choice in it: as if it were written so often
                        part = self._then(part, self._one(raw, piece, at)[0])
                else:
                    part = self._times(part, least, most, first)
            at = times.end() if times else end
            whole = self._then(whole, part)
        options.append(whole)
        return _Part(
            any(o.empty for o in options),
            tuple(p for o in options for p in o.first),
            tuple(p for o in options for p in o.last),
            max(o.ways for o in options),
            max(o.bounds for o in options),
        ), at

    def _one(self, raw: str, piece: re.Match[str], at: int) -> tuple[_Part, int]:
        """What a piece stands for, which ends at a place, and where the group ends that it may open."""
        if not piece["open"]:
            return self._place(piece[0]), at
        part, end = self.read(raw, at)
        return part, end + 1

    def _place(self, piece: str) -> _Part:
        self.chars.append(_chars(piece))
        self.follow.append([])
        here = (len(self.chars) - 1,)
        return _Part(False, here, here)

    def _times(self, part: _Part, least: int, most: int, start: int) -> _Part:
        ways = sum(min(part.ways, WAYS) ** n for n in range(least, most + 1))
        if most > 1:
            for end in part.last:
                self.follow[end] += part.first * (1 + part.empty)  # round, or round by nothing
            if most >= LONG or ways > WAYS:
                self.long.append(range(start, len(self.chars)))
        return _Part(part.empty or least == 0, part.first, part.last, ways, part.bounds * most)

    def _then(self, one: _Part, two: _Part) -> _Part:
        for end in one.last:
            self.follow[end] += two.first
        return _Part(
            one.empty and two.empty,
            one.first + two.first * one.empty,
            two.last + one.last * two.empty,
            one.ways * two.ways,
            one.bounds * two.bounds,
        )

    def ambiguous(self) -> bool:
        """Whether a long repetition can come back to one place by two ways over the same characters."""
        return any(self._parts_and_meets(loop) for loop in self.long)

    def _parts_and_meets(self, loop: range) -> bool:
        waiting = [(p, p) for p in loop]
        seen = set(waiting)
        while waiting:
            one, two = waiting.pop()
            if one == two and len(set(self.follow[one])) < len(self.follow[one]):
                return True
            for p in self.follow[one]:
                for q in self.follow[two]:
                    pair = (min(p, q), max(p, q))
                    if p not in loop or q not in loop or not self.chars[p] & self.chars[q]:
                        continue
                    if p == q and one != two:
                        return True
                    if pair not in seen:
                        seen.add(pair)
                        waiting.append(pair)
        return False


@lru_cache(maxsize=1000)
def _chars(piece: str) -> frozenset[str]:
    """The characters that a class, or a character, stands for."""
    return frozenset(filter(re.compile(piece).fullmatch, _CHARS))


def loosened(raw: str) -> str:
    """A pattern that matches wherever `raw` does, and more, but is small: long bounded repetitions become `*` or `+`.

    PostgreSQL unrolls {0,50}; compiling the result takes milliseconds, so it first tries this one.
    """
    return re.sub(r"\{(\d+)(?:,(\d+))?\}", _loosened, raw)


def _loosened(bound: re.Match[str]) -> str:
    if int(bound[2] or bound[1]) <= 6:
        return bound[0]
    return "*" if bound[1] == "0" else "+"


PIECE = re.compile(
    rf"(?P<open>\(\?:|\()|(?P<close>\))|(?P<bar>\|)|(?P<digit>\[0-9\])|(?P<one>\[[^a-z0-9^]\]|\\.|[^\[(|)])|{_CLASS}"
)
TIMES = re.compile(r"(?P<maybe>\?)|\{(?P<least>\d+)(?:,(?P<most>\d+))?\}")


def holds(raw: str) -> str:
    """Digits (`0` for any) or a sign, so many in a row, that every match of a pattern of the subset holds: "0000", "@".

    "" where none is certain. It is looked for first, for that costs next to nothing.
    """
    found, _ = _sure(raw, 0)
    signs = [f for f in found if not (f[0].isalpha() or f[0] == " ")]
    return max(signs, key=lambda f: (not f[0].isdigit(), len(f), f), default="")


def _sure(raw: str, at: int) -> tuple[set[str], int]:
    """What every match of the alternatives from here to the closing parenthesis holds, and where that is."""
    options: list[set[str]] = [set()]
    while at < len(raw) and (piece := PIECE.match(raw, at)) is not None and not piece["close"]:
        at = piece.end()
        if piece["bar"]:
            options.append(set())
            continue
        inside: set[str] = set()
        if piece["open"]:
            inside, at = _sure(raw, at)
            at += 1
        times = TIMES.match(raw, at)
        at = times.end() if times else at
        least = int(times["least"] or 0) if times else 1
        if piece["digit"] or piece["one"]:
            char = "0" if piece["digit"] or piece["one"].isdigit() else piece["one"].strip("[]\\")
            inside = {char * n for n in range(1, least + 1)}
        if least:
            options[-1] |= inside
    return set.intersection(*options), at


def longest(raw: str) -> int:
    """How many characters a match of a pattern of the subset has at most."""
    return _longest(raw, 0)[0]


def _longest(raw: str, at: int) -> tuple[int, int]:
    """What the alternatives from here to the closing parenthesis have at most, and where that is."""
    options = [0]
    while at < len(raw) and (piece := PIECE.match(raw, at)) is not None and not piece["close"]:
        at = piece.end()
        if piece["bar"]:
            options.append(0)
            continue
        size = 1
        if piece["open"]:
            size, at = _longest(raw, at)
            at += 1
        times = TIMES.match(raw, at)
        at = times.end() if times else at
        options[-1] += size * (int(times["most"] or times["least"]) if times and not times["maybe"] else 1)
    return max(options), at
