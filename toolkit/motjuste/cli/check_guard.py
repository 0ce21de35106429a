"""The last resort of `motjuste check` against a hostile file: a limit of processor time, and an error of two lines in any case."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, NoReturn, TypeVar

from motjuste.schema_check.budget import SECONDS, OverBudget

F = TypeVar("F", bound=Callable[..., Any])

_BEFORE = "the files"


class Guard:
    """Knows which file is read, and stops it after so much time of the processor (what waits costs nothing)."""

    def __init__(self) -> None:
        self.file = _BEFORE

    def begins(self, file: str) -> None:
        """Restart the clock for this file."""
        self.file = file
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_PROF, SECONDS)

    def late(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        """Called when the time is over."""
        raise OverBudget(self.file, 0, f"more than {SECONDS} seconds of processor time")


GUARD = Guard()


def guarded(command: F) -> F:
    """The command under the guard: deep recursion, lack of memory or an endless loop ends in an error, never in a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        watched = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGPROF, GUARD.late) if watched else None
        GUARD.begins(_BEFORE)
        try:
            return command(*args, **options)
        except RecursionError:
            raise OverBudget(GUARD.file, 0, "nested too deep") from None
        except MemoryError:
            raise OverBudget(GUARD.file, 0, "it asks for more memory than there is") from None
        finally:
            if watched:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.signal(signal.SIGPROF, before)

    return run  # type: ignore[return-value]
