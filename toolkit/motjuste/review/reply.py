"""A note answered whole: a choice for each of its findings, or one for all of them, or the reviewer's own wording. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Literal

from motjuste.model import Finding, Match, Verdict
from motjuste.review.note import Note, Span, span
from motjuste.review.writer import STAYS, Writer

Choice = Literal["accept", "mask", "dismiss", "tolerate", "open"]
CHOICES: tuple[Choice, ...] = ("accept", "mask", "dismiss", "tolerate", "open")
ACTIONS = ("accept", "mask", "erase", "dismiss", "tolerate")


@dataclass(frozen=True)
class Reply:
    """`action` is for the whole note: accept follows the `choices` of the findings, by id; `text` is the note as the reviewer wants it.

    `shown` is the mark of the proposal that stood there, '' for none: a text without it is the reviewer's own wording.
    """

    action: str = "accept"
    choices: Mapping[int, Choice] = field(default_factory=dict)
    text: str | None = None
    shown: str = ""
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Refusal:
    """Why an answer is not taken: reason, until, nothing, same, unseen, fixed, long, empty, signs, words or theirs; `found` are the words."""

    code: str
    why: str = ""
    size: int = 0
    found: tuple[Match, ...] = ()


def free(note: Note, reviewer: str) -> list[Finding]:
    """The findings that this reviewer may decide of: nobody else has decided of them."""
    return [f for f in note.findings if note.known[f.id] == "open" or f.decided_by == reviewer]


def verdicts(note: Note, findings: Collection[Finding], reply: Reply) -> dict[Span, Verdict]:
    """The verdicts on a note after this reply to these findings; the others keep theirs."""
    own = {span(f) for f in findings}
    found = {place: v for place, v in note.verdicts.items() if place not in own and v.action != "erase"}
    for f in findings:
        choice = _choice(f, reply)
        if choice != "open":
            reason = reply.reason.strip() if choice in STAYS else ""
            found[span(f)] = Verdict(*span(f), choice, reason, reply.until if choice == "tolerate" else None)
    return found


def _choice(f: Finding, reply: Reply) -> Choice:
    if reply.action in STAYS:
        return "dismiss" if reply.action == "dismiss" else "tolerate"
    chosen = reply.choices.get(f.id, "accept")
    return "mask" if reply.action == "mask" and chosen == "accept" else chosen


def proposal(note: Note, findings: Collection[Finding], reply: Reply, writer: Writer) -> str:
    """The note as this reply would make it, without the reviewer's own wording."""
    return writer.text(note.text, verdicts(note, findings, reply).values())


def own_text(typed: str, old: str) -> str:
    """A text as a browser sends it, with the line breaks of the old one."""
    plain = typed.replace("\r\n", "\n").replace("\r", "\n")
    return plain.replace("\n", "\r\n") if "\r\n" in old else plain


def mark(text: str) -> str:
    """A digest of a proposal that does not depend on line breaks, which browsers change."""
    return sha256(own_text(text, "").encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_own(reply: Reply) -> bool:
    """Whether the text is the reviewer's own, not the proposal that stood there."""
    return reply.text is not None and mark(reply.text) != reply.shown


def problems(note: Note, findings: Collection[Finding], reply: Reply, writer: Writer) -> Refusal | None:
    """Why the reviewer's own wording is refused; None if it is not."""
    text = reply.text or ""
    if not text.strip():
        return Refusal("empty")
    if "\0" in text or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        return Refusal("signs")
    if note.limit is not None and len(text) > note.limit:
        return Refusal("long", size=len(text))
    before = note.verdicts
    note.verdicts = verdicts(note, findings, reply)
    try:
        found = writer.unlawful(text, note)
    finally:
        note.verdicts = before
    return Refusal("words", found=tuple(found)) if found else None


def take(note: Note, findings: Collection[Finding], reply: Reply, writer: Writer) -> Refusal | None:
    """Apply the reply to these findings of a note: set its verdicts and its new text. Returns a Refusal, and changes nothing, if it is not allowed."""
    if not findings:
        return Refusal("theirs")
    if reply.action == "erase":
        return _erase(note, findings)
    made = verdicts(note, findings, reply)
    mine = [v for f in findings if (v := made.get(span(f)))]
    if not mine and not any(span(f) in note.verdicts for f in findings):
        return Refusal("nothing")
    if any(v.action in STAYS and not v.reason for v in mine):
        return Refusal("reason")
    if any(v.action == "tolerate" and (v.until is None or v.until <= date.today()) for v in mine):
        return Refusal("until")
    result = writer.text(note.text, made.values())
    if reply.action == "accept" and is_own(reply):
        if refused := problems(note, findings, reply, writer):
            return refused
        result = reply.text or ""
        made |= {
            span(f): Verdict(*span(f), "accept")
            for f in findings
            if span(f) not in made or made[span(f)].action not in STAYS
        }
    elif reply.action == "accept" and reply.text is not None and mark(result) != reply.shown:
        return Refusal("unseen")
    changing = any(v.action in ("accept", "mask") for v in made.values())
    if changing and note.fixed:
        return Refusal("fixed", note.fixed)
    if changing and result == note.text:
        return Refusal("same")
    if note.limit is not None and len(result) > note.limit:
        return Refusal("long", size=len(result))
    note.verdicts, note.result = made, result
    return None


def _erase(note: Note, findings: Collection[Finding]) -> Refusal | None:
    if note.fixed:
        return Refusal("fixed", note.fixed)
    if len(findings) < len(note.findings):
        return Refusal("theirs")
    note.verdicts = {span(f): Verdict(*span(f), "erase") for f in note.findings}
    note.result = ""
    return None


def reopen(note: Note, findings: Collection[Finding], writer: Writer) -> None:
    """Take back what was decided of these findings of a note."""
    gone = {span(f) for f in findings}
    note.verdicts = {
        place: v for place, v in note.verdicts.items() if place not in gone and v.action != "erase"
    }
    note.result = writer.text(note.text, note.verdicts.values())
