"""`work`: read what was written into deferred columns."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, say
from motjuste.db import connection, failures
from motjuste.db import install as installing
from motjuste.db.working import Done, Worker
from motjuste.errors import DatabaseError


@click.command()
@dsn_option
@click.option("--once", is_flag=True, help="Read what waits now, and stop: for cron or a systemd timer.")
@click.option(
    "--rate",
    type=click.IntRange(0),
    default=0,
    metavar="ROWS",
    help="Read at most so many rows a second [default: no limit].",
)
@click.option(
    "--every",
    type=click.FloatRange(0.05, 3600),
    default=0.5,
    show_default=True,
    metavar="SECONDS",
    help="Where nothing waits, look again after so long.",
)
def work(dsn: str | None, once: bool, rate: int, every: float) -> None:
    """Read the notes that were written into deferred columns, as they stand, and record the findings.

    Without --once it goes on until it is stopped (Ctrl-C, SIGTERM), after the rows at hand. As many as you like may run at the same
    time, on several machines; killed at any moment, nothing is lost and nothing is recorded twice. A note changed twice is read
    once; what was found in one that is gone or corrected is closed. It needs the rights of the role that owns the schema motjuste
    and SELECT on the watched tables. Where no process can run beside the server: select motjuste.work(2000), by pg_cron.

    Exit code 0: all that waited was read, or stopped; 1: something is left that could not be read; 2: could not work.

    \b
    Example: motjuste work
             motjuste work --once --rate 500
    """
    matcher = policy.matcher(policy.settings())
    with connection.connect(dsn) as conn:
        installing.require(conn)
        if not installing.is_current(conn) or not installing.holds(conn, matcher):
            raise DatabaseError(
                "the database has another schema or other rules than this motjuste and its motjuste.toml",
                hint="motjuste install",
            )
    # it warns of a lost connection, which we take up again
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    worker = Worker(dsn, matcher.find_all, matcher.pack.digest, rate=rate)
    with _stopping(worker):
        try:
            if once:
                worker.once()
            else:
                say("at work; Ctrl-C ends it after the rows at hand")
                worker.run(every)
        finally:
            worker.close()
    click.echo(_told(worker.done))
    for column, why in sorted(worker.done.left.items()):
        say(f"{printable.name(column)}: left in the queue: {why}")
    if worker.done.failed:
        with connection.connect(dsn) as conn:
            waiting = failures.waiting(conn)
        say(f"{worker.done.failed} row(s) could not be read and are noted as not checked: motjuste status says which columns"
            + (f" ({len(waiting)})" if waiting else ""))  # fmt: skip
    sys.exit(1 if worker.done.left or worker.done.failed else 0)


def _told(done: Done) -> str:
    """What was done, in one line."""
    gone = f", {done.gone} gone or without a note" if done.gone else ""
    return f"{done.read} note(s) read{gone}; {done.findings} finding(s) recorded"


@contextmanager
def _stopping(worker: Worker) -> Iterator[None]:
    """In the block, SIGINT and SIGTERM end the worker after the current batch; a second signal ends it at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if worker.stop:
            raise KeyboardInterrupt
        worker.stop = True

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
