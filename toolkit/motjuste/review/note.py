"""A note under review: its findings, its text now, the verdicts so far and the text they lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, get_args

from motjuste.migration.decisions import NoteId, note_id
from motjuste.model import Certainty, Decision, Finding, Match, Verdict
from motjuste.notes import editing

Span = tuple[str, int, int]
STATUS = {
    "accept": "accepted",
    "mask": "accepted",
    "erase": "accepted",
    "dismiss": "dismissed",
    "tolerate": "tolerated",
}
_SUREST: tuple[Certainty, ...] = get_args(Certainty)


class Given(NamedTuple):
    """The verdict on a finding whose status was `known`; None opens it again. `changed`: the verdict differs from the stored one."""

    id: int
    known: str
    verdict: Verdict | None
    changed: bool


@dataclass(frozen=True)
class Decided:
    """A decision with its findings, and the number of the decision that it replaces (None: it replaces none)."""

    decision: Decision
    findings: tuple[Given, ...] = ()
    seen: int | None = None


@dataclass
class Note:
    """A note under review: its open findings, its text now, the verdicts so far and the text they lead to.

    `limit` is the number of characters that its column holds; `fixed` says why no update can change the note, '' where one can.
    `known` is the status of each finding by its id, `seen` the number of the decision in the database, `earlier` its verdicts. They
    are as they were last read or stored: a difference from the database shows that somebody else decided meanwhile.
    """

    findings: tuple[Finding, ...]
    text: str
    limit: int | None = None
    fixed: str = ""
    verdicts: dict[Span, Verdict] = field(default_factory=dict)
    result: str = ""
    known: dict[int, str] = field(default_factory=dict)
    seen: int | None = None
    earlier: dict[Span, Verdict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.result = self.result or self.text
        self.known = self.known or {f.id: f.status for f in self.findings}

    @property
    def id(self) -> NoteId:
        """The key of this note, as in the decisions file."""
        return finding_note(self.findings[0])

    def resume(self, earlier: Decision, rules: Collection[str]) -> None:
        """Take over the earlier verdicts on this note whose rules are still in the pack."""
        self.verdicts = {span(v): v for v in earlier.verdicts if v.rule in rules}
        for finding in self.findings:
            if self.known[finding.id] == "open":
                self.verdicts.pop(span(finding), None)
        self.result = editing.apply(self.text, earlier.edits)
        self.earlier = dict(self.verdicts)

    def given(self) -> tuple[Given, ...]:
        """The verdict on each finding of the note, as it stands now."""
        return tuple(
            Given(f.id, self.known[f.id], made, made != self.earlier.get(span(f)))
            for f in self.findings
            for made in (self.verdicts.get(span(f)),)
        )

    def kept(self, seen: int | None) -> None:
        """Note that the decision is stored under this number."""
        self.known = {
            f.id: STATUS[v.action] if (v := self.verdicts.get(span(f))) else "open" for f in self.findings
        }
        self.seen, self.earlier = seen, dict(self.verdicts)

    def words(self, item: Finding | Verdict) -> str:
        """The words of a finding."""
        return self.text[item.start : item.start + item.length]


def finding_note(f: Finding) -> NoteId:
    """The note that a finding is in."""
    return note_id(f.relation, f.column, f.json_key, f.row_key, f.note_digest)


def by_note(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """The findings of each note, in order; first the notes with the surest and gravest, by column."""
    ordered = sorted(findings, key=lambda f: (finding_note(f), f.start, -f.length, f.rule))
    notes = [tuple(group) for _, group in groupby(ordered, key=finding_note)]
    return sorted(notes, key=lambda note: min(map(_urgency, note)))


def _urgency(f: Finding) -> tuple[int, bool]:
    """The sort key of a finding: the smallest is reviewed first. A finding without a second reading counts as likely."""
    return _SUREST.index(f.certainty or "likely"), f.level != "block"


def span(item: Finding | Verdict | Match) -> Span:
    """The key of a finding within its note: rule, start, length."""
    return item.rule, item.start, item.length


def decision(
    note: Note, reviewer: str, digest: Callable[[str], str], values: Collection[re.Pattern[str]] = ()
) -> Decision:
    """What was decided of a note, without its text. `digest` is the keyed digest of a text; `values` as in `editing.edits`."""
    edits = tuple(editing.edits(note.text, note.result, values)) if note.result != note.text else ()
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
