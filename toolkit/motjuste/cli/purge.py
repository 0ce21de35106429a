"""`motjuste review purge`: notes older than the policy keeps them become decisions to erase them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, reading_options, say
from motjuste.cli.desk import BATCH, FILE_HELP, Desk, desk_of
from motjuste.cli.table import tabulate
from motjuste.config import Watch
from motjuste.db import deciding, redact, retention
from motjuste.errors import ConfigError
from motjuste.migration.plan import chunks
from motjuste.migration.shape import RETENTION, NoteColumn, label
from motjuste.model import Decision, Edit, Verdict
from motjuste.notes.digest import note_digest
from motjuste.review.note import Decided


@click.command()
@dsn_option
@click.option("--decisions", "file", type=click.Path(path_type=Path, dir_okay=False), help=FILE_HELP)
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="The day from which age is counted [default: today]."
)
@click.option("--reviewer", help="Who decides [default: the database role].")
@click.option("--yes", is_flag=True, help="Do not ask column by column.")
@click.option("--allow-empty", is_flag=True, help="Having nothing to purge is not an error.")
@reading_options
def purge(
    dsn: str | None,
    file: Path | None,
    on: datetime | None,
    reviewer: str | None,
    yes: bool,
    allow_empty: bool,
    reads: dict[str, bool],
) -> None:
    """Decide to erase the notes that are older than the policy keeps them.

    A column of motjuste.toml says how long: retain = "24 months", and by which date: dated = "created_at". What is
    decided goes the way of every redaction: `review --second-reader`, `migrate plan`, `apply`, `verify`.

    Exit code 0: decided; 1: some columns were left; 2: could not run, or no note is that old.

    \b
    Example: motjuste review purge --reviewer alice
    """
    watches = [w for w in policy.settings().watches if w.retain]
    if not watches:
        raise ConfigError(
            "the policy says of no column how long its notes are kept",
            hint='add dated = "created_at" and retain = "24 months" to a [[watch]] of motjuste.toml',
        )
    day = on.date() if on else date.today()
    old = left = replaced = 0
    with desk_of(dsn, file, reviewer, reads) as desk:
        for watch in watches:
            where = redact.column(desk.conn, (watch.relation, watch.column, watch.json_key))
            if not where.key:
                raise ConfigError(
                    f"{where.relation} has no primary key", hint="a note to erase needs a row key"
                )
            found = retention.years(desk.conn, where, watch.dated, watch.retain, day)
            total = sum(notes for _, notes in found)
            if not total:
                continue
            old += total
            name = label(where.relation, where.column, where.json_key)
            click.echo(
                f"\n{printable.name(name)}: {total} note(s) older than {watch.retain} on {day} by {watch.dated}"
            )
            click.echo(tabulate(found, headers=["year", "notes"]))
            if not (yes or click.confirm(f"decide to erase these {total} note(s)?", err=True)):
                left += total
                continue
            for batch in chunks(_decisions(desk, where, watch, day), BATCH):
                replaced += _keep(desk, batch)
    if not old and not allow_empty:
        raise ConfigError(
            "no note is older than the policy keeps it", hint="check --on, or use --allow-empty"
        )
    if replaced:
        say(f"{replaced} note(s) were decided otherwise before: they are to be erased whole now")
    named = f"{desk.file} " if desk.ledger else ""
    say(f"decisions: {desk.file or 'in the database'}; next: motjuste migrate plan {named}--output FOLDER")
    sys.exit(1 if left else 0)


def _keep(desk: Desk, made: list[Decision]) -> int:
    """Keep these decisions; how many were decided otherwise. Those that stand already are left."""
    before = {i: t for i, t in deciding.there(desk.conn, made).items() if t.decision and t.decision.edits}
    same = {i for i, t in before.items() if t.decision and t.decision.edits == made[i].edits}
    wanted = [
        Decided(d, (), before[i].seen if i in before else None) for i, d in enumerate(made) if i not in same
    ]
    desk.keep(wanted)
    return len(before) - len(same)


def _decisions(desk: Desk, where: NoteColumn, watch: Watch, day: date) -> Iterator[Decision]:
    reason = f"older than {watch.retain} on {day} by {watch.dated}"
    empty = note_digest(desk.key, "").hex()
    for row_key, note in retention.notes(desk.conn, where, watch.dated, watch.retain, day):
        yield Decision(
            where.relation,
            where.column,
            where.json_key,
            row_key,
            note_digest(desk.key, note).hex(),
            (Verdict(RETENTION, 0, len(note), "erase", reason),),
            (Edit(0, len(note), ""),),
            desk.reviewer,
            empty,
        )
