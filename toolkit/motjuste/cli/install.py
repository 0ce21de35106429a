"""`install`, `uninstall`: the schema motjuste in a database."""

from __future__ import annotations

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import Locks, dsn_option, lock_options, say
from motjuste.db import connection, watching
from motjuste.db import install as installing
from motjuste.db.patience import patiently


@click.command()
@dsn_option
@click.option(
    "--sql", "as_sql", is_flag=True, help="Print the SQL instead of running it; no database needed."
)
@click.option("--dry-run", is_flag=True, help="Do it, say what was done, and roll back.")
@click.option(
    "--as",
    "owner",
    metavar="ROLE",
    default="",
    help="The role that is to own all of it, none with a superuser's rights [default: who owns it; at first, who connects].",
)
@click.option("--published", is_flag=True, help="Even where a publication of all tables replicates ours too.")
@lock_options
def install(dsn: str | None, as_sql: bool, dry_run: bool, owner: str, published: bool, locks: Locks) -> None:
    """Install or update the checks, and attach every [[watch]] column of motjuste.toml.

    One transaction; run again, it changes only what is out of date or was altered by hand. An older installation is moved on, and
    what it found stays. Where a table is locked it gives way and tries again. With --as, an installation that is there changes hands.

    \b
    Example: motjuste install --dsn "service=crm" --dry-run
             motjuste install --as motjuste_owner
             motjuste install --sql > install.sql
    """
    settings = policy.settings()
    matcher = policy.matcher(settings)
    pack = matcher.pack
    if as_sql:
        attach = [watching.policy_statement(settings)]
        attach += [watching.attach_statement(w, settings.mode_of(w)) for w in settings.watches]
        click.echo(installing.script(matcher, attach, owner=owner), nl=False)
        return
    with connection.connect(dsn) as conn:
        if not published:
            installing.require_unpublished(conn)
        before = installing.installed_version(conn)
        altered = installing.faults(conn).faults if installing.is_current(conn) else ()
        changed, attached = patiently(
            lambda: watching.install_all(
                conn, matcher, settings, owner=owner, lock_timeout=locks.timeout, dry_run=dry_run
            ),
            say,
            attempts=locks.attempts,
        )
        if changed and not dry_run:
            installing.vacuum(conn)
        left = installing.faults(conn).faults if not dry_run else ()
    verb = "would be " if dry_run else ""
    done = "installed" if before in (None, installing.schema_version()) else f"upgraded from version {before}"
    click.echo(f"schema motjuste: {verb + done if changed else 'already up to date'}"
               f" (pack {pack.language} {pack.version}, {len(pack.rules)} rules)")  # fmt: skip
    for place, mode in attached:
        click.echo(f"{printable.name(place.label)}: {verb}watched, mode {mode}")
    for fault in altered:
        if fault.label not in {f.label for f in left}:
            say(f"{printable.name(fault.label)}: {fault.state}: {verb}put right")
    if any(f.kind == "function" for f in altered):
        say("what was written while a function was not ours may have gone unread: motjuste scan")
    for fault in left:
        say(
            f"{printable.name(fault.label)}: {fault.state}, and left as it is: drop it, or move it to another schema"
        )
    if not attached:
        say("no column is attached: motjuste.toml has no [[watch]]; try `motjuste discover --write`")


@click.command()
@dsn_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@lock_options
def uninstall(dsn: str | None, yes: bool, locks: Locks) -> None:
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
        names = patiently(
            lambda: installing.uninstall(conn, lock_timeout=locks.timeout), say, attempts=locks.attempts
        )
        for name in names:
            click.echo(f"{printable.name(name)}: no longer watched")
    click.echo("schema motjuste: removed")
