"""The state machine behind `motjuste review`: it is fed answers, one finding at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from motjuste.migration.decisions import NoteId
from motjuste.model import Finding, Verdict
from motjuste.review.note import Note, Span, span
from motjuste.review.words import Words, words
from motjuste.review.writer import Writer

ALIKE = "adm"  # what can be answered for all findings of the same words together: a*, d*, m*

# key -> what has to be asked for it
KEYS: dict[str, tuple[str, ...]] = {
    "a": (),
    "e": ("text",),
    "m": (),
    "x": (),
    "d": ("reason",),
    "t": ("reason", "until"),
    "s": (),
    "b": (),
    "q": (),
}
ACTIONS = {"a": "accept", "m": "mask", "x": "erase", "d": "dismiss", "t": "tolerate"}


@dataclass(frozen=True)
class Answer:
    """A key of `KEYS` with what was asked for it; `alike`: for the other findings of the same words too; `only` for these of the
    findings shown, by number, all where it is empty."""

    key: str
    reason: str = ""
    until: date | None = None
    text: str = ""
    alike: bool = False
    only: tuple[int, ...] = ()


class Session:
    """A review in progress. `current` is the finding to answer, None at the end.

    Notes are drawn from the iterator as they are reached, so the first is shown while others are unread.
    """

    def __init__(self, notes: Iterable[Note], writer: Writer, spoken: Words | None = None) -> None:
        self._words = spoken or words("en")
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
    def waiting(self) -> list[Finding]:
        """The findings of the note shown that wait for an answer, the current one first."""
        if self.current is None:
            return []
        note = self.current[0]
        return [f for n, f in self._asked[self._at :] if n is note and f.id not in self._settled]

    def whole(self) -> str:
        """The note if all of its waiting findings were accepted; '' at the end."""
        if self.current is None:
            return ""
        note = self.current[0]
        verdicts = {k: v for k, v in note.verdicts.items() if v.action != "erase"}
        verdicts |= {span(f): Verdict(*span(f), "accept") for f in self.waiting}
        return self._writer.text(note.text, verdicts.values())

    def answer_note(self, a: Answer) -> str:
        """Give this answer to the waiting findings of the note, or to those that it names, and move on. Returns why it is refused, else ''."""
        if self.current is None or a.key == "q":
            return self.answer(a)
        if a.key == "b":
            return self._back()
        note, found = self.current[0], self.waiting
        if a.only:
            chosen = [found[n - 1] for n in a.only if 0 < n <= len(found)]
            for f in chosen:
                if a.key == "s":
                    self._forget(note, f)
                    self._settled.add(f.id)
                    self._forward(0)
                elif refused := self.settle(note, f, a):
                    return refused
            return "" if chosen else self._refusal("key", keys=", ".join(KEYS))
        while self.current and self.current[0] is note:
            if refused := self.answer(a):
                return refused
        return ""

    def _back(self) -> str:
        """Go back to the first finding of the previous note; all of its findings wait again."""
        shown = self.current[0] if self.current else None
        at = self._at
        while at > 0 and self._asked[at - 1][0] is shown:
            at -= 1
        if at == 0:
            return self._refusal("first")
        before = self._asked[at - 1][0]
        while at > 0 and self._asked[at - 1][0] is before:
            at -= 1
        self._at = at
        self._settled -= {f.id for f in before.findings}
        return ""

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
            return self._refusal("nothing")
        note, finding = self.current
        match a.key:
            case "q":
                self.stopped = True
            case "b":
                if self._at == 0:
                    return self._refusal("first")
                self._at -= 1
            case "s":
                self._forget(note, finding)
                self._forward()
            case "a" | "m" | "e" | "x" if note.fixed:
                return self._refusal("fixed", why=self._words.of(note.fixed))
            case "e":
                return self._own_wording(note, a.text)
            case "x":
                return self._erase(note)
            case "a" | "m" | "d" | "t":
                return self._decide(note, finding, a)
            case _:
                return self._refusal("key", keys=", ".join(KEYS))
        return ""

    def settle(self, note: Note, finding: Finding, a: Answer) -> str:
        """Answer a finding that is not the current one; it will not be asked any more.

        Returns why the answer is refused, else ''. If the session has drawn the note already, its own copy is used.
        """
        note = self._known.setdefault(note.id, note)
        if note.fixed and a.key in "amex":
            return self._refusal("fixed", why=self._words.of(note.fixed))
        if a.key in "ex":
            return self._own_wording(note, a.text) if a.key == "e" else self._erase(note)
        refused = self._verdict(note, finding, a)
        if not refused:
            self._settled.add(finding.id)
            self._forward(0)
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
            return self._refusal("reason")
        if a.key == "t" and a.until is None:
            return self._refusal("until")
        verdicts = self._with(note, finding, a)
        # a wording of the reviewer's own stays where the verdict leaves it as it is
        same = a.key in "dt" and span(finding) not in note.verdicts and self._is_own(note)
        result = note.result if same else self._writer.text(note.text, verdicts.values())
        refused = self._too_long(note, result) if a.key in "am" or result != note.result else ""
        if not refused:
            self._settle(note, verdicts, result, [finding])
        return refused

    def _is_own(self, note: Note) -> bool:
        """Whether the note's new text is the reviewer's own words."""
        return note.result not in (note.text, self._writer.text(note.text, note.verdicts.values()))

    def _own_wording(self, note: Note, text: str) -> str:
        if not text.strip():
            return self._refusal("empty")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return self._refusal("signs")
        if "\0" in text:
            return self._refusal("signs")
        found = self._writer.unlawful(text, note)
        if found:
            places = (self._refusal("at", rule=m.rule, place=m.start + 1) for m in found)
            return self._refusal("words", found=", ".join(places))
        kept = {k: v for k, v in note.verdicts.items() if v.action in ("dismiss", "tolerate")}
        rest = [f for f in note.findings if span(f) not in kept]
        refused = self._too_long(note, text)
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
        """Move on to the next note: all findings of this one are settled."""
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

    def _too_long(self, note: Note, result: str) -> str:
        if note.limit is None or len(result) <= note.limit:
            return ""
        return self._refusal("long", size=len(result), limit=note.limit)

    def _refusal(self, name: str, **values: object) -> str:
        return self._words.say("refusals", name, **values)
