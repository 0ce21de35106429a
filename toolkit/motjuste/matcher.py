"""Finding: gate (tokens among the anchors), then confirm (patterns, context, key) for the few candidates.

sql/40_check.sql is the same algorithm in PostgreSQL; both return the same (rule, start, length).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from motjuste import text as texts
from motjuste.keys import KEYS
from motjuste.model import Context, Match, Pack, Rule, Term
from motjuste.pattern import CLOSE, OPEN

WINDOW = 60  # code points of context read on either side of a match

_compiled = lru_cache(maxsize=4096)(re.compile)
_wordish = re.compile(f"[{texts.WORD}]")
_TRIPLES = tuple(c.encode() * 3 for c in texts.LETTERS_DRAWN_OUT)
_irregular_bytes = re.compile(rb"[a-z0-9][*@$#]|[a-z][0134]+[a-z]").search
_long_number_bytes = re.compile(texts.DIGIT_RUN.encode()).search


def _byte_table(codec: str) -> tuple[bytes, bytes]:
    """(fold, split) tables for `bytes.translate`: folded bytes, then anything but a word as a space."""
    folded = bytearray(256)
    split = bytearray(256)
    for b in range(256):
        char = bytes([b]).decode(codec, "replace")
        target = texts.fold(char).encode(codec, "replace") if char != "\ufffd" else b" "
        folded[b] = target[0] if len(target) == 1 else 32
        split[b] = b if _wordish.match(char) else 32
    return bytes(folded), bytes(split)


_TABLES = {codec: _byte_table(codec) for codec in ("latin-1", "cp1252")}


@dataclass(frozen=True)
class Step:
    """What became of one candidate: `outcome` is found, or why not. Offsets are those of the stored text."""

    rule: str
    anchor: str
    start: int
    length: int
    outcome: str


class Matcher:
    """The rules of a pack, ready to find. Building it costs a few milliseconds; patterns compile on first use."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.rules: dict[str, Rule] = {rule.id: rule for rule in pack.rules}
        self._by_anchor: dict[str, list[tuple[Rule, Term]]] = {}
        self._maskable: dict[str, str] = {}
        for rule in pack.rules:
            for term in rule.terms:
                for anchor in term.anchors:
                    self._by_anchor.setdefault(anchor, []).append((rule, term))
            for word in rule.maskable:
                self._maskable[word] = min(rule.id, self._maskable.get(word, rule.id))
        self._latin = {
            codec: frozenset(a.encode(codec) for a in self._by_anchor if _encodable(a, codec))
            for codec in _TABLES
        }

    # -- the gate ----------------------------------------------------------------------------------

    def suspect(self, text: str) -> bool:
        """Whether any rule could match: False is certain, True is worth confirming. Cost is constant in rules."""
        for codec in _TABLES:
            try:
                raw = text.encode(codec)
            except UnicodeEncodeError:
                continue
            fold, split = _TABLES[codec]
            folded = raw.translate(fold)
            if not self._latin[codec].isdisjoint(folded.translate(split).split()):
                return True
            if not _regular(folded) or b"\xad" in raw:
                break
            return _long_number_bytes(folded) is not None
        return self._suspect_any(text)

    def _suspect_any(self, text: str) -> bool:
        folded = texts.fold(text)
        if next(texts.masked_words(folded), None) is not None:
            return True
        return any(not self._by_anchor.keys().isdisjoint(texts.tokens(v)) for v in texts.variants(folded))

    # -- confirming --------------------------------------------------------------------------------

    def find(self, text: str) -> list[Match]:
        """Every match in the text, in order; a match inside another of the same category is left out."""
        if not self.suspect(text):
            return []
        found = {
            Match(s.start, s.length, s.rule, self.rules[s.rule].category, self.rules[s.rule].level)
            for s in self._steps(text)
            if s.outcome == "found"
        }
        return prune(found)

    def explain(self, text: str) -> list[Step]:
        """Every candidate in the text with what confirmed or excepted it, in order."""
        return sorted(self._steps(text), key=lambda s: (s.start, s.length, s.rule, s.outcome))

    def _steps(self, text: str) -> Iterator[Step]:
        folded = texts.fold(text)
        for variant in texts.variants(folded):
            present = texts.tokens(variant)
            seen: set[tuple[str, str]] = set()
            for anchor in present & self._by_anchor.keys():
                for rule, term in self._by_anchor[anchor]:
                    pattern = term.pattern or OPEN + re.escape(anchor) + CLOSE
                    if (rule.id, pattern) in seen:
                        continue
                    seen.add((rule.id, pattern))
                    spans = list(locate(variant.body, pattern, term.words))
                    if not spans:
                        yield Step(rule.id, anchor, 0, 0, "no match of the pattern")
                    for start, end in spans:
                        outcome = self._judge(rule, variant.body, start, end)
                        yield Step(rule.id, anchor, *variant.original(start, end - start), outcome)
        yield from self._masked(folded)

    def _masked(self, folded: str) -> Iterator[Step]:
        for m in texts.masked_words(folded):
            shape = mask_shape(m[0])
            hits = [rule for word, rule in self._maskable.items() if re.fullmatch(shape, word)]
            if hits:
                rule = self.rules[min(hits)]
                yield Step(rule.id, m[0], m.start(), len(m[0]), self._judge(rule, folded, *m.span()))

    def _judge(self, rule: Rule, body: str, start: int, end: int) -> str:
        if rule.key and not KEYS[rule.key](body[start:end]):
            return f"the {rule.key} key is wrong"
        excepted = [k for k, held in _held(rule.unless, body, start, end) if held]
        if excepted:
            return f"excepted by {excepted[0]}"
        missing = [k for k, held in _held(rule.needs, body, start, end) if not held]
        return f"lacks {missing[0]}" if missing else "found"


def _encodable(anchor: str, codec: str) -> bool:
    try:
        anchor.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _regular(folded: bytes) -> bool:
    """Whether the bytes hold nothing that needs a second reading: no repeats, masks or dotted letters."""
    if any(triple in folded for triple in _TRIPLES):
        return False
    if any(mask in folded for mask in (b"*", b"@", b"$", b"#", b"0", b"1", b"3", b"4")) and _irregular_bytes(folded):
        return False
    return _has_dots(folded) is None


_has_dots = re.compile(rb"[.-][a-z](?![a-z0-9])").search


def _held(context: Context, body: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
    """For each kind of context that is given: (its name, whether it holds around body[start:end])."""
    if context.before:
        window = body[max(0, start - WINDOW) : start]
        yield "before", _compiled(context.before).search(window) is not None
    if context.after:
        yield "after", _compiled(context.after).search(body[end : end + WINDOW]) is not None
    left = max(0, start - WINDOW)
    window = body[left : end + WINDOW]
    if context.near:
        yield "near", _compiled(context.near).search(window) is not None
    if context.phrase:
        spans = _compiled(context.phrase).finditer(window)
        yield "phrase", any(m.start() + left < end and m.end() + left > start for m in spans)


def locate(body: str, pattern: str, words: int) -> Iterator[tuple[int, int]]:
    """Non-overlapping (start, end) of a pattern, leftmost then longest, as PostgreSQL matches.

    Python takes the first alternative that works; the longest is found by trying every later word end.
    """
    compiled = _compiled(pattern)
    at = 0
    while (m := compiled.search(body, at)) is not None:
        start, end = m.span()
        if words > 1:
            ends = [w.end() for w in islice(_words_from(body, start), words)]
            for candidate in reversed(ends):
                if candidate <= end:
                    break
                if compiled.fullmatch(body, start, candidate):
                    end = candidate
                    break
        yield start, end
        at = end


def _words_from(body: str, start: int) -> Iterator[re.Match[str]]:
    return _compiled(f"[{texts.WORD}]+").finditer(body, start)


def mask_shape(token: str) -> str:
    """The regular expression of the words that a masked token may stand for: c*n, co****, c0nnard."""
    exact = re.sub(r"[^a-zœæ]", "[a-z]", token)
    visible = len(re.findall(r"[a-zœæ]", token))
    if visible >= 2 and re.search(r"[*@$#]{2,}", token):
        return exact + "|" + re.sub(r"[^a-zœæ]+", "[a-z]+", token)
    return exact


def prune(found: set[Match]) -> list[Match]:
    """The matches in order, without those that lie inside another of their category."""
    kept: list[Match] = []
    reach: dict[str, int] = {}
    for m in sorted(found, key=lambda m: (m.start, -m.length, m.rule)):
        if m.end > reach.get(m.category, -1):
            kept.append(m)
            reach[m.category] = m.end
    return kept
