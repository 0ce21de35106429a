"""`motjuste migrate plan`: decisions become the files of a migration."""

from __future__ import annotations

import filecmp
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import click

from motjuste import __version__, assets
from motjuste.access.document import RESTRICTED
from motjuste.cli import keeping, policy
from motjuste.cli.common import dsn_option, reading_options, say
from motjuste.cli.ledger import refuse_unfinished
from motjuste.cli.table import tabulate
from motjuste.db import connection, deciding, findings, redact
from motjuste.db.copies import around as beside
from motjuste.db.install import require
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration import decisions
from motjuste.migration.formats import FORMATS, Options, Writing
from motjuste.migration.plan import BATCH, NO_ESCROW, ONE_TRANSACTION, Plan, counted
from motjuste.migration.rows import Rows
from motjuste.migration.shape import CHANGING, About, Survey
from motjuste.migration.survey import Surveyor

pause_option = click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.05,
    show_default=True,
    help="Seconds between two batches.",
)


@click.command()
@dsn_option
@click.argument(
    "file", metavar="[DECISIONS]", required=False, type=click.Path(path_type=Path, dir_okay=False)
)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@click.option("--name", help="Name of the migration [default: the folder's].")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="psql",
    show_default=True,
    help="Whose migration.",
)
@click.option("--version", default="", help="Number of the migration: flyway, dbmate, golang-migrate.")
@click.option("--down-revision", default="", help="Revision before this one: alembic (`base`: none).")
@click.option("--dependency", default="", metavar="APP.MIGRATION", help="Migration before this one: django.")
@click.option(
    "--batch",
    type=click.IntRange(min=0),
    help=f"Notes in each committed transaction, 0: all in one [default: one up to {ONE_TRANSACTION} notes, then {BATCH}].",
)
@pause_option
@click.option("--second-reader", is_flag=True, help="Refuse what no second person confirmed.")
@click.option(
    "--vacuum/--no-vacuum", default=True, help="Drop the dead row versions at the end (psql, sqitch)."
)
@click.option(
    "--copies",
    type=click.Choice(["tell", "redact", "no"]),
    default="tell",
    show_default=True,
    help="Columns elsewhere that hold the same notes, as a history does: tell of them, redact them too, or do not look.",
)
@click.option(
    "--everywhere", is_flag=True, help="Look for copies in every text column, not only in those alike."
)
@click.option(
    "--escrow",
    metavar="RECIPIENT",
    help="Keep the originals, encrypted to this public key (age1..., extra 'escrow').",
)
@click.option("--escrow-until", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the escrow ends.")
@click.option("--allow-empty", is_flag=True, help="Having nothing to redact is not an error.")
@reading_options
def plan(
    dsn: str | None,
    file: Path | None,
    output: Path,
    name: str | None,
    form: str,
    batch: int | None,
    second_reader: bool,
    copies: str,
    everywhere: bool,
    escrow: str | None,
    escrow_until: datetime | None,
    allow_empty: bool,
    reads: dict[str, bool],
    **options: Any,
) -> None:
    """Write the redaction that reviewers decided as a migration for your own runner. Changes no database.

    The decisions are those that the database holds. With a file DECISIONS, only those that are in it; where the database can be
    written it must hold them too, but those that `motjuste access` wrote.

    \b
    Example: motjuste migrate plan --output redaction-2026-11
             motjuste migrate plan --output db/migrations \\
                 --format dbmate --version 20261125090000 --name redaction
    """
    if file:
        refuse_unfinished(file)
    box = keeping.box(escrow, escrow_until.date() if escrow_until else None)

    with (
        connection.connect(dsn, **reads) as conn,
        _decided(conn, file) as (read, source),
        tempfile.TemporaryFile() as aside,
    ):
        surveyor, survey, rows = _surveyed(conn, read, source, second_reader, aside, stale=file is not None)
        if not survey.notes:
            if allow_empty:
                return
            raise ConfigError(
                f"{source}: no decision changes a note",
                hint="accept findings: motjuste review; or use --allow-empty",
            )
        if survey.restricts:
            _refuse_loss(source, kept=box is not None, redacted=copies == "redact")

        about = _about(conn, name or output.resolve().name)
        around = beside(
            conn,
            surveyor.columns,
            surveyor.digests,
            search=copies != "no",
            redact=copies == "redact",
            everywhere=everywhere,
        )
        if batch is None:
            batch = BATCH if survey.notes > ONE_TRANSACTION else 0
        made = Plan(rows, survey, surveyor.columns, _templates(), about, around, batch, box is not None)
        writing = Writing(made, form, Options(**options))
        changing = partial(decisions.changing, private.lines(read))
        paths = _write(output, writing, box.writer(conn, about, changing) if box else None)
    for path in paths:
        click.echo(path)
    if around.copies:
        click.echo("\nbeside the notes, these hold their text:", err=True)
        told = [
            (c.kind, c.where, c.what if c.rows is None else f"{c.what} ({c.rows} row(s) now)", c.handled)
            for c in around.copies
        ]
        click.echo(tabulate(told, tablefmt="plain", disable_numparse=True), err=True)
        click.echo("", err=True)
    then = writing.then.replace("{folder}", str(output))
    if not box:
        say(NO_ESCROW)
    say(f"{counted(survey.notes, survey.emptied)}; next: {then}")


@contextmanager
def _decided(conn: connection.Connection, file: Path | None) -> Iterator[tuple[Path, str]]:
    """The file of decisions, and what messages call it; without one, those of the database, put aside in a file while it is read."""
    require(conn)
    if file:
        yield file, str(file)
        return
    bare = 0
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as aside:
        with _room():
            for _, d in deciding.stored(conn):
                aside.write(decisions.write([d]))
                bare += not d.edits and any(v.action in CHANGING for v in d.verdicts)
            aside.flush()
        if bare:
            say(
                f"{bare} note(s) are accepted, and nothing says what is to be written: motjuste review --redo"
            )
        yield Path(aside.name), "decisions of the database"


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ConfigError(
            f"{tempfile.gettempdir()}: {exc.strerror}",
            hint="make room there, or set TMPDIR to another folder",
        ) from exc


def _surveyed(
    conn: connection.Connection,
    file: Path,
    source: str,
    second_reader: bool,
    aside: IO[bytes],
    *,
    stale: bool,
) -> tuple[Surveyor, Survey, Rows]:
    """The decisions, checked, their rows put aside in order; only those of a file out of order fill the memory."""
    with _room():
        rows, surveyor = Rows(aside), _surveyor(conn, source, second_reader, stale=stale)
        survey = surveyor.survey(decisions.parse(private.lines(file), source), rows.add)
        if not surveyor.sorted:
            numbered = sorted(
                decisions.parse(private.lines(file), source), key=lambda x: decisions.identity(x[1])
            )
            aside.seek(0)
            aside.truncate()
            rows, surveyor = Rows(aside), _surveyor(conn, source, second_reader, stale=stale)
            survey = surveyor.survey(numbered, rows.add)
    return surveyor, survey, rows


def _surveyor(conn: connection.Connection, source: str, second_reader: bool, *, stale: bool) -> Surveyor:
    matcher = policy.matcher()
    return Surveyor(
        source,
        matcher.find,
        {rule.id: rule.category for rule in matcher.pack.rules},
        lambda made: findings.unknown(conn, made),
        lambda where: redact.column(conn, where),
        stale=lambda made: deciding.stale(conn, made) if stale else {},
        second_reader=second_reader,
        empty=findings.empty_digest(conn),
        notices=RESTRICTED,
        named=not stale,
    )


def _refuse_loss(source: str, *, kept: bool, redacted: bool) -> None:
    """Refuse a restriction that could not be lifted: the law keeps its notes for the person (GDPR art. 18)."""
    if not kept:
        raise ConfigError(
            f"{source}: a restriction is to be lifted one day, so its notes need an escrow",
            hint="add --escrow age1... --escrow-until DAY; to erase them for good: motjuste access --erase",
        )
    if redacted:
        raise ConfigError(
            f"{source}: with --copies redact, copies of restricted notes would not come back",
            hint="leave it out; [[link]] in motjuste.toml ties a table to the person, whose notes are then restricted too",
        )


def _about(conn: connection.Connection, name: str) -> About:
    pack = policy.matcher().pack
    said = f"pack {pack.language} {pack.version} ({pack.digest[:12]})"
    return About(name, said, __version__, findings.key_check(conn))


def _templates() -> dict[str, str]:
    folder = assets.asset_dir("migrations") / "templates"
    return {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir()}


def _write(output: Path, writing: Writing, escrow: private.Fill | None) -> list[Path]:
    """Write the files of a migration, all or none; another one with their names is not replaced."""
    paths = []
    with private.drafts() as draft:
        for filename, pieces in writing.files():
            path = output / filename
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = draft(path, pieces)
            if path.exists() and not filecmp.cmp(made, path, shallow=False):
                raise ConfigError(
                    f"{path} is another plan already", hint="give another --output, or remove it"
                )
            paths.append(path)
        if escrow:
            path = output / f"escrow-{writing.plan.about.name}.age"
            if path.exists():
                raise ConfigError(f"{path} is there already", hint="give another --output, or remove it")
            draft(path, escrow)
            paths.append(path)
    return paths
