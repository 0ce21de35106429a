"""`motjuste demo`: the whole flow on a throw-away server."""

from __future__ import annotations

import signal
from types import FrameType

import click

from motjuste.demo import run


@click.command()
@click.option(
    "--keep", is_flag=True, help="Leave the server up at the end, and say how to reach and stop it."
)
def demo(keep: bool) -> None:
    """Build a customer database on a server of our own and clean it: every command for real, in a minute.

    Needs no database and touches none of yours. Ctrl-C stops the server and removes everything.

    \b
    Example: motjuste demo --keep
    """
    before = {s: signal.signal(s, _stop) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        run.run(click.echo, keep=keep)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not interrupt the cleaning up.
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt
