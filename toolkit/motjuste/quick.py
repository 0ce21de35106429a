"""The quick reading: the words of a note through a few operations on bytes, where nothing in it needs more.

Nearly every note is regular: letters of western Europe, nothing drawn out, masked or dotted. What is not,
`read` leaves to the full reading of text.py, which says the same of the others, slower.
"""

from __future__ import annotations

import codecs
import re

from motjuste import text as texts

_WORD = re.compile(f"[{texts.WORD}]")
_DROPPED = re.compile(f"[{texts.DROPPED}]")
_TRIPLES = tuple(c.encode() * 3 for c in texts.LETTERS_DRAWN_OUT)
_leet_word = re.compile(rb"[a-z][0134]+[a-z]").search
_dotted_letters = re.compile(rb"(?<![a-z0-9][a-z])(?<=[a-z])[.-][a-z](?![a-z0-9])|[a-z]- [a-z]").search
_long_number = re.compile(texts.DIGIT_RUN.encode()).search
_TWELVE = b"0" * 12
_DIGITS_ONLY = bytes(48 if 48 <= b < 58 else b for b in range(256))


def _tables() -> tuple[bytes, bytes, bytes]:
    """(fold, split, kind) for `bytes.translate`: folded bytes; all but words as spaces; a letter as `a`, a digit
    that may stand for one as `0`, others as `5`, masks as `*`, dots and hyphens as `.`."""
    fold, split, kind = bytearray(256), bytearray(256), bytearray(256)
    for b in range(256):
        target = texts.fold(chr(b)).encode("latin-1", "replace")
        fold[b] = target[0] if len(target) == 1 else 32
        split[b] = b if _WORD.match(chr(b)) else 32
        char = chr(b)
        kind[b] = ord(
            "a" if _WORD.match(char) and not char.isdigit()
            else "0" if char in "0134"
            else "5" if char.isdigit()
            else "*" if char in texts.MASK
            else "." if char in ".-"
            else " "
        )  # fmt: skip
    return bytes(fold), bytes(split), bytes(kind)


_FOLD, _SPLIT, _KIND = _tables()
# What French notes hold beyond latin-1. The length may change: no offset is taken from a quick reading.
_BEYOND = (
    ("’", "'"),
    ("€", "$"),
    ("œ", "oe"),
    ("…", "."),
    ("–", "-"),
    ("“", '"'),
    ("”", '"'),
    ("\u202f", " "),
)


def _beyond(error: UnicodeError) -> tuple[str, int]:
    """Folded letters for what latin-1 lacks, `?` for what is no letter; the error itself where a reading needs more."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    chars = texts.fold(error.object[error.start : error.end])
    if _DROPPED.search(chars):
        raise error
    plain = chars.replace("œ", "oe").replace("æ", "ae")
    return "".join(c if c < "\u0100" else "?" for c in plain), error.end


codecs.register_error("motjuste.fold", _beyond)


class Reading:
    """The words of a note in order, and its folded bytes."""

    __slots__ = ("folded", "words")

    def __init__(self, words: list[str], folded: bytes) -> None:
        self.words = words
        self.folded = folded

    def body(self) -> str:
        """The folded text, near enough to search a raw pattern in it."""
        return self.folded.decode("latin-1")

    def holds_long_number(self) -> bool:
        """Whether twelve digits stand in a row, separators between them or not."""
        # Twelve digits once the separators are out, then the real thing: the first test is cheap.
        bare = self.folded.translate(_DIGITS_ONLY, b" ./-")
        return _TWELVE in bare and _long_number(self.folded) is not None


def read(text: str) -> Reading | None:
    """The quick reading of a note, None where it needs the full one."""
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        for char, plain in _BEYOND:
            text = text.replace(char, plain)
        try:
            raw = text.encode("latin-1", "motjuste.fold")
        except UnicodeEncodeError:
            return None
    folded = raw.translate(_FOLD)
    if not _regular(folded):
        return None
    spaced = folded.translate(_SPLIT)
    if not spaced.isascii():
        return None
    return Reading(spaced.decode("ascii").split(), folded)


def _regular(folded: bytes) -> bool:
    """Whether a text holds nothing that needs a second reading: no repeats, masks, dotted or cut words."""
    size = len(folded)
    number = int.from_bytes(folded, "little")
    # two zeros in a row: a character three times in a row
    if b"\0\0" in (number ^ (number >> 8)).to_bytes(size, "little"):
        for triple in _TRIPLES:  # a loop: a generator would cost four times as much
            if triple in folded:
                return False
    kind = folded.translate(_KIND)
    if b"\xad" in folded or (b"*" in kind and _holds_masked_word(kind)):
        return False
    if (b"a0a" in kind or b"a00" in kind) and _leet_word(folded):
        return False
    dotted = b".a " in kind or b".a." in kind or b".a*" in kind or kind.endswith(b".a") or b"- " in folded
    return not (dotted and _dotted_letters(folded))


def _holds_masked_word(kind: bytes) -> bool:
    """Whether a mask stands in a word with a letter before it; a price is no masked word."""
    at = kind.find(b"*")
    while at >= 0:
        word = kind[max(0, at - 40) : at].rstrip(b"05")
        if word.endswith(b"a") or (not word and at > 40):
            return True
        at = kind.find(b"*", at + 1)
    return False
