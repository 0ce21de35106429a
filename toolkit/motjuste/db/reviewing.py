"""What several reviewers at a time need: the next note, who has it before him, what is left, what a second reader decided."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from psycopg import sql
from psycopg.types.json import Jsonb

from motjuste import assets
from motjuste.config import Team
from motjuste.db import deciding, findings
from motjuste.db.connection import Connection
from motjuste.db.evidence import team_of
from motjuste.engine.matcher import Matcher
from motjuste.migration import decisions
from motjuste.migration.shape import WHOLE
from motjuste.model import Decision, Finding
from motjuste.review.note import Note, finding_note

AHEAD = 60  # findings looked at for the next note
SLICE = 10  # notes reserved at a time
MINUTES = 15  # for so long

Place = tuple[int, int]  # in the order of a review: rank, number of a finding
START: Place = (-1, 0)
_RANKS = {"certain": 0, "likely": 2, None: 2, "doubtful": 4}


@dataclass(frozen=True)
class Filters:
    """Which findings are reviewed; what is empty leaves all in."""

    category: str = ""
    rule: str = ""
    level: str = ""
    certainty: str = ""
    relation: str = ""
    team: str = ""
    days: int = 0

    def given(self) -> dict[str, str]:
        """Those that are given, as a query string names them."""
        return {name: str(value) for name, value in asdict(self).items() if value}


class Turn(NamedTuple):
    """The finding by which the next note's turn comes, None at the end; how many findings are open under the filters."""

    finding: int | None
    open: int


@dataclass
class Read:
    """A note as it was read for a review, None where it cannot be: `why` says so in the library's words, `code` in one."""

    note: Note | None
    findings: tuple[Finding, ...] = ()
    code: str = ""
    why: str = ""
    decided: Decision | None = None


def _values(conn: Connection, f: Filters, team: Team | None) -> dict[str, Any]:
    authors = [login for login, name in teams(conn, team).items() if name == f.team] if f.team else None
    # a scan without a second reading rates nothing: '' in the table, `unrated` in an address
    certainties = [] if not f.certainty else [""] if f.certainty == "unrated" else [f.certainty]
    return {
        "rules": [f.rule] if f.rule else [], "categories": [f.category] if f.category else [],
        "levels": [f.level] if f.level else [], "certainties": certainties,
        "relations": [f.relation] if f.relation else [], "authors": authors, "days": f.days,
    }  # fmt: skip


def teams(conn: Connection, team: Team | None) -> dict[str, str]:
    """The team of each author, by the name that notes have for him; none where the policy declares no team."""
    if team is None:
        return {}
    named, join = team_of(conn, team, sql.SQL("f.author"))
    query = sql.SQL("select f.author, {} from (select distinct author from motjuste.finding) as f {}")
    return {a: str(t) for a, t in conn.execute(query.format(named, join)) if a is not None and t is not None}


def place(read: Iterable[Finding]) -> Place:
    """Where in the order of a review the note of these findings stands."""
    return min((_RANKS[f.certainty] + (f.level != "block"), f.id) for f in read)


def turn(
    conn: Connection,
    who: str,
    f: Filters,
    team: Team | None,
    after: Place = START,
    passed: Sequence[int] = (),
) -> Turn:
    """The next note's turn behind a place. It is this reviewer's for a while, with some more; `passed` are findings of notes just seen."""
    values = _values(conn, f, team) | {"who": who, "limit": AHEAD}
    while True:
        rows = conn.execute(assets.query("turns.sql"), values | {"rank": after[0], "id": after[1]}).fetchall()
        left = int(rows[0][2])
        there = [(int(rank), int(number)) for rank, number, _ in rows if number is not None]
        if not there:
            return Turn(None, left)
        notes = _notes_of(conn, [number for _, number in there])
        seen: set[tuple[str, ...]] = set()
        chosen: list[tuple[int, tuple[Finding, ...]]] = []
        for at in there:
            note = notes.get(at[1], ())
            if not note or (name := finding_note(note[0])) in seen:
                continue
            seen.add(name)
            # a note has its turn once: by the first of its findings that is open and asked for
            if not any(x.id in passed for x in note) and not _had(note, at, f):
                chosen.append((at[1], note))
        if chosen:
            slice_ = chosen[:SLICE]
            ids = [x.id for _, note in slice_ for x in note if x.status == "open"]
            mine = {
                number
                for (number,) in conn.execute(
                    "select motjuste.reserve(%s::bigint[], %s, %s)", [ids, who, MINUTES]
                )
            }
            for number, _ in slice_:
                if number in mine:
                    return Turn(number, left)
        after = there[-1]


def _had(note: Sequence[Finding], at: Place, f: Filters) -> bool:
    """Whether the note had its turn before, by another finding under the same filters."""
    return any(
        place([x]) < at
        for x in note
        if x.status == "open"
        and f.rule in ("", x.rule)
        and f.category in ("", x.category)
        and f.level in ("", x.level)
        and f.certainty in ("", x.certainty or "unrated")
    )


def _notes_of(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Finding, ...]]:
    """Of each of these findings all of its note that are not closed, by its number."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for row in findings.rows(conn, "notes_of.sql", {"ids": list(ids)}):
        found[row.pop("asked")].append(findings.finding(row))
    return {number: tuple(note) for number, note in found.items()}


def read(conn: Connection, key: bytes, matcher: Matcher, ids: Sequence[int]) -> Iterator[Read]:
    """The notes of these findings as they stand, with what was decided of them, each once and in order."""
    by_finding = _notes_of(conn, ids)
    groups: dict[tuple[str, ...], tuple[Finding, ...]] = {}
    for number in ids:
        if number in by_finding:
            groups.setdefault(finding_note(by_finding[number][0]), by_finding[number])
        else:
            yield Read(None, code="gone")
    decided = deciding.of(conn, [g[0] for g in groups.values()])
    for live in findings.live(conn, key, groups.values()):
        seen, before = decided.get(live.findings[0].id, (None, None))
        yield _read(live, matcher, seen, before)


def _read(live: findings.Live, matcher: Matcher, seen: int | None, before: Decision | None) -> Read:
    if live.text is None:
        return Read(None, live.findings, "closed" if live.closed else "changed", live.why)
    if not all(f.rule in matcher.rules for f in live.findings):
        return Read(None, live.findings, "rule")
    if before and (whole := [v for v in before.verdicts if v.rule in WHOLE]):
        return Read(None, live.findings, "whole", whole[0].reason or whole[0].rule)
    note = Note(live.findings, live.text, live.limit, live.fixed)
    note.seen = seen
    if before:
        note.resume(before, matcher.rules)
    return Read(note, live.findings, decided=before)


def facets(conn: Connection, f: Filters, team: Team | None) -> dict[str, list[tuple[str, int]]]:
    """How many findings are open of each category, rule, level, certainty, relation, team and age, under the filters."""
    by_kind: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of_author = teams(conn, team)
    for kind, which, count in conn.execute(assets.query("facets.sql"), _values(conn, f, team)):
        if kind == "author":
            if which in of_author:
                by_kind["team"][of_author[which]] += count
        elif kind == "days":
            for days in ("30", "90"):
                if int(which) >= int(days):
                    by_kind["days"][days] += count
        else:
            by_kind[kind][(which or "unrated") if kind == "certainty" else which] += count
    return {kind: sorted(counts.items(), key=lambda x: (-x[1], x[0])) for kind, counts in by_kind.items()}


class Progress(NamedTuple):
    """How far a review is: findings open under the filters, decided by this reviewer today, lately, over how many seconds; may one be undone?"""

    open: int
    today: int
    lately: int
    seconds: int
    undo: bool

    @property
    def minutes_left(self) -> int | None:
        """How long the rest takes at the pace of the last quarter of an hour, None where there is none yet."""
        if self.lately < 5 or not self.seconds:
            return None
        return max(1, round(self.open * self.seconds / self.lately / 60))


def progress(conn: Connection, who: str, f: Filters, team: Team | None) -> Progress:
    """How far the review is for this reviewer."""
    values = _values(conn, f, team) | {"who": who}
    [row] = conn.execute(assets.query("progress.sql"), values).fetchall()
    return Progress(*row)


def last(conn: Connection, who: str) -> list[int]:
    """The findings of the last thing that this reviewer decided."""
    return [number for (number,) in conn.execute(assets.query("last_decided.sql"), {"who": who})]


def release(conn: Connection, who: str) -> None:
    """Let others have what this reviewer had before him."""
    conn.execute("select motjuste.release(%s)", [who])


def of_rule(conn: Connection, who: str, rule: str, limit: int, after: int = 0) -> list[int]:
    """Open findings of a rule that nobody else has before him."""
    values = {"rule": rule, "who": who, "after": after, "limit": limit}
    return [number for (number,) in conn.execute(assets.query("same_rule.sql"), values)]


def to_confirm(
    conn: Connection, who: str, after: int = 0, limit: int = 1
) -> list[tuple[int, str, int | None]]:
    """The decisions that this person has to read as the second: number, who decided, one of the note's findings."""
    values = {"who": who, "after": after, "limit": limit}
    return [tuple(row) for row in conn.execute(assets.query("to_confirm.sql"), values)]


class Dispute(NamedTuple):
    """A decision of which a second reader decided otherwise: one of the note's findings, who decided, who differs and how."""

    decision: int
    finding: int | None
    reviewer: str
    reader: str
    opinion: dict[str, Any]

    def other(self, first: Decision) -> Decision:
        """The reader's decision instead of the first."""
        line = json.dumps(decisions.record(first) | self.opinion | {"reviewer": self.reader})
        [(_, found)] = decisions.parse([line], "motjuste.second_opinion")
        return found


def disputes(conn: Connection) -> list[Dispute]:
    """The decisions of which a second reader decided otherwise, the oldest first."""
    return [Dispute(*row) for row in conn.execute(assets.query("disagreements.sql"))]


def differ(conn: Connection, decision: int, made: Decision) -> str:
    """Keep what a second reader would have decided instead; '' where it is kept, else gone, own or there."""
    record = decisions.record(made)
    opinion = {k: record[k] for k in ("verdicts", "edits", "digest_after")} | {"reader": made.reviewer}
    [(why,)] = conn.execute("select motjuste.differ(%s, %s)", [decision, Jsonb(opinion)]).fetchall()
    return str(why)


def same(one: Decision, other: Decision) -> bool:
    """Whether two persons decided the same of a note: the same text in the end, and of each finding whether its words stay."""

    def stays(d: Decision) -> set[tuple[str, int, int]]:
        return {(v.rule, v.start, v.length) for v in d.verdicts if v.action in ("dismiss", "tolerate")}

    return one.digest_after == other.digest_after and stays(one) == stays(other)


class Column(NamedTuple):
    """What a plan would change in a column, in notes; and what is left, in findings."""

    relation: str
    column: str
    json_key: str
    notes: int
    emptied: int
    confirmed: int
    disputed: int
    open: int
    tolerated: int
    dismissed: int


def to_come(conn: Connection) -> list[Column]:
    """What a plan would change in each column, and what is left there."""
    return [Column(*row) for row in conn.execute(assets.query("to_come.sql"))]
