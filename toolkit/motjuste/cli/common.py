"""Options that several commands share, and where their output goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from motjuste import assets, private
from motjuste.model import Pack
from motjuste.second import Reader, require

F = TypeVar("F", bound=Callable[..., Any])


def dsn_option(command: F) -> F:
    """The --dsn option: a libpq connection string or URI, never a password option."""
    return click.option(
        "--dsn",
        metavar="DSN",
        help="libpq connection string or URI [default: MOTJUSTE_DSN, then PGSERVICE and PG*].",
    )(command)


def trust_option(command: F) -> F:
    """The --trust-owner flag: what a table's owner keeps with it may run with our rights."""
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
    click.echo(message, err=True)


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


def deliver(path: Path | None, text: str) -> None:
    """Put the text in the file that a command was given, readable by its owner alone, or on standard output."""
    if path is None:
        click.echo(text.encode("utf-8"), nl=False)
    else:
        private.write(path, text)
        print(f"{path}: written", file=sys.stderr)
