"""What is watched and what is exempt: by the policy, and by the calls of motjuste.attach in the migrations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from motjuste.config import Config, Exempt, Watch
from motjuste.schema_check.catalogue import Column as Made
from motjuste.schema_check.catalogue import quoted
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.layout import RUNNERS
from motjuste.schema_check.seen import Seen
from motjuste.schema_check.session import Event

RANK = {"": 0, "flag": 0, "warn": 1, "mask": 2, "block": 3}


def relation_label(written: str) -> str:
    """A relation as a person wrote it, as SQL reads it; without a schema it is public's."""
    try:
        schema, name = Cursor.of(written).qualified()
    except NotUnderstood:
        return written
    return f"{quoted(schema or 'public')}.{quoted(name)}"


def watch_label(watch: Watch) -> str:
    """The column of a watch, as SQL reads it."""
    return f"{relation_label(watch.relation)}.{quoted(watch.column)}"


def exempt_matches(exempt: Exempt, seen: Seen) -> bool:
    """Whether an exemption names this column, under the name that a person reads or the one that SQL reads."""
    bare = exempt.column.partition("->>")[0]
    return bare in (seen.label, f"{seen.column.schema}.{seen.column.table}.{seen.column.name}") or (
        bare.count(".") == 1 and f"public.{bare}" == seen.label
    )


def of_runner(seen: Seen) -> bool:
    """Whether a column is in a table in which a migration tool keeps what has run."""
    return seen.column.table.lower() in RUNNERS


@dataclass
class Coverage:
    """Label of a column -> its mode, and the exemptions in force."""

    watched: dict[str, str] = field(default_factory=dict)
    exempt: dict[str, Exempt] = field(default_factory=dict)
    attached: dict[str, Event] = field(default_factory=dict)

    def covers(self, seen: Seen) -> bool:
        """Whether the column is watched or exempt, or in a table that a migration tool keeps for itself."""
        return seen.label in self.watched or seen.label in self.exempt or of_runner(seen)

    def state(self, seen: Seen) -> str:
        """What a person is told of it."""
        if seen.label in self.watched:
            return f"watched ({self.watched[seen.label]})"
        if seen.label not in self.exempt and of_runner(seen):
            return "migration tool's own"
        return "exempt" if seen.label in self.exempt else "-"


def coverage(config: Config, columns: Iterable[Seen], events: Iterable[Event], today: date) -> Coverage:
    """The coverage of these columns today: an expired exemption exempts nothing."""
    found = Coverage()
    found.watched = {watch_label(w): config.mode_of(w) for w in config.watches}
    by_column: dict[int, Event] = {}
    for event in events:
        if isinstance(event.target, Made):
            if event.kind == "attach":
                by_column[id(event.target)] = event
            elif event.kind == "detach":
                by_column.pop(id(event.target), None)
    for seen in columns:
        attached = by_column.get(id(seen.made)) if seen.made else None
        if attached is not None:
            found.watched[seen.label] = attached.detail
            found.attached[seen.label] = attached
        for exempt in config.exempts:
            if exempt.until >= today and exempt_matches(exempt, seen):
                found.exempt[seen.label] = exempt
    return found
