"""`motjuste migrate`: plan, apply and verify a redaction."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from motjuste import printable
from motjuste.cli import keeping
from motjuste.cli.agree import agree
from motjuste.cli.common import dsn_option, say, trust_option
from motjuste.cli.plan import pause_option, plan
from motjuste.cli.progress import counter
from motjuste.cli.table import tabulate
from motjuste.db import connection, redact
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration.plan import NO_ESCROW, counted, forewarned
from motjuste.migration.script import Unit, units
from motjuste.migration.shape import CLEAN, REDACTED

folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True))


@click.group()
def migrate() -> None:
    """Write, apply and verify a redaction migration."""


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
@click.option(
    "--lock-timeout",
    default="5s",
    show_default=True,
    help="How long to wait for a locked row: at most half of deadlock_timeout.",
)
@click.option(
    "--statement-timeout", default="15min", show_default=True, help="How long a statement may last."
)
@trust_option
@pause_option
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
    trust_owner: bool,
    **how: Any,
) -> None:
    """Run a plan (format psql or sqitch) and say what became of each note.

    FOLDER is that of the plan, or its deploy file. What is done stays done: after an interruption run it again.
    Triggers, checks and index expressions of a table run with the rights of the role that updates it: --dry-run lists them,
    and a superuser is refused on other people's tables. Connect as their owner.

    Exit code 0: every note is clean; 1: notes were left alone, changed since review or deleted, or want a look;
    2: could not run.

    \b
    Example: motjuste migrate apply redaction-2026-11 --dry-run
    """
    file = folder / "deploy.sql" if folder.is_dir() else folder
    read = list(_without_text(units(private.lines(file), str(file))))
    if not read or read[-1].kind == "verify":
        raise ConfigError(f"{file} redacts nothing", hint="give the folder of the plan, or its deploy file")
    total, by_batch = sum(u.notes for u in read), any(u.kind == "batch" for u in read)
    empty, kept = forewarned(private.lines(file))
    with connection.connect(dsn, trust_owner=trust_owner) as conn:
        if not kept and (dry_run or not yes):
            say(NO_ESCROW)
        agree(redact.database(conn), counted(total, empty, "note(s) planned"), sure=yes or dry_run)
        if max_rows is not None and total > max_rows and by_batch and not dry_run:
            # batches are committed one by one: count first
            trial = redact.Run(**how, dry=True)
            for _ in trial.run(conn, units(private.lines(file), str(file)), max_rows=max_rows):
                pass
        counts: Counter[tuple[str, str]] = Counter()
        with counter(total, "notes") as advance:
            run = redact.Run(**how, dry=dry_run, progress=advance)
            for o in run.run(conn, units(private.lines(file), str(file)), max_rows=max_rows):
                counts[o.place, o.outcome] += o.notes
                if o.outcome not in (REDACTED, CLEAN):
                    click.echo(f"{printable.name(o.place)} {printable.name(o.row_key)}: {o.outcome}")
    _summary(counts)
    if run.retried:
        say(f"{run.retried} transaction(s) tried again: another session held a row")
    if dry_run:
        say("dry run: rolled back, nothing was changed")
    if dry_run and run.runs:
        click.echo("\nthe updates run this:", err=True)
        told = [(kind, name, on, what, f"as {role}") for kind, name, on, what, role in run.runs]
        click.echo(tabulate(told, tablefmt="plain", disable_numparse=True), err=True)
    say(f"Next: motjuste migrate {'apply' if dry_run else 'verify'} {folder}")
    sys.exit(0 if all(outcome in (REDACTED, CLEAN) for _, outcome in counts) else 1)


def _without_text(found: Iterator[Unit]) -> Iterator[Unit]:
    yield from (Unit(u.kind, "", u.notes) for u in found)


def _summary(counts: Counter[tuple[str, str]]) -> None:
    rows = [(column, outcome, count) for (column, outcome), count in sorted(counts.items())]
    click.echo(tabulate(rows, headers=["column", "outcome", "notes"], disable_numparse=True))


@migrate.command()
@dsn_option
@folder_argument
@trust_option
def verify(dsn: str | None, folder: Path, trust_owner: bool) -> None:
    """Check that nothing of what a plan redacts still stands: notes, copies, materialized views, statistics.

    FOLDER is that of the plan, or its verify file. Changes nothing.

    Exit code 0: nothing stands; 1: something does; 2: could not run.

    \b
    Example: motjuste migrate verify redaction-2026-11
    """
    file = folder / "verify.sql" if folder.is_dir() else folder
    with connection.connect(dsn, trust_owner=trust_owner) as conn:
        said = [redact.verify(conn, u) for u in units(private.lines(file), str(file)) if u.kind == "verify"]
    if not said:
        raise ConfigError(f"{file} verifies nothing", hint="give the folder of the plan, or its verify file")
    standing = "; ".join(filter(None, said))
    click.echo(printable.name(standing) or "verified: nothing of what this plan redacts still stands")
    sys.exit(1 if standing else 0)


migrate.add_command(plan)
migrate.add_command(keeping.restore)
