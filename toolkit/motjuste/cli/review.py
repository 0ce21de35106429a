"""`motjuste review`: open findings become decisions, one at a time on a terminal or all at once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import click
from tabulate import tabulate

from motjuste import decisions
from motjuste.cli import policy, private
from motjuste.cli.common import dsn_option
from motjuste.cli.screen import ask, show
from motjuste.db import connection, findings, reading
from motjuste.db.install import require
from motjuste.decisions import NoteId
from motjuste.digest import note_digest
from motjuste.errors import ConfigError
from motjuste.matcher import Matcher
from motjuste.migration.shape import label
from motjuste.model import CATEGORIES, Decision, Finding, Verdict
from motjuste.review import ACTIONS, Answer, Note, Session, Writer, by_note, decision, finding_note, span

DEFAULT_FILE = Path("motjuste-decisions.jsonl")


@dataclass
class Desk:
    """What a review needs at hand: the database, the decisions file and who decides."""

    conn: connection.Connection
    file: Path
    reviewer: str
    writer: Writer
    key: bytes
    unreadable: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def notes(self, found: list[Finding]) -> Iterator[Note]:
        """The notes of these findings as they stand; of those that cannot be reviewed, stderr says why."""
        earlier = {decisions.identity(d): d for d in self._decided()}
        for live in findings.live(self.conn, self.key, by_note(found)):
            first = live.findings[0]
            known = all(self.writer.knows(f.rule) for f in live.findings)
            if live.text is None or not known:
                self.unreadable += sum(f.status == "open" for f in live.findings)
                why = live.why or "found by a rule that is not in the pack any more: scan again"
                click.echo(f"{label(*finding_note(first)[:3])} {finding_note(first)[3]}: {why}", err=True)
                continue
            note = Note(live.findings, live.text, live.limit)
            before = earlier.get(note.id)
            if before:
                note.resume(before, self.writer)
            yield note

    def _decided(self) -> list[Decision]:
        return decisions.read(private.read(self.file, missing=""), str(self.file))

    def decide(self, note: Note) -> tuple[Decision, list[tuple[int, Verdict | None]]]:
        """What was decided of a note, and of each of its findings by id."""
        made = decision(note, self.reviewer, lambda text: note_digest(self.key, text).hex())
        return made, [(f.id, note.verdicts.get(span(f))) for f in note.findings]

    def save(self, decided: list[tuple[Decision, list[tuple[int, Verdict | None]]]]) -> None:
        """Keep what was decided: the file first, since a finding that is still open is asked again."""
        if decided:
            merged = decisions.merge(self._decided(), [made for made, _ in decided])
            private.write(self.file, decisions.write(merged))
            findings.decide(self.conn, [v for _, verdicts in decided for v in verdicts], self.reviewer)

    def count(self, note: Note) -> None:
        """Add a note that is done to the summary."""
        given = [note.verdicts[span(f)] for f in note.findings if span(f) in note.verdicts]
        self.counts.update((label(*note.id[:3]), v.action) for v in given)


@click.command()
@dsn_option
@click.option("--decisions", "file", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_FILE, show_default=True,
              help="The decisions file; decisions that it holds are kept.")  # fmt: skip
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
@click.option("--reviewer", help="Who decides [default: the database role].")
@click.option("--allow-empty", is_flag=True, help="Having nothing to review is not an error.")
def review(
    dsn: str | None,
    file: Path,
    accept_all: bool,
    action: str | None,
    reason: str,
    until: datetime | None,
    rules: tuple[str, ...],
    categories: tuple[str, ...],
    levels: tuple[str, ...],
    relations: tuple[str, ...],
    redo: bool,
    reviewer: str | None,
    allow_empty: bool,
) -> None:
    """Decide of each open finding: rewrite, mask, dismiss or tolerate. What is decided can be resumed at any time.

    Exit code 0: all decided; 1: findings are left open; 2: could not run, or nothing to review.

    \b
    Example: motjuste review --category sante
             motjuste review --accept-all --level block
    """
    answer = _answer_for_all(accept_all, action, reason, until.date() if until else None)
    with connection.connect(dsn) as conn:
        require(conn)
        names = [findings.relation_name(conn, r) for r in relations]
        found = findings.to_review(
            conn, rules=rules, categories=categories, levels=levels, relations=names, redo=redo
        )
        if not found:
            if allow_empty:
                return
            raise ConfigError(
                "no open finding to review",
                hint="run motjuste scan, widen the filters, add --redo, or use --allow-empty",
            )
        writer = Writer(Matcher(policy.pack()))
        desk = Desk(conn, file, reviewer or conn.info.user, writer, reading.secret(conn))
        left = _all(desk, found, answer) if answer else _one_by_one(desk, found)
    _summary(desk, left + desk.unreadable)
    sys.exit(1 if left + desk.unreadable else 0)


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


def _all(desk: Desk, found: list[Finding], answer: Answer) -> int:
    """Give every finding the same answer, saved at the end; how many it could not be given to."""
    done = []  # decisions, not notes: the texts of a whole base would fill the memory
    left = 0
    for note in desk.notes(found):
        session = Session([note], desk.writer)
        while session.current:
            refused = session.answer(answer)
            if refused:
                left += 1
                rule = session.current[1].rule
                click.echo(f"{label(*note.id[:3])} {note.id[3]}: {rule}: {refused}", err=True)
                session.answer(Answer("s"))
        if session.changes():
            done.append(desk.decide(note))
            desk.count(note)
    desk.save(done)
    return left


def _one_by_one(desk: Desk, found: list[Finding]) -> int:
    """Ask about each finding, saving every answer; how many stay open."""
    session = Session(desk.notes(found), desk.writer)
    touched: dict[NoteId, Note] = {}
    while session.current:
        note, finding = session.current
        show(
            desk.writer,
            note,
            finding,
            session.proposal(),
            f"{session.position} / {len(found) - desk.unreadable}",
        )
        refused = session.answer(ask(note))
        if refused:
            click.echo(refused, err=True)
        for changed in session.changes():
            desk.save([desk.decide(changed)])
            touched[changed.id] = changed
    for note in touched.values():
        desk.count(note)
    decided = {f.id: span(f) in n.verdicts for n in touched.values() for f in n.findings}
    return sum(not decided.get(f.id, f.status != "open") for f in found) - desk.unreadable


def _summary(desk: Desk, left: int) -> None:
    rows = [(column, action, count) for (column, action), count in sorted(desk.counts.items())]
    if rows:
        click.echo(tabulate(rows, headers=["column", "decision", "findings"], disable_numparse=True))
        click.echo(
            f"decisions: {desk.file}; next: motjuste migrate plan {desk.file} --output FOLDER", err=True
        )
    if left:
        click.echo(f"{left} finding(s) left open", err=True)
