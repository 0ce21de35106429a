"""The queue of a desk with several reviewers: the next note, who is reading it, what is left, what a second reader decided."""

from __future__ import annotations

import json
import time
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
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
FRESH = 60  # seconds after which a queue is read anew
MANY = 200  # queues kept

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
    """The place of the note of these findings in the order of a review."""
    return min((_RANKS[f.certainty] + (f.level != "block"), f.id) for f in read)


class Queue:
    """The open findings under some filters in the order of a review, as they were when it was read, less those that are settled."""

    def __init__(self, parts: Iterable[tuple[int, Sequence[int]]]) -> None:
        self._parts = [(rank, array("q", sorted(numbers))) for rank, numbers in parts]
        self._gone: set[int] = set()
        self._count = sum(len(numbers) for _, numbers in self._parts)
        self.read_at = time.monotonic()

    @property
    def open(self) -> int:
        """How many findings are open."""
        return self._count - len(self._gone)

    def after(self, place: Place) -> Iterator[Place]:
        """The places behind this one."""
        for rank, numbers in self._parts:
            if rank >= place[0]:
                first = bisect_right(numbers, place[1]) if rank == place[0] else 0
                yield from ((rank, n) for n in islice(numbers, first, None) if n not in self._gone)

    def drop(self, ids: Iterable[int]) -> None:
        """Remove these findings from the queue: they are settled."""
        for number in ids:
            if any(
                i < len(part) and part[i] == number
                for _, part in self._parts
                for i in (bisect_left(part, number),)
            ):
                self._gone.add(number)


class Queues:
    """The queues of a desk, one for all that review under the same filters; each is read anew after a minute."""

    def __init__(self) -> None:
        self._known: dict[Filters, Queue] = {}

    def of(self, conn: Connection, f: Filters, team: Team | None) -> Queue:
        """The queue under these filters."""
        found = self._known.get(f)
        if found is None or time.monotonic() - found.read_at > FRESH:
            rows = conn.execute(assets.query("queue.sql"), _values(conn, f, team), binary=True).fetchall()
            found = Queue([(int(rank), numbers) for rank, numbers in rows])
            if len(self._known) >= MANY:
                self._known.clear()
            self._known[f] = found
        return found

    def drop(self, ids: Sequence[int]) -> None:
        """Take settled findings out of all queues."""
        for queue in list(self._known.values()):
            queue.drop(ids)

    def forget(self) -> None:
        """Read all anew: findings were opened again."""
        self._known.clear()


def turn(
    conn: Connection, who: str, queue: Queue, f: Filters, after: Place = START, passed: Sequence[int] = ()
) -> int | None:
    """The finding by which the next note's turn comes behind a place, None at the end. The note is this reviewer's for a while, with
    some more; `passed` are findings of a note just seen."""
    places = queue.after(after)
    while there := list(islice(places, AHEAD)):
        ids = [number for _, number in there]
        taken = {n for (n,) in conn.execute(assets.query("taken.sql"), {"ids": ids, "who": who})}
        notes = _notes_of(conn, ids)
        seen: set[tuple[str, ...]] = set()
        chosen: list[tuple[int, tuple[Finding, ...]]] = []
        for at in there:
            note = notes.get(at[1], ())
            if not any(x.id == at[1] and x.status == "open" for x in note):
                queue.drop([at[1]])
                continue
            if (name := finding_note(note[0])) in seen:
                continue
            seen.add(name)
            # a note has its turn once: by the first of its findings that is open and asked for
            if at[1] not in taken and not any(x.id in passed for x in note) and not _had(note, at, f):
                chosen.append((at[1], note))
        if chosen:
            slice_ = chosen[:SLICE]
            ids = [x.id for _, note in slice_ for x in note if x.status == "open"]
            query = "select motjuste.reserve(%s::bigint[], %s, %s)"
            mine = {number for (number,) in conn.execute(query, [ids, who, MINUTES])}
            for number, _ in slice_:
                if number in mine:
                    return number
    return None


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


class Pace(NamedTuple):
    """How quick a reviewer is: findings decided today, lately, over how many seconds; whether there is one to take back."""

    today: int
    lately: int
    seconds: int
    undo: bool


def pace(conn: Connection, who: str) -> Pace:
    """How quick this reviewer is."""
    [row] = conn.execute(assets.query("pace.sql"), {"who": who}).fetchall()
    return Pace(*row)


def last(conn: Connection, who: str) -> list[int]:
    """The findings of the last thing that this reviewer decided."""
    return [number for (number,) in conn.execute(assets.query("last_decided.sql"), {"who": who})]


def of_rule(conn: Connection, who: str, rule: str, limit: int, after: int = 0) -> list[int]:
    """Open findings of a rule whose notes are not reserved for somebody else."""
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
