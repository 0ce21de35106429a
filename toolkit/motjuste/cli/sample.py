"""`motjuste sample`: notes drawn at random for a person to read, the marks that come back, the rate of each team."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from motjuste import printable
from motjuste.cli import policy, table
from motjuste.cli.common import deliver, dsn_option, force_option, own_dsn_option, reading_options
from motjuste.cli.table import tabulate
from motjuste.db import catalog, connection, reading
from motjuste.db import sampling as stored
from motjuste.db.connection import Connection
from motjuste.db.install import require
from motjuste.db.sampling import Wanted
from motjuste.errors import ConfigError, MotjusteError
from motjuste.files import private
from motjuste.officer import sampling, web
from motjuste.officer.sampling import Drawn, Rate
from motjuste.scanning.scan import Place


@click.group(invoke_without_command=True)
@dsn_option
@click.option(
    "--column", "columns", multiple=True, help="Only this column; may be repeated [default: all watched]."
)
@click.option(
    "--per",
    type=click.Choice(["team", "author", "column"], case_sensitive=False),
    help="Draw so many of each [default: team where motjuste.toml declares [team], else column].",
)
@click.option(
    "--size", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Notes of each team."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only notes written since this day.")
@click.option(
    "--date",
    "date_column",
    help="The column that says when a note was written [default: by its type and name].",
)
@click.option(
    "--seed", type=int, help="The same seed on the same rows draws the same notes [default: at random]."
)
@click.option("--whole", is_flag=True, help="Read every row of a big table: no rare team is missed.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The sheet to write: .csv; or .html to print, with the .csv beside it; - for standard output.",
)
@force_option
@reading_options
@click.pass_context
def sample(
    ctx: click.Context,
    dsn: str | None,
    columns: tuple[str, ...],
    per: str | None,
    size: int,
    since: datetime | None,
    date_column: str | None,
    seed: int | None,
    whole: bool,
    output: Path | None,
    force: bool,
    reads: dict[str, bool],
) -> None:
    """Draw notes at random for a person to read, and write the sheet with the grid to fill in.

    Each note of a team is as likely as any other, long or short, old or new; a big table is not read whole. The sheet
    comes back by `motjuste sample import`. It holds notes: it is written with mode 0600. By team, not by person, unless
    --per author asks for it.

    \b
    Example: motjuste sample --size 30 --since 2026-07-01 --output tirage.csv
             motjuste sample import tirage.csv
             motjuste sample rate
    """
    ctx.obj = dsn
    if ctx.invoked_subcommand:
        return
    wrong = ConfigError(
        "a sample needs a sheet to write to", hint="--output tirage.csv, or tirage.html to print it"
    )
    if output is None:
        raise wrong
    passing = private.claim(output, force=force).passing
    if not passing and output.suffix not in (".csv", ".html"):
        raise wrong
    csv_sheet = output if passing else output.with_suffix(".csv")
    private.claim(csv_sheet, force=force)
    settings = policy.settings()
    first = since.date() if since else None
    if first and first > date.today():
        raise ConfigError(f"--since {first} is in the future", hint="give a day that has passed")
    per = per or ("team" if settings.team else "column")
    if per == "team" and not settings.team:
        raise ConfigError("no team is declared", hint="add [team] to motjuste.toml, or use --per column")
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    with connection.connect(dsn, **reads) as conn:
        require(conn)
        notes: list[Drawn] = []
        for place, author in _places(conn, columns, per):
            named = date_column or next(iter(catalog.date_columns(conn, place.relation)), "")
            if first and not named:
                raise ConfigError(
                    f"{place.label}: its table has no date column",
                    hint="leave --since out, or name other columns",
                )
            wanted = Wanted(place, per, size, seed, author, named, first)
            try:
                drawn = stored.draw(conn, wanted, settings.team, whole=whole)
            except MotjusteError as exc:
                if columns or conn.closed:
                    raise
                # one of all that are watched: its type changed, or this role may not read it
                said = printable.name(f"{place.label}: left out: {exc.message}; {exc.hint}")
                click.echo(said, err=True)
                continue
            notes += drawn.notes
            _tell(place, drawn, size)
        if not notes:
            raise ConfigError("no note to draw from", hint="check --column and --since")
        with conn.transaction():  # no sample without its sheet
            number = stored.store(conn, notes, seed=seed, size=size, per=per, since=first)
            deliver(csv_sheet, sampling.sheet(number, notes), force=force)
            if output != csv_sheet:
                page = web.page(
                    "sample.html",
                    settings.language,
                    sample=number,
                    notes=notes,
                    since=first,
                    per=per,
                    at=date.today(),
                )
                deliver(output, page, force=force)
    click.echo(
        f"sample {number}: {len(notes)} notes, seed {seed}; the sheet holds notes: keep it to those who do the control",
        err=True,
    )
    if per == "author":
        click.echo(
            "drawn by person: staff must have been told of such a control beforehand (Code du travail, art. L. 1222-4 and L. 2312-38)",
            err=True,
        )


def _places(conn: Connection, columns: tuple[str, ...], per: str) -> list[tuple[Place, str]]:
    """The columns to draw from, with their authors'; those without one are left out, and named, where it is needed."""
    known = dict(stored.watched(conn))
    chosen = [reading.parse_name(conn, c).whole for c in columns] or list(known)
    if not chosen:
        raise ConfigError(
            "no column is watched", hint="motjuste attach schema.table.column, or name one: --column"
        )
    if per == "column":
        return [(place, "") for place in chosen]
    found = [(place, known[place]) for place in chosen if known.get(place)]
    for place in chosen:
        if not known.get(place):
            click.echo(
                f"{printable.name(place.label)}: left out, for no author column is declared (motjuste attach --author)",
                err=True,
            )
    if not found:
        raise ConfigError(
            "no column has an author",
            hint="declare it: motjuste attach COLUMN --author NAME; or use --per column",
        )
    return found


def _tell(place: Place, drawn: stored.Draw, size: int) -> None:
    share = f"{drawn.pages_read} of {drawn.pages} pages looked at"
    click.echo(f"{printable.name(place.label)}: {len(drawn.notes)} notes, {share}", err=True)
    for name, lacking in drawn.short.items():
        click.echo(f"  {printable.name(name)}: only {size - lacking} of {size}", err=True)


@sample.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reviewer", help="Who marked them [default: the database role].")
@own_dsn_option
def import_(dsn: str | None, file: Path, reviewer: str | None) -> None:
    """Take in the marks of a filled sheet: oui or non to objective, relevant, free of sensitive data.

    Notes left blank stay to be marked. All lines are checked first: where one is wrong, none is taken. The advice column
    stays in the sheet.

    \b
    Example: motjuste sample import tirage.csv
    """
    found = sampling.marks(private.read(file), str(file))
    if not found:
        raise ConfigError(
            f"{file}: no note is marked", hint="write oui or non in the three columns of each note"
        )
    with connection.connect(dsn) as conn:
        new = stored.mark(conn, found, reviewer or conn.info.user, str(file))
    click.echo(f"{new} notes marked, {len(found) - new} were already. Next: motjuste sample rate", err=True)


@sample.command()
@click.option("--sample", "samples", type=int, multiple=True, help="Only this sample; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "markdown"]),
    default="text",
    show_default=True,
)
@own_dsn_option
def rate(dsn: str | None, samples: tuple[int, ...], form: str) -> None:
    """Print the rate of non-compliant notes of each team and quarter, with its 95 % confidence interval.

    Column by column: of each the same number of notes was drawn, however many it holds.

    \b
    Example: motjuste sample rate --format csv
    """
    with connection.connect(dsn) as conn:
        found = sampling.rates(stored.marked(conn, samples))
    if not found:
        raise ConfigError("no note is marked", hint="motjuste sample import SHEET")
    _show(found, form)


def _show(found: list[Rate], form: str) -> None:
    headers = ["équipe", "colonne", "période", "lus", "non conformes", "taux (95 %)"]
    rows = [
        ("" if r.stratum == r.column else r.stratum, r.column, r.period, r.read, r.faulty, r.said)
        for r in found
    ]
    if form == "json":
        said = [asdict(r) | {"said": r.said} for r in found]
        click.echo(printable.lines(json.dumps(said, ensure_ascii=False, indent=2)))
    elif form == "text":
        click.echo(tabulate(rows, headers, tablefmt="simple", disable_numparse=True))
    else:
        table.show(headers, rows, form)
