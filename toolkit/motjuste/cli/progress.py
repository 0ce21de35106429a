"""How far a long task is: a bar on a terminal, a line now and then elsewhere; on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from motjuste import printable
from motjuste.db.sweep import Progress

LINE_EVERY = 10.0  # seconds between two lines where there is no terminal
BAR = 20  # characters
BESIDE = 60  # beside the bar: what it counts, how far it is, the time left


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


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """What to call with each progress of a scan."""
    if not sys.stderr.isatty():
        yield _log_lines()
        return
    began = time.monotonic()

    def beside(state: Progress | None) -> str:
        if state is None:
            return ""
        rate = state.rows / max(time.monotonic() - began, 0.1)
        told = f"{rate:,.0f} rows/s, {state.findings:,} finding(s), {printable.name(state.label)}"
        # stdout may go elsewhere; a terminal that does not say its width has 0
        room = (os.get_terminal_size(sys.stderr.fileno()).columns or 80) - BESIDE
        return told if len(told) <= room else told[: max(room - 1, 0)] + "…" * (room > 0)

    bar: Any = click.progressbar(
        length=1,
        label="scan",
        file=sys.stderr,
        width=BAR,
        show_pos=True,
        show_eta=True,
        item_show_func=beside,
    )
    with bar:

        def advance(state: Progress) -> None:
            bar.length = max(state.total, state.rows, 1)
            bar.update(state.rows - bar.pos, state)
            # a step of nothing shows nothing: how much there is, is worth a line of its own
            if not state.parts:
                bar.current_item = state
                bar.render_progress()

        yield advance


def _log_lines() -> Callable[[Progress], None]:
    last = began = time.monotonic()
    first = -1

    def line(state: Progress) -> None:
        nonlocal last, first
        first = state.rows if first < 0 else first
        now = time.monotonic()
        if now - last >= LINE_EVERY:
            last = now
            rate = (state.rows - first) / (now - began)
            left = max(state.total - state.rows, 0) / rate if rate else 0
            click.echo(
                f"{printable.name(state.label)}: about {state.rows:,} of {state.total:,} rows, {rate:,.0f} rows/s, "
                f"{left:,.0f} s left, {state.findings:,} finding(s)",
                err=True,
            )

    return line
