"""Asking for the name of the database that is about to change."""

from __future__ import annotations

import click

from motjuste import printable
from motjuste.errors import ConfigError


def agree(name: str, what: str, *, sure: bool) -> None:
    """Say which database it is and, unless `sure`, have its name typed. Raises ConfigError where another is typed."""
    click.echo(f"database: {printable.name(name)}; {what}", err=True)
    if (
        not sure
        and click.prompt("type its name to change it", default="", show_default=False, err=True) != name
    ):
        raise ConfigError(
            "not the name of the database; nothing was changed", hint=f"type {name}, or use --yes"
        )
