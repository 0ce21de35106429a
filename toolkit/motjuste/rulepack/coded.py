"""What a program says of its rules, in numbers: for an executor that reads no JSON and has no regular expressions. Pure.

A regular expression becomes a code of few instructions, walked for all its ways at once: time is linear, whatever the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from motjuste.engine.program import CHARS, hashed, rows, strings
from motjuste.errors import RuleError
from motjuste.rulepack.raw import CLOSE, OPEN, PIECE, TIMES

SIDES = [(kind, side) for kind in ("needs", "unless") for side in ("before", "after", "near", "phrase")]
# instructions: the operation, and from the fourth bit on its number
FOUND, CHAR, SET, GOTO, ELSE = range(5)
ARGUMENT = 3  # bits of the operation
LONGEST = 1 << 16  # instructions of an expression
# what a folded character is to an executor: ASCII as it is, the ligatures, what is cut from a reading, all else
LIGATURES, DROPPED, OTHER = ("œ", "æ"), "\u00ad", "\uffff"
ALPHABET = (*map(chr, range(128)), *LIGATURES, DROPPED, OTHER)


def sections(rules: Sequence[Mapping[str, Any]], rule_of: Sequence[int]) -> dict[str, bytes]:
    """The sections of these rules, as `meta` has them; `rule_of` has the rule of each term."""
    calls = _Calls()
    for number, rule in enumerate(rules):
        for raw in rule["raw"]:
            calls.add(number, raw)
    contexts = [rule[kind].get(side, ()) for rule in rules for kind, side in SIDES]
    return {
        "term_rule": array("I", rule_of).tobytes(),
        **rows("context_at", "contexts", "i", contexts),
        **calls.sections(),
    }


class _Calls:
    """The regular expressions of rules, and the words that call for them."""

    def __init__(self) -> None:
        self._raws: list[tuple[int, int]] = []
        self._codes: list[list[int]] = []
        self._sets: dict[bytes, int] = {}
        self._beside: list[tuple[int, int, int]] = []
        self._words: dict[tuple[str, ...], int] = {}
        self._calls: dict[str, list[tuple[int, int, int]]] = {}

    def add(self, rule: int, raw: Mapping[str, Any]) -> None:
        """Take in a regular expression of a rule."""
        number = len(self._raws)
        self._raws.append((rule, raw["reach"]))
        self._codes.append(code(raw["pattern"], self._sets))
        for callers, needs in raw["keys"]:
            first = len(self._beside)
            for words, least, most in needs:
                self._beside.append((self._words.setdefault(tuple(words), len(self._words)), least, most))
            for word in callers:
                self._calls.setdefault(word, []).append((number, first, len(needs)))

    def sections(self) -> dict[str, bytes]:
        """The sections of all that was taken in."""
        words = sorted({*self._calls, *(w for row in self._words for w in row)}, key=str.encode)
        numbers = {word: n for n, word in enumerate(words)}
        calls = [self._calls.get(word, ()) for word in words]
        places = array("I", [0])
        for row in calls:
            places.append(places[-1] + len(row))
        return {
            **strings(words, "callers", "caller_at"),
            "caller_hash": hashed(map(str.encode, words)),
            "call_at": places.tobytes(),
            "calls": array("I", [n for row in calls for call in row for n in call]).tobytes(),
            "beside": array("i", [n for one in self._beside for n in one]).tobytes(),
            **rows(
                "beside_at", "beside_words", "I", [sorted(numbers[w] for w in row) for row in self._words]
            ),
            "raws": array("I", [n for raw in self._raws for n in raw]).tobytes(),
            **rows("code_at", "code", "I", self._codes),
            "char_sets": b"".join(self._sets),
        }


def code(pattern: str, sets: dict[bytes, int]) -> list[int]:
    """A regular expression of the subset as instructions; that no word goes on before and after it goes without saying.

    FOUND ends a match. CHAR and SET take a character. GOTO goes on so many instructions later, ELSE at the next one, and, as what
    comes second, so many later. No way goes back: repetitions are written out. Raises RuleError.
    """
    raw = pattern.removeprefix(OPEN).removesuffix(CLOSE)
    found, end = _options(raw, 0, sets)
    if pattern != OPEN + raw + CLOSE or end != len(raw):
        raise RuleError(f"a regular expression of another form: {pattern!r}")
    return [*found, FOUND]


def _options(raw: str, at: int, sets: dict[bytes, int]) -> tuple[list[int], int]:
    """The alternatives from here to the closing parenthesis, and where that is."""
    options: list[list[int]] = [[]]
    while at < len(raw) and (piece := PIECE.match(raw, at)) is not None and not piece["close"]:
        at = piece.end()
        if piece["bar"]:
            options.append([])
            continue
        if piece["open"]:
            once, at = _options(raw, at, sets)
            at += 1
        else:
            once = [_one(characters(piece[0]), sets)]
        if times := TIMES.match(raw, at):
            at = times.end()
            least = int(times["least"] or 0)
            once = _repeated(once, least, int(times["most"] or least or 1))
        options[-1] += once
        if len(options[-1]) > LONGEST:
            raise RuleError("a regular expression of too many repetitions")
    found = options.pop()
    for option in reversed(options):
        found = [_to(ELSE, len(option) + 2), *option, _to(GOTO, len(found) + 1), *found]
    return found, at


def _repeated(once: list[int], least: int, most: int) -> list[int]:
    found: list[int] = []
    for _ in range(most - least):
        found = [_to(ELSE, len(once) + len(found) + 1), *once, *found]
    return once * least + found


def _one(chars: bytes, sets: dict[bytes, int]) -> int:
    members = [n for n in range(8 * CHARS) if chars[n >> 3] >> (n & 7) & 1]
    if len(members) == 1:
        return _to(CHAR, members[0])
    return _to(SET, sets.setdefault(chars, len(sets)))


def _to(operation: int, number: int) -> int:
    return operation | number << ARGUMENT


def characters(piece: str) -> bytes:
    """The characters that a class, or a character, stands for: a bit for each of ALPHABET."""
    fits = re.compile(piece).fullmatch
    found = bytearray(CHARS)
    for n, char in enumerate(ALPHABET):
        if fits(char):
            found[n >> 3] |= 1 << (n & 7)
    return bytes(found)
