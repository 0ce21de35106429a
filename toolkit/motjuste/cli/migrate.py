"""`motjuste migrate`: plan, apply and verify a redaction."""

from __future__ import annotations

import filecmp
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from motjuste import __version__, assets, decisions
from motjuste.cli import policy, private
from motjuste.cli.common import dsn_option
from motjuste.cli.ledger import refuse_unfinished
from motjuste.cli.progress import counter
from motjuste.db import connection, findings, redact
from motjuste.db.copies import around as beside
from motjuste.db.install import require
from motjuste.errors import ConfigError
from motjuste.migration.formats import FORMATS, Options, Writing
from motjuste.migration.plan import BATCH, ONE_TRANSACTION, Plan
from motjuste.migration.script import Unit, units
from motjuste.migration.shape import CLEAN, REDACTED, About
from motjuste.migration.survey import Surveyor, in_order
from motjuste.model import Decision

folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True))


@click.group()
def migrate() -> None:
    """Write, apply and verify a redaction migration."""


@migrate.command()
@dsn_option
@click.argument("file", metavar="DECISIONS", type=click.Path(path_type=Path, dir_okay=False))
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
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.05,
    show_default=True,
    help="Seconds between two batches.",
)
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
@click.option("--allow-empty", is_flag=True, help="Having nothing to redact is not an error.")
def plan(
    dsn: str | None,
    file: Path,
    output: Path,
    name: str | None,
    form: str,
    batch: int | None,
    second_reader: bool,
    copies: str,
    everywhere: bool,
    allow_empty: bool,
    **options: Any,
) -> None:
    """Write the redaction of DECISIONS as a migration for your own runner. Changes no database.

    \b
    Example: motjuste migrate plan motjuste-decisions.jsonl --output redaction-2026-11
             motjuste migrate plan motjuste-decisions.jsonl --output db/migrations \\
                 --format dbmate --version 20261125090000 --name redaction
    """
    refuse_unfinished(file)
    matcher = policy.matcher()
    pack = matcher.pack
    with connection.connect(dsn) as conn:
        require(conn)
        surveyor = Surveyor(
            str(file),
            matcher.find,
            {rule.id: rule.category for rule in pack.rules},
            lambda made: findings.unknown(conn, made),
            lambda where: redact.column(conn, where),
            second_reader=second_reader,
        )
        survey = surveyor.survey(decisions.parse(private.lines(file), str(file)))
        if not survey.notes:
            if allow_empty:
                return
            raise ConfigError(
                f"{file}: no decision changes a note",
                hint="accept findings: motjuste review; or use --allow-empty",
            )
        about = About(
            name or output.resolve().name,
            f"pack {pack.language} {pack.version} ({pack.digest[:12]})",
            __version__,
            findings.key_check(conn),
        )

        def ordered() -> Iterator[Decision]:
            return in_order(decisions.parse(private.lines(file), str(file)), already=surveyor.sorted)

        around = beside(
            conn,
            surveyor.columns,
            ordered(),
            search=copies != "no",
            redact=copies == "redact",
            everywhere=everywhere,
        )
    made = Plan(
        ordered,
        survey,
        surveyor.columns,
        {
            f.name: f.read_text(encoding="utf-8")
            for f in (assets.asset_dir("migrations") / "templates").iterdir()
        },
        about,
        around,
        batch=batch if batch is not None else BATCH if survey.notes > ONE_TRANSACTION else 0,
    )
    writing = Writing(made, form, Options(**options))
    for path in _write(output, writing):
        click.echo(path)
    if around.copies:
        click.echo("\nbeside the notes, these hold their text:", err=True)
        click.echo(tabulate(around.copies, tablefmt="plain", disable_numparse=True), err=True)
        click.echo("", err=True)
    then = writing.then.replace("{folder}", str(output))
    click.echo(f"{survey.notes} note(s); next: {then}", err=True)


def _write(output: Path, writing: Writing) -> list[Path]:
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
    return paths


@migrate.command()
@dsn_option
@folder_argument
@click.option(
    "--dry-run", is_flag=True, help="Do it all, show what would become of each note, and roll back."
)
@click.option("--yes", is_flag=True, help="Do not ask for the database's name.")
@click.option(
    "--max-rows", type=click.IntRange(min=0), help="Change nothing where more notes than this would change."
)
@click.option("--lock-timeout", default="5s", show_default=True, help="How long to wait for a locked row.")
@click.option(
    "--statement-timeout", default="15min", show_default=True, help="How long a statement may last."
)
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.05,
    show_default=True,
    help="Seconds between two batches.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 100),
    default=5,
    show_default=True,
    help="How often a transaction is tried again after a lock timeout, a deadlock or a serialization failure.",
)
def apply(
    dsn: str | None,
    folder: Path,
    dry_run: bool,
    yes: bool,
    max_rows: int | None,
    **how: Any,
) -> None:
    """Run a plan (format psql or sqitch) and say what became of each note.

    FOLDER is that of the plan, or its deploy file. What is done stays done: after an interruption run it again.

    Exit code 0: every note is clean; 1: notes were left alone, changed since review or deleted, or want a look;
    2: could not run.

    \b
    Example: motjuste migrate apply redaction-2026-11 --dry-run
    """
    file = folder / "deploy.sql" if folder.is_dir() else folder
    read = list(_without_text(units(private.lines(file), str(file))))
    total, by_batch = sum(u.notes for u in read), any(u.kind == "batch" for u in read)
    with connection.connect(dsn) as conn:
        name = redact.database(conn)
        click.echo(f"database: {name}; {total} note(s) planned", err=True)
        if (
            not (yes or dry_run)
            and click.prompt("type its name to redact it", default="", show_default=False, err=True) != name
        ):
            raise ConfigError(
                "not the name of the database; nothing was changed", hint=f"type {name}, or use --yes"
            )
        if max_rows is not None and total > max_rows and by_batch and not dry_run:
            # batches are committed one by one: count first
            trial = redact.Run(**how, dry=True)
            for _ in trial.run(conn, units(private.lines(file), str(file)), max_rows=max_rows):
                pass
        counts: Counter[tuple[str, str]] = Counter()
        with counter(total, "notes") as advance:
            run = redact.Run(**how, dry=dry_run, progress=advance)
            for o in run.run(conn, units(private.lines(file), str(file)), max_rows=max_rows):
                counts[o.place, o.outcome] += 1
                if o.outcome != REDACTED:
                    click.echo(f"{o.place} {o.row_key}: {o.outcome}")
    _summary(counts)
    if run.retried:
        click.echo(f"{run.retried} transaction(s) tried again: another session held a row", err=True)
    if dry_run:
        click.echo("dry run: rolled back, nothing was changed", err=True)
    sys.exit(0 if all(outcome in (REDACTED, CLEAN) for _, outcome in counts) else 1)


def _without_text(found: Iterator[Unit]) -> Iterator[Unit]:
    yield from (Unit(u.kind, "", u.notes) for u in found)


def _summary(counts: Counter[tuple[str, str]]) -> None:
    rows = [(column, outcome, count) for (column, outcome), count in sorted(counts.items())]
    click.echo(tabulate(rows, headers=["column", "outcome", "notes"], disable_numparse=True))


@migrate.command()
@dsn_option
@folder_argument
def verify(dsn: str | None, folder: Path) -> None:
    """Check that nothing of what a plan redacts still stands: notes, copies, materialized views, statistics.

    FOLDER is that of the plan, or its verify file. Changes nothing.

    Exit code 0: nothing stands; 1: something does; 2: could not run.

    \b
    Example: motjuste migrate verify redaction-2026-11
    """
    file = folder / "verify.sql" if folder.is_dir() else folder
    with connection.connect(dsn) as conn:
        standing = "; ".join(
            filter(
                None,
                (redact.verify(conn, u) for u in units(private.lines(file), str(file)) if u.kind == "verify"),
            )
        )
    click.echo(standing or "verified: nothing of what was redacted still stands")
    sys.exit(1 if standing else 0)
