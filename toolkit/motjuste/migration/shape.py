"""The values of a redaction migration: columns, decisions in order, outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from motjuste.model import Decision, inside

REDACTED, CLEAN = "redacted", "already clean"
CHANGING = ("accept", "mask", "erase")  # the verdicts that change their note
# What a whole note is changed for, whatever it says: it is older than the policy keeps it, its person asked for it.
RETENTION, ERASURE, RESTRICTION = "retention", "erasure", "restriction"
WHOLE = frozenset((RETENTION, ERASURE, RESTRICTION))

Place = tuple[str, str, str]


@dataclass(frozen=True)
class NoteColumn:
    """A note column as the catalog has it: `relation` quoted in full, `key` (name, type) in order, `limit` characters.

    `fixed` says why no update can change it, '' where one can. `strange` are the key columns of a user's own type, whose
    values are compared as the text that they print as where their type is ''; `equals` has the operator of each key
    column, `=` where it is the built-in one.
    """

    relation: str
    column: str
    json_key: str
    kind: str
    key: tuple[tuple[str, str], ...]
    limit: int | None = None
    fixed: str = ""
    strange: frozenset[str] = frozenset()
    equals: tuple[str, ...] = ()

    @property
    def matched(self) -> Iterator[tuple[str, str, str]]:
        """Of each key column its name, the type that a value of it is read as, the operator that compares them."""
        operators = self.equals or ("=",) * len(self.key)
        for (name, kind), operator in zip(self.key, operators, strict=True):
            yield name, kind or "text", operator if kind else "="

    @property
    def printed(self) -> frozenset[str]:
        """The key columns that are compared as the text that they print as."""
        return frozenset(name for name, kind in self.key if not kind)

    @property
    def holds_documents(self) -> bool:
        """Whether it is json or jsonb."""
        return self.kind in ("json", "jsonb")


class Row(NamedTuple):
    """A note to redact, as it stands in a file: row key and edits as JSON between SQL quotes, digests in hexadecimal."""

    key: str
    before: str
    after: str
    edits: str


@dataclass(frozen=True)
class Outcome:
    """What became of a note of a plan: redacted, changed since review, deleted or already clean...

    Of those that are redacted as planned only their number is told, without a row key.
    """

    place: str
    row_key: str
    outcome: str
    notes: int = 1


@dataclass(frozen=True)
class About:
    """What a migration says about itself; `key_check` identifies the database of its digests."""

    name: str
    pack: str
    version: str
    key_check: str


@dataclass
class Summary:
    """What the decisions of one column come to."""

    notes: int = 0
    categories: Counter[str] = field(default_factory=Counter)


@dataclass
class Survey:
    """What a first reading of the decisions found: by column in order, and who decided."""

    places: dict[Place, Summary] = field(default_factory=dict)
    reviewers: set[str] = field(default_factory=set)
    second_readers: set[str] = field(default_factory=set)
    emptied: int = 0  # notes of which nothing is left

    @property
    def notes(self) -> int:
        """How many notes change."""
        return sum(s.notes for s in self.places.values())

    @property
    def restricts(self) -> bool:
        """Whether notes are only put out of reach, so that they must be able to come back."""
        return any(RESTRICTION in s.categories for s in self.places.values())


PASSING = ("replication slot", "prepared transaction", "standby", "unread")


class Copy(NamedTuple):
    """Another place that holds a note's text: its kind, its name, its content, and who handles it.

    `rows` says how many rows of a column elsewhere.
    """

    kind: str
    where: str
    what: str
    handled: str
    rows: int | None = None

    @property
    def lasting(self) -> bool:
        """Whether it is part of the schema, so that a file may tell of it and stay the same tomorrow."""
        return self.kind not in PASSING


@dataclass(frozen=True)
class Around:
    """What else the catalog says about the tables of the notes.

    `copies` is told to the reader; `also` maps each column to the other columns that hold the same notes and are
    redacted with it; `refresh` and `analyze` are relations, quoted; `watch` are columns of materialized views to verify,
    `filled` those that triggers fill.
    """

    copies: tuple[Copy, ...] = ()
    also: Mapping[Place, tuple[NoteColumn, ...]] = field(default_factory=dict)
    refresh: tuple[tuple[str, bool], ...] = ()
    watch: tuple[Place, ...] = ()
    filled: tuple[NoteColumn, ...] = ()


def place(d: Decision) -> Place:
    """The column that a decision is about: relation, column, json key."""
    return d.relation, d.column, d.json_key


def label(relation: str, column: str, json_key: str) -> str:
    """A column's name for a person."""
    return f"{relation}.{column}{inside(json_key)}"
