"""A note as a page shows it: its findings marked, what a proposal changes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from motjuste.notes.diff import changes

# what plays with the direction of writing or is not seen; a line break and a tab stay
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with characters replaced that a browser would interpret."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def row(key: str) -> str:
    """A row's key, which is JSON, as a person reads it: id 300, jour 2026-08-08; '' for a row without one."""
    values = json.loads(key)
    return visible(", ".join(f"{k} {v}" for k, v in values.items()))


@dataclass(frozen=True)
class Piece:
    """A part of a text: `kind` is same, mark, del or ins; `numbers` are the findings, from 1, that begin here, `within` those that it is part of."""

    text: str
    kind: str = "same"
    numbers: tuple[int, ...] = ()
    within: tuple[int, ...] = field(default=())


def marked(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """The text with these (start, length) spans marked, which may overlap; they are numbered in order."""
    cuts = sorted({0, len(text), *(x for s, n in spans for x in (s, s + n) if 0 <= x <= len(text))})
    pieces = []
    for a, b in pairwise(cuts):
        within = tuple(i for i, (s, n) in enumerate(spans, 1) if s <= a and b <= s + n)
        begins = tuple(i for i in within if spans[i - 1][0] == a)
        pieces.append(Piece(visible(text[a:b]), "mark" if within else "same", begins, within))
    return pieces


def compared(old: str, new: str) -> list[Piece]:
    """The pieces of two texts, word by word: deleted, inserted, unchanged."""
    pieces, at = [], 0
    for s, e, a, b in changes(old, new):
        if s > at:
            pieces.append(Piece(visible(old[at:s])))
        if e > s:
            pieces.append(Piece(visible(old[s:e]), "del"))
        if b > a:
            pieces.append(Piece(visible(new[a:b]), "ins"))
        at = e
    if at < len(old):
        pieces.append(Piece(visible(old[at:])))
    return pieces


def excerpt(pieces: Iterable[Piece], around: int = 120) -> list[Piece]:
    """The pieces with long parts that stay cut down to what is beside a change."""
    found = []
    for p in pieces:
        if p.kind == "same" and len(p.text) > 2 * around + 20:
            p = Piece(f"{p.text[:around]} […] {p.text[-around:]}")
        found.append(p)
    return found
