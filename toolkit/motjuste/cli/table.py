"""Rows as a person or a program wants them: text, JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
import tabulate as tables

from motjuste.files.spreadsheet import harmless
from motjuste.printable import lines, markdown, name

FORMATS = ("text", "json", "csv", "markdown")


def format_option(command: Any) -> Any:
    """The --format option of commands that print rows."""
    return click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)(
        command
    )


def tabulate(
    rows: Iterable[Sequence[Any]], headers: Sequence[str] | dict[str, str] = (), **options: Any
) -> str:
    """The rows as a table of text; a name in a cell stays on its line."""
    shown = [[name(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return tables.tabulate(shown, headers, **options)


def show(headers: Sequence[str], rows: Sequence[Sequence[Any]], form: str) -> None:
    """Print rows under these headers; as JSON, a list of objects."""
    if form == "json":
        objects = [dict(zip(headers, row, strict=True)) for row in rows]
        click.echo(lines(json.dumps(objects, ensure_ascii=False, indent=2)))
    elif form == "csv":
        out = io.StringIO()
        shown = [[harmless(name(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
        csv.writer(out, lineterminator="\n").writerows([headers, *shown])
        click.echo(out.getvalue(), nl=False)
    elif form == "markdown":
        escaped = [[markdown(str(cell)) for cell in row] for row in rows]
        click.echo(tables.tabulate(escaped, headers=headers, tablefmt="github", disable_numparse=True))
    else:
        click.echo(tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True))
