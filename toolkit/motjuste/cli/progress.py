"""How far a long task is: a bar on a terminal, a line now and then elsewhere; on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

LINE_EVERY = 10.0  # seconds between two lines where there is no terminal


@contextmanager
def counter(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A function to call with how many more are done."""
    if sys.stderr.isatty():
        with click.progressbar(length=total, file=sys.stderr, show_pos=True, label=what) as bar:
            yield bar.update
        return
    done, last = 0, time.monotonic()

    def advance(more: int) -> None:
        nonlocal done, last
        done += more
        if time.monotonic() - last >= LINE_EVERY:
            last = time.monotonic()
            click.echo(f"{done} of {total} {what}", err=True)

    yield advance
