"""Edits of a note as positions and new words only: decisions and migrations hold no other text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from motjuste.engine.text import fold
from motjuste.model import Edit
from motjuste.notes.diff import changes


def edits(old: str, new: str, values: Collection[re.Pattern[str]] = ()) -> list[Edit]:
    """The word-wise replacements that turn `old` into `new`, as positions and new words only, in order.

    What the writer wrote stays where it is rather than being written anew elsewhere: these edits go into files. `values`
    match, in folded text, what a wording takes over from the note (a duration, a date), which may stand elsewhere.
    """
    found = _edits(old, new)
    if _moved(old, found, values):
        found = min(found, _edits(old, new, backwards=True), key=lambda f: _moved(old, f, values))
    return found


def _edits(old: str, new: str, *, backwards: bool = False) -> list[Edit]:
    return [Edit(s, e - s, new[a:b]) for s, e, a, b in changes(old, new, backwards=backwards)]


def _moved(old: str, found: Iterable[Edit], values: Collection[re.Pattern[str]]) -> int:
    """The number of words beside the old text that these edits repeat, values not counted."""
    pairs: set[str] = set()
    for e in found:
        folded = fold(e.text)
        for value in values:
            folded = value.sub(" | ", folded)
        words = re.findall(r"\w+|\|", folded)
        pairs |= {f"{a} {b}" for a, b in pairwise(words) if "|" not in (a, b)}
    if not pairs:
        return 0
    said = re.findall(r"\w+", fold(old))
    return len(pairs.intersection(f"{a} {b}" for a, b in pairwise(said)))


def apply(text: str, changes: Iterable[Edit]) -> str:
    """The text with these edits made, the last first so that positions hold."""
    for e in sorted(changes, key=lambda e: e.start, reverse=True):
        text = text[: e.start] + e.text + text[e.start + e.length :]
    return text
