"""Plain text: a stored note without what hides its words from a search but not from a reader.

Before anything else is read of a note, HTML entities become the characters that they stand for; what Unicode ignores goes;
fullwidth, mathematical, circled letters and digits become those of ASCII; so do the letters of other scripts in a word that
looks Latin. What an encoding damaged is read as it was: UTF-8 taken for another (`dÃ©pressif`), a letter lost to U+FFFD
(`d\ufffdpressif`). What is written letter by letter (`a l c o o l`), or in parts (`alcoo_lique`, `4970_1012`), has another reading
where it is joined, and so has a word with a `?` for a letter (`d?pressif`), which may also end a sentence. All that reads a note reads its plain texts as if they were stored; `Variant` brings offsets back.
sql/32_plain.sql does the same, character for character.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from motjuste.engine import characters
from motjuste.engine import text as texts

# A word, of any script: what may look Latin.
_RUN = "0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\ua000-\ud7ff\uf900-\ufdff\U00010000-\U0001efff"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_NEUTRAL = "0-9\u0300-\u036f"
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"
_WORD = f"0-9{_LETTER}"
# What may part the letters of a word written letter by letter: one sign, but what ends a sentence or elides.
_APART = f"[^{_WORD}.!?;'’…]"
# What nobody writes inside a word but to part it.
_JOINT = "[_·•‧∙⋅~^|\\\\=¬¦]{1,3}"
_ENTITY = "&(?:amp;)*(?:#0*[0-9]{1,7};?|#[xX]0*[0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};|[A-Za-z](?:acute|grave|circ|uml|cedil|tilde))"
_SPELT = (
    f"(?<![{_WORD}][{_LETTER}])(?<=[{_LETTER}]){_APART}(?=[{_LETTER}]{_APART}[{_LETTER}](?![{_WORD}]))"
    f"|(?<![{_WORD}][{_LETTER}]{_APART}[{_LETTER}])(?<=[{_LETTER}]{_APART}[{_LETTER}]){_APART}(?=[{_LETTER}](?![{_WORD}]))"
)
_PARTED = f"(?<=[{_WORD}]){_JOINT}(?=[{_WORD}])|{_SPELT}|(?<=[{_LETTER}])[?](?=[{_LETTER}])"
# What a lost letter is, by what stands around it: of œ in a few words, of an apostrophe, else e, as nine in ten letters with an accent.
LOST = "\ufffd"
_VOWEL = "aeiouyhAEIOUYHàâéèêëîïôöùûœÀÂÉÈÊËÎÏÔÖÙÛŒ"
_LOST_OE = f"(?<=[bcmnsvBCMNSV]){LOST}(?=[uU][dfrxDFRX])"
_LOST_ELISION = f"(?:(?<![{_WORD}][cdjlmnstCDJLMNST])(?<=[cdjlmnstCDJLMNST])|(?<=[qQ][uU])){LOST}(?=[{_VOWEL}][{_LETTER}])"
_LOST_E = (
    f"(?<=[{_LETTER}]){LOST}(?={LOST}?[{_LETTER}])|(?<=[{_LETTER}]{LOST}){LOST}(?=[{_LETTER}])"
    f"|(?<=[{_LETTER}]){LOST}(?=[-\n .,)]|\\Z)|(?<![{_WORD}{LOST}]){LOST}(?=[{_LETTER}])"
)
_is_latin = re.compile(f"[{_LATIN}]").search
_neutral = re.compile(f"[{_NEUTRAL}]+")
# What French writes beyond ASCII: none of it is read otherwise, so that most notes are plain as they are.
USUAL = "àâäçèéêëîïôöùûüÿÀÄÇÈÉÊËÎÏÔÖÙÛÜœŒ«»’“”–—…€°\u00a0\u202f"
_hidden = re.compile(f"[^\t\n\r -%'-~{USUAL}]").search
# Compiled where a note first calls for one: that takes a twentieth of `motjuste lint`.
_expression = cache(re.compile)


@dataclass
class Plain:
    """A plain text, and where in it how many code points more, or fewer, the text has that it is made `of`, until there."""

    body: str
    places: list[int] = field(default_factory=list)
    sums: list[int] = field(default_factory=lambda: [0])
    of: Plain | None = None  # None: the stored text
    meant: bool = False  # words stand in it that were meant, not written
    near: Sequence[
        tuple[int, int]
    ] = ()  # its parts that are written otherwise, where what is far from all is left out

    def original(self, start: int, length: int) -> tuple[int, int]:
        """The (start, length) in the stored text of a span of `body`: of each character all that was written for it."""
        if self.places:
            first = self._until(start)
            past = max(self._until(start + length), self._until(start + length - 1) + 1) if length else first
            start, length = first, past - first
        return self.of.original(start, length) if self.of else (start, length)

    def _until(self, place: int) -> int:
        return place + self.sums[bisect_right(self.places, place)]


def replaced(text: str, parts: Iterable[tuple[int, int, str]]) -> Plain:
    """The text with some parts of it, each (start, end), written otherwise; the characters of one all stand where it begins."""
    kept: list[str] = []
    places: list[int] = []
    sizes: list[int] = []
    near: list[tuple[int, int]] = []
    last = size = 0
    for start, end, written in parts:
        kept += [text[last:start], written]
        size += start - last
        for n in range(1, len(written)):
            places.append(size + n)
            sizes.append(-1)
        near.append((size, size + len(written)))
        size += len(written)
        more = end - start - bool(written)
        if more:
            places.append(size)
            sizes.append(more)
        last = end
    return Plain("".join([*kept, text[last:]]), places, [0, *accumulate(sizes)], near=near)


def reread(first: Plain, parts: Sequence[tuple[int, int, str]]) -> Plain:
    """Another reading of a text: some parts of it written otherwise, what is far from all of them left out."""
    left = texts.far(texts.fold(first.body), [(start, end) for start, end, _ in parts])
    every = sorted([*parts, *left])
    found = replaced(first.body, every)
    found.of = first
    found.near = [at for at, part in zip(found.near, every, strict=True) if part not in left] if left else ()
    return found


def _table(runs: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for run in runs.split("\n")[1:-1]:
        first, letters = run.split(" ")
        found.update((n, c) for n, c in enumerate(letters, int(first, 16)) if c != "~")
    return found


class _Characters:
    """What characters are read as, ready to use."""

    def __init__(self) -> None:
        self.always, self.alike = _table(characters.ALWAYS), _table(characters.ALIKE)
        self.among_latin = {**self.alike, **_table(characters.MIXED)}
        self.several = dict(pair.split("=") for pair in characters.SEVERAL.split())
        named = (pair.split("=") for pair in characters.NAMED.split())
        self.named = {name: chr(int(code, 16)) for name, code in named}
        self.misread = {pair[:-1]: pair[-1] for pair in characters.MISREAD.split("|")}
        several, leads = "".join(self.several), "".join(sorted({pair[0] for pair in self.misread}))
        misread = "|".join(sorted(self.misread, key=lambda pair: (-len(pair), pair)))
        self.written = re.compile(
            f"{_ENTITY}|[{characters.IGNORED}{several}]|(?=[{leads}])(?:{misread})"
        ).finditer
        self.runs = re.compile(f"[{_RUN}]+")
        self.looks = re.compile("[" + "".join(map(chr, self.among_latin)) + "]").search
        self.ignored = re.compile(f"[{characters.IGNORED}]").fullmatch

    def read(self, written: str) -> str:
        """What an entity, a misread character, a ligature or a character that is ignored is read as."""
        char = written
        if len(written) > 1:
            char = self._entity(written) if written[0] == "&" else self.misread[written]
        return "" if self.ignored(char) else self.several.get(char, char)

    def _entity(self, written: str) -> str:
        name = written[1:]
        while name.startswith("amp;") and name != "amp;":
            name = name[4:]
        name = name.removesuffix(";")
        if name[0] != "#":
            return self.named.get(name, written)
        # Python reads no number of thousands of digits: zeros go first
        code = int(name[2:], 16) if name[1] in "xX" else int(name[1:].lstrip("0") or "0")
        return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else written

    def latin(self, run: re.Match[str]) -> str:
        """A word of any script; in Latin letters where it looks so."""
        word = run[0]
        if _is_latin(word):
            return word.translate(self.among_latin)
        if all(ord(c) in self.alike for c in _neutral.sub("", word)):
            return word.translate(self.alike)
        return word


_characters = cache(_Characters)


def plain(text: str) -> Plain:
    """The plain text of a stored one, letters and parts of words that stand apart as they are."""
    if _hidden(text) is None:
        return Plain(text)
    known = _characters()
    found = replaced(text, ((*m.span(), known.read(m[0])) for m in known.written(text)))
    found.near = ()  # the first reading is the whole
    found.body = _mended(found.body.translate(known.always))
    if known.looks(found.body):
        found.body = known.runs.sub(known.latin, found.body)
    return found


def _mended(text: str) -> str:
    """The text with letters for those that were lost in its words: as many."""
    if LOST in text:
        for lost, letter in ((_LOST_OE, "œ"), (_LOST_ELISION, "'"), (_LOST_E, "e")):
            text = _expression(lost).sub(letter, text)
    return text


def readings(text: str) -> list[Plain]:
    """The plain texts of a stored one: as it is, and joined where its words are written letter by letter or in parts, or have a `?` for a letter."""
    first = plain(text)
    parts = [m.span() for m in _expression(_PARTED).finditer(first.body)]
    if not parts:
        return [first]
    lost = {start for start, _ in parts if first.body[start] == "?"}
    mended = _mended("".join(LOST if n in lost else c for n, c in enumerate(first.body))) if lost else ""
    return [
        first,
        reread(first, [(start, end, mended[start] if start in lost else "") for start, end in parts]),
    ]
