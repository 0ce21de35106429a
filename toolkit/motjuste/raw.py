"""Raw patterns: the regular expressions that authors write for numbers, and what can be told of them without matching.

They are for the folded text. Only a subset that Python and PostgreSQL read alike is let in.
"""

from __future__ import annotations

import re

from motjuste.errors import RuleError
from motjuste.text import WORD

OPEN, CLOSE = f"(?<![{WORD}])", f"(?![{WORD}])"

_CLASS = r"\[\^?(?:[a-z0-9œæ'./ *@$#:,-]|[a-z]-[a-z])+\]"
_SUBSET = re.compile(
    rf"(?:[a-z0-9œæ' :=/]|\\[.]|{_CLASS}|\(\?:|\((?!\?)|\)|\||\?(?!\?)|\{{\d{{1,2}}(?:,\d{{1,2}})?\}}(?!\?))*"
)


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
    product = 1
    for bound in re.findall(r"\{(?:\d+,)?(\d+)\}", pattern):
        product *= int(bound)
    if product > 100_000:
        raise RuleError("nested repetitions could blow up")
    try:
        re.compile(pattern)
    except re.error as exc:
        raise RuleError(f"not a regular expression: {exc}") from exc


def loosened(raw: str) -> str:
    """A pattern that matches wherever `raw` does, and more, but is small: long bounded repetitions become `*` or `+`.

    PostgreSQL unrolls {0,50}; compiling the result takes milliseconds, so it first tries this one.
    """
    return re.sub(r"\{(\d+)(?:,(\d+))?\}", _loosened, raw)


def _loosened(bound: re.Match[str]) -> str:
    if int(bound[2] or bound[1]) <= 6:
        return bound[0]
    return "*" if bound[1] == "0" else "+"


_PIECE = re.compile(
    rf"(?P<open>\(\?:|\()|(?P<close>\))|(?P<bar>\|)|(?P<digit>\[0-9\])|(?P<one>\[[^a-z0-9^]\]|\\.|[^\[(|)])|{_CLASS}"
)
_TIMES = re.compile(r"(?P<maybe>\?)|\{(?P<least>\d+)(?:,(?P<most>\d+))?\}")


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
    while at < len(raw) and (piece := _PIECE.match(raw, at)) is not None and not piece["close"]:
        at = piece.end()
        if piece["bar"]:
            options.append(set())
            continue
        inside: set[str] = set()
        if piece["open"]:
            inside, at = _sure(raw, at)
            at += 1
        times = _TIMES.match(raw, at)
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
    while at < len(raw) and (piece := _PIECE.match(raw, at)) is not None and not piece["close"]:
        at = piece.end()
        if piece["bar"]:
            options.append(0)
            continue
        size = 1
        if piece["open"]:
            size, at = _longest(raw, at)
            at += 1
        times = _TIMES.match(raw, at)
        at = times.end() if times else at
        options[-1] += size * (int(times["most"] or times["least"]) if times and not times["maybe"] else 1)
    return max(options), at
