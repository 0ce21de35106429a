"""Reviewing: from findings and the live note to decisions, one finding at a time.

`Session` is the state machine behind `motjuste review`: it is fed answers and knows nothing of terminals,
files or databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Literal, cast, get_args

from motjuste import rewrite
from motjuste.decisions import NoteId, note_id
from motjuste.matcher import Matcher
from motjuste.model import Certainty, Decision, Finding, Match, Verdict
from motjuste.rewrite import Rewriter

MASK = "[…]"
Span = tuple[str, int, int]
_SUREST: tuple[Certainty, ...] = get_args(Certainty)

# key -> (what it does, what has to be asked for it)
KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a": ("accept: replace the note by the proposal", ()),
    "e": ("edit: write the new note yourself", ("text",)),
    "m": ("mask: replace only the marked words", ()),
    "d": ("dismiss: a false alarm, say why", ("reason",)),
    "t": ("tolerate: keep it until a date, say why", ("reason", "until")),
    "s": ("skip: decide later", ()),
    "b": ("back: to the finding before", ()),
    "q": ("quit: what is decided is saved, the rest stays open", ()),
}
ACTIONS = {"a": "accept", "m": "mask", "d": "dismiss", "t": "tolerate"}


@dataclass(frozen=True)
class Answer:
    """A key of `KEYS` with what was asked for it."""

    key: str
    reason: str = ""
    until: date | None = None
    text: str = ""


@dataclass
class Note:
    """A note under review: its open findings, its text now, the verdicts so far and the text they lead to.

    `limit` is the number of characters that its column holds.
    """

    findings: tuple[Finding, ...]
    text: str
    limit: int | None = None
    verdicts: dict[Span, Verdict] = field(default_factory=dict)
    result: str = ""

    def __post_init__(self) -> None:
        self.result = self.result or self.text

    @property
    def id(self) -> NoteId:
        """What tells this note from another, as in the decisions file."""
        return finding_note(self.findings[0])

    def resume(self, earlier: Decision, writer: Writer) -> None:
        """Start from what was decided of other findings of this very note."""
        self.verdicts = {span(v): v for v in earlier.verdicts if writer.knows(v.rule)}
        for finding in self.findings:
            if finding.status == "open":
                self.verdicts.pop(span(finding), None)
        self.result = rewrite.apply(self.text, earlier.edits)


def finding_note(f: Finding) -> NoteId:
    """The note that a finding is in."""
    return note_id(f.relation, f.column, f.json_key, f.row_key, f.note_digest)


def by_note(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """The findings of each note, in order; first the notes with the surest and gravest, by column."""
    ordered = sorted(findings, key=lambda f: (finding_note(f), f.start, -f.length, f.rule))
    notes = [tuple(group) for _, group in groupby(ordered, key=finding_note)]
    return sorted(notes, key=lambda note: min(map(_urgency, note)))


def _urgency(f: Finding) -> tuple[int, bool]:
    """What a finding that is reviewed first has least of; one that was not read a second time counts as likely."""
    return _SUREST.index(f.certainty or "likely"), f.level != "block"


def span(item: Finding | Verdict | Match) -> Span:
    """What tells one finding of a note from another."""
    return item.rule, item.start, item.length


class Writer:
    """What becomes of a note under given verdicts."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._rewriter = Rewriter(matcher)

    def knows(self, rule: str) -> bool:
        """Whether the rule is in the pack; a finding of an older pack may name one that is gone."""
        return rule in self.matcher.rules

    def text(self, text: str, verdicts: Iterable[Verdict]) -> str:
        """The note with the masked words replaced, then rewritten for the accepted findings only."""
        verdicts = list(verdicts)
        accepted = [v for v in verdicts if v.action == "accept"]
        masked = [
            v
            for v in verdicts
            if v.action == "mask"
            and not any(v.start < a.start + a.length and a.start < v.start + v.length for a in accepted)
        ]
        matches = [self._match(v) for v in accepted]
        end = len(text) + 1
        for v in sorted(masked, key=lambda v: (-v.start, -v.length)):
            length = min(v.length, end - v.start)  # of masked spans that overlap, both go
            inline = self._category_inline(v.rule)
            text = text[: v.start] + inline + text[v.start + length :]
            moved = len(inline) - length
            matches = [
                Match(m.start + moved, m.length, m.rule, m.category, m.level) if m.start > v.start else m
                for m in matches
            ]
            end = v.start
        return self._rewriter.rewrite(text, matches)

    def _category_inline(self, rule: str) -> str:
        return self.matcher.pack.categories[self.matcher.rules[rule].category].inline or MASK

    def _match(self, v: Verdict) -> Match:
        rule = self.matcher.rules[v.rule]
        return Match(v.start, v.length, rule.id, rule.category, rule.level)

    def unlawful(self, new: str, note: Note) -> list[Match]:
        """What a person's own wording still holds, less the words that are dismissed or tolerated in the note."""
        kept = {
            (v.rule, note.text[v.start : v.start + v.length])
            for v in note.verdicts.values()
            if v.action in ("dismiss", "tolerate")
        }
        return [m for m in self.matcher.find(new) if (m.rule, new[m.start : m.end]) not in kept]


class Session:
    """A review going on. `current` is the finding to answer, None at the end.

    Notes are drawn from the iterator as they are reached, so the first is shown while others are unread.
    """

    def __init__(self, notes: Iterable[Note], writer: Writer) -> None:
        self._notes: Iterator[Note] = iter(notes)
        self._writer = writer
        self._asked: list[tuple[Note, Finding]] = []
        self._at = 0
        self._touched: dict[NoteId, Note] = {}
        self.skipped: set[int] = set()
        self.stopped = False
        self._draw()

    def _draw(self) -> None:
        while self._at >= len(self._asked):
            note = next(self._notes, None)
            if note is None:
                return
            self._asked += [(note, f) for f in note.findings]

    @property
    def current(self) -> tuple[Note, Finding] | None:
        """The note and the finding that wait for an answer."""
        return None if self.stopped or self._at >= len(self._asked) else self._asked[self._at]

    @property
    def position(self) -> int:
        """Which finding is shown, from 1."""
        return self._at + 1

    def proposal(self) -> str:
        """What the note would become if the current finding were accepted; '' at the end."""
        if self.current is None:
            return ""
        note, finding = self.current
        return self._writer.text(note.text, self._with(note, finding, Answer("a")).values())

    def answer(self, a: Answer) -> str:
        """Take an answer and move on. Returns why it is refused, in which case nothing changes; else ''."""
        if self.current is None:
            return "nothing left to answer"
        note, finding = self.current
        match a.key:
            case "q":
                self.stopped = True
            case "b":
                if self._at == 0:
                    return "this is the first finding"
                self._at -= 1
            case "s":
                self._forget(note, finding)
                self._forward()
            case "e":
                return self._own_wording(note, a.text)
            case "a" | "m" | "d" | "t":
                return self._decide(note, finding, a)
            case _:
                return f"no such key; one of {', '.join(KEYS)}"
        return ""

    def _forward(self, steps: int = 1) -> None:
        self._at += steps
        self._draw()

    def _forget(self, note: Note, finding: Finding) -> None:
        self.skipped.add(finding.id)
        if note.verdicts.pop(span(finding), None):
            note.result = self._writer.text(note.text, note.verdicts.values())
            self._touched[note.id] = note

    def _with(self, note: Note, finding: Finding, a: Answer) -> dict[Span, Verdict]:
        action = cast(Literal["accept", "mask", "dismiss", "tolerate"], ACTIONS[a.key])
        return note.verdicts | {
            span(finding): Verdict(*span(finding), action, a.reason, a.until if a.key == "t" else None)
        }

    def _decide(self, note: Note, finding: Finding, a: Answer) -> str:
        if a.key in "dt" and not a.reason.strip():
            return "a reason is needed"
        if a.key == "t" and a.until is None:
            return "an end date is needed"
        verdicts = self._with(note, finding, a)
        # a wording of the reviewer's own stays where the verdict leaves it as it is
        same = a.key in "dt" and span(finding) not in note.verdicts
        result = note.result if same else self._writer.text(note.text, verdicts.values())
        refused = _too_long(note, result) if a.key in "am" else ""
        if not refused:
            self._settle(note, verdicts, result, [finding])
            self._forward()
        return refused

    def _own_wording(self, note: Note, text: str) -> str:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return "the text holds characters that cannot be stored"
        if "\0" in text:
            return "the text holds characters that cannot be stored"
        found = self._writer.unlawful(text, note)
        if found:
            where = ", ".join(f"{m.rule} at {m.start + 1}" for m in found)
            return f"the new text still holds: {where}"
        kept = {k: v for k, v in note.verdicts.items() if v.action in ("dismiss", "tolerate")}
        rest = [f for f in note.findings if span(f) not in kept]
        refused = _too_long(note, text)
        if refused:
            return refused
        self._settle(note, kept | {span(f): Verdict(*span(f), "accept") for f in rest}, text, rest)
        # the whole note is settled: on to the next one
        while self.current is not None and self.current[0] is note:
            self._forward()
        return ""

    def _settle(
        self, note: Note, verdicts: dict[Span, Verdict], result: str, findings: list[Finding]
    ) -> None:
        note.verdicts, note.result = verdicts, result
        self.skipped -= {f.id for f in findings}
        self._touched[note.id] = note

    def changes(self) -> list[Note]:
        """The notes whose verdicts changed since the last call."""
        touched = list(self._touched.values())
        self._touched.clear()
        return touched


def _too_long(note: Note, result: str) -> str:
    if note.limit is None or len(result) <= note.limit:
        return ""
    return f"the new text has {len(result)} characters, the column holds {note.limit}: edit it or mask"


def decision(note: Note, reviewer: str, digest: Callable[[str], str]) -> Decision:
    """What was decided of a note, without its text. `digest` is the keyed digest of a text."""
    edits = tuple(rewrite.edits(note.text, note.result)) if note.result != note.text else ()
    first = note.findings[0]
    return Decision(
        first.relation,
        first.column,
        first.json_key,
        first.row_key,
        first.note_digest,
        tuple(note.verdicts.values()),
        edits,
        reviewer,
        digest(note.result) if edits else "",
    )
