"""`migrate plan --escrow` and `migrate restore`: encrypted originals, kept until a day; `purge`: drops findings that are too old."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import click

from motjuste import printable
from motjuste.cli.agree import agree
from motjuste.cli.common import Locks, dsn_option, lock_options, say, trust_option
from motjuste.cli.table import tabulate
from motjuste.db import connection, findings, reading, redact, retention
from motjuste.db.install import require
from motjuste.db.patience import patiently
from motjuste.db.restore import BACK, RESTORED
from motjuste.db.restore import restore as put_back
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration import escrow
from motjuste.migration.escrow import Kept, Original
from motjuste.migration.shape import About, Outcome
from motjuste.model import Decision


@dataclass(frozen=True)
class Box:
    """Where originals go: a public key, and the day on which the escrow ends."""

    to: Any
    until: date

    def writer(
        self, conn: connection.Connection, about: About, decided: Callable[[], Iterable[Decision]]
    ) -> private.Fill:
        """A function that writes the escrow of these decisions' notes."""

        def fill(stream: IO[bytes]) -> None:
            key = reading.secret(conn)
            notes = findings.originals(conn, key, decided())
            kept = Kept(about.name, self.until, about.key_check)
            escrow.seal(kept, (Original.of(d, note) for d, note in notes), self.to, key, stream)

        return fill


def box(recipient: str | None, until: date | None) -> Box | None:
    """The escrow that the options ask for, None for none. Raises ConfigError where they do not go together."""
    if bool(recipient) != bool(until):
        raise ConfigError(
            "--escrow and --escrow-until go together", hint="--escrow age1... --escrow-until 2027-02-28"
        )
    if not recipient or until is None:
        return None
    if until <= date.today():
        raise ConfigError(
            "--escrow-until is not a day to come", hint="give the day on which the originals must be gone"
        )
    return Box(escrow.recipient(recipient), until)


@click.command()
@dsn_option
@click.argument("file", metavar="ESCROW", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--identity", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True,
              help="File with the private key, as age-keygen writes it.")  # fmt: skip
@click.option(
    "--row", "rows", multiple=True, metavar="JSON", help='Only this row key, {"id": 7}; may be repeated.'
)
@click.option("--all", "everything", is_flag=True, help="Every note of the escrow.")
@click.option("--relation", help="Only this table, as the escrow names it (schema.table).")
@click.option(
    "--dry-run", is_flag=True, help="Do it all, show what would become of each note, and roll back."
)
@click.option("--yes", is_flag=True, help="Do not ask for the database's name.")
@lock_options
@trust_option
def restore(
    dsn: str | None,
    file: Path,
    identity: Path,
    rows: tuple[str, ...],
    everything: bool,
    relation: str | None,
    dry_run: bool,
    yes: bool,
    locks: Locks,
    trust_owner: bool,
) -> None:
    """Put notes back as they were before their redaction, from an escrow that has not ended.

    A note that was changed since the redaction is left alone. The findings of a restored note are open again. Where one
    line of the escrow was not written by this database, by its secret key, nothing is restored.

    Exit code 0: all are back; 1: some were left alone; 2: could not run.

    \b
    Example: motjuste migrate restore redaction-2026-11/escrow-redaction-2026-11.age --identity key.txt --row '{"id": 7}'
    """
    wanted = [_row(row) for row in rows]
    if bool(wanted) == everything:
        raise ConfigError("say which notes: --row, or --all", hint="for instance: --row '{\"id\": 7}'")
    chosen: list[Original] = []
    about: list[Kept] = []

    def take(kept: Kept, original: Original | None) -> None:
        if original is None:
            about.append(kept)
            if kept.until <= date.today():
                raise ConfigError(
                    f"this escrow ended on {kept.until}", hint="its notes may not come back: destroy the file"
                )
        elif (everything or original.row_key in wanted) and relation in (None, original.relation):
            chosen.append(original)

    if private.exposed(identity):
        say(f"warning: {identity} can be read by others; chmod 600 {identity}")
    keys = escrow.identities(private.read(identity))
    with connection.connect(dsn, trust_owner=trust_owner) as conn:
        require(conn)

        def key_of(kept: Kept) -> bytes:
            if findings.key_check(conn) != kept.key_check:
                raise ConfigError(
                    "this escrow is of another database, or the key of this one was made anew since",
                    hint="restore where the notes were redacted; after a new key only a backup with the old one can",
                )
            return reading.secret(conn)

        try:
            with file.open("rb") as stream:
                escrow.unseal(stream, keys, key_of, take)
        except OSError as exc:
            raise ConfigError(f"{file}: {exc.strerror}", hint="give a file that can be read") from exc
        if not chosen:
            raise ConfigError(
                "no note of the escrow is meant", hint="look at the row key and the table's full name"
            )
        agree(redact.database(conn), f"{len(chosen)} note(s) to restore", sure=yes or dry_run)
        reason = f"restore {about[0].name}"
        outcomes = patiently(
            lambda: put_back(conn, chosen, reason, lock_timeout=locks.timeout, dry_run=dry_run),
            say,
            attempts=locks.attempts,
        )
    _tell(outcomes, dry_run)
    sys.exit(0 if all(o.outcome in (BACK, RESTORED) for o in outcomes) else 1)


def _row(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_float=str)
    except json.JSONDecodeError as exc:
        raise ConfigError(f"{text!r} is no row key", hint='write it as findings do: {"id": 7}') from exc
    if not isinstance(found, dict):
        raise ConfigError(f"{text!r} is no row key", hint='write it as findings do: {"id": 7}')
    return found


def _tell(outcomes: list[Outcome], dry_run: bool) -> None:
    counts = Counter((o.place, o.outcome) for o in outcomes)
    click.echo(
        tabulate([(*what, n) for what, n in sorted(counts.items())], headers=["column", "outcome", "notes"])
    )
    for o in outcomes:
        if o.outcome != RESTORED:
            click.echo(f"{printable.name(o.place)} {printable.name(o.row_key)}: {o.outcome}")
    if dry_run:
        click.echo("dry run: rolled back, nothing was changed", err=True)


@click.command()
@dsn_option
@click.option("--dry-run", is_flag=True, help="Do it, say what was done, and roll back.")
def purge(dsn: str | None, dry_run: bool) -> None:
    """Drop the findings that are older than the policy keeps them; only their number is kept.

    [retention] of motjuste.toml says how long, by status, and `motjuste install` stores it: open = "2y", corrected = "90d".
    What a finding tells of a person goes at once when its note is corrected, redacted or deleted; this takes the rest.

    The same from a timer in the database: select cron.schedule('motjuste', '17 3 * * *', 'select motjuste.purge()');
    For notes that are too old, see motjuste review purge.

    Exit code 0: done; 2: could not run.

    \b
    Example: motjuste purge --dry-run
    """
    with connection.connect(dsn) as conn:
        require(conn)
        kept, gone = retention.purge(conn, dry_run=dry_run)
    rows = [(status, keep, gone.get(status, 0)) for status, keep in kept]
    click.echo(tabulate(rows, headers=["status", "kept for", "findings dropped"]))
    if dry_run:
        click.echo("dry run: rolled back, nothing was changed", err=True)
