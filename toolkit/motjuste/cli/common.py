"""Options that several commands share, and where their output goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

from motjuste import assets, printable
from motjuste.cli.streams import folded
from motjuste.engine.confidence import Reader, require
from motjuste.files import private
from motjuste.model import Pack

F = TypeVar("F", bound=Callable[..., Any])


def dsn_option(command: F) -> F:
    """The --dsn option: a libpq connection string or URI, never a password option."""
    return click.option(
        "--dsn",
        metavar="DSN",
        help="libpq connection string or URI [default: MOTJUSTE_DSN, then PGSERVICE and PG*].",
    )(command)


def own_dsn_option(command: F) -> F:
    """The --dsn option of a command in a group that has one itself: given to either, it is passed on as `dsn`."""

    @wraps(command)
    @click.pass_obj
    def with_dsn(of_group: str | None, /, *args: Any, dsn: str | None, **options: Any) -> Any:
        return command(dsn or of_group, *args, **options)

    return dsn_option(cast(F, with_dsn))


def trust_option(command: F) -> F:
    """The --trust-owner flag: code that a table's owner attached to it may run with our rights."""
    return click.option(
        "--trust-owner",
        is_flag=True,
        help="Let code of a table's owner (index expressions, triggers, checks) run with your rights.",
    )(command)


def views_option(command: F) -> F:
    """The --read-views flag."""
    return click.option(
        "--read-views", is_flag=True, help="Read views and foreign tables, which run code with your rights."
    )(command)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--read-views and --trust-owner, given to the command as `reads`: the keywords of `connection.connect`."""

    @wraps(command)
    def with_reads(*args: Any, read_views: bool, trust_owner: bool, **options: Any) -> Any:
        return command(*args, reads={"read_views": read_views, "trust_owner": trust_owner}, **options)

    return views_option(trust_option(with_reads))


class Locks(NamedTuple):
    """How long to wait for a lock at a time, and how often."""

    timeout: str
    attempts: int


def lock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--lock-timeout and --attempts, given to the command as `locks`."""

    @wraps(command)
    def with_locks(*args: Any, lock_timeout: str, attempts: int, **options: Any) -> Any:
        return command(*args, locks=Locks(lock_timeout, attempts), **options)

    timeout = click.option(
        "--lock-timeout", default="2s", show_default=True, help="How long to wait for a lock, each time."
    )
    attempts = click.option(
        "--attempts",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        help="How often to try for a lock.",
    )
    return timeout(attempts(with_locks))


def say(message: str) -> None:
    """Print a message, not a result: to stderr."""
    click.echo(folded(printable.message(message), sys.stderr), err=True)


def second_reading_option(command: F) -> F:
    """The --second-reading flag."""
    return click.option(
        "--second-reading",
        is_flag=True,
        help="Rate each finding certain, likely or doubtful (extra 'reading').",
    )(command)


def second_reader(pack: Pack) -> Reader:
    """What rates the findings of this pack. Raises MotjusteError where spaCy is not installed."""
    require()
    return Reader(pack, assets.words(pack.language))


def force_option(command: F) -> F:
    """The --force flag of commands that write files."""
    return click.option(
        "--force",
        is_flag=True,
        help="Replace a file that is not as motjuste left it: yours, or filled in since.",
    )(command)


def compare_option(told: str) -> Callable[[F], F]:
    """The --compare option of commands that say what changed since an earlier report; `told` is its help."""
    return click.option(
        "--compare", "earlier", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=told
    )


def deliver(path: Path | None, text: str, *, force: bool = False) -> None:
    """Write the text to the given output: a file that only its owner can read, a device, a pipe, or standard output."""
    private.write(path or private.STDOUT, text, force=force)
    if path and not private.target(path).passing:
        say(f"{path}: written")
