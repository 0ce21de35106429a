"""`motjuste migrate`: plan, apply and verify a redaction."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click
from tabulate import tabulate

from motjuste import __version__, assets, decisions, migration
from motjuste.cli import policy, private
from motjuste.cli.common import dsn_option
from motjuste.db import connection, redact
from motjuste.errors import ConfigError
from motjuste.migration import CLEAN, REDACTED, About, Outcome

TEMPLATES = ("deploy.sql", "verify.sql", "revert.sql", "key.sql")
folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))


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
@click.option("--allow-empty", is_flag=True, help="Having nothing to redact is not an error.")
def plan(dsn: str | None, file: Path, output: Path, name: str | None, allow_empty: bool) -> None:
    """Write deploy.sql, verify.sql and revert.sql for the accepted findings of DECISIONS. Changes no database.

    \b
    Example: motjuste migrate plan motjuste-decisions.jsonl --output redaction-2026-11
    """
    made = decisions.read(private.read(file), str(file))
    if not migration.redactions(made):
        if allow_empty:
            return
        raise ConfigError(
            f"{file}: no decision changes a note",
            hint="accept findings: motjuste review; or use --allow-empty",
        )
    pack = policy.pack()
    about = About(
        name or output.resolve().name,
        f"pack {pack.language} {pack.version} ({pack.digest[:12]})",
        __version__,
        {rule.id: rule.category for rule in pack.rules},
    )
    with connection.connect(dsn) as conn:
        columns = redact.columns(conn, made)
    templates = {t: assets.read("migrations", "templates", t) for t in TEMPLATES}
    files = migration.plan(made, columns, templates, about)
    _refuse_other(output, files)
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{output}: {exc.strerror}", hint="give another --output") from exc
    for filename, text in files.items():
        private.write(output / filename, text)
        click.echo(output / filename)
    click.echo(
        f"{len(migration.redactions(made))} note(s); next: motjuste migrate apply {output} --dry-run",
        err=True,
    )


def _refuse_other(output: Path, files: dict[str, str]) -> None:
    for filename, text in files.items():
        if private.read(output / filename, missing=text) != text:
            raise ConfigError(
                f"{output} already holds another plan", hint="give another --output, or remove it"
            )


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
def apply(
    dsn: str | None, folder: Path, dry_run: bool, yes: bool, max_rows: int | None, lock_timeout: str
) -> None:
    """Run FOLDER/deploy.sql in one transaction and say what became of each note. Running it again changes nothing.

    Exit code 0: every note is clean; 1: notes were left alone, changed since review or deleted; 2: could not run.

    \b
    Example: motjuste migrate apply redaction-2026-11 --dry-run
    """
    body = migration.body(private.read(folder / "deploy.sql"), lock_timeout)
    with connection.connect(dsn) as conn:
        name = redact.database(conn)
        click.echo(f"database: {name}", err=True)
        if (
            not (yes or dry_run)
            and click.prompt("type its name to redact it", default="", show_default=False, err=True) != name
        ):
            raise ConfigError(
                "not the name of the database; nothing was changed", hint=f"type {name}, or use --yes"
            )
        outcomes = redact.apply(conn, body, dry_run=dry_run, max_rows=max_rows)
    _show(outcomes)
    if dry_run:
        click.echo("dry run: rolled back, nothing was changed", err=True)
    sys.exit(0 if all(o.outcome in (REDACTED, CLEAN) for o in outcomes) else 1)


def _show(outcomes: list[Outcome]) -> None:
    counts = Counter((o.place, o.outcome) for o in outcomes)
    rows = [(column, outcome, count) for (column, outcome), count in sorted(counts.items())]
    click.echo(tabulate(rows, headers=["column", "outcome", "notes"], disable_numparse=True))
    for o in outcomes:
        if o.outcome != REDACTED:
            click.echo(f"{o.place} {o.row_key}: {o.outcome}")


@migrate.command()
@dsn_option
@folder_argument
def verify(dsn: str | None, folder: Path) -> None:
    """Check that no note of FOLDER/verify.sql stands as it was reviewed.

    Exit code 0: none; 1: some; 2: could not run.

    \b
    Example: motjuste migrate verify redaction-2026-11
    """
    body = migration.body(private.read(folder / "verify.sql"))
    with connection.connect(dsn) as conn:
        standing = redact.verify(conn, body)
    click.echo(standing or "verified: no reviewed note stands")
    sys.exit(1 if standing else 0)
