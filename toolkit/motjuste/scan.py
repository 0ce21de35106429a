"""Scanning: rows of a column in, findings out. Pure; db/reading.py reads the rows and stores the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from motjuste.digest import note_digest
from motjuste.matcher import Matcher
from motjuste.model import Certainty, Match
from motjuste.second import Reader, rated


@dataclass(frozen=True)
class Place:
    """A column as findings name it: `relation` qualified and quoted, `json_key` '' unless inside a jsonb column."""

    relation: str
    column: str
    json_key: str = ""

    @property
    def label(self) -> str:
        """The name a person reads."""
        return f"{self.relation}.{self.name}"

    @property
    def name(self) -> str:
        """The column's name, without its table's."""
        return self.column + (f"->>{self.json_key}" if self.json_key else "")


@dataclass
class Tally:
    """What a scan of one column read and found: the proof that it swept it all."""

    place: Place
    rows_that_exist: int
    started_at: datetime
    rows_read: int = 0
    notes_with_findings: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    certainties: Counter[str] = field(default_factory=Counter)

    @property
    def findings(self) -> int:
        """How many findings, of all levels."""
        return self.levels.total()

    def add(self, matches: list[Match]) -> None:
        """Count one row with its matches."""
        self.rows_read += 1
        if matches:
            self.notes_with_findings += 1
            self.categories.update(m.category for m in matches)
            self.levels.update(m.level for m in matches)


@dataclass(frozen=True)
class Hit:
    """A note with findings: its row key as JSON text, its digest, its matches and how sure each is. No text."""

    row_key: str
    digest: bytes
    matches: tuple[Match, ...]
    certainties: tuple[Certainty | None, ...]


def hits(
    matcher: Matcher,
    secret: bytes,
    rows: Iterable[tuple[str, str | None]],
    tally: Tally,
    reader: Reader | None = None,
) -> Iterator[Hit]:
    """The notes with findings among (row key as JSON, note) rows; every row is counted in the tally.

    With a reader, each finding is rated.
    """
    for row_key, note, matches, certainties in rated(reader, _found(matcher, rows, tally)):
        tally.certainties.update(c for c in certainties if c)
        yield Hit(row_key, note_digest(secret, note), tuple(matches), certainties)


def _found(
    matcher: Matcher, rows: Iterable[tuple[str, str | None]], tally: Tally
) -> Iterator[tuple[str, str, list[Match]]]:
    for row_key, note in rows:
        matches = matcher.find(note) if note else []
        tally.add(matches)
        if matches and note:
            yield row_key, note, matches
