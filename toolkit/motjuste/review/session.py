"""The state machine behind `motjuste review`: it is fed answers, one finding at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from motjuste.migration.decisions import NoteId
from motjuste.model import Finding, Verdict
from motjuste.review.note import Note, Span, span
from motjuste.review.writer import Writer

ALIKE = "adm"  # what can be answered for all findings of the same words together: a*, d*, m*

# key -> (what it does, what has to be asked for it)
KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a": ("accept: replace the note by the proposal", ()),
    "e": ("edit: write the new note yourself", ("text",)),
    "m": ("mask: replace only the marked words", ()),
    "x": ("erase: empty the whole note", ()),
    "d": ("dismiss: a false alarm, say why", ("reason",)),
    "t": ("tolerate: keep it until a date, say why", ("reason", "until")),
    "s": ("skip: decide later", ()),
    "b": ("back: to the finding before", ()),
    "q": ("quit: what is decided is saved, the rest stays open", ()),
}
ACTIONS = {"a": "accept", "m": "mask", "x": "erase", "d": "dismiss", "t": "tolerate"}


@dataclass(frozen=True)
class Answer:
    """A key of `KEYS` with what was asked for it; `alike`: for the other findings of the same words too."""

    key: str
    reason: str = ""
    until: date | None = None
    text: str = ""
    alike: bool = False


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
        self._known: dict[NoteId, Note] = {}
        self._settled: set[int] = set()
        self.skipped: set[int] = set()
        self.stopped = False
        self._draw()

    def _draw(self) -> None:
        while self._at >= len(self._asked):
            note = next(self._notes, None)
            if note is None:
                return
            note = self._known.setdefault(note.id, note)
            self._asked += [(note, f) for f in note.findings if f.id not in self._settled]

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

    def outcome(self, note: Note, finding: Finding, a: Answer) -> str:
        """What a note would become if this finding of it got the answer."""
        note = self._known.get(note.id, note)
        return self._writer.text(note.text, self._with(note, finding, a).values())

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
            case "a" | "m" | "e" | "x" if note.fixed:
                return f"this note cannot be changed: {note.fixed}"
            case "e":
                return self._own_wording(note, a.text)
            case "x":
                return self._erase(note)
            case "a" | "m" | "d" | "t":
                return self._decide(note, finding, a)
            case _:
                return f"no such key; one of {', '.join(KEYS)}"
        return ""

    def settle(self, note: Note, finding: Finding, a: Answer) -> str:
        """Give an answer to a finding that is not the one shown, which is then not asked any more.

        Returns why it is refused, else ''. The note is the session's own where it has been drawn already.
        """
        note = self._known.setdefault(note.id, note)
        if note.fixed and a.key in "amex":
            return f"this note cannot be changed: {note.fixed}"
        if a.key in "ex":
            return self._own_wording(note, a.text) if a.key == "e" else self._erase(note)
        refused = self._verdict(note, finding, a)
        if not refused:
            self._settled.add(finding.id)
        return refused

    def _forward(self, steps: int = 1) -> None:
        self._at += steps
        while self._at < len(self._asked) and self._asked[self._at][1].id in self._settled:
            self._at += 1
        self._draw()

    def _forget(self, note: Note, finding: Finding) -> None:
        self.skipped.add(finding.id)
        if note.verdicts.pop(span(finding), None):
            note.result = self._writer.text(note.text, note.verdicts.values())
            self._touched[note.id] = note

    def _with(self, note: Note, finding: Finding, a: Answer) -> dict[Span, Verdict]:
        action = cast(Literal["accept", "mask", "dismiss", "tolerate"], ACTIONS[a.key])
        others = {k: v for k, v in note.verdicts.items() if v.action != "erase"}
        return others | {
            span(finding): Verdict(*span(finding), action, a.reason, a.until if a.key == "t" else None)
        }

    def _decide(self, note: Note, finding: Finding, a: Answer) -> str:
        refused = self._verdict(note, finding, a)
        if not refused:
            self._forward()
        return refused

    def _verdict(self, note: Note, finding: Finding, a: Answer) -> str:
        if a.key in "dt" and not a.reason.strip():
            return "a reason is needed"
        if a.key == "t" and a.until is None:
            return "an end date is needed"
        verdicts = self._with(note, finding, a)
        # a wording of the reviewer's own stays where the verdict leaves it as it is
        same = a.key in "dt" and span(finding) not in note.verdicts and self._is_own(note)
        result = note.result if same else self._writer.text(note.text, verdicts.values())
        refused = _too_long(note, result) if a.key in "am" or result != note.result else ""
        if not refused:
            self._settle(note, verdicts, result, [finding])
        return refused

    def _is_own(self, note: Note) -> bool:
        """Whether the note's new text is the reviewer's own words."""
        return note.result not in (note.text, self._writer.text(note.text, note.verdicts.values()))

    def _own_wording(self, note: Note, text: str) -> str:
        if not text.strip():
            return "the new text is empty: to empty the note, erase it"
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
        self._next_note(note)
        return ""

    def _erase(self, note: Note) -> str:
        found = list(note.findings)
        self._settle(note, {span(f): Verdict(*span(f), "erase") for f in found}, "", found)
        self._next_note(note)
        return ""

    def _next_note(self, note: Note) -> None:
        """On to the next note: this one is settled whole."""
        while self.current is not None and self.current[0] is note:
            self._forward()

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
