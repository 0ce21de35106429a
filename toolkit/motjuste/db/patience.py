"""Waiting for a lock without making others wait: short attempts, with pauses in which the queue behind us drains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from motjuste.errors import DatabaseError

T = TypeVar("T")
PAUSES = (1, 2, 4, 8, 15)  # seconds; the last one is repeated


def patiently(work: Callable[[], T], say: Callable[[str], None], *, attempts: int) -> T:
    """What `work` returns, tried again while another session holds a lock that it needs.

    `work` is one transaction: an attempt that fails leaves nothing. `say` is told of each wait. Raises DatabaseError
    when no attempt is left.
    """
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as exc:
            if attempt == attempts:
                raise DatabaseError(
                    f"another session holds a lock on one of the tables ({attempts} attempts); nothing was changed",
                    hint="try at a quieter moment, end the long transaction (pg_stat_activity, xact_start),"
                    " or raise --attempts or --lock-timeout",
                ) from exc
            pause = PAUSES[min(attempt, len(PAUSES)) - 1]
            say(
                f"a table is locked by another session: nothing was changed, trying again in {pause} s"
                f" ({attempt} of {attempts})"
            )
            time.sleep(pause)
    raise ValueError("attempts must be 1 or more")
