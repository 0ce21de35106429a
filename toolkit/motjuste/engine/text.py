"""Folding: one spelling for every way of writing a letter, with exact offsets.

A note is folded character by character to lower-case ASCII letters (and œ, æ), so that an offset in
the folded text is one in the stored text. sql/30_fold.sql does the same; a test compares both on every
character. Where a character has to be dropped (combining accents, zero-width, repeated letters, dots of
an abbreviation) a `Variant` remembers what was cut and maps offsets back.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

WORD = "a-z0-9œæ"


def _fold_table() -> dict[int, str]:
    table = {c: chr(c).lower() for c in range(ord("A"), ord("Z") + 1)}
    for c in (*range(0x00C0, 0x0180), 0x0218, 0x0219, 0x021A, 0x021B, 0x1E9E):
        base = unicodedata.normalize("NFD", chr(c))[0].lower()
        if base.isascii() and base.isalpha():
            table[c] = base
    groups = {
        "œ": "Œ", "æ": "Æ", "d": "Ðð", "o": "Øø", "l": "Łł", "i": "ı", "h": "Ħħ", "t": "Ŧŧ", "s": "ẞß",
        "'": "’‘ʼ´′‛",
        '"': "«»“”„‟″‹›",
        "-": "‐‑‒–—―−",
        ".": "…",
        "$": "€",
        " ": "°º\t\n\r\v\f\x85\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2028\u2029\u3000",
    }  # fmt: skip
    for target, sources in groups.items():
        for char in sources:
            table[ord(char)] = target
    return table


FOLD = _fold_table()
# Combining accents, soft hyphen, zero-width characters, direction marks, variation selectors.
DROPPED = "\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
# Only letters that people draw out; the gate of the database pays for each.
LETTERS_DRAWN_OUT = "aeioulnrst"
_TRIPLE = "|".join(f"{c}{{3,}}" for c in LETTERS_DRAWN_OUT)
# A separator between two single letters ("s.d.f", "c-o-n"), or a word cut at a line's end ("pakis-\ntanais").
_DOT = f"(?<![{WORD}][a-z])(?<=[a-z])[.-](?=[a-z](?:[^{WORD}]|$))|(?<=[a-z])- (?=[a-z])"
# The dot of these does not end a sentence.
TITLES = frozenset(("m", "mm", "mr", "mme", "mlle", "me", "mle", "dr", "pr", "st", "ste", "conj", "dep"))
_ends_in_title = re.compile(rf"(?<![{WORD}])(?:{'|'.join(sorted(TITLES))})\Z").search
_LONGEST_TITLE = max(map(len, TITLES))
_SOFT = re.compile(rf"[^{WORD}.!?;]")
MASK = "*@$#"
MASKED_WORD = (
    rf"(?<![{WORD}])[a-z][{WORD}]*[*@$#][*@$#{WORD}]*|(?<![{WORD}])[a-z]+[0134][0134a-z]*[a-z](?![{WORD}])"
)
DIGITS = "#"  # the anchor of patterns that match long numbers

_CUTS = {
    "plain": (re.compile(f"[{DROPPED}]+"), 0),
    "twice": (re.compile(f"[{DROPPED}]+|{_TRIPLE}"), 2),
    "once": (re.compile(f"[{DROPPED}]+|{_TRIPLE}"), 1),
    "undotted": (re.compile(f"[{DROPPED}]+|{_DOT}"), 0),
}
_has_dropped = re.compile(f"[{DROPPED}]").search
_TRIPLES = tuple(3 * c for c in LETTERS_DRAWN_OUT)
_has_dot = re.compile(_DOT).search
_may_have_dot = re.compile("[.-] ?[a-z]").search  # which takes a third of the time
_long_numbers = re.compile("[0-9](?:[ ./-]{0,2}[0-9]){11,}").finditer
_words = re.compile(f"[{WORD}]+").finditer
_all_words = re.compile(f"[{WORD}]+").findall
_masked_words = re.compile(MASKED_WORD).finditer
_may_be_masked = re.compile("[*@$#0134]").search


# Of a reading that differs from another in few places, so many code points are read around each; what is found must be nearer to one.
READ, NEAR = 500, 200
LEFT_OUT = 1000  # code points at least: what is shorter is read
_ends = re.compile(f"[!?;]|(?<=[{WORD}]{{5}})[.]")  # a sentence, whoever reads it


@dataclass
class Variant:
    """A folded text with parts cut out: `cuts` are (offset in `body`, code points cut before it)."""

    body: str
    cuts: list[tuple[int, int]] = field(default_factory=list)
    near: Sequence[tuple[int, int]] = ()  # its parts that were cut, where what is far from all is left out

    def original(self, start: int, length: int) -> tuple[int, int]:
        """The (start, length) in the stored text of a span of `body`; cut characters at its end belong to it."""
        if not self.cuts:
            return start, length
        before, until = self._cut_until(start), self._cut_until(start + length)
        return start + before, length + until - before

    def _cut_until(self, offset: int) -> int:
        return self._sums[bisect_right(self._places, offset)]

    @cached_property
    def _places(self) -> list[int]:
        return [at for at, _ in self.cuts]

    @cached_property
    def _sums(self) -> list[int]:
        return [0, *accumulate(n for _, n in self.cuts)]


# The same for what latin-1 holds: one byte a character is ten times as fast.
_FOLD_LATIN = bytes(ord(FOLD.get(b, chr(b))) for b in range(256))
_BEYOND_LATIN = tuple((c, FOLD[ord(c)]) for c in "’€…–“”\u202f")


def fold(text: str) -> str:
    """The text with each character folded: same length, lower case, no accents, plain punctuation."""
    for written in (str, latin_signs):
        try:
            return _latin(written(text), _FOLD_LATIN)
        except UnicodeEncodeError:
            continue
    return text.translate(FOLD)


def latin_signs(text: str) -> str:
    """The text where the signs that French notes hold beyond latin-1 are folded, the others as they are."""
    for char, folded in _BEYOND_LATIN:
        text = text.replace(char, folded)
    return text


def _latin(text: str, table: bytes) -> str:
    return text.encode("latin-1").translate(table).decode("latin-1")


def masked_words(folded: str) -> Iterator[re.Match[str]]:
    """The words of a folded text of which signs or digits stand for letters."""
    return _masked_words(folded) if _may_be_masked(folded) else iter(())


def words(folded: str, start: int = 0) -> Iterator[re.Match[str]]:
    """The words of a folded text from an offset on, in order."""
    return _words(folded, start)


def far(folded: str, parts: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """(start, end, what stands there instead) of what is far from all of these parts of a folded text: whole sentences.

    Of a reading that differs from another in few places the rest is left out: all of it would be read twice.
    """
    found = []
    for (_, before), (after, _) in pairwise([(0, -READ), *parts, (len(folded) + READ, 0)]):
        start, end = before + READ, after - READ
        if start + LEFT_OUT < end:
            first = _ends.search(folded, start - 1, end) if start else None
            start = first.end() if first else end if start else 0
            if end < len(folded):
                end = max((m.end() for m in _ends.finditer(folded, start, end)), default=start)
        if start + LEFT_OUT < end:
            quotes = folded.count('"', start, end)
            found.append((start, end, ";" + '"' * (quotes and 2 - quotes % 2)))
    return found


def is_near(parts: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a part of a text is near one of some sorted parts; true where there are none: it is read whole."""
    at = bisect_left(parts, start - NEAR, key=lambda part: part[1])
    return not parts or (at < len(parts) and parts[at][0] <= end + NEAR)


def _cut(folded: str, how: str) -> Variant:
    pattern, keep = _CUTS[how]
    cut = [(*m.span(), m[0][:keep] if m[0][0].isascii() else "") for m in pattern.finditer(folded)]
    own = [(start, end) for start, end, _ in cut if folded[start].isascii()]
    left = [(start, end, ";") for start, end, _ in far(folded, own)] if own else []
    parts: list[str] = []
    cuts: list[tuple[int, int]] = []
    near: list[tuple[int, int]] = []
    last = size = 0
    for start, end, kept in sorted([*left, *cut], key=lambda part: (part[0], -part[1])) if left else cut:
        if start < last:
            continue  # in what is left out
        parts += [folded[last:start], kept]
        size += start - last + len(kept)
        cuts.append((size, end - start - len(kept)))
        last = end
        if left and folded[start].isascii() and (start, end, kept) not in left:
            near.append((size - len(kept), size))
    parts.append(folded[last:])
    return Variant("".join(parts), cuts, near)


def variants(folded: str) -> list[Variant]:
    """The readings of a folded text: itself, then with repeated letters cut to two, to one, then undotted.

    Only the readings that differ are listed; nearly every note has one.
    """
    found = [plain_reading(folded)]
    if any(triple in folded for triple in _TRIPLES):
        found += [_cut(folded, "twice"), _cut(folded, "once")]
    if _may_have_dot(folded) and _has_dot(folded):
        found.append(_cut(folded, "undotted"))
    return found


def plain_reading(folded: str) -> Variant:
    """The first reading of a folded text: itself, without what is dropped."""
    return _cut(folded, "plain") if not folded.isascii() and _has_dropped(folded) else Variant(folded)


_BONES = bytes(ord(";") if chr(b) in "!?" else ord(" ") if _SOFT.match(chr(b)) else b for b in range(256))


def skeleton(body: str) -> str:
    """The body of a reading as patterns see it, character for character.

    Words stay; what ends a sentence is `.` or `;`; all else is a space, also the dot of a title.
    """
    parts = body.split(".")
    for n, part in enumerate(parts[:-1]):
        ends = "." if _ends_in_title(part, max(0, len(part) - _LONGEST_TITLE)) is None else " "
        parts[n] = part + ends
    plain = "".join(parts)
    try:
        return _latin(plain, _BONES)
    except UnicodeEncodeError:
        return _SOFT.sub(" ", plain).translate({33: ";", 63: ";"})


def without_ligatures(folded: str) -> str:
    """The folded text without ligatures: its words as the gate knows them."""
    return folded if folded.isascii() else folded.replace("œ", "oe").replace("æ", "ae")


UPPER, LOWER = "A-ZÀ-ÖØ-ÞŒ", "a-zß-öø-ÿœ"
_LETTERS = UPPER + LOWER
_CAPITAL = f"[{UPPER}][{LOWER}\u0300-\u036f]+"
_NAME = f"[{UPPER}][{LOWER}]{{2,}}"
_TITLE = "[Mm](?:[mMrReE]|me|lle|onsieur|adame|a[iî]tre)?"
_TITLED = f"{_TITLE}(?:[.] ?| )"
_AFTER_TITLE = f"(?:^|[^{_LETTERS}])(?:{_TITLE}|[Dd]r|[Ff]amille|[ÉEé]poux|[Cc]onsorts)[.]? *\\Z"
_names = re.compile(f"(?:{_TITLED})?{_CAPITAL}(?:[ -](?:et|{_CAPITAL}))*").fullmatch
_titled_name = re.compile(_TITLED).match
_ahead_of_name = re.compile(f"{_AFTER_TITLE}|[0-9{_LETTERS}](?: +|['’-])\\Z").search
_BEFORE = 16  # code points looked at before a name


def is_name(text: str, start: int, length: int) -> bool:
    """Whether a span of a stored text is written as a name: with capitals after a title, or inside a sentence."""
    span = text[start : start + length]
    if not _names(span):
        return False
    return bool(_titled_name(span) or _ahead_of_name(text[max(0, start - _BEFORE) : start]))


_CLAUSE = re.compile(r"[,;:!?(\n]|(?<=[a-zà-ÿ0-9]{4})[.]")  # the dot of a title ends none
_NEAR = 40  # code points
_BESIDE = 64  # code points looked at on either side
_NAMED = 4  # words: what is longer between quotation marks is no name, but what somebody says
_capital = re.compile(f"[{UPPER}]").match
_capitalised = re.compile(f"[{UPPER}][{LOWER}]").match
_after_title = re.compile(_AFTER_TITLE).search
_opened = re.compile('(?:[«“]|"(?! ))([^«»“”"\n]*)\\Z').search
_closed = re.compile('([^«»“”"\n]*)(?:[»”]|(?<! )")').match
_after_name = re.compile(f"[0-9{_LETTERS}][^.!?\n]*[ '’-]{_NAME}[ -]+\\Z").search
_before_name = re.compile(f"[ -]+{_NAME}").match
_BLANKS = " \t\u00a0\u202f"
_CLOSING = '»”"'
_next = re.compile(f"[{_BLANKS}]*(.)", re.DOTALL).match


def beside(text: str, start: int, length: int) -> tuple[str, str]:
    """What stands right before and after a span of a stored text, in its line."""
    end = start + length
    return text[max(0, start - _BESIDE) : start].rpartition("\n")[2], text[end : end + _BESIDE].partition(
        "\n"
    )[0]


def begins_with_capital(text: str, start: int) -> bool:
    """Whether a capital stands at a place of a stored text."""
    return _capital(text, start) is not None


def signs(text: str, start: int, length: int, persons: Set[str]) -> Iterator[str]:
    """How a span of a stored text is written, and what stands right beside it.

    `after a title`; `named in quotes`, where these hold few words, none for a person, and begin with a capital, or `in quotes`, where
    they do not, nor is it `of a person`; `beside a name`; `of a person`, where a word for one is in the span, or among the three words
    before it in its clause; `at the end` of a line, or `before` a sign, but the one that ends a quotation. `persons` are folded.
    """
    end = start + length
    span, before, after = text[start:end], text[max(0, start - _BESIDE) : start], text[end : end + _BESIDE]
    if _capitalised(span) and _after_title(before):
        yield "after a title"
    clause = _CLAUSE.split(before[-_NEAR:])[-1]
    of_person = not persons.isdisjoint(words_of(fold(clause))[-3:] + words_of(fold(span)))
    opened, closed = _opened(before), _closed(after)
    if opened and closed:
        quoted = opened[1] + span + closed[1]
        told = words_of(fold(quoted))
        if len(told) <= _NAMED and persons.isdisjoint(told):
            if _capital(quoted.lstrip(_BLANKS)):
                yield "named in quotes"
            elif not of_person:
                yield "in quotes"
    if _after_name(before) or _before_name(after):
        yield "beside a name"
    if of_person:
        yield "of a person"
    following = _next(after)
    if following is None or following[1] == "\n":
        yield "at the end"
    elif not following[1].isalnum() and not (opened and closed and following[1] in _CLOSING):
        yield f"before {following[1]}"


def quotes(folded: str) -> list[int]:
    """Where the quotation marks of a folded text are, in order."""
    return [m.start() for m in re.finditer('"', folded)]


def words_of(body: str) -> list[str]:
    """The words of a folded text, in order."""
    return _all_words(body)


def long_numbers(body: str) -> list[tuple[int, int]]:
    """(start, end) of each twelve digits in a row, or more, of a folded text, separators between them or not."""
    return [m.span() for m in _long_numbers(body)]
