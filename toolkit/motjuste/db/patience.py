"""Waits for locks without blocking others for long: short attempts, with pauses in which sessions that queue behind us can run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from psycopg import errors

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.errors import DatabaseError

T = TypeVar("T")
PAUSES = (1, 2, 4, 8, 15)  # seconds; the last one is repeated
# after these the same statements may well pass in a moment
PASSING = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


def give_way(conn: Connection) -> None:
    """For the rest of the transaction, wait for a lock less long than `deadlock_timeout`, so that the server cancels no session because of us.

    To be called once the transaction holds what others wait for.
    """
    conn.execute(assets.read("migrations", "templates", "give_way.sql"))


def patiently(
    work: Callable[[], T],
    say: Callable[[str], object],
    *,
    attempts: int,
    more: str = ", or try longer (--lock-timeout) or more often",
) -> T:
    """Call `work` again while another session blocks it, and return its result.

    `work` is one transaction: an attempt that fails leaves nothing. `say` is told of each wait. Raises DatabaseError
    when no attempt is left; `more` is what else its hint says.
    """
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except PASSING as exc:
            if attempt == attempts:
                raise DatabaseError(
                    f"another session holds a lock that is needed ({attempts} attempt(s)); the transaction changed nothing",
                    hint=f"try at a quieter moment, end the long transaction (pg_stat_activity, xact_start){more}",
                ) from exc
            pause = PAUSES[min(attempt, len(PAUSES)) - 1]
            say(
                f"another session holds a lock that is needed: the transaction changed nothing, trying again in {pause} s"
                f" ({attempt} of {attempts})"
            )
            time.sleep(pause)
    raise ValueError("attempts must be 1 or more")
