"""The sieve: finding in many notes, by a gate for some hundred at once.

What gate.py, quick.py and weights.py say of one note, word by word, is said here of some hundred notes together, as
arrays: a word is a number, found by the hash of its bytes, and no word of a compliant note becomes an object of its own.
What is not regular is left to them, and so is what only few words can settle.

A hash is polynomial, so that those of all words come from one running sum (Karp and Rabin, 1987). Two words may share one:
then a note is asked for nothing, never let go for nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from motjuste import quick
from motjuste import text as texts
from motjuste.gate import Need
from motjuste.matcher import Matcher
from motjuste.model import Match, Pack
from motjuste.quick import Reading
from motjuste.weights import LONGEST, NUMBER, STEM

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

MOST = 1 << 16  # characters of the notes that are read at once: the arrays stay in the processor's cache
_BETWEEN = "\0"  # no note of PostgreSQL holds it
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_MIDDLE = 32  # the bit of an offset of 0 words
_BIT = np.uint8(1) << np.arange(8, dtype=np.uint8)
_DRAWN = np.isin(np.arange(256), list(texts.LETTERS_DRAWN_OUT.encode()))


def _powers(base: int) -> Hashes:
    factors = np.full(2 * MOST, base, np.uint64)  # twice: an œ becomes two letters
    factors[0] = 1
    return np.multiply.accumulate(factors)


_POWERS, _BACK = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 64))


def _hashes(words: Sequence[str]) -> Hashes:
    """The hash of each of some words of ASCII."""
    letters = np.array(words, dtype=np.bytes_).view(np.uint8).reshape(len(words), -1)
    hashes: Hashes = (letters * _POWERS[: letters.shape[1]]).sum(axis=1, dtype=np.uint64)
    return hashes


def _paired(one: Hashes, other: Hashes) -> Hashes:
    """The hash of each two words in a row."""
    return one * _MIX + other


def _beyond(error: UnicodeError) -> tuple[str, int]:
    """As quick.py, but what it leaves to the full reading becomes the soft hyphen, which does so for its note alone."""
    try:
        return quick.beyond(error)
    except UnicodeEncodeError as left:
        return "\u00ad", left.end


codecs.register_error("motjuste.sieve", _beyond)


_NUMBER = _hashes([NUMBER])[0]


class _Numbering:
    """The number of each of some hashes, from 1; 0 for all others. Open addressing, in one array."""

    def __init__(self, hashes: Hashes) -> None:
        bits = max(4, (4 * len(hashes)).bit_length())
        self._shift = np.uint64(64 - bits)
        homes = self._homes(hashes)
        order = np.argsort(homes, kind="stable")
        steps = np.arange(len(hashes))
        # each in its home, or in the next place that is free
        places = np.maximum.accumulate(homes[order] - steps) + steps
        size = max(1 << bits, int(places[-1]) + 1) + 1
        self._hashes, self._numbers = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        self._hashes[places] = hashes[order]
        self._numbers[places] = order + 1

    def _homes(self, hashes: Hashes) -> Ints:
        return ((hashes * _MIX) >> self._shift).astype(np.int64)

    def __call__(self, hashes: Hashes) -> Numbers:
        at = self._homes(hashes)
        there = self._hashes.take(at)
        numbers = self._numbers.take(at)
        other = there != hashes
        numbers[other] = 0
        left = np.flatnonzero(other & (there != 0))
        while left.size:
            at[left] += 1
            there = self._hashes[at[left]]
            hit = there == hashes[left]
            numbers[left[hit]] = self._numbers[at[left[hit]]]
            left = left[~hit & (there != 0)]
        return numbers


class _Runs:
    """Words in a row: `begins` and `ends` are the first and last place of each run, `of` is the run of each word."""

    __slots__ = ("begins", "ends", "of")

    def __init__(self, begins: Ints, size: int) -> None:
        """The runs of `size` words that begin at these places, which are in order; those without a word are left out."""
        after = np.append(begins[1:], size)
        full = after > begins
        self.begins, after = begins[full], after[full]
        self.ends = after - 1
        self.of = np.repeat(np.arange(len(after)), after - self.begins)

    def cut(self, longest: int) -> _Runs:
        """The same in runs of at most so many words."""
        if int((self.ends - self.begins).max()) < longest:
            return self
        place = np.arange(len(self.of)) - self.begins[self.of]
        return _Runs(np.flatnonzero(place % longest == 0), len(self.of))


class _Text:
    """Some notes as one text between zeros: what each byte is, and where words, sentences and notes begin."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._raw = quick.encoded(f"{_BETWEEN}{_BETWEEN.join(notes)}{_BETWEEN}", "motjuste.sieve")
        self._folded = self._raw.translate(quick.FOLD)
        self._spaced = self._folded.translate(quick.SPLIT)
        self._bytes = np.frombuffer(self._folded, np.uint8)
        self._kinds = np.frombuffer(self._folded.translate(quick.KIND), np.uint8)
        self._marks = np.frombuffer(self._folded.translate(quick.DIGITS_ONLY), np.uint8)
        self._held: dict[bytes, Ints] = {}
        self.bounds = np.flatnonzero(self._bytes == 0)
        in_word = (self._kinds & quick.BREAK) == 0
        edges = np.flatnonzero(in_word[1:] != in_word[:-1]) + 1
        self.starts, self._ends = edges[::2].copy(), edges[1::2].copy()

    def note_of(self, places: Ints) -> Ints:
        """The number of the note of each of these bytes."""
        return np.searchsorted(self.bounds, places, "right") - 1

    def notes(self) -> Ints:
        """The number of the note of each word."""
        begins = np.searchsorted(self.starts, self.bounds)
        return np.repeat(np.arange(len(begins) - 1), np.diff(begins))

    def irregular(self) -> Ints:
        """The notes that quick.py may leave to the full reading, each as often as there is a reason."""
        kinds, text = self._kinds, self._bytes
        letter, leet = (kinds & quick.LETTER) != 0, (kinds & quick.LEET) != 0
        stop = (kinds & quick.BREAK) != 0
        begun = letter[:-1] & leet[1:]
        twice = text[:-1] == text[1:]
        drawn = np.flatnonzero(twice[:-1] & twice[1:])
        # letter, dot, letter between breaks; letter, hyphen, space, letter: the text ends in a zero, and begins with one
        dots, hyphens = np.flatnonzero((kinds & quick.DOT) != 0), np.flatnonzero((kinds & quick.HYPHEN) != 0)
        dotted = letter[dots - 1] & letter[dots + 1] & stop[dots - 2] & stop[dots + 2 - len(text)]
        cut = letter[hyphens - 1] & (text[hyphens + 1] == ord(" ")) & letter[hyphens + 2 - len(text)]
        masks = np.flatnonzero((kinds & quick.MASK) != 0)
        # a number before a mask is a price, unless a letter begins it
        priced = masks[(kinds[masks - 1] & quick.DIGIT) != 0]
        first = self.starts[np.searchsorted(self.starts, priced) - 1]
        found = [
            masks[letter[masks - 1]],
            priced[letter[first]],
            np.flatnonzero(begun[:-1] & letter[2:]),
            np.flatnonzero(begun[:-2] & leet[2:-1] & (letter[3:] | leet[3:])),
            drawn[_DRAWN[text[drawn]]],
            dots[dotted],
            hyphens[cut],
            np.flatnonzero((text == 0xAD) | ~stop & (text > 127)),
        ]
        return self.note_of(np.concatenate(found))

    def hashes(self) -> tuple[Hashes, Hashes]:
        """(the hash of each word, the running sums for `heads`)."""
        size = len(self._bytes)
        sums = np.zeros(size + 1, np.uint64)
        np.cumsum(self._bytes * _POWERS[:size], out=sums[1:])
        return (sums.take(self._ends) - sums.take(self.starts)) * _BACK.take(self.starts), sums

    def heads(self, words: Ints, sums: Hashes) -> tuple[Hashes, Flags]:
        """(the hash of the first letters of each of these words, whether there are more)."""
        starts, ends = self.starts[words], self._ends[words]
        longer = ends - starts > STEM
        return (sums[np.where(longer, starts + STEM, ends)] - sums[starts]) * _BACK[starts], longer

    def are_numbers(self, words: Ints) -> Flags:
        """Whether each of these words is of digits only."""
        starts, ends = self.starts[words], self._ends[words]
        digits = self._places(b"0")
        found: Flags = np.searchsorted(digits, ends) - np.searchsorted(digits, starts) == ends - starts
        return found

    def long_numbers(self) -> list[int]:
        """The notes in which twelve digits stand in a row, with at most two separators between any two."""
        digits = self._places(b"0")
        near = digits[:-11][digits[11:] - digits[:-11] <= 11 * 3]
        return [n for n in set(self.note_of(near).tolist()) if quick.long_number(self._folded[self._span(n)])]

    def holding(self, signs: str) -> Ints:
        """The notes that hold these signs in a row, `0` for any digit."""
        return self.note_of(self._places(signs.encode()) if signs else self.bounds[:-1])

    def _places(self, signs: bytes) -> Ints:
        """Where these signs are."""
        found = self._held.get(signs)
        if found is None:
            if len(signs) == 1:
                found = np.flatnonzero(self._marks == signs[0])
            else:
                at = self._places(signs[:-1])
                found = at[self._marks[at + len(signs) - 1] == signs[-1]]
            self._held[signs] = found
        return found

    def whole(self) -> _Runs:
        """The notes, those without a word left out."""
        return self._runs(self.bounds)

    def sentences(self, title: Flags) -> _Runs:
        """The sentences as text.skeleton cuts them; `title`: which words are one."""
        signs = np.flatnonzero(np.frombuffer(self._raw.translate(quick.ENDS), np.uint8) == ord("."))
        before = np.searchsorted(self.starts, signs) - 1
        dotted = (self._ends[before] == signs) & (self._bytes[signs] == ord("."))
        signs = signs[~(dotted & title[before])]
        return self._runs(np.sort(np.concatenate([signs, self.bounds])))

    def parts(self) -> _Runs:
        """The parts of sentences that weights.py weighs."""
        lines = np.frombuffer(self._raw.translate(quick.ENDS_AND_LINES), np.uint8)
        return self._runs(np.flatnonzero((lines == ord(".")) | (self._bytes == 0))).cut(LONGEST)

    def _runs(self, stops: Ints) -> _Runs:
        """The words between these bytes, which are in order."""
        return _Runs(np.searchsorted(self.starts, stops), len(self.starts))

    def words(self, first: int, last: int) -> list[str]:
        """The words from one to another, as texts."""
        return self._spaced[self.starts[first] : self._ends[last]].decode("ascii").split()

    def reading(self, note: int) -> Reading:
        """The quick reading of a note."""
        of = self._span(note)
        return Reading(self._spaced[of].decode("ascii").split(), self._folded[of], self._raw[of])

    def _span(self, note: int) -> slice:
        return slice(int(self.bounds[note]) + 1, int(self.bounds[note + 1]))


def _ranges(first: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """(which range, place) of all places of ranges that begin at `first` and have these sizes."""
    which = np.repeat(np.arange(len(sizes)), sizes)
    return which, np.arange(len(which)) - (np.cumsum(sizes) - sizes - first).take(which)


class _Pairs:
    """Which words ask for which others first, and how many words away: anchors that ask for the same are of one kind."""

    def __init__(
        self, asked: Mapping[str, Iterable[Need | None]], pack: Pack, number: Mapping[str, int]
    ) -> None:
        kinds: dict[frozenset[Need], int] = {frozenset(): 0}
        self._kind = np.zeros(len(number) + 1, np.int32)
        for word, needs in asked.items():
            self._kind[number[word]] = kinds.setdefault(frozenset(filter(None, needs)), len(kinds))
        # one row a kind and a need of it, then one each word of the need's set
        rows = [(kind, *need) for needs, kind in kinds.items() for need in needs]
        kind, of, low, high = np.array(list(zip(*rows, strict=True)) or [()] * 4, np.int64)
        self._span = np.zeros((2, len(kinds)), np.int64)
        np.minimum.at(self._span[0], kind, low)
        np.maximum.at(self._span[1], kind, high)
        sets, at = np.unique(of, return_inverse=True)
        members = [[number[w] for w in pack.sets[n]] for n in sets.tolist()]
        sizes = np.array([len(m) for m in members], np.int64)
        row, place = _ranges((np.cumsum(sizes) - sizes)[at], sizes[at])
        keys = kind[row] << 32 | np.array([n for m in members for n in m], np.int64)[place]
        one = np.uint64(1)
        masks = (one << (high + 1 - low).astype(np.uint64)) - one << (low + _MIDDLE).astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        self._keys, first = np.unique(keys[order], return_index=True)
        self._offsets = np.bitwise_or.reduceat(masks[row[order]], first)
        # most pairs of words ask nothing of each other: one bit says so
        self._shift = np.uint64(64 - max(10, (16 * len(self._keys)).bit_length()))
        self._filter = np.zeros(1 << 61 - int(self._shift), np.uint8)
        np.bitwise_or.at(self._filter, *self._bits(self._keys))

    def _bits(self, keys: Ints) -> tuple[Ints, Bytes]:
        """The byte of the filter that speaks of each pair, and its bit."""
        hashes = ((keys.astype(np.uint64) * _MIX) >> self._shift).astype(np.int64)
        return hashes >> 3, _BIT.take(hashes & 7)

    def __call__(self, numbers: Numbers, runs: _Runs) -> tuple[Ints, Ints]:
        """(word that asks, word that it asks for) as places among `numbers`, in the run of words that both are in."""
        kinds = self._kind.take(numbers)
        anchors = np.flatnonzero(kinds)
        kinds, of = kinds[anchors].astype(np.int64) << 32, runs.of[anchors]
        low, high = self._span[:, kinds >> 32]
        first = np.maximum(anchors + low, runs.begins[of])
        which, partners = _ranges(first, np.maximum(np.minimum(anchors + high, runs.ends[of]) - first + 1, 0))
        keys = kinds.take(which) | numbers.take(partners)
        place, bit = self._bits(keys)
        maybe = np.flatnonzero(self._filter.take(place) & bit)
        keys, anchors, partners = keys[maybe], anchors[which[maybe]], partners[maybe]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        near = self._offsets[at] >> (_MIDDLE + partners - anchors).astype(np.uint64) & np.uint64(1)
        found = np.flatnonzero((self._keys[at] == keys) & (near != 0))
        return anchors[found], partners[found]


class Sieve:
    """The words of a pack as arrays, ready for many notes. Building it takes as long as the gate for ten thousand."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        pack, gate, scale = matcher.pack, matcher.gate, matcher.scale
        weights = dict(scale.weights) if scale else {}
        leading = scale.leading if scale else frozenset[str]()
        stems = [f[:-1] for f in weights if f.endswith("*")]
        pairs = [f for f in weights if " " in f]
        words = [f for f in weights if not (f.endswith("*") or " " in f or f == NUMBER)]
        asked, raw = gate.firsts(), gate.raw_firsts()
        sets = {n for o in (asked, raw) for needs in o.values() for n, _, _ in filter(None, needs)}
        partners = {w for n in sets for w in pack.sets[n]}
        known = sorted({*words, *leading, *texts.TITLES, *asked, *raw, *partners})
        number = {w: n for n, w in enumerate(known, 1)}
        size = len(known) + 1
        self._numbers, self._stems = _Numbering(_hashes(known)), _Numbering(_hashes(stems or [""]))
        ones, others = zip(*(p.split() for p in pairs or [". ."]), strict=True)
        self._two = _Numbering(_paired(_hashes(ones), _hashes(others)))
        self._title, self._leading = _flags(number, texts.TITLES, size), _flags(number, leading, size)
        self._single = _flags(number, (w for w, needs in asked.items() if None in needs), size)
        self._pairs, self._raw_pairs = _Pairs(asked, pack, number), _Pairs(raw, pack, number)
        self._least = scale.least if scale else 0
        self._weight = np.zeros(size, np.int32)
        self._weight[[number[w] for w in words]] = [weights[w] for w in words]
        self._stem_weight = np.array([0, *[weights[s + "*"] for s in stems]], np.int32)
        self._pair_weight = np.array([0, *([weights[p] for p in pairs] or [0])], np.int32)
        self._number_weight = weights.get(NUMBER, 0)
        signs = {word: gate.raw_signs(word) for word in raw}
        self._signs = sorted(set().union(*signs.values()))
        self._raw = np.zeros(size, np.int64)
        for word, held in signs.items():
            self._raw[number[word]] = sum(1 << self._signs.index(s) for s in held)

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

        With a note are the places of its sentences that may speak for a term. The notes have at most `MOST` characters together.
        """
        read = _Text(notes)
        if len(read.bounds) != len(notes) + 1:
            return {}, list(range(len(notes)))
        if not read.starts.size:
            return {}, []
        unread, through = np.zeros(len(notes), np.bool_), np.zeros(len(notes), np.bool_)
        unread[read.irregular()] = True
        hashes, sums = read.hashes()
        numbers, notes_of = self._numbers(hashes), read.notes()
        through[read.long_numbers()] = True
        through[notes_of[self._weighty(read, numbers, sums)]] = True
        sentences = read.sentences(self._title.take(numbers))
        words, partners = self._pairs(numbers, sentences)
        of = sentences.of[words]
        told = (notes_of[words], words, partners, sentences.begins[of], sentences.ends[of])
        for note, word, partner, first, last in zip(*(a.tolist() for a in told), strict=True):
            if not (through[note] or unread[note]):
                sentence = read.words(first, last)
                through[note] = self._matcher.gate.speaks(sentence, word - first, sentence[partner - first])
        single = np.flatnonzero(self._single.take(numbers))
        through[notes_of[single]] = True
        for note, anchors in self._raw_anchors(read, numbers, notes_of, through | unread).items():
            through[note] = self._matcher.suspect_raw(read.reading(note), anchors)
        found: dict[int, set[int]] = {n: set() for n in np.flatnonzero(through & ~unread).tolist()}
        # the sentences in which a word asks for nothing, or for what is near
        spoken = np.unique(np.concatenate([of, sentences.of[single]]))
        note_of = notes_of[sentences.begins]
        places = spoken - np.searchsorted(note_of, note_of[spoken])
        for note, place in zip(note_of[spoken].tolist(), places.tolist(), strict=True):
            if note in found:
                found[note].add(place)
        return found, np.flatnonzero(unread).tolist()

    def _raw_anchors(
        self, read: _Text, numbers: Numbers, notes_of: Ints, settled: Flags
    ) -> dict[int, set[str]]:
        """By note that is not settled the anchors of raw terms of which it holds the signs, or what they ask for is near."""
        words = np.flatnonzero(self._raw.take(numbers))
        bits = np.zeros(len(read.bounds) - 1, np.int64)
        for n, signs in enumerate(self._signs):
            bits[read.holding(signs)] |= 1 << n
        alone = words[self._raw[numbers[words]] & bits[notes_of[words]] != 0]
        near, _ = self._raw_pairs(numbers, read.whole())
        words = np.concatenate([alone, near])
        words = words[~settled[notes_of[words]]]
        found: dict[int, set[str]] = {}
        for note, word in zip(notes_of[words].tolist(), words.tolist(), strict=True):
            found.setdefault(note, set()).update(read.words(word, word))
        return found

    def _weighty(self, read: _Text, numbers: Numbers, sums: Hashes) -> Ints:
        """The words of the sentences whose words weigh together what makes a finding."""
        parts = read.parts()
        wanted = np.zeros(len(parts.begins), np.bool_)
        wanted[parts.of[self._leading.take(numbers)]] = True
        words = np.flatnonzero(wanted.take(parts.of))
        part = parts.of[words]
        digits = read.are_numbers(words)
        own = np.where(digits, len(self._weight), numbers[words])
        heads, longer = read.heads(words, sums)
        stem = self._stems(np.where(longer & ~digits, heads, np.uint64(0)))
        heads[digits] = _NUMBER
        pair = np.where(part[1:] == part[:-1], self._two(_paired(heads[:-1], heads[1:])), 0)
        pair = np.append(pair, 0)[: len(words)]
        weight = np.where(digits, self._number_weight, self._weight[numbers[words]])
        total = np.zeros(len(parts.begins), np.int64)
        told_by = ((own, weight), (stem, self._stem_weight[stem]), (pair, self._pair_weight[pair]))
        for feature, weights in told_by:
            told = np.flatnonzero(weights)
            # each once in a sentence
            _, once = np.unique(part[told] << 32 | feature[told], return_index=True)
            np.add.at(total, part[told[once]], weights[told[once]])
        return words[(wanted & (total >= self._least))[part]]


def _parts(notes: Sequence[str]) -> Iterator[list[int]]:
    """The places of the notes, cut into parts of at most `MOST` characters; what is longer is a part of its own."""
    part: list[int] = []
    size = 0
    for n, note in enumerate(notes):
        if part and size + len(note) >= MOST - len(part) - 2:
            yield part
            part, size = [], 0
        part.append(n)
        size += len(note)
    if part:
        yield part


def _flags(number: Mapping[str, int], words: Iterable[str], size: int) -> Flags:
    found = np.zeros(size, np.bool_)
    found[[number[w] for w in words]] = True
    return found
