"""`attach`, `detach`, `grant`, `revoke`: which columns are watched, and who may read what was found."""

from __future__ import annotations

from typing import get_args

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import Locks, dsn_option, lock_options, say
from motjuste.db import advice as advising
from motjuste.db import connection, reading, watching
from motjuste.db import install as installing
from motjuste.db.patience import patiently
from motjuste.model import Mode

MODES = get_args(Mode)


@click.command()
@dsn_option
@click.argument("column")
@click.option(
    "--mode", type=click.Choice(MODES), help="What becomes of a note [default: as it is; at first, flag]."
)
@click.option("--author", default="", help="Column of the same table that names who wrote the note.")
@click.option("--subject", default="", help="Column of the same table that names about whom it is.")
@click.option(
    "--always/--not-always",
    default=None,
    help="Also where session_replication_role is replica, as where logical replication applies changes"
    " [default: as it is; at first, no].",
)
@click.option(
    "--trust-owner",
    is_flag=True,
    default=None,
    help="Also where motjuste belongs to a superuser and the table to a role that is none: its owner's code is trusted"
    " with a superuser's rights. Better: motjuste install --as ROLE.",
)
@click.option(
    "--deferred/--at-once",
    default=None,
    help="When a note is read: seconds later by `motjuste work`, so that a write pays for a row in a queue; or in the write. What"
    " refuses or masks a note always is in the write [default: as it is; at first, at once].",
)
@lock_options
def attach(
    dsn: str | None,
    column: str,
    mode: str | None,
    author: str,
    subject: str,
    always: bool | None,
    trust_owner: bool | None,
    deferred: bool | None,
    locks: Locks,
) -> None:
    """Watch COLUMN (schema.table.column, or schema.table.column->>key in jsonb); again to change its mode.

    With its partitions, those made later too, and its inheritance children (again for those made later).

    \b
    Example: motjuste attach crm.client.commentaire --mode block --author agent
             motjuste attach crm.appel.note --mode flag --deferred
    """
    settings = policy.settings()
    with connection.connect(dsn) as conn:
        place = watching.watchable(reading.parse_name(conn, column))
        fresh = installing.may(conn, "watch", "select") and place not in watching.watched(conn)
        now = patiently(
            lambda: watching.attach(
                conn,
                place,
                mode,
                author=author,
                subject=subject,
                always=always,
                trust_owner=trust_owner,
                deferred=deferred,
                lock_timeout=locks.timeout,
            ),
            say,
            attempts=locks.attempts,
        )
        told = advising.told(conn, [(place, now.mode, now.deferred)])
    click.echo(f"{printable.name(place.label)}: watched, mode {now}")
    for line in told:
        say(line)
    if fresh:
        say("the notes that are there already are not read yet. Next: motjuste scan")
    declared = {(w.relation, w.column, w.json_key): w for w in settings.watches}
    policy_of = declared.get((place.relation, place.column, place.json_key))
    if now.deferred:
        say("its notes are read by `motjuste work`, or by motjuste.work() in pg_cron: let one of them run")
    if policy_of and policy_of.check and policy_of.deferred != now.deferred:
        say(
            f'motjuste.toml says check = "{policy_of.check}": change it there too, or the next `motjuste install` sets it back'
        )
    if policy_of and settings.mode_of(policy_of) != now.mode:
        say(
            f"motjuste.toml says mode {settings.mode_of(policy_of)}: change it there too, or the next"
            " `motjuste install` sets it back"
        )


@click.command()
@dsn_option
@click.argument("column")
@lock_options
def detach(dsn: str | None, column: str, locks: Locks) -> None:
    """Stop watching COLUMN. Its findings stay.

    \b
    Example: motjuste detach crm.client.commentaire
    """
    with connection.connect(dsn) as conn:
        place = watching.watchable(reading.parse_name(conn, column))
        waited = patiently(
            lambda: watching.detach(conn, place, lock_timeout=locks.timeout), say, attempts=locks.attempts
        )
    click.echo(f"{printable.name(place.label)}: no longer watched")
    if waited:
        say(f"{waited} row(s) still waited to be read: motjuste scan --failed reads them")


@click.command()
@dsn_option
@click.argument("role")
@click.option(
    "--officer",
    is_flag=True,
    help="Also decide of findings, keep the register of requests, draw samples and take in marks; with the key of the digests.",
)
def grant(dsn: str | None, role: str, officer: bool) -> None:
    """Let ROLE read the findings, their counts and the proofs of scans.

    No note, no right to change anything, and not the key of the digests. An officer who reviews, answers requests or samples
    notes needs --officer, and from the tables' owners the right to read the notes.

    \b
    Example: motjuste grant direction
             motjuste grant dpo --officer
    """
    with connection.connect(dsn) as conn:
        watching.grant(conn, role, officer=officer)
    click.echo(
        f"{printable.name(role)}: reads motjuste.status, open_findings, coverage, reader, request_term and the count_by views"
    )
    if officer:
        click.echo(
            f"{printable.name(role)}: decides of findings, keeps the register of requests, samples and their marks"
        )


@click.command()
@dsn_option
@click.argument("role")
def revoke(dsn: str | None, role: str) -> None:
    """Take back what `motjuste grant` gave to ROLE.

    \b
    Example: motjuste revoke dpo
    """
    with connection.connect(dsn) as conn:
        watching.revoke(conn, role)
    click.echo(f"{printable.name(role)}: reads nothing of motjuste any more")
