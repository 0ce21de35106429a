"""The register of requests for access: terms and answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

HEADER = (
    "n°",
    "personne",
    "reçue le",
    "échéance",
    "état",
    "jours restants",
    "réponse",
    "commentaires",
    "prolongation",
)


@dataclass(frozen=True)
class Request:
    """A request; `subjects` are the person's rows as {"table", "key"}; `days_left` is negative once it is overdue."""

    id: int
    subjects: Sequence[dict[str, Any]]
    received: date
    due: date
    reason: str | None
    answered_at: datetime | None
    answered_by: str | None
    complete: bool | None
    notes: int | None
    tables: int | None
    days_left: int

    @property
    def settled(self) -> bool:
        """Whether a complete answer was made."""
        return self.complete is True

    @property
    def overdue(self) -> bool:
        """Whether the term has passed without a complete answer."""
        return not self.settled and self.days_left < 0

    @property
    def state(self) -> str:
        """The status of the request, in French."""
        if self.settled:
            return "répondue"
        standing = "à répondre" if self.complete is None else "réponse incomplète"
        return f"{standing}, en retard" if self.overdue else standing

    @property
    def who(self) -> str:
        """The person's rows, as --subject names them."""
        return ", ".join(f"{s['table']}={','.join(map(_plain, s['key'].values()))}" for s in self.subjects)

    def record(self) -> dict[str, Any]:
        """The request as values for JSON."""
        return {
            "id": self.id, "subjects": list(self.subjects), "received": self.received.isoformat(), "due": self.due.isoformat(),
            "reason": self.reason, "answered_at": self.answered_at.isoformat() if self.answered_at else None,
            "answered_by": self.answered_by, "complete": self.complete, "notes": self.notes, "tables": self.tables,
            "days_left": None if self.settled else self.days_left, "overdue": self.overdue,
        }  # fmt: skip

    def row(self) -> tuple[Any, ...]:
        """The request as a line under HEADER."""
        answered = f"{self.answered_at:%Y-%m-%d} par {self.answered_by}" if self.answered_at else ""
        left = "" if self.settled else self.days_left
        return (self.id, self.who, self.received, self.due, self.state, left, answered, "" if self.notes is None else self.notes, self.reason or "")  # fmt: skip


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def subjects(rows: Sequence[tuple[str, str]]) -> str:
    """The person's rows, (table, key as JSON) pairs, as the register keeps them: in one order, as JSON."""
    found = [{"table": table, "key": json.loads(key)} for table, key in sorted(set(rows))]
    return json.dumps(found, ensure_ascii=False, sort_keys=True)
