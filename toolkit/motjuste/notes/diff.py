"""What changed between two texts, by whole words, or letters where only capitals did; quick also on a note of hundreds of kilobytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

SMALL = 1_000_000  # words of one text times words of the other: up to here the tidier way is quick enough
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Change = tuple[int, int, int, int]


def changes(old: str, new: str, *, backwards: bool = False) -> Iterator[Change]:
    """(start, end, start, end) of each part of `old` and the part of `new` that takes its place, in order.

    First by sentences, then by words inside those that differ; with `backwards`, of sentences that came from one, the last
    is looked for first. Of a word that only begins with a capital now, its letter alone is a change: the rest of it is the
    writer's and stays where it is.
    """
    held: Change | None = None
    for change in _by_sentence(old, new, backwards):
        if held and (held[1], held[3]) == (change[0], change[2]):  # side by side: one change
            held = held[0], change[1], held[2], change[3]
            continue
        if held:
            yield held
        held = change
    if held:
        yield held


def _by_sentence(old: str, new: str, backwards: bool) -> Iterator[Change]:
    a, b = _SENTENCE.findall(old), _SENTENCE.findall(new)
    a_at, b_at = _offsets(a), _offsets(b)
    for i1, i2, j1, j2 in differences(a, b):
        at = a_at[i1]
        for (o1, o2), (n1, n2) in _pairs(old, (at, a_at[i2]), new, b_at[j1 : j2 + 1], backwards):
            for c1, c2, d1, d2 in _by_word(old[o1:o2], new[n1:n2]):
                yield o1 + c1, o1 + c2, n1 + d1, n1 + d2


def _pairs(
    old: str, span: tuple[int, int], new: str, bounds: Sequence[int], backwards: bool
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Parts of `old` within the span, each with the part of `new` to compare it with; `bounds` are its sentences'."""
    start, end = span
    if not backwards or len(bounds) < 3:
        return [(span, (bounds[0], bounds[-1]))]
    found = []
    for n1, n2 in zip(bounds[-2::-1], bounds[:0:-1], strict=True):
        words, others = _WORD.findall(old[start:end]), _WORD.findall(new[n1:n2])
        if n1 == bounds[0] or len(words) * len(others) > SMALL:
            found.append(((start, end), (bounds[0], n2)))
            break
        folded = [w.casefold() for w in words], [w.casefold() for w in others]
        same = SequenceMatcher(None, *folded, autojunk=False).find_longest_match()
        cut = start + _offsets(words)[same.a] if same.size else end
        found.append(((cut, end), (n1, n2)))
        end = cut
    return found[::-1]


def _by_word(old: str, new: str) -> Iterator[Change]:
    a, b = _WORD.findall(old), _WORD.findall(new)
    a_at, b_at = _offsets(a), _offsets(b)
    i = j = 0
    end = (len(a), len(a), len(b), len(b))
    for i1, i2, j1, j2 in [*differences([w.casefold() for w in a], [w.casefold() for w in b]), end]:
        for x, y in zip(range(i, i1), range(j, j1), strict=True):
            if a[x] != b[y]:
                for k1, k2, l1, l2 in _by_letter(a[x], b[y]):
                    yield a_at[x] + k1, a_at[x] + k2, b_at[y] + l1, b_at[y] + l2
        if i1 < i2 or j1 < j2:
            yield a_at[i1], a_at[i2], b_at[j1], b_at[j2]
        i, j = i2, j2


def _by_letter(old: str, new: str) -> Iterator[Change]:
    """The letters that differ in a word that changed its capitals only."""
    if len(old) != len(new):  # as ß and SS
        yield 0, len(old), 0, len(new)
        return
    for differs, run in groupby(range(len(old)), key=lambda k: old[k] != new[k]):
        if differs:
            first, *rest = run
            last = rest[-1] if rest else first
            yield first, last + 1, first, last + 1


def _offsets(tokens: Sequence[str]) -> list[int]:
    found = [0]
    for token in tokens:
        found.append(found[-1] + len(token))
    return found


def differences(a: Sequence[str], b: Sequence[str]) -> list[Change]:
    """The parts of `a` and of `b` that differ, as indexes, in order; what lies between them is the same."""
    first = 0
    while first < min(len(a), len(b)) and a[first] == b[first]:
        first += 1
    last = 0
    while last < min(len(a), len(b)) - first and a[-1 - last] == b[-1 - last]:
        last += 1
    a, b = a[first : len(a) - last], b[first : len(b) - last]
    if len(a) * len(b) <= SMALL:
        found = [o[1:] for o in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if o[0] != "equal"]
    else:
        found = _greedy(a, b)
    return [(i1 + first, i2 + first, j1 + first, j2 + first) for i1, i2, j1, j2 in found]


def _greedy(a: Sequence[str], b: Sequence[str]) -> list[Change]:
    """The shortest edit script (E. Myers, An O(ND) difference algorithm, 1986): quick where little differs."""
    n, m = len(a), len(b)
    furthest = {1: 0}  # on each diagonal (index in a - index in b), how far in a
    history: list[dict[int, int]] = []
    for d in range(n + m + 1):
        history.append({k: furthest[k] for k in range(-d - 1, d + 2) if k in furthest})
        # a diagonal outside the table leads nowhere
        for k in range(-min(d, 2 * m - d), min(d, 2 * n - d) + 1, 2):
            down = k == -d or (k != d and furthest.get(k - 1, -1) < furthest.get(k + 1, -1))
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x, y = x + 1, y + 1
            furthest[k] = x
            if x >= n and y >= m:
                return _walk_back(history, n, m)
    return []


def _walk_back(history: list[dict[int, int]], x: int, y: int) -> list[Change]:
    found: list[Change] = []
    for d in range(len(history) - 1, 0, -1):
        before = history[d]
        k = x - y
        down = k == -d or (k != d and before.get(k - 1, -1) < before.get(k + 1, -1))
        k += 1 if down else -1
        px = before[k]
        py = px - k
        # this step leads from (px, py) one down or one right; the rest, up to (x, y), is the same in both
        step = (px, px + (not down), py, py + down)
        if found and (found[-1][0], found[-1][2]) == (step[1], step[3]):
            step = (step[0], found[-1][1], step[2], found.pop()[3])
        found.append(step)
        x, y = px, py
    return found[::-1]
