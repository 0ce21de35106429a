"""`motjuste demo`: the whole flow on a throw-away server."""

from __future__ import annotations

import signal
from types import FrameType

import click

from motjuste.demo import run

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    before = {s: signal.getsignal(s) for s in STOPS}
    for number in STOPS:
        if before[number] is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, _stop)
    try:
        run.run(click.echo, keep=keep)
    finally:
        for number in STOPS:
            signal.signal(number, before[number])


def _stop(number: int, frame: FrameType | None) -> None:
    for again in STOPS:  # a second Ctrl-C must not interrupt the cleaning up
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt
