"""The sieve: finding in many notes, by a gate that Numba compiles.

What gate.py, quick.py and weights.py say of one note, word by word, is said here of some hundred notes in one loop over
their bytes: a word is a number, found by its hash, and no word of a compliant note becomes an object of its own. What is
not regular is left to them, and so are the patterns of raw terms, of which few notes hold what they need.

Two words may share a hash: then a note is asked for nothing, never let go for nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from motjuste import quick
from motjuste import text as texts
from motjuste.gate import Need
from motjuste.matcher import Matcher
from motjuste.model import Match
from motjuste.weights import LONGEST, NUMBER, STEM

P = ParamSpec("P")
R = TypeVar("R")
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int32]

MOST = 1 << 16  # characters of the notes that are read at once; a longer one is read by itself
_BETWEEN = "\0"  # no note of PostgreSQL holds it
_SEED, _PRIME, _MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)  # fmt: skip
# what a byte is beside the kinds of quick.py: the end of a sentence, of one that is weighed, a letter that people draw out
_END, _STOP, _DRAWN, _SEPARATOR, _STRANGE = (1 << n for n in range(8, 13))
_ODD = quick.MASK | quick.LEET | quick.DOT | _STRANGE
_TWELVE = 12  # digits of a long number, with at most two separators between any two
_COMMON = 4096  # words, those that most notes hold: their numbers are the lowest
_LET_GO, _THROUGH, _UNREAD = range(3)


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function compiled when first called; kept on disk for the next process where there is a place for it."""
    try:
        return cast(Callable[P, R], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder may be written
        return cast(Callable[P, R], njit(nogil=True)(function))


def _beyond(error: UnicodeError) -> tuple[str, int]:
    """As quick.py, but what it leaves to the full reading becomes the soft hyphen, which does so for its note alone."""
    try:
        return quick.beyond(error)
    except UnicodeEncodeError as left:
        return "\u00ad", left.end


codecs.register_error("motjuste.sieve", _beyond)


def _kinds() -> NDArray[np.uint16]:
    """What each byte of a text is once folded, as bits."""
    kinds = np.zeros(256, np.uint16)
    for b, folded in enumerate(quick.FOLD):
        kinds[b] = (
            quick.KIND[folded]
            | (_END if quick.ENDS[b] == ord(".") else 0)
            | (_STOP if quick.ENDS_AND_LINES[b] == ord(".") else 0)
            | (_DRAWN if chr(folded) in texts.LETTERS_DRAWN_OUT else 0)
            | (_SEPARATOR if chr(folded) in " ./-" else 0)
            | (
                _STRANGE
                if folded == quick.UNREAD or (folded > 127 and not quick.KIND[folded] & quick.BREAK)
                else 0
            )
        )
    return kinds


_KINDS = _kinds()
_DOT, _ZERO = np.uint8(ord(".")), np.uint8(ord("0"))
_FOLD = np.frombuffer(quick.FOLD, np.uint8)


class _Table(NamedTuple):
    """Numbers by hash, in open addressing: 0 for what is not there. `filter` has a bit for most of what is not."""

    keys: Hashes
    numbers: Numbers
    filter: Bytes


@_compiled
def _fill(keys: Hashes, numbers: Numbers, slots: Hashes, values: Numbers, bits: Bytes) -> None:
    last, bit_last = len(slots) - 1, 8 * len(bits) - 1
    for n in range(len(keys)):
        mixed = keys[n] * _MIX
        mixed ^= mixed >> np.uint64(32)
        at = np.int64(mixed & np.uint64(bit_last))
        bits[at >> 3] |= np.uint8(1 << (at & 7))
        at = np.int64(mixed & np.uint64(last))
        while slots[at] != 0:
            at = (at + 1) & last
        slots[at], values[at] = keys[n], numbers[n]


@_compiled
def _number(table: _Table, key: np.uint64) -> int:
    """The number of a key."""
    mixed = key * _MIX
    mixed ^= mixed >> np.uint64(32)
    at = np.int64(mixed & np.uint64(8 * len(table.filter) - 1))
    if not table.filter[at >> 3] & np.uint8(1 << (at & 7)):
        return 0
    last = len(table.keys) - 1
    at = np.int64(mixed & np.uint64(last))
    while table.keys[at] != 0:
        if table.keys[at] == key:
            return int(table.numbers[at])
        at = (at + 1) & last
    return 0


def _table(keys: Hashes, numbers: Numbers) -> _Table:
    """The table of some keys, none twice."""
    size = 1 << (len(keys) * 3 // 2 + 1).bit_length()
    table = _Table(np.zeros(size, np.uint64), np.zeros(size, np.int32), np.zeros(size, np.uint8))
    _fill(keys, numbers, *table)
    return table


class _Words(NamedTuple):
    """What is known of words, by their numbers; 0 is that of a word of which nothing is known."""

    known: _Table
    title: Flags
    leading: Flags
    single: Flags  # anchors of terms that ask for nothing
    kind: Numbers  # what the terms ask for of which it is an anchor, from 1
    raw: Numbers  # where its raw entries begin; those of the next word follow


class _Asks(NamedTuple):
    """What terms ask for: rows of `needs` (set, least, most), those of each from `first` on, first what fewest notes hold."""

    first: Numbers
    needs: Numbers
    members: _Table  # set << 32 | word
    spans: Numbers  # of each kind: how far away what it asks for first is, at least and at most
    common: Bytes  # of each kind: a bit for each of the first words, whether it is among these partners
    rare: Hashes  # of each word: a bit for each 64th of the kinds, whether it is a partner of one; for words beyond the first
    partners: _Table  # kind << 32 | word: which of the ranges of `by_partner`, from 1, has the asks that need this word first
    ranges: Numbers
    by_partner: Numbers


class _Raw(NamedTuple):
    """The raw terms: rows of `entries` are (signs, reach, ask or -1)."""

    entries: Numbers
    signs: Bytes
    sizes: Numbers


class _Scale(NamedTuple):
    """What weighs: words by their number, the others by hash; `number` is the hash of any number, `digits` its weight."""

    words: Numbers
    stems: _Table
    pairs: _Table
    number: np.uint64
    digits: int
    least: int


class _Read(NamedTuple):
    """The words of a note, with room for those of any: numbers, where they begin and end, their letters (0: a number), the
    hash of what they begin with; the first word of each sentence that has one, and of each part that is weighed."""

    numbers: Numbers
    starts: Numbers
    ends: Numbers
    sizes: Numbers
    heads: Hashes
    sentences: Numbers
    parts: Numbers


@_compiled
def _answered(asks: _Asks, ask: int, met: int, numbers: Numbers, at: int, begin: int, end: int) -> bool:
    """Whether the words from `begin` to `end` hold what is asked for around that at `at`, of which so many needs are met."""
    for row in range(asks.first[ask] + met, asks.first[ask + 1]):
        key = np.uint64(asks.needs[row, 0]) << np.uint64(32)
        first, last = max(at + asks.needs[row, 1], begin), min(at + asks.needs[row, 2], end - 1)
        for place in range(first, last + 1):
            if numbers[place] and _number(asks.members, key | np.uint64(numbers[place])):
                break
        else:
            return False
    return True


@_compiled
def _speaks(words: _Words, asks: _Asks, numbers: Numbers, begin: int, end: int) -> bool:
    """Whether the words of a sentence speak for a term."""
    for at in range(begin, end):
        if words.single[numbers[at]]:
            return True
    for at in range(begin, end):
        kind = words.kind[numbers[at]]
        if not kind:
            continue
        key = np.uint64(kind) << np.uint64(32)
        bit = np.uint64(1) << np.uint64(kind & 63)
        first, last = max(at + asks.spans[kind, 0], begin), min(at + asks.spans[kind, 1], end - 1)
        for place in range(first, last + 1):
            number = numbers[place]
            if place == at or not number:
                continue
            if number < _COMMON:
                if not asks.common[kind, number >> 3] & np.uint8(1 << (number & 7)):
                    continue
            elif not asks.rare[number] & bit:
                continue
            found = _number(asks.partners, key | np.uint64(number))
            if not found:
                continue
            for n in range(asks.ranges[found - 1], asks.ranges[found]):
                ask = asks.by_partner[n]
                row = asks.first[ask]
                if not asks.needs[row, 1] <= place - at <= asks.needs[row, 2]:
                    continue
                if _answered(asks, ask, 1, numbers, at, begin, end):
                    return True
    return False


@_compiled
def _paired(one: np.uint64, other: np.uint64) -> np.uint64:
    """The hash of two words in a row, by those of what they begin with."""
    return one * _MIX + other


@_compiled
def _weight(scale: _Scale, read: _Read, begin: int, end: int) -> int:
    """What the words of a part weigh together, each feature once (weights.py)."""
    numbers, sizes, heads = read.numbers, read.sizes, read.heads
    total = 0
    for at in range(begin, end):
        size, head = sizes[at], heads[at]
        weight = scale.words[numbers[at]] if size else scale.digits
        stem = _number(scale.stems, head) if size > STEM else 0
        pair = _number(scale.pairs, _paired(head, heads[at + 1])) if at + 1 < end else 0
        for other in range(begin, at if weight or stem or pair else begin):
            if numbers[other] == numbers[at] if size and sizes[other] else size == sizes[other]:
                weight = 0
            if heads[other] == head:
                if sizes[other] > STEM:
                    stem = 0
                if heads[other + 1] == heads[at + 1]:
                    pair = 0
        total += weight + stem + pair
    return total


@_compiled
def _is(text: Bytes, at: int, kinds: int) -> bool:
    """Whether a byte of a text is of one of these kinds."""
    return bool(_KINDS[text[at]] & kinds)


@_compiled
def _irregular(text: Bytes, begin: int, end: int) -> bool:
    """Whether quick.py may leave a note to the full reading. Before it and after it is a zero."""
    before = _FOLD[0]
    letters, single = 0, 0  # of the word so far; words of one letter in a row, one sign between them
    for at in range(begin, end + 1):
        folded, kind = _FOLD[text[at]], _KINDS[text[at]]
        if not kind & quick.BREAK:
            letters += 1 if kind & quick.LETTER else 2
        else:
            single = single + 1 if letters == 1 else 0
            letters = 0
            if single == 3:
                return True
            if at == end:
                return False
        twice = folded == before
        before = folded
        if not (twice or kind & _ODD):
            continue
        if kind & _STRANGE:
            return True
        if twice and kind & _DRAWN and _FOLD[text[at + 1]] == folded:
            return True
        # a number before a mask is a price, unless a letter begins it
        if kind & quick.MASK and _is(text, at - 1, quick.LETTER | quick.DIGIT):
            first = at - 1
            while not _is(text, first - 1, quick.BREAK):
                first -= 1
            if _is(text, at - 1, quick.LETTER) or _is(text, first, quick.LETTER):
                return True
        if not (kind & (quick.LEET | quick.DOT) and _is(text, at - 1, quick.LETTER)):
            continue
        if kind & quick.LEET:
            after = at + 2 if _is(text, at + 1, quick.LEET) else at + 1
            if _is(text, after, quick.LETTER) or (after > at + 1 and _is(text, after, quick.LEET)):
                return True
        elif (
            _is(text, at - 2, quick.BREAK)
            and _is(text, at + 1, quick.LETTER)
            and _is(text, at + 2, quick.BREAK)
        ):
            return True
        if kind & quick.HYPHEN and _is(text, at + 1, quick.SPACE) and _is(text, at + 2, quick.LETTER):
            return True
    return False


@_compiled
def _long_number(text: Bytes, begin: int, end: int) -> bool:
    """Whether a note holds a long number (text.DIGIT_RUN)."""
    digits = between = 0
    for at in range(begin, end):
        kind = _KINDS[text[at]]
        if kind & quick.DIGIT:
            digits, between = digits + 1, 0
            if digits == _TWELVE:
                return True
        elif digits:
            between += 1
            if between > 2 or not kind & _SEPARATOR:
                digits = 0
    return False


@_compiled
def _holds(text: Bytes, begin: int, end: int, signs: Bytes, size: int) -> bool:
    """Whether a part of a text holds these signs in a row, `0` for any digit."""
    for at in range(begin, end - size + 1):
        for n in range(size):
            byte = text[at + n]
            if signs[n] != (_ZERO if _KINDS[byte] & quick.DIGIT else _FOLD[byte]):
                break
        else:
            return True
    return False


@_compiled
def _read(
    text: Bytes, begin: int, end: int, words: _Words, number: np.uint64, read: _Read
) -> tuple[int, int, int]:
    """Read a note; return how many words, sentences and parts it has. `number`: the hash that stands for any number."""
    count = sentences = parts = 0
    read.sentences[0] = read.parts[0] = 0
    start, whole, head, digits = -1, _SEED, _SEED, True
    for at in range(begin, end + 1):
        byte = text[at]
        kind = _KINDS[byte]
        if not kind & quick.BREAK:
            if start < 0:
                start, whole, digits = at, _SEED, True
            whole = (whole ^ np.uint64(_FOLD[byte])) * _PRIME
            if at - start < STEM:
                head = whole
            digits &= kind & quick.DIGIT != 0
            continue
        if start >= 0:
            read.numbers[count] = _number(words.known, whole)
            read.starts[count], read.ends[count] = start, at
            read.sizes[count] = 0 if digits else at - start
            read.heads[count] = number if digits else head
            count, start = count + 1, -1
        # the dot of a title ends no sentence
        ends = kind & _END and not (
            _FOLD[byte] == _DOT and count and read.ends[count - 1] == at and words.title[read.numbers[count - 1]]
        )  # fmt: skip
        if (ends or at == end) and count > read.sentences[sentences]:
            sentences += 1
            read.sentences[sentences] = count
        if (kind & _STOP or at == end or count - read.parts[parts] == LONGEST) and count > read.parts[parts]:
            parts += 1
            read.parts[parts] = count
    return count, sentences, parts


@_compiled
def _weighs(words: _Words, scale: _Scale, read: _Read, parts: int) -> bool:
    """Whether a part holds a leading word and weighs enough to be a finding."""
    for part in range(parts):
        begin, end = read.parts[part], read.parts[part + 1]
        for at in range(begin, end):
            if words.leading[read.numbers[at]]:
                if _weight(scale, read, begin, end) >= scale.least:
                    return True
                break
    return False


@_compiled
def _holding(
    text: Bytes,
    begin: int,
    end: int,
    words: _Words,
    asks: _Asks,
    raw: _Raw,
    read: _Read,
    count: int,
    near: Numbers,
) -> int:
    """Write where a note may hold a raw term: (raw entry, first and last byte), as rows of `near`, and return how many."""
    found = 0
    held = np.full(
        len(raw.sizes), -1, np.int8
    )  # of the signs: whether the note holds them, -1 where nobody asked
    for at in range(count):
        number = read.numbers[at]
        for entry in range(words.raw[number], words.raw[number + 1]):
            sign, reach, ask = raw.entries[entry, 0], raw.entries[entry, 1], raw.entries[entry, 2]
            if held[sign] < 0:
                held[sign] = _holds(text, begin, end, raw.signs[sign], raw.sizes[sign])
            if not held[sign] or (ask >= 0 and not _answered(asks, ask, 0, read.numbers, at, 0, count)):
                continue
            first, last = max(begin, read.starts[at] - reach), min(end, read.ends[at] + reach)
            if found < len(near) and _holds(text, first, last, raw.signs[sign], raw.sizes[sign]):
                near[found, 0], near[found, 1], near[found, 2] = entry, first, last
                found += 1
    return found


@_compiled
def _sift(
    text: Bytes,
    words: _Words,
    asks: _Asks,
    raw: _Raw,
    scale: _Scale,
    states: Bytes,
    spoken: Numbers,
    near: Numbers,
) -> tuple[int, int]:
    """Say of each note of a text whether it is let go, in `states`; return how many rows of `spoken` and of `near` are filled.

    The text begins with a zero, and each note ends in one. Rows of `spoken` are (note, sentence from 0) of the sentences that
    speak for a term; rows of `near` (note, raw entry, first and last byte) of notes that are let go unless its pattern is there.
    """
    most = len(text) // 2 + 2
    read = _Read(
        np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32),
        np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most, np.int32),
    )  # fmt: skip
    told = close = end = 0
    for note in range(len(states)):
        begin = end + 1
        end = begin
        while text[end]:
            end += 1
        if _irregular(text, begin, end):
            states[note] = _UNREAD
            continue
        count, sentences, parts = _read(text, begin, end, words, scale.number, read)
        through = _weighs(words, scale, read, parts) or _long_number(text, begin, end)
        for sentence in range(sentences):
            if _speaks(words, asks, read.numbers, read.sentences[sentence], read.sentences[sentence + 1]):
                spoken[told, 0], spoken[told, 1] = note, sentence
                told, through = told + 1, True
        if not through:
            more = _holding(text, begin, end, words, asks, raw, read, count, near[close:, 1:])
            near[close : close + more, 0] = note
            close += more
            through = close == len(near)  # more than anybody writes: what is left out is one more to confirm
        states[note] = _THROUGH if through else _LET_GO
    return told, close


def _hashes(words: Sequence[str]) -> Hashes:
    """The hash of each of some words of ASCII."""
    text = np.frombuffer("".join(f"{word}{_BETWEEN}" for word in words).encode("ascii"), np.uint8)
    hashes = np.empty(len(words), np.uint64)
    _hash(text, hashes)
    return hashes


@_compiled
def _hash(text: Bytes, hashes: Hashes) -> None:
    at = 0
    for n in range(len(hashes)):
        whole = _SEED
        while text[at]:
            whole = (whole ^ np.uint64(text[at])) * _PRIME
            at += 1
        hashes[n], at = whole, at + 1


def _numbered(words: Sequence[str], numbers: Iterable[int]) -> _Table:
    """The numbers of some words of ASCII, by their hash."""
    return _table(_hashes(words), np.array(list(numbers), np.int32))


def _rows(rows: Sequence[tuple[int, int, int]]) -> Numbers:
    return np.array(rows, np.int32).reshape(-1, 3)


def _ranges(sizes: Iterable[int]) -> Numbers:
    """Where each of some ranges begins that follow one another, and where the last one ends."""
    return np.cumsum([0, *sizes], dtype=np.int32)


def _asks(
    by_kind: Sequence[Sequence[int]],
    asks: Sequence[tuple[Need, ...]],
    members: Mapping[int, Sequence[int]],
    words: int,
) -> _Asks:
    """The arrays of what terms ask for. `by_kind`: the asks of each kind, from 1; `members`: the words of each set; `words`: how
    many there are."""
    needs = _rows([need for ask in asks for need in ask])
    first = _ranges(map(len, asks))
    kind = np.repeat(np.arange(len(by_kind)) + 1, [len(k) for k in by_kind])
    ask = np.array([a for k in by_kind for a in k], np.int32)
    opening = needs[first[ask]]
    spans = np.zeros((len(by_kind) + 1, 2), np.int32)
    np.minimum.at(spans[:, 0], kind, opening[:, 1])
    np.maximum.at(spans[:, 1], kind, opening[:, 2])
    # one row each word of the set that an ask needs first
    sets = {n: np.array(words, np.uint64) for n, words in members.items()}
    rows = [sets[n] for n in opening[:, 0].tolist()]
    sizes = [len(r) for r in rows]
    partner = np.concatenate([*rows, np.empty(0, np.uint64)])
    asking = np.repeat(kind, sizes)
    keys = asking.astype(np.uint64) << np.uint64(32) | partner
    often = np.zeros((len(by_kind) + 1, _COMMON), np.bool_)
    few = partner < _COMMON
    often[asking[few], partner[few].astype(np.int64)] = True
    rare = np.zeros(words + 1, np.uint64)
    np.bitwise_or.at(rare, partner, np.uint64(1) << (asking & 63).astype(np.uint64))
    order = np.argsort(keys, kind="stable")
    known, begins = np.unique(keys[order], return_index=True)
    return _Asks(
        first,
        needs,
        _members(sets),
        spans,
        np.packbits(often, axis=1, bitorder="little"),
        rare,
        _table(known, np.arange(len(known), dtype=np.int32) + 1),
        np.append(begins, len(keys)).astype(np.int32),
        np.repeat(ask, sizes)[order],
    )


def _members(sets: Mapping[int, Hashes]) -> _Table:
    keys = [np.uint64(n << 32) | words for n, words in sets.items()]
    every = np.concatenate([*keys, np.empty(0, np.uint64)])
    return _table(every, np.ones(len(every), np.int32))


class Sieve:
    """The words of a pack as arrays, ready for many notes. Building it takes as long as the gate for ten thousand."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        gate, scale = matcher.gate, matcher.scale
        asked, raw = gate.asked(), gate.raw_asked()
        weights = dict(scale.weights) if scale else {}
        leading = scale.leading if scale else frozenset[str]()
        singles = {f for f in weights if not (f.endswith("*") or " " in f or f == NUMBER)}
        asks: dict[tuple[Need, ...], int] = {}
        for needs in (*asked.values(), *([n for _, n in terms] for terms in raw.values())):
            for need in filter(None, needs):
                asks.setdefault(need, len(asks))
        sets = {n: matcher.pack.sets[n] for need in asks for n, _, _ in need}
        rank = {word: n for n, word in enumerate(matcher.pack.common)}
        known = sorted(
            {*singles, *leading, *texts.TITLES, *asked, *raw}.union(*sets.values()),
            key=lambda word: (rank.get(word, len(rank)), word),
        )
        number = {word: n for n, word in enumerate(known, 1)}

        def flags(words: Iterable[str]) -> Flags:
            found = np.zeros(len(known) + 1, np.bool_)
            found[[number[w] for w in words]] = True
            return found

        kinds: dict[frozenset[int], int] = {}
        kind = np.zeros(len(known) + 1, np.int32)
        for word, needs in asked.items():
            told = frozenset(asks[need] for need in needs if need)
            if told:
                kind[number[word]] = kinds.setdefault(told, len(kinds) + 1)
        members = {n: [number[w] for w in words] for n, words in sets.items()}
        self._asks = _asks([sorted(k) for k in kinds], list(asks), members, len(known))
        signs = sorted({term.holds for terms in raw.values() for term, _ in terms})
        longest = max([1, *map(len, signs)])
        entries = [(term, needs) for word in known for term, needs in raw.get(word, ())]
        self._patterns = [term.pattern for term, _ in entries]
        self._raw = _Raw(
            _rows([(signs.index(t.holds), t.reach, asks.get(n, -1)) for t, n in entries]),
            np.array([list(s.encode().ljust(longest, b"\0")) for s in signs], np.uint8).reshape(
                len(signs), longest
            ),
            np.array([len(s) for s in signs], np.int32),
        )
        self._words = _Words(
            _numbered(known, range(1, len(known) + 1)),
            flags(texts.TITLES),
            flags(leading),
            flags(word for word, needs in asked.items() if () in needs),
            kind,
            _ranges([0, *(len(raw.get(word, ())) for word in known)]),
        )
        weight = np.zeros(len(known) + 1, np.int32)
        for word in singles:
            weight[number[word]] = weights[word]
        stems = [f for f in weights if f.endswith("*")]
        pairs = [f for f in weights if " " in f]
        ones, others = (_hashes([pair.split()[n] for pair in pairs]) for n in (0, 1))
        self._scale = _Scale(
            weight,
            _numbered([s[:-1] for s in stems], map(weights.__getitem__, stems)),
            _table(ones * _MIX + others, np.array([weights[p] for p in pairs], np.int32)),
            _hashes([NUMBER])[0],
            weights.get(NUMBER, 0),
            scale.least if scale else 0,
        )

    def find(self, notes: Sequence[str]) -> list[list[Match]]:
        """What Matcher.find says of each of these notes."""
        found: list[list[Match]] = [[] for _ in notes]
        for part in _parts(notes):
            several = [notes[n] for n in part]
            regular, others = self.suspects(several) if len(part) > 1 else ({}, [0])
            for n, sentences in regular.items():
                found[part[n]] = self._matcher.confirm(several[n], regular=True, among=sentences)
            for n in others:
                found[part[n]] = self._matcher.find(several[n])
        return found

    def suspects(self, notes: Sequence[str]) -> tuple[dict[int, set[int]], list[int]]:
        """(the regular notes that the gate lets through, those that it has to read one by one), as places among them.

        With a note are the places of its sentences that speak for a term.
        """
        raw = quick.encoded(f"{_BETWEEN}{_BETWEEN.join(notes)}{_BETWEEN}", "motjuste.sieve")
        if raw.count(0) != len(notes) + 1:
            return {}, list(range(len(notes)))
        text, states = np.frombuffer(raw, np.uint8), bytearray(len(notes))
        spoken, near = np.empty((len(raw), 2), np.int32), np.empty((len(raw), 4), np.int32)
        told, close = _sift(
            text,
            self._words,
            self._asks,
            self._raw,
            self._scale,
            np.frombuffer(states, np.uint8),
            spoken,
            near,
        )
        body = raw.translate(quick.FOLD).decode("latin-1")
        for note, entry, first, last in near[:close].tolist():
            expression = self._matcher.expressions.whole(self._patterns[entry])
            # a word that the end of the part cuts is one more to confirm
            if states[note] == _LET_GO and expression.search(body, first, last):
                states[note] = _THROUGH
        found: dict[int, set[int]] = {n: set() for n, state in enumerate(states) if state == _THROUGH}
        for note, sentence in spoken[:told].tolist():
            found[note].add(sentence)
        return found, [n for n, state in enumerate(states) if state == _UNREAD]


def _parts(notes: Sequence[str]) -> Iterator[list[int]]:
    """The places of the notes, cut into parts of at most `MOST` characters; what is longer is a part of its own."""
    part: list[int] = []
    size = 0
    for n, note in enumerate(notes):
        if part and size + len(note) > MOST:
            yield part
            part, size = [], 0
        part.append(n)
        size += len(note)
    if part:
        yield part
