"""How far a person is with a review: read once from the database, then kept up as long as the desk runs."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import date

from motjuste.db.reviewing import Pace

LATELY = 15 * 60  # seconds that the pace is taken of
ENOUGH = 5  # findings before a pace is told


@dataclass
class Mine:
    """What a person decided: today, and lately; whether there is something to take back."""

    today: int
    undo: bool
    day: date = field(default_factory=date.today)
    _lately: deque[tuple[float, int]] = field(default_factory=deque)

    @classmethod
    def of(cls, found: Pace) -> Mine:
        """What the database knows."""
        made = cls(found.today, found.undo)
        if found.lately:
            made._lately.append((time.monotonic() - found.seconds, found.lately))
        return made

    def add(self, findings: int) -> None:
        """So many findings were decided now."""
        self.today += findings
        self.undo = True
        self._lately.append((time.monotonic(), findings))

    def minutes(self, left: int) -> int | None:
        """How long so many findings take at the pace of the last quarter of an hour, None where there is none yet."""
        now = time.monotonic()
        while self._lately and now - self._lately[0][0] > LATELY:
            self._lately.popleft()
        done = sum(n for _, n in self._lately)
        if done < ENOUGH or not left:
            return None
        return max(1, round(left * (now - self._lately[0][0]) / done / 60))


@dataclass(frozen=True)
class Progress:
    """What a page says of it."""

    open: int
    today: int
    undo: bool
    minutes_left: int | None
