"""Prints rows as text, JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import tabulate as tables

from motjuste.cli.streams import width
from motjuste.files.spreadsheet import harmless
from motjuste.printable import lines, markdown, name

FORMATS = ("text", "json", "csv", "markdown")
GAP = 2  # blanks between two columns
PADDING = 2  # that tabulate leaves beside a title


def format_option(command: Any) -> Any:
    """The --format option of commands that print rows."""
    return click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)(
        command
    )


def tabulate(
    rows: Iterable[Sequence[Any]], headers: Sequence[str] | Mapping[str, str] = (), **options: Any
) -> str:
    """The rows as a table of text; a name in a cell stays on its line.

    Where the terminal is narrower than the table, cells are wrapped between words. Where that is not enough, each row is
    written as a record, a line a column, as psql does with `\\x auto`.
    """
    shown = [[name(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    titles = list(headers.values() if isinstance(headers, Mapping) else headers)
    most = width() if options.get("tablefmt", "simple") in ("simple", "plain") else None
    if most is None or not shown:
        return tables.tabulate(shown, titles, **options)
    widths = fitting(shown, most, titles)
    if widths is None:
        return _records(shown, titles, most)
    wrapped = [[_wrapped(cell, size) for cell, size in zip(row, widths, strict=True)] for row in shown]
    heads = [_wrapped(title, size - PADDING) for title, size in zip(titles, widths, strict=False)]
    return tables.tabulate(wrapped, heads, **options)


def fitting(rows: Sequence[Sequence[Any]], most: int, titles: Sequence[str] = ()) -> list[int] | None:
    """The widths of a table's columns with which no line is longer than `most`; None where the longest words alone are too long."""
    columns = [[_text(cell) for cell in column] for column in zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    least = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    for place, title in enumerate(titles):
        widths[place] = max(widths[place], len(title) + PADDING)
        least[place] = max([least[place], *(len(word) + PADDING for word in title.split())])
    over = sum(widths) + GAP * (len(widths) - 1) - most
    while over > 0:
        # the widest column that can still be narrower gives way first
        wide = max(
            (i for i in range(len(widths)) if widths[i] > least[i]), key=widths.__getitem__, default=None
        )
        if wide is None:
            return None
        widths[wide] -= 1
        over -= 1
    return widths


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _wrapped(cell: Any, size: int) -> Any:
    """A cell whose lines are no longer than that; what fits stays as it is, a number too."""
    text = _text(cell)
    if len(text) <= size:
        return cell
    return "\n".join(textwrap.wrap(text, size, break_long_words=False, break_on_hyphens=False))


def _records(rows: Sequence[Sequence[Any]], titles: Sequence[str], most: int) -> str:
    """Each row as lines of a title and a value, with an empty line between two rows; values are wrapped behind their titles."""
    size = max(map(len, titles), default=0)
    records = []
    for row in rows:
        lines = []
        for place, cell in enumerate(row):
            lead = (titles[place] if place < len(titles) else "").ljust(size) + " " * GAP * bool(size)
            wrap = textwrap.wrap(
                _text(cell), max(most, len(lead) + 20), initial_indent=lead, subsequent_indent=" " * len(lead),
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            lines += wrap or [lead.rstrip()]
        records.append("\n".join(lines))
    return "\n\n".join(records)


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
