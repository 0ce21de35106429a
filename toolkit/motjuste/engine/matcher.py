"""Finding: read, match, admit, score, prune. The reference executor of a program.

sql/40_check.sql finds the same in PostgreSQL: both return the same (rule, start, length).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from motjuste.engine import kernel, plain, score
from motjuste.engine import text as texts
from motjuste.engine.checksum import KEYS
from motjuste.engine.match import Numbers, Walker
from motjuste.engine.misspelling import Misspellings
from motjuste.engine.program import DEAD, Program
from motjuste.engine.program import weights as program_weights
from motjuste.engine.read import Sentence, Vocabulary, sentences
from motjuste.engine.score import Sentences
from motjuste.engine.spans import in_order, locate, mask_shape, prune, stored, united, window
from motjuste.model import Match, Pack, Rule

TERMS, CONTEXTS, EFFECTS = range(3)  # roots of the automaton
EDGE = -1  # the alternative that holds where a clause begins or ends
FEW = 200  # clauses that what stands in them is kept of
NEAR_NUMBER = 300  # code points around a long number: what it calls for
Span = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """What became of one candidate: `outcome` is found, or why not. Offsets are those of the stored text.

    `told` are the words that weigh in a sentence that no term matches.
    """

    rule: str
    start: int
    length: int
    outcome: str
    told: str = ""


class Part:
    """One program with what it knows of its rules: the shipped one, or that of a user's own files."""

    def __init__(self, program: Program, rules: Mapping[str, Rule], without: Container[str] = ()) -> None:
        self.program = program
        self.vocabulary, self.walker = Vocabulary(program), Walker(program)
        self.told = program.meta["rules"]
        ids = [r["id"] for r in self.told]
        self.rules = [rules.get(i) if i not in without else None for i in ids]
        self.numbers = {i: n for n, i in enumerate(ids)}
        self._contexts: dict[tuple[int, str], list[tuple[str, frozenset[int]]]] = {}
        # by clause that was asked of: what of effects stands in it
        self.effects: dict[str, list[tuple[Numbers, int, int]]] = {}

    @cached_property
    def raw(self) -> dict[str, list[_Raw]]:
        """By the word that calls for it, each regular expression of a rule that is in use."""
        found: dict[str, list[_Raw]] = {}
        for rule, told in zip(self.rules, self.told, strict=True):
            if rule is None:
                continue
            for one in told["raw"]:
                for anchors, needs in one["keys"]:
                    beside = [(frozenset(words), least, most) for words, least, most in needs]
                    raw = _Raw(rule, one["pattern"], one["reach"], beside)
                    for anchor in anchors:
                        found.setdefault(anchor, []).append(raw)
        return found

    def rule_of(self, term: int) -> Rule | None:
        """The rule of a term, None where it is not in use."""
        number: int = self.program.meta["term_rules"][term]
        return self.rules[number]

    def contexts(self, rule: str, kind: str) -> list[tuple[str, frozenset[int]]]:
        """The sides of a rule's `needs` or `unless` that are given, with their alternatives."""
        number = self.numbers[rule]
        found = self._contexts.get((number, kind))
        if found is None:
            sides = self.told[number][kind]
            found = [(side, frozenset(sides[side])) for side in SIDES if side in sides]
            self._contexts[number, kind] = found
        return found


SIDES = ("before", "after", "near", "phrase")


@dataclass(frozen=True, eq=False)
class _Raw:
    """A regular expression of a rule, for the folded text, and what the word that calls for it needs beside it."""

    rule: Rule
    pattern: str
    reach: int
    needs: Sequence[tuple[frozenset[str], int, int]]


class Reading:
    """One reading of a note for one program: its sentences, and what of contexts stands in them, looked for once."""

    def __init__(self, body: str, part: Part) -> None:
        self.body = body
        self.skeleton = texts.skeleton(body)
        self.part = part
        self.sentences = list(sentences(self.skeleton, part.vocabulary))
        self._starts = [s.start for s in self.sentences]
        self._known: dict[tuple[int, int, int], list[tuple[Numbers, int]]] = {}
        self._places: dict[Span, list[tuple[Numbers, int, int]]] = {}

    def terms(self) -> Iterator[tuple[int, int, int]]:
        """(term, start, end) of each match: of those that begin at one word the longest, none that overlaps the one before."""
        walk = self.part.walker.phrases
        for sentence in self.sentences:
            reach: dict[int, int] = {}  # by term, the end of its last match
            for first, firsts in enumerate(sentence.firsts):
                if firsts[TERMS] == DEAD:
                    continue
                longest: dict[int, int] = {}
                for terms, after in walk(sentence, first, TERMS):
                    for term in terms:
                        if after > longest.get(term, 0):
                            longest[term] = after
                for term, after in longest.items():
                    if reach.get(term, 0) <= first:
                        reach[term] = after
                        yield term, sentence.starts[first], sentence.ends[after - 1]

    def around(self, root: int, left: int, right: int) -> Iterator[tuple[Numbers, int, int]]:
        """(numbers, start, end) of the phrases of a root that stand between these places."""
        n = max(bisect_left(self._starts, left + 1) - 1, 0)
        for index in range(n, len(self.sentences)):
            sentence = self.sentences[index]
            if sentence.start >= right:
                return
            for first in sentence.within(left, right):
                for numbers, after in self._from(index, sentence, first, root):
                    end = sentence.ends[after - 1]
                    if end <= right:
                        yield numbers, sentence.starts[first], end

    def _from(self, index: int, sentence: Sentence, first: int, root: int) -> list[tuple[Numbers, int]]:
        key = root, index, first
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.part.walker.phrases(sentence, first, root)
        return found

    def standing(self, rule: str, kind: str, start: int, end: int) -> Iterator[tuple[str, list[Span]]]:
        """For each side of a rule's `needs` or `unless`: (its name, where around the match it holds)."""
        sides = self.part.contexts(rule, kind)
        if not sides:
            return
        left, right = window(self.skeleton, start, end)
        around = self._around(left, right)
        for side, wanted in sides:
            spans = [
                (a, b)
                for numbers, a, b in around
                if not wanted.isdisjoint(numbers) and self._fits(side, a, b, start, end)
            ]
            if EDGE in wanted and _edge(self.skeleton, side, start, end, left, right):
                spans.append((start, start))
            yield side, spans

    def _around(self, left: int, right: int) -> list[tuple[Numbers, int, int]]:
        """What of contexts stands between these places; candidates often share them."""
        found = self._places.get((left, right))
        if found is None:
            found = self._places[left, right] = list(self.around(CONTEXTS, left, right))
        return found

    def _fits(self, side: str, a: int, b: int, start: int, end: int) -> bool:
        if side == "near":
            return True
        if side == "phrase":
            return a < end and b > start
        if side == "before":
            return b <= start and not self.skeleton[b:start].strip(" ")
        return a >= end and not self.skeleton[end:a].strip(" ")


def _edge(skeleton: str, side: str, start: int, end: int, left: int, right: int) -> bool:
    """Whether a clause begins right before the match, or ends right after it: more than one sign stands there, or an end."""
    if side == "before":
        area = skeleton[left:start]
        bare = area.rstrip(" ")
        return not bare or bare[-1] in ".;" or len(area) - len(bare) > 1
    area = skeleton[end:right]
    bare = area.lstrip(" ")
    return not bare or bare[0] in ".;" or len(area) - len(bare) > 1


class Matcher:
    """The rules of a pack, ready to find. `own`: the program of a user's own files, whose rules take the place of shipped ones."""

    def __init__(self, program: Program, pack: Pack, own: Program | None = None) -> None:
        self.pack = pack
        self._programs = program, own
        self.rules: dict[str, Rule] = {rule.id: rule for rule in pack.rules}
        mine = {r["id"] for r in own.meta["rules"]} if own else set()
        self.parts = [Part(program, self.rules, mine), *([Part(own, self.rules)] if own else [])]
        self.part_of = {
            i: part for part in self.parts for i in part.numbers if i not in mine or part is self.parts[-1]
        }
        weighed = program_weights(program)
        self.scale = score.Scale(*weighed) if weighed else None
        self._misspellings = Misspellings(program, [part.vocabulary for part in self.parts])
        self._grave = {r.id for r in pack.rules if r.level == "block"}
        self._whole = {r.id for r in pack.rules if r.together}
        self.together = {r.category: r for r in pack.rules if r.together}

    def with_pack(self, pack: Pack) -> Matcher:
        """The same programs with the rules and categories of another pack: those in use, at their levels, with their examples."""
        program, own = self._programs
        return Matcher(program, pack, own)

    @cached_property
    def maskable(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for rule in self.pack.rules:
            for word in rule.maskable:
                found[word] = min(rule.id, found.get(word, rule.id))
        return found

    # -- finding -----------------------------------------------------------------------------------

    def find(self, text: str) -> list[Match]:
        """Every match in the text, in order; a match inside another of the same category is left out."""
        return self.find_with_outweighed(text)[0]

    def find_with_outweighed(self, text: str) -> tuple[list[Match], list[Match]]:
        """What `find` finds, and what the rules' own terms match that is no finding: the words around it speak against it."""
        return self._kernel.find(text) if self._kernel else self.reference(text)

    def find_all(self, texts: Sequence[str]) -> list[list[Match]]:
        """What `find` finds in each of some texts."""
        return self._kernel.find_all(texts) if self._kernel else list(map(self.find, texts))

    @cached_property
    def _kernel(self) -> kernel.Kernel | None:
        return kernel.of(self)

    def reference(self, text: str) -> tuple[list[Match], list[Match]]:
        """What `find_with_outweighed` says, found in Python: what the other executors are held to."""
        found: set[Match] = set()
        outweighed: set[Match] = set()
        readings = self._readings(text)
        for p in readings:
            kept, dropped = self._weighted(p.body)
            if p.meant:  # words together speak of what is written
                kept = [m for m in kept if m.rule not in self._whole]
            if p.body == text:
                found.update(kept)
                outweighed.update(dropped)
            else:
                found.update(stored(m, p) for m in kept if texts.is_near(p.near, m.start, m.end))
                outweighed.update(stored(m, p) for m in dropped if texts.is_near(p.near, m.start, m.end))
        if len(readings) == 1:
            return sorted(found, key=in_order), sorted(outweighed)
        return united(found, self._grave, self._whole), sorted(outweighed)

    def _readings(self, text: str) -> list[plain.Plain]:
        """The plain texts of a stored one, the last with what was meant in the place of what is misspelt."""
        readings = plain.readings(text)
        corrected = self._misspellings.corrected(readings[0])
        return [*readings, corrected] if corrected else readings

    def _weighted(self, text: str) -> tuple[list[Match], list[Match]]:
        """What is found in a plain text, and what the words around it outweigh."""
        found = self._ruled(text, self._told(text))
        if self.scale is None:
            return prune(found, self._grave), []
        if not found and self.scale.leading.isdisjoint(_words(text)):
            return [], []
        sentences = Sentences(self.scale, text)
        heard = {m: self._heard(m, text, sentences) for m in found}
        stays = [m for m in heard.values() if m]
        together = (self._match(s, []) for s in self._weighed(text, sentences, heard) if s.outcome == "found")
        kept = [*prune(stays, self._grave), *together]
        outweighed = sorted(m for m, level in heard.items() if level is None)
        return sorted(kept, key=in_order), outweighed

    def ruled(self, text: str) -> set[Match]:
        """What the rules' own terms find in the text, whatever the words around say."""
        return self._ruled(text, self._told(text))

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
            return replace(match, level="watch") if self._is_spared(match, text) else None
        if match.level == "block" and weight < self.scale.sure:
            return replace(match, level=self.pack.categories[match.category].unsure or match.level)
        return match

    def _is_spared(self, match: Match, text: str) -> bool:
        return (
            self.scale is not None
            and match.rule in self._grave
            and self.scale.is_spared(match.rule, self.sense(match, text))
        )

    def sense(self, match: Match, text: str) -> set[str]:
        """What says what a match means: the words beside it in its line, and how it is written."""
        before, after = texts.beside(text, match.start, match.length)
        ahead, behind = (score.plain(texts.words_of(texts.fold(part))) for part in (before, after))
        signs = [*texts.signs(text, match.start, match.length, self.pack.persons)]
        if texts.begins_with_capital(text, match.start):
            signs.append(score.CAPITAL)
        return score.sense_features(ahead, behind, signs)

    def signs(self, match: Match, text: str, words: Sequence[str]) -> tuple[str, ...]:
        """How a match is written, what stands right beside it (`text.signs`), and whether its sentence, of these words, is short."""
        return (*texts.signs(text, match.start, match.length, self.pack.persons), *score.short(words))

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

    def _weighed(
        self, text: str, sentences: Sentences, heard: Mapping[Match, Match | None]
    ) -> Iterator[Step]:
        """What the words of a sentence say together: found where no rule found anything in it and nothing excepts it.

        What a rule matched that the words around outweigh means something else: it says nothing.
        """
        outweighed = [m for m, stays in heard.items() if stays is None]
        reading: Reading | None = None
        for sentence in sentences:
            if self.scale is None:
                return
            start, end = sentences.place(sentence)
            other = [m for m in outweighed if m.start < end and m.end > start]
            said = sentence.without(_own(text, other)) if other else sentence
            if not self.scale.is_finding(said):
                continue
            rule = self.together.get(self.scale.category(said))
            if rule is None:
                continue
            part = self.part_of[rule.id]
            if reading is None or reading.part is not part:
                reading = Reading(sentences.variant.body, part)
            outcome = _judge(rule, reading, sentence.start, sentence.end)
            if not sentences.is_finding(sentence, said):
                outcome = "outweighed by the sentences around it"
            if any(stays and m.start < end and m.end > start for m, stays in heard.items()):
                outcome = "a rule found something in the sentence"
            yield Step(rule.id, start, end - start, outcome, " + ".join(self.scale.told(said)))

    def _match(self, step: Step, quotes: list[int]) -> Match:
        rule = self.rules[step.rule]
        level = rule.level
        # between quotation marks: one was opened before it, one follows
        if quotes and quotes[-1] >= step.start + step.length and bisect_left(quotes, step.start) % 2:
            level = self.pack.categories[rule.category].quoted or level
        return Match(step.start, step.length, rule.id, rule.category, level)

    def read(self, text: str) -> list[str]:
        """The readings of a text, folded."""
        return [v.body for p in self._readings(text) for v in texts.variants(texts.fold(p.body))]

    def knows(self, word: str) -> bool:
        """Whether a folded word stands in a list of the pack."""
        return any(part.vocabulary.of(word)[0] for part in self.parts)

    def standing(
        self, rule: str, kind: str, folded: str, start: int, end: int
    ) -> Iterator[tuple[str, list[Span]]]:
        """For each side of a rule's `needs` or `unless`: (its name, where around this part of a folded text it holds)."""
        yield from Reading(folded, self.part_of[rule]).standing(rule, kind, start, end)

    def explain(self, text: str) -> list[Step]:
        """Every candidate in the text with what confirmed or excepted it, in order."""
        found: list[Step] = []
        for p in self._readings(text):
            for step in self._explained(p.body):
                if p.meant and step.rule in self._whole:
                    continue
                if not texts.is_near(p.near, step.start, step.start + step.length):
                    continue
                start, length = p.original(step.start, step.length)
                found.append(replace(step, start=start, length=length))
        return sorted(dict.fromkeys(found), key=lambda s: (s.start, s.length, s.rule, s.outcome))

    def _explained(self, text: str) -> list[Step]:
        steps = list(self._told(text))
        if self.scale is not None:
            sentences = Sentences(self.scale, text)
            found = self._ruled(text, steps)
            heard = {m: self._heard(m, text, sentences) for m in found}
            outweighed = {
                (m.rule, m.start, m.length): self._spoken(m, text, sentences)
                for m, stays in heard.items()
                if stays is None
            }
            for n, step in enumerate(steps):
                told = outweighed.get((step.rule, step.start, step.length))
                if told is not None and step.outcome == "found":
                    outcome = f"outweighed by the words around it ({told[0]}, less than {told[1]})"
                    steps[n] = replace(step, outcome=outcome)
            steps += self._weighed(text, sentences, heard)
        return steps

    def _told(self, text: str) -> Iterator[Step]:
        """The steps, where a match that is written as a name is none for the categories that say so."""
        for step in self._steps(text):
            capitals = self.pack.categories[self.rules[step.rule].category].capitals
            named = step.outcome == "found" and capitals and texts.is_name(text, step.start, step.length)
            yield replace(step, outcome="written as a name") if named else step

    def _steps(self, text: str) -> Iterator[Step]:
        """What became of each candidate."""
        folded = texts.fold(text)
        for variant in texts.variants(folded):
            for part in self.parts:
                reading = Reading(variant.body, part)
                for rule, start, end in self._candidates(reading):
                    if texts.is_near(variant.near, start, end):
                        outcome = _judge(rule, reading, start, end)
                        yield Step(rule.id, *variant.original(start, end - start), outcome)
        yield from self._masked(folded)

    def _candidates(self, reading: Reading) -> Iterator[tuple[Rule, int, int]]:
        """(rule, start, end) of what terms and regular expressions match."""
        for term, start, end in reading.terms():
            if rule := reading.part.rule_of(term):
                yield rule, start, end
        yield from _numbers(reading)

    def _masked(self, folded: str) -> Iterator[Step]:
        for m in texts.masked_words(folded):
            shape = mask_shape(m[0])
            hits = [rule for word, rule in self.maskable.items() if re.fullmatch(shape, word)]
            if hits:
                rule = self.rules[min(hits)]
                reading = Reading(folded, self.part_of[rule.id])
                yield Step(rule.id, m.start(), len(m[0]), _judge(rule, reading, *m.span()))

    def effect(self, code: str, number: int, field: str) -> Phrases:
        """What an effect of a category looks for: its `when`, `said` or `without`, where they stand in a skeleton."""
        part = next(part for part in reversed(self.parts) if code in part.program.meta["effects"])
        return Phrases(part, frozenset(part.program.meta["effects"][code][number][field]))


@dataclass(frozen=True, eq=False)
class Phrases:
    """Some phrases, to be looked for in a skeleton."""

    part: Part
    numbers: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.numbers)

    def places(self, skeleton: str, start: int = 0, end: int | None = None) -> list[Span]:
        """(start, end) of each that stands in this part of a skeleton, in order."""
        if not self.numbers:
            return []
        said = skeleton[start:end]
        known = self.part.effects.get(said)
        if known is None:
            if len(self.part.effects) > FEW:
                self.part.effects.clear()
            found = Reading(said, self.part).around(EFFECTS, 0, len(said))
            known = self.part.effects[said] = list(found)
        return [(start + a, start + b) for numbers, a, b in known if not self.numbers.isdisjoint(numbers)]


def _judge(rule: Rule, reading: Reading, start: int, end: int) -> str:
    if rule.key and not KEYS[rule.key](reading.body[start:end]):
        return f"the {rule.key} key is wrong"
    for side, spans in reading.standing(rule.id, "needs", start, end):
        if not spans:
            return f"lacks {side}"
    for side, spans in reading.standing(rule.id, "unless", start, end):
        if spans:
            return f"excepted by {side}"
    return "found"


def _own(text: str, matches: Iterable[Match]) -> set[str]:
    """The words of matches in a text, as they weigh."""
    return {w for m in matches for w in score.plain(texts.words_of(texts.fold(text[m.start : m.end])))}


def _words(text: str) -> list[str]:
    return texts.words_of(texts.without_ligatures(texts.plain_reading(texts.fold(text)).body))


def _numbers(reading: Reading) -> Iterator[tuple[Rule, int, int]]:
    """(rule, start, end) of what the regular expressions match that a word, or a long number, calls for."""
    for (rule, pattern), spans in areas(reading).items():
        for at, until in spans:
            for start, end in locate(reading.body, _compiled(pattern), 40, at, until):
                yield rule, start, end


def areas(reading: Reading) -> dict[tuple[Rule, str], list[Span]]:
    """Where the regular expressions of rules are looked for: within reach of what calls for them."""
    body, raw = reading.body, reading.part.raw
    words = texts.words_of(texts.without_ligatures(body))
    anchors = raw.keys() & set(words)
    numbers = texts.long_numbers(body) if texts.DIGITS in raw else []
    found: dict[tuple[Rule, str], list[Span]] = {}
    if not anchors and not numbers:
        return found
    for n, m in enumerate(texts.words(body) if anchors else ()):
        for one in raw[words[n]] if words[n] in anchors else ():
            if _called(words, n, one.needs):
                area = max(m.start() - one.reach, 0), m.end() + one.reach
                found.setdefault((one.rule, one.pattern), []).append(area)
    for start, end in numbers:
        for one in raw[texts.DIGITS]:
            area = max(start - NEAR_NUMBER, 0), end + NEAR_NUMBER
            found.setdefault((one.rule, one.pattern), []).append(area)
    return {which: list(_met(spans)) for which, spans in found.items()}


_compiled = cache(re.compile)  # when it is first called for: that takes longer than to read a note


def _met(spans: list[Span]) -> Iterator[Span]:
    """Parts of a text; those that meet are one."""
    spans.sort()
    start, end = spans[0]
    for first, until in spans:
        if first > end:
            yield start, end
            start = first
        end = max(end, until)
    yield start, end


def _called(words: Sequence[str], at: int, needs: Sequence[tuple[frozenset[str], int, int]]) -> bool:
    """Whether, beside one of these words, a word of each need stands."""
    return all(
        not need.isdisjoint(words[max(0, at + least) : max(0, at + most + 1)]) for need, least, most in needs
    )
