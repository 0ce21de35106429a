"""Rewriting: the neutral note, sentence by sentence, effect instead of cause.

A sentence without a match stays as it is, to the byte. In the others, the clauses that hold a match go;
the wording of the category's *effect* takes their place where the sentence shows that effect (absence,
payment), with its slots (duration, date) filled from the sentence; the other clauses stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from motjuste.diff import changes
from motjuste.matcher import Matcher
from motjuste.model import Edit, Match
from motjuste.text import fold, skeleton

_ABBREVIATION = re.compile(
    r"(?:^|[^a-z])(?:m|mm|mme|mlle|me|mr|dr|pr|st|ste|n|no|tel|ref|art|av|bd|env|cf|ex|etc|rdv|hab|resp|[a-z])$"
)
_BREAK = re.compile(r"[.!?…]+(?=\s|$)|[.!?…]*\s*\n\s*|;(?=\s)")
_CLAUSE = re.compile(
    r"\s*(?<!\d),\s+|\s*,\s+(?!\d)|\s+[-–—/>+]+\s+|\s*:\s+|\s+\(|\)\s*"
    r"|\s+(?=(?:et|mais|car|donc|puis)\s(?!qu))|\s+(?=(?:parce qu|suite à |suite a |à cause d|a cause d|du coup ))",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"^(?:(?:et|mais|car|donc|puis|alors|du coup|c'est pourquoi|c’est pourquoi|d'où|d’où|parce que?|ainsi que|or)\b[ ,:'’]*)+",
    re.IGNORECASE,
)
_UNITS = r"(?:minutes?|heures?|jours?|j|semaines?|sem|mois|ans?|annees?|trimestres?|h)"
_COUNT = (
    r"(?:\d+(?:[.,]\d+)?|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente"
    r"|plusieurs|quelques)(?: a \d+)?"
)
_MONTHS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_DATE = rf"(?:\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|(?:1er|\d{{1,2}}) (?:{_MONTHS})(?: \d{{4}})?)"
# A slot's value is the group of its expression where it has one, else all that it matches.
SLOTS = {
    "duree": re.compile(rf"\b{_COUNT} ?{_UNITS}\b"),
    "date": re.compile(rf"\bjusqu'?(?:au|a|en) (?:le )?({_DATE}|\d{{1,2}}(?![\d:h]))"),
    "periode": re.compile(rf"\bdu (?:{_DATE}|\d{{1,2}}) au (?:{_DATE}|\d{{1,2}})\b"),
    "montant": re.compile(r"\b\d+(?:[ .]\d{3})*(?:[.,]\d{1,2})? ?(?:\$|euros?|eur)"),
}

_BLANKS, _LINE_END = re.compile(r"[ \t]*"), re.compile(r"[ \t]*(?:\r?\n)?")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each sentence, its closing mark included, white space between them left out."""
    folded = fold(text)
    start = 0
    for m in _BREAK.finditer(text):
        if m[0] == "." and _ABBREVIATION.search(folded[max(0, m.start() - 6) : m.start()]):
            continue
        end = m.end() if "\n" not in m[0] else m.start() + len(m[0].split("\n")[0].rstrip())
        yield from _trimmed(text, start, end)
        start = m.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = start
    for m in _CLAUSE.finditer(text, start, end):
        found += _trimmed(text, at, m.start())
        at = m.end()
    found += _trimmed(text, at, end)
    return found


def _inside(matches: Iterable[Match], spans: Iterable[tuple[int, int]]) -> Iterator[list[Match]]:
    """For each of these spans, in order, the matches that overlap it; one pass over both."""
    coming = sorted(matches, reverse=True)
    held: list[Match] = []
    for start, end in spans:
        while coming and coming[-1].start < end:
            held.append(coming.pop())
        held = [m for m in held if m.end > start]
        yield held


def _fill(say: str, text: str, folded: str, spans: Sequence[tuple[int, int]]) -> tuple[str, set[int]]:
    """The wording with its slots filled from these spans, and the indexes of the spans that gave one.

    `[ pour {duree}]` is left out where no span holds a duration.
    """
    used: set[int] = set()

    def fill(m: re.Match[str]) -> str:
        for name in re.findall(r"\{(\w+)\}", m[1]):
            for index, (start, end) in enumerate(spans):
                slot = SLOTS[name].search(folded, start, end)
                if slot:
                    used.add(index)
                    a, b = slot.span(slot.re.groups)
                    return m[1].replace("{" + name + "}", text[a:b])
        return ""

    return re.sub(r"\[([^\]]*)\]", fill, say), used


class Rewriter:
    """Proposes neutral notes with a matcher's pack."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def rewrite(self, text: str, matches: Sequence[Match]) -> str:
        """The neutral note: without these matches, and without any finding that was not there before.

        Empty where nothing useful remains. With no match, the text itself.
        """
        if not matches:
            return text
        ignored = {(m.rule, text[m.start : m.end]) for m in self._matcher.find(text)} - {
            (m.rule, text[m.start : m.end]) for m in matches
        }
        proposal, todo = text, list(matches)
        for harsh in (False, False, True):
            proposal = self._once(proposal, todo, harsh)
            todo = [
                m for m in self._matcher.find(proposal) if (m.rule, proposal[m.start : m.end]) not in ignored
            ]
            if not todo:
                return proposal
        return ""

    def _once(self, text: str, matches: Sequence[Match], harsh: bool) -> str:
        out: list[str] = []
        last = 0
        said: list[str] = []
        spans = list(sentences(text))
        folded = fold(text)
        written = False
        for (start, end), inside in zip(spans, _inside(matches, spans), strict=True):
            if not inside:
                continue
            new = self._sentence(text, folded, start, end, inside, harsh, said, len(spans) == 1)
            gap = text[last:start]
            out.append(gap if new else gap.rstrip(" "))
            out.append(new)
            written = written or bool(gap.strip(" ") or new)
            last = end
            if (
                not new
            ):  # a sentence dropped takes the space after it along, one that was a line its line break
                own_line = not written or "\n" in gap
                blank = (_LINE_END if own_line else _BLANKS).match(text, last)
                last = blank.end() if blank else last
                if not own_line and last < len(text) and text[last] not in "\r\n":
                    out.append(" ")
        out.append(text[last:])
        done = "".join(out)
        return done if done.strip() else ""

    def _sentence(
        self,
        text: str,
        folded: str,
        start: int,
        end: int,
        inside: Sequence[Match],
        harsh: bool,
        said: list[str],
        alone: bool,
    ) -> str:
        pack = self._matcher.pack
        inline = [m for m in inside if pack.categories[m.category].inline]
        removed = [m for m in inside if m not in inline]
        if not removed and not harsh:
            return _replace(
                text, start, end, [(m.start, m.end, pack.categories[m.category].inline) for m in inline]
            )
        clauses = _clauses(text, start, end)
        flagged = [i for i, held in enumerate(_inside(removed, clauses)) if harsh or held]
        wordings: list[str] = []
        absorbed: set[int] = set()
        for m in {m.rule: m for m in removed}.values():  # the wording depends on the rule only
            say, used = self._wording(m, text, folded, (start, end), clauses, flagged)
            absorbed |= used
            if say and say not in wordings and say not in said:
                wordings.append(say)
        said += wordings
        kept: list[str] = []
        gone = absorbed.union(flagged)
        for index, ((a, b), held) in enumerate(zip(clauses, _inside(inline, clauses), strict=True)):
            if index in gone:
                continue
            clause = _replace(
                text, a, b, [(m.start, m.end, pack.categories[m.category].inline) for m in held]
            )
            if index - 1 in gone:
                clause = _LINK.sub("", clause)
            clause = clause.strip(" .!?…;,")
            if len(re.findall(r"\w", clause)) > 2:
                kept.append(clause)
        mark = text[end - 1] if text[end - 1] in ".!?…;" else ""
        parts = list(wordings)
        if kept:
            parts.append(_capital(", ".join(kept)))
        if not parts:
            return ""
        if alone and not kept:
            return ". ".join(parts)
        return ". ".join(parts) + ("." if mark in ("!", "?") else mark)

    def _wording(
        self,
        m: Match,
        text: str,
        folded: str,
        sentence: tuple[int, int],
        clauses: Sequence[tuple[int, int]],
        flagged: Collection[int],
    ) -> tuple[str, set[int]]:
        """(wording, indexes of the clauses that it replaces beside the flagged ones) for one match."""
        bones = skeleton(folded)
        rule = self._matcher.rules[m.rule]
        if rule.say is not None:
            return _fill(rule.say, text, folded, [clauses[i] for i in flagged])[0], set()
        for effect in self._matcher.pack.categories[m.category].effects:
            when = self._matcher.compiled(effect.when) if effect.when else None
            if when is None:
                return _fill(effect.say, text, folded, [clauses[i] for i in flagged])[0], set()
            if not when.search(bones, *sentence):
                continue
            about = sorted({*flagged, *(i for i, c in enumerate(clauses) if when.search(bones, *c))})
            say, used = _fill(effect.say, text, folded, [clauses[i] for i in about])
            return say, {about[i] for i in used}
        return "", set()


def _replace(text: str, start: int, end: int, changes: Iterable[tuple[int, int, str]]) -> str:
    out, at = "", start
    for a, b, new in sorted(changes):
        if a >= at:
            out += text[at:a] + new
            at = min(b, end) if b > at else at
    return out + text[at:end]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def edits(old: str, new: str) -> list[Edit]:
    """The word-wise replacements that turn `old` into `new`, as positions and new words only, in order."""
    return [Edit(start, end - start, new[a:b]) for start, end, a, b in changes(old, new)]


def apply(text: str, changes: Iterable[Edit]) -> str:
    """The text with these edits made, the last first so that positions hold."""
    for e in sorted(changes, key=lambda e: e.start, reverse=True):
        text = text[: e.start] + e.text + text[e.start + e.length :]
    return text
