"""Matches as spans of a text: what is looked at around them, where an expression matches, which of them stay."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, islice

from motjuste.engine import plain
from motjuste.engine import text as texts
from motjuste.model import Match

WINDOW = 60  # code points of context read on either side of a match


def window(skeleton: str, start: int, end: int) -> tuple[int, int]:
    """The (left, right) of the context of a match: `WINDOW` on either side, no word cut in two."""
    left, right = max(0, start - WINDOW), min(len(skeleton), end + WINDOW)
    if left and skeleton[left - 1] not in " .;":
        while left < start and skeleton[left] not in " .;":
            left += 1
    if right < len(skeleton) and skeleton[right] not in " .;":
        while right > end and skeleton[right - 1] not in " .;":
            right -= 1
    return left, right


def locate(body: str, pattern: re.Pattern[str], words: int, at: int, until: int) -> Iterator[tuple[int, int]]:
    """Non-overlapping (start, end) of a pattern in a part of a text, leftmost then longest, as PostgreSQL matches.

    Python takes the first alternative that works; the longest is found by trying every later word end.
    """
    while (m := pattern.search(body, at, until)) is not None:
        start, end = m.span()
        if words > 1:
            ends = [w.end() for w in islice(texts.words(body, start), words)]
            for candidate in reversed(ends):
                if candidate <= end:
                    break
                if candidate <= until and pattern.fullmatch(body, start, candidate):
                    end = candidate
                    break
        yield start, end
        at = end


def mask_shape(token: str) -> str:
    """The regular expression of the words that a masked token may stand for: c*n, co****, c0nnard."""
    exact = re.sub(r"[^a-zœæ]", "[a-z]", token)
    visible = len(re.findall(r"[a-zœæ]", token))
    if visible >= 2 and re.search(r"[*@$#]{2,}", token):
        return exact + "|" + re.sub(r"[^a-zœæ]+", "[a-z]+", token)
    return exact


def stored(match: Match, text: plain.Plain) -> Match:
    """A match in a plain text, as one in the stored text."""
    start, length = text.original(match.start, match.length)
    return replace(match, start=start, length=length)


def united(found: Iterable[Match], grave: Container[str], whole: Container[str]) -> list[Match]:
    """What is found in several readings of a text, in order: each once, at its highest level; pruned.

    What the words of a sentence say together, the rules of `whole`, stays only where nothing else is found in it.
    """
    highest: dict[tuple[int, int, str], Match] = {}
    for m in sorted(found, key=lambda m: m.level):  # block, then watch
        highest.setdefault((m.start, m.length, m.rule), m)
    own = prune((m for m in highest.values() if m.rule not in whole), grave)
    starts, ends = [m.start for m in own], list(accumulate((m.end for m in own), max))
    for m in highest.values():
        before = bisect_left(starts, m.end)
        if m.rule in whole and not (before and ends[before - 1] > m.start):
            own.append(m)
    return sorted(own, key=in_order)


def in_order(match: Match) -> tuple[int, int, str]:
    """By place, of equal ones the longest first, then by rule."""
    return match.start, -match.length, match.rule


def prune(found: Iterable[Match], grave: Container[str]) -> list[Match]:
    """The matches in order, without those that lie inside another of their category.

    One of a rule in `grave`, those of level block, goes for another of these only.
    """
    kept: list[Match] = []
    reach: dict[tuple[str, bool], int] = {}
    for m in sorted(found, key=in_order):
        heavy = m.rule in grave
        if m.end > reach.get((m.category, heavy), -1):
            kept.append(m)
            reach[m.category, False] = max(m.end, reach.get((m.category, False), -1))
            if heavy:
                reach[m.category, True] = m.end
    return kept
