"""`motjuste scan`: every note of the watched columns, with a proof of what was read."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import click
from tabulate import tabulate

from motjuste.cli import policy
from motjuste.cli.common import dsn_option, second_reader, second_reading_option
from motjuste.db import connection, reading, watching
from motjuste.db.install import require
from motjuste.errors import ConfigError
from motjuste.matcher import Matcher
from motjuste.scan import Place, Tally
from motjuste.second import CERTAINTIES, Reader

LINE_EVERY = 10.0  # seconds between two log lines where there is no terminal


@click.command()
@dsn_option
@click.argument("columns", nargs=-1)
@second_reading_option
@click.option("--allow-empty", is_flag=True, help="Reading no row at all is not an error.")
def scan(dsn: str | None, columns: tuple[str, ...], second_reading: bool, allow_empty: bool) -> None:
    """Read every note of COLUMNS (default: all watched columns) and record the findings in motjuste.finding.

    Exit code 0: nothing found; 1: findings; 2: could not run.

    \b
    Example: motjuste scan crm.client.commentaire
             motjuste scan --second-reading
    """
    matcher = policy.matcher()
    second = second_reader(matcher.pack) if second_reading else None
    with (
        connection.connect(dsn) as writer,
        connection.connect(
            dsn, options=f"-c default_transaction_read_only=on {connection.KEY_OPTIONS}"
        ) as reader,
    ):
        require(writer)
        places = [reading.parse_name(reader, c) for c in columns] or watching.watched(writer)
        if not places:
            raise ConfigError(
                "nothing to scan: no column is watched", hint="name a column, or run motjuste install"
            )
        tallies = [_one(reader, writer, matcher, place, second) for place in places]
    _summary(tallies)
    if not sum(t.rows_read for t in tallies) and not allow_empty:
        raise ConfigError("no row was read", hint="check the columns, or use --allow-empty")
    sys.exit(1 if any(t.findings for t in tallies) else 0)


def _one(
    reader: connection.Connection,
    writer: connection.Connection,
    matcher: Matcher,
    place: Place,
    second: Reader | None,
) -> Tally:
    if not sys.stderr.isatty():
        return reading.scan(reader, writer, matcher, place, _log_lines(), second)
    total = reading.count(reader, place)
    shown: Any = click.progressbar(
        length=total,
        label=place.label,
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda t: f"{t.findings} finding(s)" if t else "",
    )
    with shown as bar:

        def advance(tally: Tally) -> None:
            bar.update(tally.rows_read - bar.pos, tally)

        return reading.scan(reader, writer, matcher, place, advance, second)


def _log_lines() -> Callable[[Tally], None]:
    last = time.monotonic()

    def line(tally: Tally) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY:
            last = time.monotonic()
            click.echo(
                f"{tally.place.label}: {tally.rows_read} of {tally.rows_that_exist} rows, {tally.findings} finding(s)",
                err=True,
            )

    return line


def _summary(tallies: list[Tally]) -> None:
    headers = ["column", "rows read", "rows that exist", "notes with findings", "findings", "block", "watch"]
    rows = [
        (
            t.place.label,
            t.rows_read,
            t.rows_that_exist,
            t.notes_with_findings,
            t.findings,
            t.levels["block"],
            t.levels["watch"],
        )
        for t in tallies
    ]
    if len(rows) > 1:
        rows.append(("total", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    click.echo(tabulate(rows, headers=headers))
    categories: Counter[str] = Counter()
    certainties: Counter[str] = Counter()
    for t in tallies:
        categories.update(t.categories)
        certainties.update(t.certainties)
    if categories:
        click.echo()
        click.echo(tabulate(categories.most_common(), headers=["category", "findings"]))
    if certainties:
        click.echo()
        click.echo(
            tabulate([(c, certainties[c]) for c in CERTAINTIES], headers=["second reading", "findings"])
        )
