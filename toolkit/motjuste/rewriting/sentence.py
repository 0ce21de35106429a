"""Sentences and clauses of a note: their offsets, and how the clauses that stay are joined again.

A clause is what stands between commas, colons, dashes, brackets or in front of a conjunction; a quotation is
never cut. What separates two clauses that both stay is kept to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from motjuste.engine.text import fold
from motjuste.rewriting.grammar import Grammar

Span = tuple[int, int]

_QUOTED = re.compile(r"«[^«»\n]{0,400}»|“[^“”\n]{0,400}”|(?<![\w\"])\"[^\"\n]{1,400}\"(?!\w)")
_BREAK = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|\n|;(?=\s)|(?<=[.!?…])\s?[»”\"](?=\s+[A-ZÀ-ÖØ-Þ])")
_WRAPPED = 60  # letters of a line from which it may end for want of room
_LONGEST_LINK = 32  # characters
_LONGEST_SHORT = 16  # characters of an abbreviation and what stands before it


def sentences(g: Grammar, text: str) -> Iterator[Span]:
    """The (start, end) of each sentence, its closing mark included, white space between them left out."""
    folded = fold(text)
    quotes = [m.span() for m in _QUOTED.finditer(text)][::-1]
    start = 0
    for m in _BREAK.finditer(text):
        while quotes and quotes[-1][1] < m.end():
            quotes.pop()
        if quotes and quotes[-1][0] < m.start() and m.end() < quotes[-1][1]:
            continue
        if m[0] == "\n" and _wrapped(text, start, m.start()):
            continue
        if m[0] == "." and _abbreviated(g, text, folded, m.start()):
            continue
        yield from _trimmed(text, start, m.end())
        start = m.end()
    yield from _trimmed(text, start, len(text))


def _wrapped(text: str, start: int, end: int) -> bool:
    """Whether a line ends inside a word or a phrase: `can-` / `cer`, or where a long line is full."""
    line = text[max(start, text.rfind("\n", 0, end) + 1) : end].rstrip("\r")
    after = text[end + 1 : end + 2]
    if not after.islower() or not line:
        return False
    return (line[-1] == "-" and line[-2:-1].isalpha()) or (len(line) >= _WRAPPED and line[-1].isalpha())


def _abbreviated(g: Grammar, text: str, folded: str, dot: int) -> bool:
    before = folded[max(0, dot - _LONGEST_SHORT) : dot]
    initial = text[dot - 1 : dot].isupper() and not re.search(r"\w$|\d\s?$", text[max(0, dot - 3) : dot - 1])
    initial = initial and not g["part_ends"].search(before[:-1])
    if initial:
        return True
    if g["title_ends"].search(before):
        return g["no_name"].match(folded, dot + 1) is None
    after = text[dot + 1 : dot + 4].strip()
    named = after[:1].isupper() and after[1:2] in ",.:;)"  # bât. A, esc. C
    aside = before.rfind("(") > before.rfind(")")  # (synd. SUD)
    return (after[:1].islower() or named or aside) and g["abbreviation_ends"].search(before) is not None


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def clauses(g: Grammar, text: str, start: int, end: int) -> list[Span]:
    """The clauses of a sentence without its closing mark, in order; a quotation is inside one of them."""
    quotes = [m.span() for m in _QUOTED.finditer(text, start, end)][::-1]
    found: list[Span] = []
    at = start
    for m in g["cut"].finditer(text, start, end):
        while quotes and quotes[-1][1] <= m.start():
            quotes.pop()
        if quotes and quotes[-1][0] < m.start():
            continue
        clause = list(_trimmed(text, at, m.start()))
        if clause and not m[0]:
            if m.start() - at < _LONGEST_LINK and not unlinked(g, text[at : m.start()]).strip():
                continue  # `et du coup`: one conjunction
            if g["second_noun"].match(text, m.start(), end):
                continue  # `les mardis et jeudis`: one thing said of both
            if text[m.start()] in "dD" and g["pronoun_verb"].fullmatch(text, *clause[0]):
                continue
        found += clause
        at = m.end()
    return found + list(_trimmed(text, at, end))


def unlinked(g: Grammar, clause: str) -> str:
    """The clause without the conjunctions that tied it to a removed clause."""
    return g["link_ends"].sub("", g["link"].sub("", clause))


def separators(text: str, spans: Sequence[Span]) -> list[str]:
    """What stands between each clause and the next."""
    return [text[a[1] : b[0]] for a, b in pairwise(spans)]


def governs(g: Grammar, subject: str, clause: str) -> bool:
    """Whether a clause, folded like its subject, only waits for that subject: `le locataire`, `a signé le bail`."""
    return g["governor"].fullmatch(subject) is not None and g["finite"].match(clause) is not None


def joined(g: Grammar, text: str, whole: Span, spans: Sequence[Span], stays: Mapping[int, str]) -> str:
    """The clauses that stay (index -> wording) of a sentence: separated as they were, unlinked from what is gone."""
    gaps = separators(text, spans)
    out = ""
    last = -1
    for index in sorted(stays):
        if index == last + 1:
            gap = gaps[last] if index else ""
            apart = (last > 0 and last - 1 not in stays) or stays[index] != text[slice(*spans[index])]
            if apart and gap.strip() == "," and governs(g, fold(stays[last]), fold(stays[index])):
                gap = " "  # the subject of what follows: `la contremaître, refuse`
            out += gap + stays[index]
        else:
            clause = unlinked(g, stays[index])
            if last >= 0 and out:
                out += " " if governs(g, fold(stays[last]), fold(clause)) else _joiner(gaps[last:index])
            out += clause
        last = index
    rest = [*gaps[max(last, 0) :], text[spans[-1][1] : whole[1]] if spans else ""]
    if last == len(spans) - 1:
        out += rest[-1]
    elif sum(s.count(")") - s.count("(") for s in rest) > 0:
        out += ")"
    return g["link_ends"].sub("", _balanced(out, text[slice(*whole)]).strip(" ,:-"))


def _joiner(gap: Sequence[str]) -> str:
    """The separator between two clauses once those between them are removed: `gap` has the separators, in order."""
    first, last = gap[0], gap[-1]
    depth = sum(s.count("(") - s.count(")") for s in gap)
    if depth > 0:
        return " ("
    if depth < 0:
        closing = next(s for s in gap if ")" in s)
        return closing if closing is last or last.strip() not in (",", "") else closing.rstrip() + ", "
    if ")" in last:
        return last[last.index(")") + 1 :] or " "
    if ":" in first:
        return first
    return first if first == last and first.strip() not in ("", "(") else ", "


def _balanced(piece: str, original: str) -> str:
    """The piece without unpaired brackets and quotation marks, if those of the original were paired."""
    for opening, closing in ("()", "«»", "“”"):
        if original.count(opening) == original.count(closing) != 0 and piece.count(opening) != piece.count(
            closing
        ):
            piece = re.sub(rf"(?<!\s)\s*[{re.escape(opening + closing)}]\s*", " ", piece).strip()
            piece = re.sub(r"(?<!\s)\s+,", ",", piece)
    return piece
