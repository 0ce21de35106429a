"""How well findings agree with labelled notes: precision, recall and F1, of notes and of each category. Pure.

A labelled note has the categories present (`cats`, none when compliant) and others that are just as right (`alt`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from motjuste.errors import ConfigError
from motjuste.model import CATEGORIES


@dataclass(frozen=True)
class Labelled:
    """A note with its labels; `place` is file:line, `spans` the words that carry the fault, `rewrite` a neutral note."""

    text: str
    cats: frozenset[str]
    alt: frozenset[str]
    place: str = ""
    spans: tuple[str, ...] = ()
    rewrite: str = ""


@dataclass
class Count:
    """Numbers of true positives (hits), false positives (alarms) and false negatives (misses)."""

    hits: int = 0
    alarms: int = 0
    misses: int = 0

    @property
    def precision(self) -> float:
        """The share of the findings that are right; 1 if there are none."""
        return self.hits / (self.hits + self.alarms) if self.hits + self.alarms else 1.0

    @property
    def recall(self) -> float:
        """The share of the violations that were found; 1 if there are none."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass
class Score:
    """The counts of a corpus: of notes (flagged or left alone), and of each category that is there or was found."""

    size: int = 0
    notes: Count = field(default_factory=Count)
    categories: dict[str, Count] = field(default_factory=dict)

    @property
    def overall(self) -> Count:
        """The sum of the categories' counts."""
        counts = self.categories.values()
        return Count(
            sum(c.hits for c in counts), sum(c.alarms for c in counts), sum(c.misses for c in counts)
        )

    def category(self, code: str) -> Count:
        """The count of one category, made where there is none yet."""
        return self.categories.setdefault(code, Count())

    def add(self, note: Labelled, found: Collection[str]) -> None:
        """Count one note, in which findings of these categories were made.

        A category of `alt` is no false alarm, and where one was found, what is missing of `cats` is no miss.
        """
        have = set(found)
        self.size += 1
        self.notes.hits += bool(note.cats and have)
        self.notes.misses += bool(note.cats and not have)
        self.notes.alarms += bool(have and not note.cats)
        for code in have:
            if code in note.cats:
                self.category(code).hits += 1
            elif code not in note.alt:
                self.category(code).alarms += 1
        for code in note.cats - have:
            self.category(code).misses += not (note.alt & have)


def score(answers: Iterable[tuple[Labelled, Collection[str]]]) -> Score:
    """The score of answers: (note, categories of the findings in it). A note counts once, however many findings."""
    total = Score()
    for note, found in answers:
        total.add(note, found)
    return total


def read(text: str, name: str) -> Iterator[Labelled]:
    """The labelled notes of a JSONL text. Raises ConfigError with file and line, never with the note."""
    for number, line in enumerate(text.split("\n"), 1):  # no other line break ends a record
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            record = json.loads(line)
            note, cats, alt = record["text"], record["cats"], record.get("alt", [])
            labels = [*cats, *alt]
            spans, rewrite = tuple(record.get("spans", ())), record.get("rewrite") or ""
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as exc:
            raise ConfigError(
                f"{place}: not a labelled note",
                hint='a line is {"id": ..., "text": "...", "cats": ["sante"]}',
            ) from exc
        unknown = [str(c) for c in labels if c not in CATEGORIES]
        if unknown or not isinstance(note, str):
            what = f"unknown category {unknown[0]!r}" if unknown else "`text` is no text"
            raise ConfigError(f"{place}: {what}", hint=f"categories: {', '.join(CATEGORIES)}")
        yield Labelled(note, frozenset(cats), frozenset(alt), place, spans, rewrite)
