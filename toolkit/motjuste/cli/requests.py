"""`motjuste access receive | register | extend`: requests for access, and until when they are to be answered."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date, datetime

import click

from motjuste.access import register
from motjuste.cli import policy
from motjuste.cli.common import own_dsn_option
from motjuste.cli.table import tabulate
from motjuste.db import connection
from motjuste.db.access import find
from motjuste.db.access import register as stored
from motjuste.errors import ConfigError
from motjuste.files.spreadsheet import harmless
from motjuste.printable import lines, name

subject_option = click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="TABLE=KEY",
    help="A row of the person's, by its key (crm.client=42) or another column (crm.client.email=...); may be repeated.",
)
received_option = click.option(
    "--received", type=click.DateTime(["%Y-%m-%d"]), help="The day the request came in [default: today]."
)


def past(moment: datetime | None) -> date | None:
    if moment is None:
        return None
    if moment.date() > date.today():
        raise ConfigError(
            f"--received {moment.date()} is in the future", hint="give the day the request came in"
        )
    return moment.date()


@click.command()
@subject_option
@received_option
@own_dsn_option
def receive(dsn: str | None, subjects: tuple[str, ...], received: datetime | None) -> None:
    """Record a request that came in, to be answered later: its due date runs from the day it came.

    \b
    Example: motjuste access receive --subject crm.client=42 --received 2026-11-03
    """
    day = past(received)
    if not subjects:
        raise ConfigError("a request is somebody's", hint="--subject crm.client=42")
    with connection.connect(dsn) as conn:
        rows = find.identify(conn, subjects, policy.settings())
        stored.register(conn)
        number, new = stored.receive(conn, register.subjects(rows), day)
        due = next(r.due for r in stored.register(conn) if r.id == number)
    click.echo(f"request {number}{'' if new else ' was there already'}, due {due}")


@click.command("register")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True
)
@click.option("--allow-empty", is_flag=True, help="An empty register is not an error.")
@own_dsn_option
def register_(dsn: str | None, form: str, allow_empty: bool) -> None:
    """List the requests with the days left to answer: those that are due first come first.

    Exit code 0: none is overdue; 1: one is; 2: could not look, or there is none.

    \b
    Example: motjuste access register --format csv
    """
    with connection.connect(dsn) as conn:
        found = stored.register(conn)
    if not found and not allow_empty:
        raise ConfigError(
            "the register is empty", hint="motjuste access receive records a request; or --allow-empty"
        )
    rows = [r.row() for r in found]
    if form == "json":
        click.echo(lines(json.dumps([r.record() for r in found], ensure_ascii=False, indent=2)))
    elif form == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([register.HEADER, *([harmless(name(str(c))) for c in row] for row in rows)])
        click.echo(out.getvalue(), nl=False)
    else:
        click.echo(tabulate(rows, headers=register.HEADER, disable_numparse=True))
    sys.exit(1 if any(r.overdue for r in found) else 0)


@click.command()
@click.argument("number", metavar="ID", type=int)
@click.option("--reason", required=True, help="Why the answer takes longer: tell the person the same.")
@own_dsn_option
def extend(dsn: str | None, number: int, reason: str) -> None:
    """Extend the term of request ID by two months, once, with a reason (GDPR art. 12.3).

    \b
    Example: motjuste access extend 7 --reason "trois bases archivées à relire"
    """
    if not reason.strip():
        raise ConfigError("--reason is empty", hint="the law asks for one, and the person is told it")
    with connection.connect(dsn) as conn:
        due = stored.extend(conn, number, reason.strip())
    click.echo(
        f"request {number}: due {due}; tell the person so, with the reason, before the first month ends"
    )
