"""A review at work: notes come from the database, answers from a terminal or an option, decisions go to both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from motjuste import editing, printable
from motjuste.cli import policy
from motjuste.cli.ledger import Ledger, ledger
from motjuste.cli.screen import ask, choose, show, show_alike, visible
from motjuste.cli.table import tabulate
from motjuste.db import connection, findings, reading
from motjuste.db.install import require
from motjuste.decisions import NoteId
from motjuste.digest import note_digest
from motjuste.errors import DatabaseError
from motjuste.migration.plan import chunks
from motjuste.migration.shape import WHOLE, label
from motjuste.model import Decision, Finding, Verdict
from motjuste.review.note import Note, by_note, decision, finding_note, span
from motjuste.review.session import Answer, Session
from motjuste.review.writer import Writer
from motjuste.text import fold

DEFAULT_FILE = Path("motjuste-decisions.jsonl")
BATCH = 500  # decisions stored at a time where nobody is asked
PAGE = 10  # notes of the same words shown at a time

Findings = tuple[Finding, ...]


@dataclass
class Desk:
    """What a review needs at hand: the database, the decisions and who decides."""

    conn: connection.Connection
    ledger: Ledger
    reviewer: str
    writer: Writer
    key: bytes
    file: Path | None
    progress: Callable[[int], None] = field(default=lambda _: None)
    unreadable: int = 0
    readable: bool = False
    closed: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def notes(self, found: Iterable[Findings]) -> Iterator[Note]:
        """The notes of these findings as they stand; of those that cannot be reviewed, stderr says why."""
        for live in findings.live(self.conn, self.key, found):
            known = all(self.writer.knows(f.rule) for f in live.findings)
            if live.text is None or not known:
                self.unreadable += sum(f.status == "open" for f in live.findings)
                if self.is_closed(live):
                    continue
                why = live.why or "found by a rule that is not in the pack any more: scan again"
                click.echo(f"{_where(live.findings)}: {why}", err=True)
                continue
            self.readable = True
            note = Note(live.findings, live.text, live.limit, live.fixed)
            before = self.ledger.of(note.id)
            if before:
                note.resume(before, self.writer.matcher.rules)
            yield note

    def is_closed(self, live: findings.Live) -> bool:
        """Whether this role may read no note of a column; why not is said once."""
        if live.closed and live.why not in self.closed:
            self.closed.add(live.why)
            click.echo(printable.name(live.why), err=True)
        return live.closed

    def require_readable(self) -> None:
        """Raise DatabaseError where there were notes to read, and none could be, for want of a right."""
        if self.closed and not self.readable:
            raise DatabaseError(
                "none of these notes can be read by this role",
                hint="ask the tables' owners for what is said above; motjuste grant gives no right to a note",
            )

    def save(self, changed: list[Note]) -> None:
        """Keep what was decided: the file first, since a finding that is still open is asked again."""
        if changed:
            self.keep([self.decide(note) for note in changed])

    def decide(self, note: Note) -> tuple[Decision, list[tuple[int, Verdict | None]]]:
        """What was decided of a note, and of each of its findings by id."""
        made = decision(
            note, self.reviewer, lambda text: note_digest(self.key, text).hex(), self.writer.values
        )
        return made, [(f.id, note.verdicts.get(span(f))) for f in note.findings]

    def keep(self, decided: list[tuple[Decision, list[tuple[int, Verdict | None]]]]) -> None:
        """Keep decisions, in the file and in the database."""
        self.ledger.put(made for made, _ in decided)
        findings.decide(self.conn, [v for _, verdicts in decided for v in verdicts], self.reviewer)

    def count(self, note: Note) -> None:
        """Add a note that is done to the summary."""
        given = [note.verdicts[span(f)] for f in note.findings if span(f) in note.verdicts]
        self.counts.update((label(*note.id[:3]), v.action) for v in given)


@contextmanager
def desk_of(
    dsn: str | None, file: Path | None, reviewer: str | None, reads: dict[str, bool]
) -> Iterator[Desk]:
    """What a review needs, with nobody else at the decisions file; without a file, to look only. `reads` as reading_options says.

    Raises DatabaseError where motjuste is not installed.
    """
    with connection.connect(dsn, **reads) as conn, ledger(file) if file else nullcontext(Ledger()) as made:
        require(conn)
        writer = Writer(policy.matcher())
        yield Desk(conn, made, reviewer or conn.info.user, writer, reading.secret(conn), file)


def summary(desk: Desk, left: int, what: str = "finding(s) left open") -> None:
    """Print what was decided, and on stderr what to do next."""
    rows = [(column, action, count) for (column, action), count in sorted(desk.counts.items())]
    if rows:
        click.echo(tabulate(rows, headers=["column", "decision", "findings"], disable_numparse=True))
        click.echo(
            f"decisions: {desk.file}; next: motjuste migrate plan {desk.file} --output FOLDER", err=True
        )
    if left:
        click.echo(f"{left} {what}", err=True)


def _where(found: Findings) -> str:
    first = finding_note(found[0])
    return f"{label(*first[:3])} {first[3]}"


def same_answer(desk: Desk, found: list[Finding], answer: Answer) -> int:
    """Give every finding the same answer; how many it could not be given to."""
    left = 0
    for batch in chunks(desk.notes(by_note(found)), BATCH):
        done = []  # decisions, not notes: the texts of a whole base would fill the memory
        for note in batch:
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
            desk.progress(len(note.findings))
        desk.keep(done)
    return left


def one_by_one(desk: Desk, found: list[Finding]) -> int:
    """Ask about each finding, saving every answer; how many stay open."""
    groups = by_note(found)
    session = Session(desk.notes(groups), desk.writer)
    touched: dict[NoteId, Note] = {}

    def save() -> None:
        changed = session.changes()
        desk.save(changed)
        touched.update((note.id, note) for note in changed)

    while session.current:
        note, finding = session.current
        total = len(found) - desk.unreadable
        show(desk.writer, note, finding, session.proposal(), f"{session.position} / {total}")
        answer, before = ask(note), note.result
        refused = session.answer(answer)
        if refused:
            click.echo(refused, err=True)
        elif answer.key in "dt" and note.result != before:
            # what was accepted before leaves these words now: not what was shown then
            click.echo(f"  now       {visible(note.result)}")
        save()
        if answer.alike and not refused:
            _alike(desk, session, groups, note, finding, answer, save)
    for note in touched.values():
        desk.count(note)
    decided = {f.id: span(f) in n.verdicts for n in touched.values() for f in n.findings}
    return sum(not decided.get(f.id, f.status != "open") for f in found) - desk.unreadable


def _alike(
    desk: Desk,
    session: Session,
    groups: list[Findings],
    note: Note,
    finding: Finding,
    answer: Answer,
    save: Callable[[], None],
) -> None:
    """Show the other findings of the same words, page by page; those that the reviewer confirms get the same answer."""
    words = fold(note.words(finding))
    others = (
        (other, f)
        for other in desk.notes(
            g for g in groups if any(f.rule == finding.rule and f.id != finding.id for f in g)
        )
        for f in other.findings
        if f.rule == finding.rule and f.id != finding.id and f.status == "open"
        and span(f) not in other.verdicts and fold(other.words(f)) == words
    )  # fmt: skip
    shown = given = 0
    for page in chunks(others, PAGE):
        shown += len(page)
        for number, (other, f) in enumerate(page, 1):
            show_alike(number, other, f, session.outcome(other, f, answer))
        chosen, more = choose(len(page))
        for number in chosen:
            refused = session.settle(*page[number - 1], answer)
            given += not refused
            if refused:
                click.echo(f"{number}: {refused}", err=True)
        save()
        if not more:
            break
    click.echo(
        f"{given} more finding(s) answered alike" if shown else "no other finding of these words", err=True
    )


def second_reading(desk: Desk, answers: Callable[[], str]) -> int:
    """Show each decision that changes a note to a second person, who confirms it or sends it back; how many are left."""
    waiting = [d for d in desk.ledger.all() if d.edits and not d.second_reader]
    own = [d for d in waiting if d.reviewer == desk.reviewer]
    if own:
        click.echo(f"{len(own)} decision(s) are your own: another person has to confirm them", err=True)
    left = len(own)
    todo = [d for d in waiting if d.reviewer != desk.reviewer]
    for number, (d, note) in enumerate(_decided(desk, todo), 1):
        if note is None:
            left += 1
            continue
        for finding in note.findings:
            show(desk.writer, note, finding, note.result, f"{number} / {len(todo)} decided by {d.reviewer}")
        answer = answers()
        if answer == "q":
            return left + len(todo) - number + 1
        left += answer == "s"
        if answer == "y":
            desk.ledger.put([replace(d, second_reader=desk.reviewer)])
            desk.counts[label(*note.id[:3]), "confirmed"] += 1
        elif answer == "n":
            findings.reopen(desk.conn, d)
            kept = tuple(v for v in d.verdicts if v.action in ("dismiss", "tolerate"))
            desk.ledger.put([replace(d, verdicts=kept, edits=(), digest_after="")])
            desk.counts[label(*note.id[:3]), "sent back"] += 1
    return left


def _decided(desk: Desk, made: list[Decision]) -> Iterator[tuple[Decision, Note | None]]:
    """The decisions with their notes and results; None where the note is not what it was."""
    known = [d for d in made if all(v.rule in WHOLE or desk.writer.knows(v.rule) for v in d.verdicts)]
    for d in made:
        if d not in known:
            click.echo(
                f"{label(d.relation, d.column, d.json_key)} {d.row_key}: a rule is gone, scan again", err=True
            )
            yield d, None
    found = [tuple(_finding(desk, d, v) for v in d.verdicts) for d in known]
    for d, live in zip(known, findings.live(desk.conn, desk.key, found), strict=True):
        if live.text is None:
            if not desk.is_closed(live):
                click.echo(f"{_where(live.findings)}: {live.why}", err=True)
            yield d, None
            continue
        desk.readable = True
        note = Note(live.findings, live.text, live.limit, live.fixed)
        note.verdicts = {span(v): v for v in d.verdicts}
        note.result = editing.apply(live.text, d.edits)
        yield d, note


def _finding(desk: Desk, d: Decision, v: Verdict) -> Finding:
    """The finding that a verdict was about; a purge, an erasure and a restriction are about the whole note."""
    rule = desk.writer.matcher.rules.get(v.rule)
    category, level = (rule.category, rule.level) if rule else (v.rule, "watch")
    return Finding(
        d.relation, d.column, d.json_key, d.row_key, d.note_digest, v.rule, category, level, v.start, v.length
    )
