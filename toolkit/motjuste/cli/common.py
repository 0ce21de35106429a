"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from motjuste import assets
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
