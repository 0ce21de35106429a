"""The quick reading: the words of a note through a few operations on bytes, where nothing in it needs more.

Nearly every note is regular: letters of western Europe, nothing drawn out, masked or dotted. What is not,
`read` leaves to the full reading of text.py, which says the same of the others, slower.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cached_property

from motjuste import plain
from motjuste import text as texts

_WORD = re.compile(f"[{texts.WORD}]")
_DROPPED = re.compile(f"[{texts.DROPPED}]")
_TRIPLES = tuple(c.encode() * 3 for c in texts.LETTERS_DRAWN_OUT)
_leet_word = re.compile(rb"[a-z][0134]+[a-z]").search
_dotted_letters = re.compile(rb"(?<![a-z0-9][a-z])(?<=[a-z])[.-][a-z](?![a-z0-9])|[a-z]- [a-z]").search
_masked_word = re.compile(rb"[a-z][a-z0-9]*[*@$#]").search
long_number = re.compile(texts.DIGIT_RUN.encode()).search
_TWELVE = b"0" * 12
DIGITS_ONLY = bytes(48 if 48 <= b < 58 else b for b in range(256))
UNREAD = 0xAD  # what a character is folded to that the full reading has to look at
_OTHER = "¤"  # what stands for a character that is no letter
# What a character is, one bit each: _regular looks for sequences of these in a whole text at once.
LETTER, LEET, MASK, DOT, HYPHEN, SPACE, BREAK, DIGIT = (1 << n for n in range(8))


def _tables() -> tuple[bytes, bytes, bytes]:
    """(fold, split, kind) for `bytes.translate`: folded bytes; all but words as spaces; what each is, as bits."""
    fold, split, kind = bytearray(256), bytearray(256), bytearray(256)
    for b in range(256):
        char = chr(b)
        target = texts.fold(char).encode("latin-1", "replace")
        fold[b] = target[0] if len(target) == 1 else 32
        if plain.is_odd(char):
            fold[b] = UNREAD
        split[b] = b if _WORD.match(char) else 32
        kind[b] = (
            (LETTER if char.isascii() and char.islower() else 0)
            | (LEET if char in "0134" else 0)
            | (MASK if char in texts.MASK else 0)
            | (DOT if char in ".-" else 0)
            | (HYPHEN if char == "-" else 0)
            | (SPACE if char == " " else 0)
            | (0 if _WORD.match(char) else BREAK)
            | (DIGIT if char.isascii() and char.isdigit() else 0)
        )
    return bytes(fold), bytes(split), bytes(kind)


FOLD, SPLIT, KIND = _tables()


def beyond(error: UnicodeError) -> tuple[str, int]:
    """Folded letters for what latin-1 lacks, a sign for what is none; the error itself where a reading needs more."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    chars = texts.fold(error.object[error.start : error.end])
    if _DROPPED.search(chars) or plain.is_odd(chars):
        raise error
    return "".join(c if c < "\u0100" else _OTHER for c in texts.without_ligatures(chars)), error.end


codecs.register_error("motjuste.fold", beyond)


def encoded(text: str, errors: str) -> bytes:
    """The text in latin-1; what is beyond it folded, by the handler `errors` where it is rare. The length may change: no
    offset is taken from a quick reading."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return texts.latin_signs(text).replace("œ", "oe").encode("latin-1", errors)


def _ends(signs: str) -> bytes:
    """Folded words, a `.` for what ends a sentence, which is one of `signs` once folded, spaces for all else."""
    found = bytearray(FOLD.translate(SPLIT))
    for b in range(256):
        if chr(b) in signs or chr(FOLD[b]) in signs:
            found[b] = ord(".")
    return bytes(found)


ENDS, ENDS_AND_LINES = _ends(".!?;"), _ends(".!?;\n")


class Reading:
    """The words of a note in order, and its folded bytes."""

    def __init__(self, words: list[str], folded: bytes, raw: bytes) -> None:
        self.words = words
        self.folded = folded
        self._raw = raw
        self._digits = folded.translate(DIGITS_ONLY)

    def sentences(self) -> list[list[str]]:
        """The words of each sentence, as text.sentences_of; two may be one where the first ends as a title does."""
        found: list[list[str]] = []
        words: list[str] = []
        for part in self._raw.translate(ENDS).decode("ascii").split("."):
            words += part.split()
            if words and words[-1] not in texts.TITLES:
                found.append(words)
                words = []
        return [*found, words]

    def sentences_and_lines(self) -> Iterator[list[str]]:
        """The words of each sentence as weights.py reads them: the end of a line is one of a sentence, that of a title too."""
        return (part.split() for part in self._raw.translate(ENDS_AND_LINES).decode("ascii").split("."))

    @cached_property
    def body(self) -> str:
        """The folded text, near enough to search a raw pattern in it."""
        return self.folded.decode("latin-1")

    def near(self, word: str, signs: str, reach: int) -> Iterator[tuple[int, int]]:
        """The parts of it within `reach` bytes of the letters of a word that hold these signs in a row, `0` for any digit."""
        wanted = signs.encode()
        for start, end in texts.around(self.folded, word.encode(), reach):
            if wanted in self._digits[start:end]:
                yield start, end

    def holds_long_number(self) -> bool:
        """Whether twelve digits stand in a row, separators between them or not."""
        # Twelve digits once the separators are out, then the real thing: the first test is cheap.
        bare = self._digits.translate(None, b" ./-")
        return _TWELVE in bare and long_number(self.folded) is not None


def read(text: str) -> Reading | None:
    """The quick reading of a note, None where it needs the full one."""
    try:
        raw = encoded(text, "motjuste.fold")
    except UnicodeEncodeError:
        return None
    folded = raw.translate(FOLD)
    if not _regular(folded):
        return None
    spaced = folded.translate(SPLIT)
    if not spaced.isascii():
        return None
    return Reading(spaced.decode("ascii").split(), folded, raw)


def _regular(folded: bytes) -> bool:
    """Whether a text holds nothing that needs a second reading: no repeats, masks, dotted or cut words."""
    folded = b" %b " % folded
    size = len(folded)
    number = int.from_bytes(folded, "little")
    # two zeros in a row: a character three times in a row
    if b"\0\0" in (number ^ (number >> 8)).to_bytes(size, "little"):
        for triple in _TRIPLES:  # a loop: a generator would cost four times as much
            if triple in folded:
                return False
    # The text as one number, eight bits a character: shifted by a character and bit by bit, `&` finds a sequence of
    # kinds everywhere at once. Bit 0 of a character is then set where the sequence starts there.
    kinds = int.from_bytes(folded.translate(KIND), "little")
    ones = _ones(size)
    after = kinds >> 8
    masked = kinds & (after >> 2)
    leet = kinds & (after >> 1)
    several = leet & (after >> 9)
    if (masked | leet & (after >> 8) | several & (after >> 16)) & ones:
        return False
    if several & (after >> 17) & ones and _leet_word(folded):
        return False
    single = after & (after >> 14)  # a letter and what is none
    initial = (kinds >> 3) & single
    cut = (kinds >> 4) & (after >> 5)
    apart = (kinds >> 6) & single & (single >> 16) & (single >> 32)
    if apart & ones:
        return False
    if (initial | cut) & ones and _dotted_letters(folded):
        return False
    priced = (kinds >> 7) & (after >> 2) & ones
    return UNREAD not in folded and not (priced and _holds_masked_word(folded, kinds, priced))


_USUAL = 1000  # characters: the notes whose mask is made once
_ONES = int.from_bytes(b"\1" * _USUAL, "little")


def _holds_masked_word(folded: bytes, kinds: int, priced: int) -> bool:
    """Whether one of the digits before a mask (`priced`) ends a word that a letter begins; a price is no masked word."""
    first = kinds & (kinds >> 15)  # a letter, then a digit
    if first & ((priced >> 8) | (kinds >> 23) & (priced >> 16)):
        return True
    return (
        bool(first & (kinds >> 23) & (kinds >> 31) & _ones(len(folded))) and _masked_word(folded) is not None
    )


def _ones(size: int) -> int:
    return _ONES if size <= _USUAL else int.from_bytes(b"\1" * size, "little")
