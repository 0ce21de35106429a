"""`motjuste demo`: the whole flow on a throw-away server."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import click

from motjuste import assets
from motjuste.cli import serve as serving
from motjuste.cli.common import say
from motjuste.demo import run

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option(
    "--keep", is_flag=True, help="Leave the server up at the end, and say how to reach and stop it."
)
@click.option(
    "--serve",
    is_flag=True,
    help="Read the notes, and open the officer's desk on them instead of cleaning them (extra 'web').",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port of the desk, with --serve [default: a free one].",
)
def demo(keep: bool, serve: bool, port: int) -> None:
    """Build a customer database on a server of our own and clean it: every command for real, in half a minute.

    Needs no database and touches none of yours. Ctrl-C stops the server and removes everything.

    \b
    Example: motjuste demo --keep
             motjuste demo --serve
    """
    if serve:
        serving.require()
    if not assets.is_compiled():
        say("compiling the rules, once: about a minute")
        assets.shipped_program()
    before = {s: signal.getsignal(s) for s in STOPS}
    for number in STOPS:
        if before[number] is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, _stop)
    try:
        run.run(
            click.echo, keep=keep, serve=(lambda dsn, folder: _serve(dsn, folder, port)) if serve else None
        )
    finally:
        for number in STOPS:
            signal.signal(number, before[number])


def _serve(dsn: str, folder: Path, port: int) -> None:
    os.chdir(folder)  # where the policy is
    serving.run(dsn, {}, port=port, place="démonstration")


def _stop(number: int, frame: FrameType | None) -> None:
    for again in STOPS:  # a second Ctrl-C must not interrupt the cleaning up
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt
