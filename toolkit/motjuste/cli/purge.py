"""`motjuste review purge`: notes older than the policy keeps them become decisions to erase them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, reading_options, say
from motjuste.cli.desk import BATCH, FILE_HELP, Desk, desk_of
from motjuste.cli.streams import folded
from motjuste.cli.table import tabulate
from motjuste.config import Watch
from motjuste.db import deciding, redact, retention
from motjuste.errors import ConfigError
from motjuste.migration.plan import chunks
from motjuste.migration.shape import RETENTION, NoteColumn, label
from motjuste.model import Decision, Edit, Verdict
from motjuste.notes.digest import note_digest
from motjuste.review.note import Decided
from motjuste.review.words import words


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
    settings = policy.settings()
    told = partial(words(settings.language).say, "told")
    watches = [w for w in settings.watches if w.retain]
    if not watches:
        raise ConfigError(told("no_retention"), hint=told("add_retention"))
    day = on.date() if on else date.today()
    old = left = replaced = 0
    with desk_of(dsn, file, reviewer, reads) as desk:
        for watch in watches:
            where = redact.column(desk.conn, (watch.relation, watch.column, watch.json_key))
            if not where.key:
                raise ConfigError(
                    told("no_key", relation=printable.name(where.relation)), hint=told("needs_key")
                )
            found = retention.years(desk.conn, where, watch.dated, watch.retain, day)
            total = sum(notes for _, notes in found)
            if not total:
                continue
            old += total
            name = printable.name(label(where.relation, where.column, where.json_key))
            age = {"retain": watch.retain, "day": day, "dated": watch.dated}
            click.echo("\n" + folded(told("old", column=name, count=total, **age)))
            click.echo(tabulate(found, headers=[told("year"), told("notes")]))
            if not (yes or _confirmed(told("erase_old", count=total))):
                left += total
                continue
            for batch in chunks(_decisions(desk, where, watch, day), BATCH):
                replaced += _keep(desk, batch)
    if not old and not allow_empty:
        raise ConfigError(told("nothing_old"), hint=told("check_on"))
    if replaced:
        desk.tell("replaced", count=replaced)
    named = f"{desk.file} " if desk.ledger else ""
    summed = partial(desk.spoken.say, "summary")
    say(summed("next", where=desk.file or summed("database"), file=named))
    sys.exit(1 if left else 0)


def _confirmed(question: str) -> bool:
    """Whether the answer is yes, in French or in English."""
    answer = click.prompt(question, default="n", show_default=False, prompt_suffix=" ", err=True)
    return answer.strip().lower() in ("o", "oui", "y", "yes")


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
    reason = desk.said("old_reason", retain=watch.retain, day=day, dated=watch.dated)
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
