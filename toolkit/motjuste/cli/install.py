"""`install`, `attach`, `detach`, `status`, `uninstall`: the checks in the database."""

from __future__ import annotations

import json
import sys
from typing import get_args

import click
from tabulate import tabulate

from motjuste.cli import policy
from motjuste.cli.common import dsn_option
from motjuste.db import connection, reading, watching
from motjuste.db import install as installing
from motjuste.errors import ConfigError
from motjuste.model import Mode

MODES = get_args(Mode)


@click.command()
@dsn_option
@click.option("--sql", "as_sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--dry-run", is_flag=True, help="Do it, say what was done, and roll back.")
def install(dsn: str | None, as_sql: bool, dry_run: bool) -> None:
    """Install or update the checks, and attach every [[watch]] column of motjuste.toml.

    One transaction; run again, it changes only what is out of date.

    \b
    Example: motjuste install --dsn "service=crm" --dry-run
    """
    settings = policy.settings()
    pack = policy.pack(settings)
    if as_sql:
        click.echo(installing.script(pack), nl=False)
        for watch in settings.watches:
            click.echo(watching.attach_statement(watch, settings.mode_of(watch)))
        return
    with connection.connect(dsn) as conn, conn.transaction(force_rollback=dry_run):
        changed = installing.install(conn, pack)
        attached = watching.attach_all(conn, settings)
    verb = "would be " if dry_run else ""
    click.echo(f"schema motjuste: {verb + 'installed' if changed else 'already up to date'}"
               f" (pack {pack.language} {pack.version}, {len(pack.rules)} rules)")  # fmt: skip
    for place, mode in attached:
        click.echo(f"{place.label}: {verb}watched, mode {mode}")
    if not attached:
        click.echo(
            "no column is attached: motjuste.toml has no [[watch]]; try `motjuste discover --write`", err=True
        )


@click.command()
@dsn_option
@click.argument("column")
@click.option("--mode", type=click.Choice(MODES), default="flag", show_default=True)
@click.option("--author", default="", help="Column of the same table that names who wrote the note.")
@click.option("--subject", default="", help="Column of the same table that names about whom it is.")
def attach(dsn: str | None, column: str, mode: str, author: str, subject: str) -> None:
    """Watch COLUMN (schema.table.column, or schema.table.column->>key in jsonb); again to change its mode.

    \b
    Example: motjuste attach crm.client.commentaire --mode block --author agent
    """
    settings = policy.settings()
    with connection.connect(dsn) as conn:
        place = reading.parse_name(conn, column)
        watching.attach(conn, place, mode, author=author, subject=subject)
    click.echo(f"{place.label}: watched, mode {mode}")
    declared = {(w.relation, w.column, w.json_key): w for w in settings.watches}
    policy_of = declared.get((place.relation, place.column, place.json_key))
    if policy_of and settings.mode_of(policy_of) != mode:
        click.echo(
            f"motjuste.toml says mode {settings.mode_of(policy_of)}: change it there too, or the next"
            " `motjuste install` sets it back",
            err=True,
        )


@click.command()
@dsn_option
@click.argument("column")
def detach(dsn: str | None, column: str) -> None:
    """Stop watching COLUMN. Its findings stay.

    \b
    Example: motjuste detach crm.client.commentaire
    """
    with connection.connect(dsn) as conn:
        place = reading.parse_name(conn, column)
        watching.detach(conn, place)
    click.echo(f"{place.label}: no longer watched")


@click.command()
@dsn_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(dsn: str | None, form: str) -> None:
    """Say of each watched column whether its checks are installed, outdated, altered, disabled or missing.

    Also whether its rules are those of motjuste.toml. Exit code 0: all installed; 1: something is not; 2: could
    not look, or nothing is watched.

    \b
    Example: motjuste status --format json
    """
    with connection.connect(dsn) as conn:
        found = watching.states(conn)
        current = bool(found) and installing.holds(conn, policy.pack())
    if not found:
        raise ConfigError(
            "no column is watched", hint="motjuste attach schema.table.column, or motjuste install"
        )
    if form == "json":
        rows = [
            {
                "column": s.place.label,
                "mode": s.mode,
                "state": s.state,
                "open_findings": s.open_findings,
                "scanned_at": s.scanned_at.isoformat() if s.scanned_at else None,
                "rows_read": s.rows_read or None,
            }
            for s in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = [
            (
                s.place.label,
                s.mode,
                s.state,
                s.open_findings,
                f"{s.scanned_at:%Y-%m-%d %H:%M}" if s.scanned_at else "never",
                s.rows_read,
            )
            for s in found
        ]
        headers = ["column", "mode", "state", "open findings", "last scan", "rows read / existing"]
        click.echo(tabulate(table, headers=headers, disable_numparse=True))
    if not current:
        click.echo(
            "the database has other rules than this motjuste and its motjuste.toml: motjuste install",
            err=True,
        )
    sys.exit(0 if current and all(s.state == "installed" for s in found) else 1)


@click.command()
@dsn_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def uninstall(dsn: str | None, yes: bool) -> None:
    """Remove every trigger and the schema motjuste with its findings. The notes stay as they are.

    \b
    Example: motjuste uninstall --dsn "service=crm"
    """
    with connection.connect(dsn) as conn:
        installing.require(conn)
        if not yes:
            click.confirm(
                f"Remove motjuste and all findings from database {conn.info.dbname!r}?", abort=True, err=True
            )
        for name in installing.uninstall(conn):
            click.echo(f"{name}: no longer watched")
    click.echo("schema motjuste: removed")
