"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def dsn_option(command: F) -> F:
    """The --dsn option: a libpq connection string or URI, never a password option."""
    return click.option(
        "--dsn",
        metavar="DSN",
        help="libpq connection string or URI [default: MOTJUSTE_DSN, then PGSERVICE and PG*].",
    )(command)
