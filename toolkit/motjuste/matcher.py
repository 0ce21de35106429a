"""Finding: gate (tokens among the anchors), then confirm (patterns, context, key) for the few candidates.

sql/40_check.sql is the same algorithm in PostgreSQL; both return the same (rule, start, length).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

from motjuste import plain, quick, weights
from motjuste import text as texts
from motjuste.engine.spans import in_order, locate, mask_shape, prune, stored, united, window
from motjuste.expressions import Expressions
from motjuste.gate import Ask, Gate
from motjuste.keys import KEYS
from motjuste.model import Context, Match, Pack, Rule
from motjuste.pattern import spellings
from motjuste.quick import Reading
from motjuste.surroundings import Surroundings, words_there
from motjuste.text import Variant
from motjuste.weights import Sentences

_NO_CONTEXT = Context()


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
        self.expressions, self._surroundings = _ready(pack.sets)
        self.gate = Gate(pack)
        self.scale = weights.Scale(pack.weights) if pack.weights else None
        self._grave = {r.id for r in pack.rules if r.level == "block"}
        self._whole = {r.id for r in pack.rules if r.together}
        self._together = {r.category: r for r in pack.rules if r.together}

    @cached_property
    def _maskable(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for rule in self.pack.rules:
            for word in rule.maskable:
                found[word] = min(rule.id, found.get(word, rule.id))
        return found

    # -- the gate ----------------------------------------------------------------------------------

    def suspect(self, text: str) -> bool:
        """Whether any rule could match: False is certain, True is worth confirming. Cost is constant in rules."""
        reading = quick.read(text)
        if reading is not None:
            return self._suspect(text, reading)
        return any(self._suspect(p.body, quick.read(p.body)) for p in plain.readings(text))

    def _suspect(self, text: str, reading: Reading | None) -> bool:
        if reading is None:
            return self._suspect_any(text)
        return (
            self._called(reading)
            or reading.holds_long_number()
            or self._suspect_raw(reading)
            or (
                self.scale is not None
                and not self.scale.leading.isdisjoint(reading.words)
                and self.scale.reaches(reading.sentences_and_lines())
            )
        )

    def _called(self, reading: Reading) -> bool:
        """Whether the words of a sentence speak for a term; those of the whole text are quicker to look at."""
        return next(self.gate.calls(reading.words), None) is not None and any(
            next(self.gate.calls(words), None) is not None for words in reading.sentences()
        )

    def _suspect_raw(self, reading: Reading) -> bool:
        """Whether a raw term may match."""
        for word, ask in self.gate.raw_calls(reading.words, digits=False):
            search = self.expressions.whole(ask.term.pattern).search
            # a word that the end of a part cuts is one more to confirm
            if any(
                search(reading.body, *part) for part in reading.near(word, ask.term.holds, ask.term.reach)
            ):
                return True
        return False

    def _suspect_any(self, text: str) -> bool:
        folded = texts.fold(text)
        if next(texts.masked_words(folded), None) is not None:
            return True
        if any(True for v in texts.variants(folded) for _ in self._calls(v.body, texts.skeleton(v.body))):
            return True
        return self.scale is not None and any(
            map(self.scale.is_finding, self.scale.read(weights.body(text).body))
        )

    def _calls(
        self, body: str, skeleton: str, among: Container[int] | None = None
    ) -> Iterator[tuple[str, Ask, int, int]]:
        """(anchor, what it asked for, start, end): the terms that the words of a reading speak for, and where to look."""
        for n, (start, end, sentence) in enumerate(texts.sentences_of(skeleton)):
            if among is None or n in among:
                for anchor, ask in self.gate.calls(sentence):
                    yield anchor, ask, start, end
        plain = texts.without_ligatures(body)
        for anchor, ask in self.gate.raw_calls(texts.words_of(plain), digits=texts.holds_long_number(body)):
            # of a long number, or a word that may stand there with a ligature, anywhere
            near = anchor != texts.DIGITS and plain == body
            for start, end in texts.around(body, anchor, ask.term.reach) if near else [(0, len(body))]:
                yield anchor, ask, start, end

    # -- confirming --------------------------------------------------------------------------------

    def find(self, text: str) -> list[Match]:
        """Every match in the text, in order; a match inside another of the same category is left out."""
        return self.find_with_outweighed(text)[0]

    def find_with_outweighed(self, text: str) -> tuple[list[Match], list[Match]]:
        """What `find` finds, and what the rules' own terms match that is no finding: the words around it speak against it."""
        reading = quick.read(text)
        if reading is not None:
            return self._confirmed(text, regular=True) if self._suspect(text, reading) else ([], [])
        found: set[Match] = set()
        outweighed: set[Match] = set()
        readings = plain.readings(text)
        for p in readings:
            reading = quick.read(p.body)
            if self._suspect(p.body, reading):
                kept, dropped = self._confirmed(p.body, regular=reading is not None)
                found.update(stored(m, p) for m in kept)
                outweighed.update(stored(m, p) for m in dropped)
        if len(readings) == 1:
            return sorted(found, key=in_order), sorted(outweighed)
        return united(found, self._grave, self._whole), sorted(outweighed)

    def confirm(self, text: str, *, regular: bool, among: Container[int] | None = None) -> list[Match]:
        """The same of a text that the gate lets through; `regular`: a quick reading of it was all there is to read.

        `among`: the sentences, from 0, whose words speak for a term, where they are known.
        """
        return self._confirmed(text, regular=regular, among=among)[0]

    def _confirmed(
        self, text: str, *, regular: bool, among: Container[int] | None = None
    ) -> tuple[list[Match], list[Match]]:
        found = self._ruled(text, self._told(text, rejected=False, regular=regular, among=among))
        if self.scale is None:
            return prune(found, self._grave), []
        sentences = Sentences(self.scale, text)
        heard = {m: self._heard(m, text, sentences) for m in found}
        together = (self._match(s, []) for s in self._weighed(sentences, found) if s.outcome == "found")
        kept = [*prune((m for m in heard.values() if m), self._grave), *together]
        outweighed = sorted(m for m, stays in heard.items() if stays is None)
        return sorted(kept, key=in_order), outweighed

    def ruled(self, text: str) -> set[Match]:
        """What the rules' own terms find in the text, whatever the words around say."""
        reading = quick.read(text)
        return self._ruled(text, self._told(text, rejected=False, regular=reading is not None))

    def _ruled(self, text: str, steps: Iterable[Step]) -> set[Match]:
        quotes = texts.quotes(texts.fold(text))
        return {self._match(s, quotes) for s in steps if s.outcome == "found"}

    def _heard(self, match: Match, text: str, sentences: Sentences) -> Match | None:
        """The match, None where the words around it in its sentence speak against it.

        Where they do not speak for it either, it has the level that its category has then.
        """
        told = self._spoken(match, text, sentences)
        if told is None or self.scale is None:
            return match
        weight, limit = told
        if weight < limit:
            return None
        if match.level == "block" and weight < self.scale.sure:
            return replace(match, level=self.pack.categories[match.category].unsure or match.level)
        return match

    def signs(self, match: Match, text: str, words: Sequence[str]) -> tuple[str, ...]:
        """How a match is written, what stands right beside it (`text.signs`), and whether its sentence, of these words, is short."""
        return (*texts.signs(text, match.start, match.length, self.pack.persons), *weights.short(words))

    def _spoken(self, match: Match, text: str, sentences: Sentences) -> tuple[int, int] | None:
        """(what the words around a match say for it, the limit of its rule); None where nobody asks, or no sentence holds all of it."""
        if self.scale is None or match.rule not in self.scale.limits:
            return None
        sentence = sentences.holding(match.start, match.end)
        if sentence is None:
            return None
        told = sentences.speaks_for(
            sentence,
            text[match.start : match.end],
            self.signs(match, text, sentence.words),
            grave=match.rule in self._grave,
        )
        return told, self.scale.limits[match.rule]

    def _weighed(self, sentences: Sentences, found: Collection[Match]) -> Iterator[Step]:
        """What the words of a sentence say together: found where no rule found anything in it and nothing excepts it."""
        bones = ""
        for sentence in sentences:
            if self.scale is None or not self.scale.is_finding(sentence):
                continue
            rule = self._together.get(self.scale.category(sentence))
            if rule is None:
                continue
            body = sentences.variant.body
            bones = bones or texts.skeleton(body)
            outcome = self._judge(rule, body, bones, sentence.start, sentence.end)
            start, end = sentences.place(sentence)
            if not sentences.is_finding(sentence):
                outcome = "outweighed by the sentences around it"
            if any(m.start < end and m.end > start for m in found):
                outcome = "a rule found something in the sentence"
            yield Step(rule.id, " + ".join(self.scale.told(sentence)), start, end - start, outcome)

    def _match(self, step: Step, quotes: list[int]) -> Match:
        rule = self.rules[step.rule]
        level = rule.level
        # between quotation marks: one was opened before it, one follows
        if quotes and quotes[-1] >= step.start + step.length and bisect_left(quotes, step.start) % 2:
            level = self.pack.categories[rule.category].quoted or level
        return Match(step.start, step.length, rule.id, rule.category, level)

    def explain(self, text: str) -> list[Step]:
        """Every candidate in the text with what confirmed or excepted it, in order."""
        found: list[Step] = []
        for p in plain.readings(text):
            for step in self._explained(p.body):
                start, length = p.original(step.start, step.length)
                found.append(replace(step, start=start, length=length))
        return sorted(dict.fromkeys(found), key=lambda s: (s.start, s.length, s.rule, s.outcome))

    def _explained(self, text: str) -> list[Step]:
        steps = list(self._told(text, rejected=True))
        if self.scale is not None:
            sentences = Sentences(self.scale, text)
            found = self._ruled(text, steps)
            outweighed = {
                (m.rule, m.start, m.length): self._spoken(m, text, sentences)
                for m in found
                if self._heard(m, text, sentences) is None
            }
            for n, step in enumerate(steps):
                told = outweighed.get((step.rule, step.start, step.length))
                if told is not None and step.outcome == "found":
                    outcome = f"outweighed by the words around it ({told[0]}, less than {told[1]})"
                    steps[n] = replace(step, outcome=outcome)
            steps += self._weighed(sentences, found)
        return steps

    def _told(
        self, text: str, *, rejected: bool, regular: bool = False, among: Container[int] | None = None
    ) -> Iterator[Step]:
        """The steps, where a match that is written as a name is none for the categories that say so."""
        for step in self._steps(text, rejected=rejected, regular=regular, among=among):
            capitals = self.pack.categories[self.rules[step.rule].category].capitals
            named = step.outcome == "found" and capitals and texts.is_name(text, step.start, step.length)
            yield replace(step, outcome="written as a name") if named else step

    def _steps(
        self, text: str, *, rejected: bool, regular: bool, among: Container[int] | None
    ) -> Iterator[Step]:
        """What became of each candidate; `rejected`: also of those, by far the most, that are none at a second look."""
        folded = texts.fold(text)
        for variant in [Variant(folded)] if regular else texts.variants(folded):
            skeleton = texts.skeleton(variant.body)
            called = list(self._calls(variant.body, skeleton, among))
            if rejected:
                called.sort(key=lambda call: (call[2], call[0]))  # the first of several anchors is told
            # by rule and pattern, the first anchor that spoke for it and where to look
            looked: dict[tuple[str, str], tuple[str, Ask, set[tuple[int, int]]]] = {}
            for anchor, ask, start, end in called:
                pattern = ask.term.pattern or anchor
                looked.setdefault((ask.rule.id, pattern), (anchor, ask, set()))[2].add((start, end))
            for (_, pattern), (anchor, ask, places) in looked.items():
                rule, term = ask.rule, ask.term
                body = variant.body if term.raw else skeleton
                if not term.pattern:
                    spans = [s for at in places for s in texts.places_of(spellings({anchor}), skeleton, *at)]
                else:
                    if term.raw:
                        expression = self.expressions.whole(pattern)
                    else:
                        there = {w for a, b in places for w in skeleton[a:b].split()}
                        expression = self.expressions.among(pattern, there)
                    spans = [s for at in places for s in locate(body, expression, term.words, *at)]
                if not spans and rejected:
                    yield Step(rule.id, anchor, 0, 0, "no match of the pattern")
                for start, end in spans:
                    outcome = self._judge(rule, variant.body, skeleton, start, end)
                    yield Step(rule.id, anchor, *variant.original(start, end - start), outcome)
            if rejected:
                answered = {(anchor, ask) for anchor, ask, _, _ in called}
                for word in dict.fromkeys(texts.words_of(texts.without_ligatures(variant.body))):
                    for ask in self.gate.asks(word):
                        if (word, ask) not in answered:
                            yield Step(ask.rule.id, word, 0, 0, "a word that the term needs is not there")
        if not regular:
            yield from self._masked(folded)

    def _masked(self, folded: str) -> Iterator[Step]:
        skeleton = ""
        for m in texts.masked_words(folded):
            skeleton = skeleton or texts.skeleton(folded)
            shape = mask_shape(m[0])
            hits = [rule for word, rule in self._maskable.items() if re.fullmatch(shape, word)]
            if hits:
                rule = self.rules[min(hits)]
                yield Step(
                    rule.id, m[0], m.start(), len(m[0]), self._judge(rule, folded, skeleton, *m.span())
                )

    def _judge(self, rule: Rule, body: str, skeleton: str, start: int, end: int) -> str:
        if rule.key and not KEYS[rule.key](body[start:end]):
            return f"the {rule.key} key is wrong"
        # what it needs first: there is less of it to look for, and most candidates lack it
        for side, held in self._held(rule.needs, skeleton, start, end):
            if not held:
                return f"lacks {side}"
        for side, held in self._held(rule.unless, skeleton, start, end):
            if held:
                return f"excepted by {side}"
        return "found"

    def standing(
        self, context: Context, skeleton: str, start: int, end: int
    ) -> Iterator[tuple[str, Iterator[tuple[int, int]]]]:
        """For each side of a context that is given: (its name, where around the match it holds, to be read at once)."""
        if context == _NO_CONTEXT:
            return
        left, right = window(skeleton, start, end)
        there = words_there(skeleton[left:right])
        areas = {
            "before": (left, start),
            "after": (end, right),
            "near": (left, right),
            "phrase": (left, right),
        }
        for side, (first, last) in areas.items():
            source = getattr(context, side)
            if source:
                found = self._surroundings(source, side).found(skeleton[first:last], there)
                spans = ((first + a, first + b) for a, b in found)
                yield side, ((a, b) for a, b in spans if side != "phrase" or (a < end and b > start))

    def _held(self, context: Context, skeleton: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
        """For each side of a context that is given: (its name, whether it holds around the match)."""
        for side, spans in self.standing(context, skeleton, start, end):
            yield side, next(spans, None) is not None


@lru_cache(maxsize=4)
def _ready(sets: tuple[frozenset[str], ...]) -> tuple[Expressions, Callable[[str, str], Surroundings]]:
    """What packs of the same word sets share, as one before and after a policy fits it: the expressions compiled so far, and
    by context and side what stands around a match."""
    expressions = Expressions(sets)
    return expressions, cache(lambda context, side: Surroundings(context, side, sets, expressions))
