"""Slips of the keyboard, made by a seeded hand: one in a text at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

# Of a French keyboard, the letters that lie beside one.
_BESIDE = {
    "a": "zq", "b": "vn", "c": "xv", "d": "sf", "e": "zr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "km",
    "m": "l", "n": "b", "o": "ip", "p": "o", "q": "sa", "r": "et", "s": "qd", "t": "ry", "u": "yi", "v": "cb", "w": "x", "x": "wc",
    "y": "tu", "z": "ae", "é": "zr", "è": "yu", "ê": "zr", "à": "zo", "ç": "va", "î": "uo", "ô": "ip", "û": "yi", "â": "zq",
}  # fmt: skip
_LEET = str.maketrans("oieasté", "0134573")
_word = re.compile(r"[^\W\d_]{4,}").finditer


def _inside(word: str, random: Random) -> int:
    return random.randrange(1, len(word) - 1)


def _swapped(word: str, random: Random) -> str:
    at = random.choice([n for n in range(1, len(word) - 1) if word[n].lower() != word[n + 1].lower()] or [1])
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, random: Random) -> str:
    at = _inside(word, random)
    return word[:at] + word[at + 1 :]


def _doubled(word: str, random: Random) -> str:
    at = _inside(word, random)
    return word[: at + 1] + word[at:]


def _beside(word: str, random: Random) -> str:
    at = _inside(word, random)
    other = random.choice(_BESIDE.get(word[at].lower(), "e"))
    return word[:at] + (other.upper() if word[at].isupper() else other) + word[at + 1 :]


def _cut(sign: str) -> Callable[[str, Random], str]:
    def cut(word: str, random: Random) -> str:
        at = random.randrange(2, len(word) - 1)
        return word[:at] + sign + word[at:]

    return cut


def _digit(word: str, random: Random) -> str:
    places = [n for n, c in enumerate(word) if n and c in "loLO"]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + ("1" if word[at] in "lL" else "0") + word[at + 1 :]


def _leet(word: str, _: Random) -> str:
    return word[0] + word[1:].translate(_LEET)


ONE_LETTER = {"swapped": _swapped, "dropped": _dropped, "doubled": _doubled, "beside": _beside}
OTHERS = {"space": _cut(" "), "line": _cut("\n"), "digit": _digit, "leet": _leet}
JOINED = "joined"


UNDEFINED = {bytes([n]) for n in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}  # in cp1252


def misread(text: str, *encodings: str) -> str:
    """The text whose UTF-8 was read by these encodings, one after the other."""
    for encoding in encodings:
        parts = [bytes([byte]) for byte in text.encode()]
        text = "".join(part.decode("latin-1" if part in UNDEFINED else encoding) for part in parts)
    return text


def _without_accents(text: str, sign: str) -> str:
    return "".join(sign if c.isalpha() and not c.isascii() else c for c in text)


# What an encoding makes of a text.
DAMAGE: dict[str, Callable[[str], str]] = {
    "misread": lambda text: misread(text, "cp1252"),
    "misread twice": lambda text: misread(text, "cp1252", "cp1252"),
    "misread by DOS": lambda text: misread(text, "cp850"),
    "misread by a Mac": lambda text: misread(text, "mac_roman"),
    "lost": lambda text: _without_accents(text, "\ufffd"),
    "asked": lambda text: _without_accents(text, "?"),
}


def slip(text: str, start: int, end: int, kind: str, random: Random) -> str | None:
    """The text with a slip in the longest word of this part of it; None where there is no room for one."""
    found = max(_word(text, start, end), key=lambda m: len(m[0]), default=None)
    if found is None:
        return None
    if kind == JOINED:
        before = found.start() - 1
        return (
            text[:before] + text[before + 1 :]
            if before > 0 and text[before] == " " and text[before - 1].isalpha()
            else None
        )
    slipped = {**ONE_LETTER, **OTHERS}[kind](found[0], random)
    return None if slipped == found[0] else text[: found.start()] + slipped + text[found.end() :]
