"""Replaces the number or secret of a match only, not the words that say what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from motjuste.model import Match
from motjuste.rewriting.grammar import Grammar
from motjuste.rewriting.sentence import Span

# the last sign that what follows is the number, behind small numbers at most: "chambre 12 : 7410"
_SIGN = re.compile(r"(?:\D|(?<!\d)\d{1,2}(?!\d))*[:=](?=\s*\S*\d)")
_VALUE = re.compile(r"(?<=[:=])\s*(?=[^\s:=][^:=]*$)")  # after the last sign that something is


def secret(g: Grammar, text: str, m: Match) -> Span:
    """Where the number or secret of a match stands: after the words that say what it is, or the whole match."""
    said = text[m.start : m.end]
    signs = _SIGN.match(said)
    held = g["number"].search(said, signs.end() if signs else 0) or _VALUE.search(said)
    if not held:
        return m.start, closed(text, m)
    start = m.start + (held.start() if held.re is not _VALUE else held.end())
    return start, m.start + len(said.rstrip(".,;:"))


def closed(text: str, m: Match) -> int:
    """The end of a match, with the sign after it that closes a parenthesis or a quotation that opens in it."""
    end = m.end
    for opening, closing in ("()", "«»", "“”"):
        if text.count(opening, m.start, end) > text.count(closing, m.start, end):
            closes = re.compile(rf"[ \u00a0\u202f]?{re.escape(closing)}").match(text, end)
            end = closes.end() if closes else end
    return end


def replaced(text: str, start: int, end: int, changes: Iterable[tuple[int, int, str]]) -> str:
    """This part of a text with these changes made: each where it begins, what it covers of the part gone."""
    out, at = "", start
    for a, b, new in sorted(changes):
        if a < end and b > at:
            if a >= at:
                out += text[at:a] + ("" if out.endswith(new) and not text[at:a].strip() else new)
            at = min(b, end)
    return out + text[at:end]
