"""Scanning: takes the rows of a column and returns findings; the parts of a scan, and its proof. Pure.

A scan is a list of parts: page ranges of a table, or a whole view. Each is read on its own, by any process, and
answers with an `Outcome` that holds no text; a `Tally` adds up the outcomes of one column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Literal, TypeVar

from motjuste.engine.confidence import Reader, rated
from motjuste.model import ELEMENTS, Certainty, Match, inside
from motjuste.notes.digest import note_digest

PATH = "$."  # what a json_key begins with that is no key but a path of SQL/JSON: each text that it leads to is a note

NO_KEY = "{}"  # the row key of a table without a primary key, and of a row whose key is too long for an index
TOO_LONG = "MJ003"  # the code of a note that is longer than the policy has them read
DETACHED = (
    "MJ004"  # of one that waited to be read when its column was detached, or the digests got another key
)
OTHER_KEY = "MJ005"  # of rows whose table has another key than when they were queued
LONGEST_KEY = 1800  # bytes as JSON; motjuste.kept_key says the same

T = TypeVar("T")
Kind = Literal["pages", "keys", "whole", "sample", "changed"]


Find = Callable[[str], list[Match]]  # what a note holds


def kept_key(row_key: str) -> str:
    """A row key, as JSON, as a finding keeps it: NO_KEY where it is too long for an index."""
    return row_key if len(row_key.encode()) <= LONGEST_KEY else NO_KEY


def holds_many(json_key: str) -> bool:
    """Whether a row has several notes at such a place: it is an array, or texts further down in a document."""
    return json_key == ELEMENTS or json_key.startswith(PATH)


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
        return self.column + inside(self.json_key)

    @property
    def whole(self) -> Place:
        """The column as triggers read it: a list of texts is one note to them."""
        return replace(self, json_key="") if self.json_key == ELEMENTS else self


@dataclass(frozen=True)
class Source:
    """How the notes of a place are read: the columns that make its row key, and the one that names the author.

    `strange` are those of them whose type is a user's own.
    """

    place: Place
    keys: tuple[str, ...] = ()
    author: str = ""
    strange: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One piece of a scan: the pages from `first` up to `end` (None: to the end) of a table, or the whole of it.

    Kind `keys` is the rows whose key, as text, is more than `after` and at most `until` (None: no bound; rows
    without a key belong to the part without `until`).

    `place` is the number of its column in the scan; `only`: without the table's children; `rows` an estimate;
    `storage` names the files that the pages lie in. Kind `changed` are the rows written since the scan began.
    """

    number: int
    place: int
    table: str
    kind: Kind = "pages"
    first: int = 0
    end: int | None = None
    only: bool = True
    rows: int = 0
    storage: str = ""
    after: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Scope:
    """What a scan reads of each column: all of it, or only rows since a value of a column, or a sample.

    `by_key` names the column by whose ranges views and foreign tables are read, '' where each is read at once.
    """

    since: tuple[str, str] | None = None
    sample: int = 0
    by_key: str = ""

    @property
    def label(self) -> str:
        """What a proof says of it, '' where everything is read."""
        if self.since:
            return f"{self.since[0]} >= {self.since[1]}"
        return f"sample of {self.sample}" if self.sample else ""


@dataclass(frozen=True)
class Row:
    """A row as it was read: its key as JSON text, the note's bytes, who wrote it, which element of an array it is."""

    key: str
    note: bytes | None
    author: str | None = None
    element: int = 1


@dataclass(frozen=True)
class Hit:
    """A note with findings: its row key as JSON text, its digest, its matches and how sure each is. No text."""

    row_key: str
    digest: bytes
    matches: tuple[Match, ...]
    certainties: tuple[Certainty | None, ...]
    author: str | None = None


@dataclass(frozen=True)
class Skip:
    """Something that was not read: what, and why, in words that quote no note; `state` is the server's code."""

    what: str
    why: str
    state: str = ""


@dataclass(frozen=True)
class Outcome:
    """The outcome of reading one part; `skips` lists what was not read.

    `recoded` is the number of notes that were not in the database's encoding. `again` are the row keys of a part of changed rows:
    the findings of other parts in these rows no longer hold.
    """

    part: int
    rows_read: int = 0
    rows_that_exist: int = 0
    hits: tuple[Hit, ...] = ()
    skips: tuple[Skip, ...] = ()
    recoded: int = 0
    again: tuple[str, ...] = ()


@dataclass
class Tally:
    """What a scan of one column read and found: the proof that it swept it all."""

    place: Place
    started_at: datetime
    scope: str = ""
    rows_that_exist: int = 0
    rows_read: int = 0
    rows_again: int = 0
    recoded: int = 0
    notes_with_findings: int = 0
    skips: list[Skip] = field(default_factory=list)
    categories: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    certainties: Counter[str] = field(default_factory=Counter)
    undecided: int | None = None  # as the database has them; None where it was not asked

    @property
    def findings(self) -> int:
        """How many findings, of all levels."""
        return self.levels.total()

    @property
    def open(self) -> int:
        """How many findings nobody has decided of; all of them, where that is not known."""
        return self.findings if self.undecided is None else self.undecided

    @property
    def swept(self) -> bool:
        """Whether the whole column was read: then a finding that was not seen again is gone."""
        return not self.skips and not self.scope

    def add(self, outcome: Outcome, *, again: bool = False) -> None:
        """Count the rows that a part read; `again`: changed meanwhile, they are counted already or newer."""
        if again:
            self.rows_again += outcome.rows_read
        else:
            self.rows_read += outcome.rows_read
            self.rows_that_exist += outcome.rows_that_exist
        self.recoded += outcome.recoded
        self.skips += [s for s in outcome.skips if s not in self.skips]

    def note(self, hit: Hit) -> None:
        """Count the findings of one note."""
        self.notes_with_findings += 1
        self.categories.update(m.category for m in hit.matches)
        self.levels.update(m.level for m in hit.matches)
        self.certainties.update(c for c in hit.certainties if c)


@dataclass(frozen=True)
class Difference:
    """Of one rule in one column: findings that were not known, that are no more, and that are as before.

    Where only a part of the column was read, nobody knows what is gone: None.
    """

    place: Place
    rule: str
    new: int
    gone: int | None
    unchanged: int


@dataclass
class Count:
    """How many rows went through a reading; how many of their notes were in another encoding, or of more than `limit` bytes."""

    rows: int = 0
    recoded: int = 0
    long: int = 0
    limit: float = inf


def standing(outcomes: Callable[[], Iterable[Outcome]]) -> Iterator[Hit]:
    """The valid hits: if a row was read again because it changed, only those of its last reading.

    `outcomes` gives the outcomes of a column in the order they were read, twice the same.
    """
    last = {key: n for n, o in enumerate(outcomes()) for key in o.again}
    seen: set[bytes] = set()
    for n, outcome in enumerate(outcomes()):
        for hit in outcome.hits:
            if hit.row_key == NO_KEY and NO_KEY in last:
                # without a key, rows of the same text are one: it need not be found again
                if outcome.again and hit.digest in seen:
                    continue
                seen.add(hit.digest)
                yield hit
            elif last.get(hit.row_key, -1) <= n:
                yield hit


def hits(
    find: Find, secret: bytes, rows: Iterable[Row], count: Count, reader: Reader | None = None
) -> Iterator[Hit]:
    """The notes with findings among the rows, every one of which is counted.

    With a reader, each finding is rated.
    """
    for (row, digest), _, matches, certainties in rated(reader, _found(find, secret, rows, count)):
        yield Hit(row.key, digest, tuple(matches), certainties, row.author)


def _found(
    find: Find, secret: bytes, rows: Iterable[Row], count: Count
) -> Iterator[tuple[tuple[Row, bytes], str, list[Match]]]:
    for row, note in _notes(rows, count):
        if matches := find(note):
            yield (row, note_digest(secret, note)), note, matches


def _notes(rows: Iterable[Row], count: Count) -> Iterator[tuple[Row, str]]:
    """The rows that have a note that is not too long, with it; every row is counted."""
    for row in rows:
        count.rows += row.element == 1
        if not row.note:
            continue
        if len(row.note) > count.limit:
            count.long += 1
            continue
        note, recoded = decoded(row.note)
        count.recoded += recoded
        yield row, note


def decoded(raw: bytes) -> tuple[str, bool]:
    """A note's text, and whether its bytes were not UTF-8: then they are decoded as Windows-1252, the encoding of old files."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), True
