"""The program: one flat file that a pack compiles to, opened by mmap. rulepack/README.md has the format, byte by byte.

A damaged file, or one of another version, is refused when it is opened: sections lie within it and fit each other, and what
each number in them says is vouched for by the checksum. Who may write the file is for the caller to look at.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, BinaryIO

from motjuste.errors import ProgramError, RuleError
from motjuste.model import Weights

MAGIC = b"motjuste"
FORMAT = 5
ALIGNED = 64  # bytes at a multiple of which a section begins: those that a processor reads at once
BRANCH = 5  # bits of a class by which a node of `transitions` branches
HASHED = 20  # bits: the number of a word in a table to find it by, below the first ones of its hash
# a state's mask: of each class that it has a transition for a bit for the group (one of LOW bits) and one for the wide group (of those above
# them), and whether it does more
GROUP, WIDE_GROUP, LOW, MASK, GOES_ON = 2, 8, 32, 62, 1 << 63
DEAD = -1
# magic, format, number of sections, CRC-32 of the whole file with these four bytes as zeros, SHA-256 of what follows
_HEAD = struct.Struct("<8sIII32s")
_SECTION = struct.Struct("<16sQQ")  # name, offset from the start of the file, length in bytes
# name -> what its numbers are: B, H, I and Q are unsigned, b and i signed; s is bytes
SECTIONS: Mapping[str, str] = {
    "meta": "s",
    "words": "s", "word_at": "I", "word_class": "I", "word_first": "i",
    "states": "I", "accepts": "I", "forks": "I", "transitions": "I",
    "features": "s", "feature_at": "I", "weights": "b",
    "phrase_at": "I", "phrases": "i", "phrase_forks": "i", "keywords": "i", "near_at": "I", "near": "I", "set_at": "I", "set_classes": "I",
    "spelt": "I", "spelt_at": "I", "spelt_key": "I", "spelt_of": "H", "usual": "I",
    # what `meta` says, in numbers
    "word_hash": "I", "feature_hash": "I", "leading_hash": "I", "term_rule": "I", "but_at": "I", "buts": "I",
    "context_at": "I", "contexts": "i", "callers": "s", "caller_at": "I", "caller_hash": "I", "call_at": "I", "calls": "I",
    "beside": "i", "beside_at": "I", "beside_words": "I", "raws": "I", "code_at": "I", "code": "I", "char_sets": "B",
}  # fmt: skip
_SIZES = {"s": 1, "B": 1, "b": 1, "H": 2, "I": 4, "i": 4, "Q": 8}
_NUMBERS = {name: kind for name, kind in SECTIONS.items() if kind != "s"}
ROOTS, STATE, FORK = (
    3,
    8,
    4,
)  # integers of a word in `word_first`, of a state in `states`, of a fork in `forks`
SPELT = 16  # bits: the first ones of a key, by which `spelt_at` says where those that begin so stand
KEYWORD, HEAD, ITEM = 9, 5, 3  # integers of an entry in `keywords`, of a keyword in a phrase, of an item
CALL, BESIDE, RAW, CHARS = (
    3,
    3,
    2,
    32,
)  # integers of an entry in `calls`, `beside`, `raws`; bytes of a set of characters
# what says where rows begin, and the sections that they are rows of, with the integers of one entry
_PLACES: Sequence[tuple[Any, ...]] = (
    ("word_at", ("words", 1)),
    ("feature_at", ("features", 1)), ("phrase_at", ("phrases", 1)), ("near_at", ("near", 1)), ("set_at", ("set_classes", 1)),
    ("but_at", ("buts", 1)), ("context_at", ("contexts", 1)), ("caller_at", ("callers", 1)), ("call_at", ("calls", CALL)),
    ("beside_at", ("beside_words", 1)), ("code_at", ("code", 1)),
)  # fmt: skip


def pack(sections: Mapping[str, bytes]) -> bytes:
    """The file that holds these sections, each at a multiple of ALIGNED bytes."""
    offset = _HEAD.size + _SECTION.size * len(sections)
    table, body = [], []
    for name, content in sections.items():
        padding = -offset % ALIGNED
        table.append(_SECTION.pack(name.encode(), offset + padding, len(content)))
        body += [b"\0" * padding, content]
        offset += padding + len(content)
    rest = b"".join([*table, *body])
    digest = hashlib.sha256(rest).digest()
    crc = zlib.crc32(rest, zlib.crc32(_HEAD.pack(MAGIC, FORMAT, len(sections), 0, digest)))
    return _HEAD.pack(MAGIC, FORMAT, len(sections), crc, digest) + rest


def rows(at: str, content: str, kind: str, rows: Iterable[Sequence[int]]) -> dict[str, bytes]:
    """Two sections: rows of numbers one after the other, and where each begins."""
    places, found = array("I", [0]), array(kind)
    for row in rows:
        found.extend(row)
        places.append(len(found))
    return {at: places.tobytes(), content: found.tobytes()}


def rooted(row: Iterable[tuple[int, int]], shift: int, node: Callable[[Sequence[int]], int]) -> int:
    """Where the first node of these transitions stands, (class, state) each, classes ascending; `node` keeps one."""
    for _ in range(0, shift + 1, BRANCH):
        row = [(key, node(made)) for key, made in _branches(row)]
    [(_, at)] = row
    return at


def _branches(below: Iterable[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    """The first bits of numbers, which ascend, with the node of those that begin so: a bit for what follows, then where each goes on."""
    key, made = -1, [0]
    for number, at in below:
        if number >> BRANCH != key:
            if key >= 0:
                yield key, made
            key, made = number >> BRANCH, [0]
        made[0] |= 1 << (number & (1 << BRANCH) - 1)
        made.append(at)
    if key >= 0:
        yield key, made


def strings(words: Sequence[str], content: str, at: str) -> dict[str, bytes]:
    """Two sections: words one after the other, and where each begins."""
    encoded = [w.encode() for w in words]
    places = array("I", [0])
    for word in encoded:
        places.append(places[-1] + len(word))
    return {content: b"".join(encoded), at: places.tobytes()}


def hashed(words: Iterable[bytes], numbers: Iterable[int] | None = None) -> bytes:
    """A table to find words by: each stands, as its number and one, in the first free place from its FNV-1a hash on; before it, in
    what bits are left, the first of its hash.

    The table has a power of two of places, twice as many as words at least; 0 is a free one. `numbers` are from 0 where none are given.
    """
    found = [*zip(words, count() if numbers is None else numbers, strict=False)]
    if not found:
        return b""
    mask = (1 << (2 * len(found) - 1).bit_length()) - 1
    table = array("I", bytes(4 * (mask + 1)))
    for word, number in found:
        hashed = _fnv(word)
        at = hashed & mask
        while table[at]:
            at = (at + 1) & mask
        table[at] = hashed >> HASHED << HASHED | number + 1
    return table.tobytes()


def _fnv(word: bytes) -> int:
    found = 0x811C9DC5
    for byte in word:
        found = ((found ^ byte) * 0x01000193) & 0xFFFFFFFF
    return found


def placed(code: Sequence[int]) -> Iterator[int]:
    """Where the numbers of sets stand in a phrase: of its keywords, and of its items that are words."""
    if code:
        yield from range(1, 1 + HEAD * code[0], HEAD)
        yield from (at for at in range(1 + HEAD * code[0], len(code), ITEM) if code[at] >= 0)


class Words:
    """Sorted words of a program: their numbers, found by bisection and then kept."""

    def __init__(self, content: bytes | memoryview, at: Sequence[int]) -> None:
        self._content, self._at = content, at
        self._numbers = range(len(at) - 1)

    def __len__(self) -> int:
        return len(self._numbers)

    def word(self, number: int) -> str:
        """The word of a number."""
        return str(self._content[self._at[number] : self._at[number + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        return map(self.word, self._numbers)

    def find(self, word: str) -> int:
        """The number of a word, -1 for one that is not there."""
        wanted = word.encode("utf-8", "surrogatepass")
        content, at = self._content, self._at
        number = bisect_left(self._numbers, wanted, key=lambda n: bytes(content[at[n] : at[n + 1]]))
        return number if number < len(self._numbers) and self.word(number) == word else -1


class Weighed(Mapping[str, int]):
    """One column of the weights: feature -> integer, in tenths of a log-odds; what is not there weighs nothing."""

    def __init__(self, features: Words, column: Sequence[int]) -> None:
        self._features, self._column = features, column
        self._known: dict[str, int] = {}

    def get(self, feature: str, default: Any = 0) -> Any:
        """The weight of a feature, 0 where it has none."""
        found = self._known.get(feature)
        if found is None:
            number = self._features.find(feature)
            found = self._column[number] if number >= 0 else 0
            if len(self._known) > KEPT:
                self._known.clear()
            self._known[feature] = found
        return found or default

    def __getitem__(self, feature: str) -> int:
        found: int = self.get(feature)
        if not found:
            raise KeyError(feature)
        return found

    def __iter__(self) -> Iterator[str]:
        return (f for n, f in enumerate(self._features) if self._column[n])

    def __len__(self) -> int:
        return sum(map(bool, self._column))


KEPT = 100_000  # entries of a dictionary that is emptied when it is full


class Program:
    """An opened program: its sections as attributes, sequences of integers on the mapped file.

    `meta` is what the file says in JSON: the rules, their contexts, the roots.
    """

    def __init__(self, content: bytes | mmap.mmap, name: str = "program") -> None:
        self.content = content
        views = _checked(memoryview(content), name)
        self.digest = _HEAD.unpack_from(content)[-1].hex()
        for section, kind in SECTIONS.items():
            view = views[section]
            setattr(self, section, view if kind == "s" else view.cast(kind))  # type: ignore[call-overload]
        try:
            self._told(json.loads(bytes(views["meta"])))
        except (ValueError, KeyError, TypeError) as exc:
            raise ProgramError(f"{name} is damaged", hint="reinstall motjuste") from exc
        self.vocabulary = Words(self.words, self.word_at)

    def _told(self, meta: dict[str, Any]) -> None:
        self.meta = meta
        self.roots: dict[str, int] = meta["roots"]
        self.columns: Mapping[str, Weighed] = {}
        features, names = Words(self.features, self.feature_at), meta["columns"]
        size = len(features)
        if len(self.weights) != size * len(names):
            raise ValueError("weights")
        self.columns = {
            column: Weighed(features, self.weights[n * size : (n + 1) * size])
            for n, column in enumerate(names)
        }

    words: memoryview
    word_at: Sequence[int]
    word_class: Sequence[int]
    word_first: Sequence[int]
    states: Sequence[int]
    accepts: Sequence[int]
    forks: Sequence[int]
    transitions: Sequence[int]
    features: memoryview
    feature_at: Sequence[int]
    weights: memoryview
    phrase_at: Sequence[int]
    phrases: Sequence[int]
    phrase_forks: Sequence[int]
    keywords: Sequence[int]
    near_at: Sequence[int]
    near: Sequence[int]
    set_at: Sequence[int]
    set_classes: Sequence[int]
    but_at: Sequence[int]
    buts: Sequence[int]
    spelt: Sequence[int]
    spelt_at: Sequence[int]
    spelt_key: Sequence[int]
    spelt_of: Sequence[int]
    usual: Sequence[int]

    @classmethod
    def of(cls, stream: BinaryIO, name: str) -> Program:
        """The program of an open file. Raises ProgramError where it is none, of another version or damaged."""
        try:
            return cls(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), name)
        except (OSError, ValueError) as exc:
            raise ProgramError(f"the program {name} cannot be opened", hint="reinstall motjuste") from exc

    def next(self, state: int, word_class: int) -> int:
        """The state after a word of this class, DEAD where no phrase goes on so."""
        nodes, at = self.transitions, self.states[state * STATE + 2]
        for shift in range(nodes[0], -1, -BRANCH):
            branches, bit = nodes[at], 1 << (word_class >> shift & 31)
            if not branches & bit:
                return DEAD
            at = nodes[at + 1 + (branches & bit - 1).bit_count()]
        return at

    def classes(self, state: int) -> Iterator[int]:
        """The classes that a state has transitions for."""
        nodes = self.transitions
        found = [(0, self.states[state * STATE + 2])]
        for _ in range(0, nodes[0] + 1, BRANCH):
            found = [
                (first << BRANCH | branch, below)
                for first, at in found
                for branch, below in zip(
                    _bits(nodes[at]), nodes[at + 1 : at + 1 + nodes[at].bit_count()], strict=True
                )
            ]
        return (first for first, _ in found)

    def mask(self, state: int) -> int:
        """The places of the classes that a state has a transition for, and GOES_ON where it accepts or forks."""
        low, high = self.states[state * STATE : state * STATE + 2]
        return low | high << 32


def places(word_class: int) -> int:
    """The two bits of a class in masks."""
    return 1 << (word_class >> GROUP) % LOW | 1 << LOW + (word_class >> WIDE_GROUP) % (MASK - LOW)


def fork_number(least: int, most: int, but: int, signs: int) -> int:
    """What a fork asks for, as one number; `but` is -1 for no set. Raises RuleError where one of them is too large."""
    if not (0 <= least < 1 << 8 and 0 <= most < 1 << 8 and 0 <= signs < 1 << 4):
        raise RuleError("a gap of more than 255 words", hint="write shorter gaps")
    if not -1 <= but < (1 << 12) - 1:
        raise RuleError("gaps name more than 4,095 lists", hint="let gaps share lists")
    return least | most << 8 | signs << 16 | but + 1 << 20


def forked(number: int) -> tuple[int, int, int, int]:
    """The least, most, but and signs of a fork."""
    return number & 255, number >> 8 & 255, (number >> 20) - 1, number >> 16 & 15


def _bits(number: int) -> Iterator[int]:
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


def _checked(whole: memoryview, name: str) -> dict[str, memoryview]:
    """The sections of a file. Raises ProgramError where it is none, of another version or damaged."""
    damaged = ProgramError(f"{name} is damaged", hint="reinstall motjuste")
    if len(whole) < _HEAD.size or bytes(whole[:8]) != MAGIC:
        raise ProgramError(f"{name} is no program of motjuste", hint="reinstall motjuste")
    _, version, count, crc, digest = _HEAD.unpack_from(whole)
    if version != FORMAT:
        raise ProgramError(
            f"{name} is a program of format {version}, this motjuste reads format {FORMAT}",
            hint="reinstall motjuste",
        )
    head = _HEAD.pack(MAGIC, FORMAT, count, 0, digest)
    # the digest is a name; to compute it as well would take ten times as long
    if zlib.crc32(whole[_HEAD.size :], zlib.crc32(head)) != crc:
        raise damaged
    views: dict[str, memoryview] = {}
    try:
        for n in range(count):
            title, offset, length = _SECTION.unpack_from(whole, _HEAD.size + n * _SECTION.size)
            if offset % 8 or offset + length > len(whole):
                raise damaged
            views[title.rstrip(b"\0").decode()] = whole[offset : offset + length]
        if SECTIONS.keys() - views.keys():
            raise damaged
        _fitting({name: views[name].cast(kind) for name, kind in _NUMBERS.items()}, views)  # type: ignore[call-overload]
    except (struct.error, ValueError, TypeError, LookupError) as exc:
        raise damaged from exc
    return views


def _fitting(numbers: Mapping[str, Sequence[int]], views: Mapping[str, memoryview]) -> None:
    """Raises ValueError where sections do not go together: rows that end outside of what they index, columns of unlike length."""
    for places, *indexed in _PLACES:
        at = numbers[places]
        if at[0] or any(at[-1] != len(views[s]) // (_SIZES[SECTIONS[s]] * each) for s, each in indexed):
            raise ValueError(places)
    size = len(numbers["word_at"]) - 1
    if (len(numbers["word_class"]), len(numbers["word_first"])) != (size, size * ROOTS):
        raise ValueError("word_class")
    for name, each in (("keywords", KEYWORD), ("beside", BESIDE), ("raws", RAW), ("char_sets", CHARS)):
        if len(numbers[name]) % each:
            raise ValueError(name)
    states, transitions = numbers["states"], numbers["transitions"]
    if len(states) % STATE or len(numbers["forks"]) % FORK:
        raise ValueError("states")
    ends = (states[-3], states[-1]) if states else (0, 0)
    if ends != (len(numbers["accepts"]), len(numbers["forks"]) // FORK):
        raise ValueError("accepts")
    if len(transitions) < 2 or transitions[0] % BRANCH or transitions[0] > 6 * BRANCH:
        raise ValueError("transitions")
    if len(numbers["spelt_key"]) != len(numbers["spelt_of"]):
        raise ValueError("spelt_key")
    at = numbers["spelt_at"]
    if len(at) not in (0, (1 << SPELT) + 1) or (at[-1] if at else 0) != len(numbers["spelt_key"]):
        raise ValueError("spelt_at")


def weights(program: Program) -> tuple[Weights, Collection[str]] | None:
    """The weights of a program, read from its file as they are asked for, and their leading words; None where it has none."""
    columns = dict(program.columns)
    if not columns:
        return None
    beside = {name: columns.pop(name) for name in ("fault", "close", "far", "signs", "sense")}
    scale: dict[str, Any] = {**program.meta["scale"], **beside}
    return Weights(**scale, categories=columns), program.meta["leading"]
