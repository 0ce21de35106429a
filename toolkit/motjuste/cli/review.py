"""`motjuste review`: open findings become decisions, one at a time on a terminal or all at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from motjuste.cli import sheet, table
from motjuste.cli.common import dsn_option, reading_options
from motjuste.cli.desk import FILE_HELP, Desk, desk_of, one_by_one, same_answer, second_reading, summary
from motjuste.cli.progress import counter
from motjuste.cli.purge import purge
from motjuste.cli.screen import confirm
from motjuste.db import connection, findings
from motjuste.db.install import require
from motjuste.errors import ConfigError
from motjuste.model import CATEGORIES, Finding
from motjuste.review.session import ACTIONS, Answer

F = TypeVar("F", bound=Callable[..., Any])


def file_option(command: F) -> F:
    """The --decisions option."""
    return click.option(
        "--decisions",
        "file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=FILE_HELP,
    )(command)


def reviewer_option(command: F) -> F:
    """The --reviewer option."""
    return click.option("--reviewer", help="Who decides [default: the database role].")(command)


@click.group(invoke_without_command=True)
@click.pass_context
@dsn_option
@file_option
@reading_options
@click.option("--accept-all", is_flag=True, help="Accept every proposal without asking.")
@click.option(
    "--action", type=click.Choice(list(ACTIONS.values())), help="Do this with every finding without asking."
)
@click.option("--reason", default="", help="Why, with --action dismiss or tolerate.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="Tolerated until this day, with --action tolerate."
)
@click.option(
    "--rule", "rules", multiple=True, help="Only findings of this rule; may be repeated, as the next three."
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice(CATEGORIES),
    metavar="CODE",
    help="Only this category.",
)
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(["block", "watch"]), help="Only this level."
)
@click.option(
    "--relation", "relations", multiple=True, metavar="TABLE", help="Only this table (schema.table)."
)
@click.option("--redo", is_flag=True, help="Also findings that were decided before and are not redacted yet.")
@click.option(
    "--overrule",
    is_flag=True,
    help="With --accept-all and --action: also what was dismissed, or decided by another person.",
)
@reviewer_option
@click.option(
    "--second-reader",
    is_flag=True,
    help="Confirm, or send back, what another person decided; see migrate plan.",
)
@click.option("--allow-empty", is_flag=True, help="Having nothing to review is not an error.")
def review(
    ctx: click.Context,
    dsn: str | None,
    file: Path | None,
    accept_all: bool,
    action: str | None,
    reason: str,
    until: datetime | None,
    rules: tuple[str, ...],
    categories: tuple[str, ...],
    levels: tuple[str, ...],
    relations: tuple[str, ...],
    redo: bool,
    overrule: bool,
    reviewer: str | None,
    second_reader: bool,
    allow_empty: bool,
    reads: dict[str, bool],
) -> None:
    """Decide of each open finding: rewrite, mask, erase, dismiss or tolerate. The surest and gravest come first.

    One question a note, in the language of the rules: `a` accepts all of its passages, `d2` answers for the second one alone. In a browser:
    motjuste serve. Every answer is in the database at once; stop and resume at will. Where somebody else decides of a note meanwhile, you are told,
    and it stays so. `a*` gives the same answer to all findings of the same words, after a look at each.

    Exit code 0: all decided, now or before; 1: findings are left open; 2: could not run, or nothing to review.

    \b
    Example: motjuste review --category sante
             motjuste review --accept-all --level block
             motjuste review --second-reader --reviewer benoit
    """
    if ctx.invoked_subcommand:
        return
    answer = _answer_for_all(accept_all, action, reason, until.date() if until else None)
    with desk_of(dsn, file, reviewer, reads, in_file=second_reader and file is not None) as desk:
        if second_reader:
            left, what = second_reading(desk, confirm), "to_confirm"
        else:
            what = "left"
            names = [findings.relation_name(desk.conn, r) for r in relations]
            narrowed = partial(
                findings.to_review,
                desk.conn,
                rules=rules,
                categories=categories,
                levels=levels,
                relations=names,
            )
            found = [f for f in narrowed(redo=redo) if redo or desk.standing(f)[0] == "open"]
            if not found:
                decided = 0 if redo else len(narrowed(redo=True))
                if decided:
                    desk.tell("all_decided", count=decided)
                if decided or allow_empty:
                    return
                raise ConfigError(desk.said("nothing_open"), hint=desk.said("widen"))
            left = _all(desk, found, answer, overrule=overrule) if answer else one_by_one(desk, found)
    summary(desk, left + desk.unreadable, what)
    sys.exit(1 if left + desk.unreadable else 0)


def _all(desk: Desk, found: list[Finding], answer: Answer, *, overrule: bool) -> int:
    with counter(len(found), desk.spoken.say("summary", "findings")) as desk.progress:
        return same_answer(desk, found, answer, overrule=overrule)


def _answer_for_all(accept_all: bool, action: str | None, reason: str, until: date | None) -> Answer | None:
    if accept_all and action not in (None, "accept"):
        raise ConfigError("--accept-all and --action exclude each other", hint="give one of them")
    action = "accept" if accept_all else action
    if action is None:
        if reason or until:
            raise ConfigError(
                "--reason and --until need --action",
                hint='for instance: --action dismiss --reason "a surname"',
            )
        return None
    if action in ("dismiss", "tolerate") and not reason.strip():
        raise ConfigError(
            f"--action {action} needs --reason", hint="say why in a few words, without quoting a note"
        )
    if action == "tolerate" and (until is None or until <= date.today()):
        raise ConfigError(
            "--action tolerate needs --until with a day to come", hint="for instance: --until 2027-01-31"
        )
    return Answer({v: k for k, v in ACTIONS.items()}[action], reason, until)


@review.command()
@dsn_option
@table.format_option
def stats(dsn: str | None, form: str) -> None:
    """Count what was decided of each rule's findings, and what is left.

    `false alarms` is the share of the decided findings that were dismissed: a rule to mend, or to switch off.

    \b
    Example: motjuste review stats --format markdown
    """
    with connection.connect(dsn) as conn:
        require(conn)
        rows = findings.statistics(conn)
    told = [(*row, _share(row)) for row in rows]
    if len(rows) > 1:
        sums = [sum(column) for column in list(zip(*rows, strict=True))[3:]]
        total = ("total", "", "", *sums)
        told.append((*total, _share(total)))
    table.show([*STATISTICS, "false alarms"], told, form)


STATISTICS = (
    "rule", "category", "level", "findings", "open", "accepted", "redacted", "tolerated", "dismissed", "corrected",
)  # fmt: skip


def _share(row: tuple[Any, ...]) -> str:
    accepted, redacted, tolerated, dismissed = row[5:9]
    decided = accepted + redacted + tolerated + dismissed
    return f"{100 * dismissed / decided:.0f} %" if decided else ""


review.add_command(purge)
review.add_command(sheet.export_)
review.add_command(sheet.import_)
