"""A review at work: notes come from the database, answers from a terminal or an option, decisions go back to the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import say as tell
from motjuste.cli.ledger import Ledger, ledger, refuse_unfinished
from motjuste.cli.screen import ask, choose, show, show_alike, visible
from motjuste.cli.table import tabulate
from motjuste.db import connection, deciding, findings, reading
from motjuste.db.deciding import Kept
from motjuste.db.install import require
from motjuste.engine.text import fold
from motjuste.errors import ConfigError, DatabaseError
from motjuste.files import private
from motjuste.migration import decisions
from motjuste.migration.decisions import NoteId, identity
from motjuste.migration.plan import chunks
from motjuste.migration.shape import WHOLE, label
from motjuste.model import Decision, Finding, Verdict
from motjuste.notes import editing
from motjuste.notes.digest import note_digest
from motjuste.review.note import STATUS, Decided, Given, Note, by_note, decision, finding_note, span
from motjuste.review.session import Answer, Session
from motjuste.review.words import Words, words
from motjuste.review.writer import STAYS, Writer

DEFAULT_FILE = Path("motjuste-decisions.jsonl")
FILE_HELP = (
    "Write all decisions to this file in the end. Where the database cannot be written they are kept there alone"
    f" [default there: {DEFAULT_FILE}]."
)
BATCH = 500  # decisions stored at a time where nobody is asked
PAGE = 10  # notes of the same words shown at a time

Findings = tuple[Finding, ...]


@dataclass
class Desk:
    """What a review needs at hand: the database, who decides, and the file that decisions go to where the database cannot be written."""

    conn: connection.Connection
    ledger: Ledger | None
    reviewer: str
    writer: Writer
    key: bytes
    file: Path | None
    progress: Callable[[int], None] = field(default=lambda _: None)
    unreadable: int = 0
    changed: int = 0  # notes of a bulk answer that become other ones
    emptied: int = 0  # those of them of which nothing is left
    readable: bool = False
    closed: set[str] = field(default_factory=set)
    refused: set[NoteId] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def spoken(self) -> Words:
        """What is said to the reviewer, in the language of the pack."""
        return words(self.writer.matcher.pack.language)

    def said(self, name: str, **values: object) -> str:
        """A text of the table `told`."""
        return self.spoken.say("told", name, **values)

    def tell(self, name: str, where: str = "", **values: object) -> None:
        """Print a message of the table `told` on stderr, after the note that it is about."""
        lead = f"{where}: " if where else ""
        tell(lead + self.spoken.say("told", name, **values))

    def notes(self, found: Iterable[Findings]) -> Iterator[Note]:
        """The notes of these findings as they stand, with what was decided of them; of those that cannot be reviewed, stderr says why."""
        for batch in chunks(found, findings.BATCH):
            decided = deciding.of(self.conn, [f[0] for f in batch])
            for live in findings.live(self.conn, self.key, batch):
                known = all(self.writer.knows(f.rule) for f in live.findings)
                if live.text is None or not known:
                    if self.is_closed(live):
                        self.unreadable += _open(live.findings)
                    else:
                        self._unread(
                            live.findings,
                            self.spoken.of(live.why) or self.spoken.say("told", "rule_gone"),
                        )
                    continue
                self.readable = True
                note = Note(live.findings, live.text, live.limit, live.fixed)
                note.seen, before = decided.get(live.findings[0].id, (None, None))
                before = (self.ledger.of(note.id) if self.ledger else None) or before
                if whole := [v for v in before.verdicts if v.rule in WHOLE] if before else []:
                    why = whole[0].reason or whole[0].rule
                    self._unread(live.findings, self.spoken.say("told", "whole", why=why))
                    continue
                if before:
                    note.resume(before, self.writer.matcher.rules)
                yield note

    def _unread(self, found: Findings, why: str) -> None:
        self.unreadable += _open(found)
        tell(f"{_where(found)}: {why}")

    def is_closed(self, live: findings.Live) -> bool:
        """Whether this role may not read the notes of a column; the reason is printed once."""
        if live.closed and live.why not in self.closed:
            self.closed.add(live.why)
            tell(printable.name(self.spoken.of(live.why)))
        return live.closed

    def require_readable(self) -> None:
        """Raise DatabaseError if there were notes to read and this role may read none of them."""
        if self.closed and not self.readable:
            raise DatabaseError(self.spoken.say("told", "unreadable"), hint=self.spoken.say("told", "ask"))

    def save(self, changed: list[Note]) -> None:
        """Store the verdicts of these notes. If somebody else decided of a note meanwhile, that decision stays."""
        for note, kept in zip(changed, self.keep([self.decide(note) for note in changed]), strict=True):
            if not kept.refused:
                note.kept(kept.id)
                continue
            self.refused.add(note.id)
            self._reread(note)

    def _reread(self, note: Note) -> None:
        now = {f.id: f.status for f in findings.by_id(self.conn, [f.id for f in note.findings])}
        note.known = {f.id: now.get(f.id, "gone") for f in note.findings}
        note.seen, before = deciding.of(self.conn, note.findings[:1]).get(note.findings[0].id, (None, None))
        note.verdicts, note.earlier, note.result = {}, {}, note.text
        if before:
            note.resume(before, self.writer.matcher.rules)

    def decide(self, note: Note) -> Decided:
        """What was decided of a note and of each of its findings."""
        made = decision(
            note, self.reviewer, lambda text: note_digest(self.key, text).hex(), self.writer.values
        )
        return Decided(made, note.given(), note.seen)

    def keep(self, decided: list[Decided]) -> list[Kept]:
        """Store decisions in the database or in the file. Returns the result of each; refused ones are printed."""
        if self.ledger:
            self.ledger.put(d.decision for d in decided)
            return [Kept(place, None, "", "") for place in range(len(decided))]
        kept = deciding.keep(self.conn, decided)
        for d, became in zip(decided, kept, strict=True):
            if became.refused:
                where = label(d.decision.relation, d.decision.column, d.decision.json_key)
                tell(f"{where} {identity(d.decision)[3]}: {self.spoken.of(became.refused)}")
        return kept

    def count(self, note: Note) -> None:
        """Add a note that is done to the summary."""
        self.counts.update(_answers(note))

    def standing(self, f: Finding) -> tuple[str, str]:
        """What was decided of a finding, and by whom: (open, '') for nothing. The file knows more than a database that cannot be written."""
        before = self.ledger.of(finding_note(f)) if self.ledger else None
        for v in before.verdicts if before else ():
            if span(v) == span(f):
                return STATUS[v.action], before.reviewer if before else ""
        return f.status, f.decided_by or ""


@contextmanager
def desk_of(
    dsn: str | None,
    file: Path | None,
    reviewer: str | None,
    reads: dict[str, bool],
    *,
    look: bool = False,
    in_file: bool = False,
) -> Iterator[Desk]:
    """What a review needs. `reads` as reading_options says; `look`: nothing will be decided.

    Decisions are kept in the database, and in the end `file`, where one is named, is written with all of them. Where the database
    cannot be written, or `in_file` says so, they are kept in the file, with nobody else at it. Raises DatabaseError where
    motjuste is not installed, or the role may not decide.
    """
    with connection.connect(dsn, **reads) as conn, ExitStack() as stack:
        require(conn)
        held = None
        why = "" if look else deciding.read_only(conn)
        writer = Writer(policy.matcher())
        spoken = words(writer.matcher.pack.language)
        if why or in_file:
            file = file or DEFAULT_FILE
            if not why:
                _require_own(conn, file)
            held = stack.enter_context(ledger(file))
            if why:
                tell(spoken.say("told", "in_file", why=spoken.of(why), file=file))
        elif file:
            _claim(conn, file)
        who = reviewer or conn.info.user
        yield Desk(conn, held, who, writer, reading.secret(conn), file)
        if file and not held and not look:
            lines = deciding.lines(conn)
            first = list(islice(lines, 1))
            if first or file.exists():
                with private.drafts() as draft:
                    draft(file, chain(first, lines))


def _require_own(conn: connection.Connection, file: Path) -> None:
    """Refuse a file whose decisions are in the database: they are confirmed there."""
    made = decisions.read(private.read(file), str(file))
    if any(t.seen is not None for t in deciding.there(conn, made).values()):
        raise ConfigError(f"the database holds the decisions of {file}", hint="leave --decisions out")


def _claim(conn: connection.Connection, file: Path) -> None:
    """Refuse a file that may not be replaced by an export: it is somebody's, or holds decisions that the database does not."""
    if private.claim(file).passing:
        raise ConfigError(f"{file} is no file", hint="decisions are read again: --decisions FILE")
    refuse_unfinished(file)
    made = decisions.parse(private.lines(file), str(file)) if file.exists() else ()
    own = sum(
        f.why == deciding.NEW
        for some in chunks(made, BATCH)
        for f in deciding.fates(conn, [d for _, d in some])
    )
    if own:
        raise ConfigError(
            f"{file} holds {own} decision(s) that the database does not",
            hint=f"motjuste decisions import {file}, or name another file",
        )


def summary(desk: Desk, left: int, what: str = "left") -> None:
    """Print what was decided, and on stderr what to do next, and how much is left: `what` is the text of the table `summary` for it."""
    say = partial(desk.spoken.say, "summary")
    rows = [(column, say(action), count) for (column, action), count in sorted(desk.counts.items())]
    if rows:
        heads = [say("column"), say("decision"), say("findings")]
        click.echo(tabulate(rows, headers=heads, disable_numparse=True))
        if desk.emptied:
            tell(say("emptied", count=desk.changed, empty=desk.emptied))
        file = f"{desk.file} " if desk.ledger else ""
        tell(say("next", where=desk.file or say("database"), file=file))
    if left:
        tell(say(what, count=left))


def _open(found: Findings) -> int:
    return sum(f.status == "open" for f in found)


def _where(found: Findings) -> str:
    first = finding_note(found[0])
    return f"{label(*first[:3])} {first[3]}"


def same_answer(desk: Desk, found: list[Finding], answer: Answer, *, overrule: bool = False) -> int:
    """Give every finding the same answer. Returns how many findings it could not be given to.

    Findings that were dismissed, or decided by another person, keep their decision unless `overrule` is set.
    """
    if not overrule:
        before = len(found)
        found = [f for f in found if _may_redo(desk, f)]
        if stays := before - len(found):
            desk.progress(stays)
            desk.tell("stays", count=stays)
    left = 0
    for batch in chunks(desk.notes(by_note(found)), BATCH):
        done = []  # decisions, not notes: the texts of a whole base would fill the memory
        for note in batch:
            session = Session([note], desk.writer, desk.spoken)
            standing = _to_stay(note)
            if answer.key == "x" and standing and not overrule:
                left += len(note.findings)
                desk.tell("to_stay", _where(note.findings), count=standing)
                continue
            while session.current:
                refused = session.answer(answer)
                if refused:
                    left += 1
                    rule = session.current[1].rule
                    tell(f"{label(*note.id[:3])} {note.id[3]}: {rule}: {refused}")
                    session.answer(Answer("s"))
            if session.changes():
                changed = note.result != note.text
                done.append((desk.decide(note), _answers(note), changed, changed and not note.result))
            desk.progress(len(note.findings))
        stored = desk.keep([d for d, *_ in done])
        for kept, (given, counts, changed, emptied) in zip(stored, done, strict=True):
            if kept.refused:
                left += len(given.findings)
            else:
                desk.counts.update(counts)
                desk.changed += changed
                desk.emptied += emptied
    return left


def _may_redo(desk: Desk, f: Finding) -> bool:
    status, who = desk.standing(f)
    return status == "open" or (status != "dismissed" and who == desk.reviewer)


def _to_stay(note: Note) -> int:
    """How many passages were dismissed or tolerated before."""
    return sum(v.action in STAYS for v in note.earlier.values())


def _answers(note: Note) -> list[tuple[str, str]]:
    """(column, action) of each of its findings that is decided."""
    given = [note.verdicts[span(f)] for f in note.findings if span(f) in note.verdicts]
    return [(label(*note.id[:3]), v.action) for v in given]


def one_by_one(desk: Desk, found: list[Finding]) -> int:
    """Ask one question for each note, and store every answer at once. Returns how many findings stay open."""
    groups = by_note(found)
    spoken = desk.spoken
    session = Session(desk.notes(groups), desk.writer, spoken)
    touched: dict[NoteId, Note] = {}
    last: dict[str, str] = {}

    def save() -> None:
        changed = session.changes()
        desk.save(changed)
        touched.update((note.id, note) for note in changed)

    while session.current:
        note, shown = session.current[0], session.waiting
        total = len(found) - desk.unreadable
        end = session.position + len(shown) - 1
        at = str(session.position) if len(shown) == 1 else f"{session.position}-{end}"
        before = [_before(desk, f) for f in shown]
        show(desk.writer, note, shown, session.whole(), f"{at} / {total}", before)
        answer, result = ask(desk.writer, note, shown, last), note.result
        refused = session.answer_note(answer)
        if refused:
            tell(refused)
        elif answer.key in "dt" and note.result != result:
            # what was accepted before leaves these words now: not what was shown then
            click.echo(f"  {spoken.say('screen', 'now'):11} {visible(note.result)}")
        elif answer.key == "x" and (stay := _to_stay(note)):
            click.echo(f"  {spoken.say('screen', 'stayed', count=stay)}")
        save()
        if answer.alike and not refused:
            for finding in shown:
                _alike(desk, session, groups, note, finding, answer, save)
    for note in touched.values():
        if note.id not in desk.refused:
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
    same = fold(note.words(finding))
    others = (
        (other, f)
        for other in desk.notes(
            g for g in groups if any(f.rule == finding.rule and f.id != finding.id for f in g)
        )
        for f in other.findings
        if f.rule == finding.rule and f.id != finding.id and f.status == "open"
        and span(f) not in other.verdicts and fold(other.words(f)) == same
    )  # fmt: skip
    shown = given = 0
    for page in chunks(others, PAGE):
        shown += len(page)
        for number, (other, f) in enumerate(page, 1):
            show_alike(desk.writer, number, other, f, session.outcome(other, f, answer))
        chosen, more = choose(desk.writer, len(page))
        for number in chosen:
            refused = session.settle(*page[number - 1], answer)
            given += not refused
            if refused:
                tell(f"{number}: {refused}")
        save()
        if not more:
            break
    say = desk.spoken.say
    tell(say("screen", "alike", count=given) if shown else say("screen", "none_alike"))


def _before(desk: Desk, f: Finding) -> str:
    status, who = desk.standing(f)
    if status == "open":
        return ""
    say = desk.spoken.say
    told = say("screen", "by", status=say("screen", status), who=who or say("screen", "someone"))
    return told + (f" : {f.reason}" if f.reason else "")


def _decided_by(desk: Desk, who: str) -> str:
    say = desk.spoken.say
    return say("screen", "by", status=say("screen", "accepted"), who=who)


def second_reading(desk: Desk, answers: Callable[[Writer], str]) -> int:
    """Show each decision that changes a note to a second person, who confirms it or sends it back. Returns how many are left."""
    made = [(None, d) for d in desk.ledger.all()] if desk.ledger else deciding.stored(desk.conn)
    waiting = [(seen, d) for seen, d in made if d.edits and not d.second_reader]
    todo = [(seen, d) for seen, d in waiting if d.reviewer != desk.reviewer]
    left = len(waiting) - len(todo)
    if left:
        desk.tell("own", count=left)
    for number, ((seen, d), note) in enumerate(_decided(desk, todo), 1):
        if note is None:
            left += 1
            continue
        told = [_before(desk, f) or _decided_by(desk, d.reviewer) for f in note.findings]
        show(desk.writer, note, note.findings, note.result, f"{number} / {len(todo)}", told)
        answer = answers(desk.writer)
        if answer == "q":
            return left + len(todo) - number + 1
        if answer == "s":
            left += 1
            continue
        if answer == "y":
            given = Decided(replace(d, second_reader=desk.reviewer), (), seen)
        else:
            given = Decided(_without(d), _reopened(desk, d), seen)
        [kept] = desk.keep([given])
        left += bool(kept.refused)
        if not kept.refused:
            desk.counts[label(*note.id[:3]), "confirmed" if answer == "y" else "sent_back"] += 1
    return left


def _without(d: Decision) -> Decision:
    """What is left of a decision that was not confirmed."""
    return replace(d, verdicts=tuple(v for v in d.verdicts if v.action in STAYS), edits=(), digest_after="")


def _reopened(desk: Desk, d: Decision) -> tuple[Given, ...]:
    found = deciding.there(desk.conn, [d]).get(0)
    accepted = [number for number, status, *_ in (found.findings if found else ()) if status == "accepted"]
    return tuple(Given(number, "accepted", None, True) for number in accepted)


Waiting = tuple[int | None, Decision]


def _decided(desk: Desk, made: list[Waiting]) -> Iterator[tuple[Waiting, Note | None]]:
    """The decisions with their notes and results; None where the note is not what it was."""
    known: list[Waiting] = []
    for seen, d in made:
        if all(v.rule in WHOLE or desk.writer.knows(v.rule) for v in d.verdicts):
            known.append((seen, d))
            continue
        desk.tell("rule_gone", f"{label(d.relation, d.column, d.json_key)} {d.row_key}")
        yield (seen, d), None
    found = [tuple(_finding(desk, d, v) for v in d.verdicts) for _, d in known]
    for (seen, d), live in zip(known, findings.live(desk.conn, desk.key, found), strict=True):
        if live.text is None:
            if not desk.is_closed(live):
                tell(f"{_where(live.findings)}: {desk.spoken.of(live.why)}")
            yield (seen, d), None
            continue
        desk.readable = True
        note = Note(live.findings, live.text, live.limit, live.fixed)
        note.verdicts = {span(v): v for v in d.verdicts}
        note.result = editing.apply(live.text, d.edits)
        yield (seen, d), note


def _finding(desk: Desk, d: Decision, v: Verdict) -> Finding:
    """The finding that a verdict was about; a purge, an erasure and a restriction are about the whole note."""
    rule = desk.writer.matcher.rules.get(v.rule)
    category, level = (rule.category, rule.level) if rule else (v.rule, "watch")
    return Finding(
        d.relation, d.column, d.json_key, d.row_key, d.note_digest, v.rule, category, level, v.start, v.length
    )
