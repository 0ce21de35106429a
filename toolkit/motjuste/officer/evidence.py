"""The evidence of a report: counts of findings, coverage, ages, logs; and the conditions on which a monitor fails. Pure.

The counts answer points of the authority's decisions: every file swept (2006), words counted (Acadomia, 2010), who can
read the notes (Paris Habitat, 2012). No value here holds the text of a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from motjuste.config import Exempt
from motjuste.errors import ConfigError

STANDING = ("open", "accepted")  # the words are still in the database
DECIDED = ("accepted", "redacted", "dismissed", "tolerated")
ENDS_SOON = timedelta(days=60)
ALIVE = 60  # seconds since the last sign of life of a process that is taken to be at work

# Bounds in days, the last of which are the terms of the formal notices that were read: ten days at least, two or three months.
AGES = (10, 30, 60, 90)


@dataclass(frozen=True)
class Count:
    """The number of findings that share all of these values; `team` is None if no team is known."""

    column: str
    category: str
    rule: str
    level: str
    status: str
    month: str
    team: str | None
    findings: int


@dataclass(frozen=True)
class Coverage:
    """A watched column and its last scan; None where it was never scanned. `estimated`: how many rows exist is a guess."""

    column: str
    mode: str
    rows_read: int | None
    rows_that_exist: int | None
    estimated: bool
    pack_version: str | None
    scanned_at: datetime | None
    waiting: int = 0  # rows to be read, which `rows_read` leaves out

    @property
    def share(self) -> float | None:
        """Rows read of those that exist, from 0 to 1; None where it was never scanned."""
        if self.rows_read is None or self.rows_that_exist is None:
            return None
        return min(1.0, self.rows_read / self.rows_that_exist) if self.rows_that_exist else 1.0


@dataclass(frozen=True)
class Logged:
    """Bypasses or failures of one kind on one column: `what` is the reason given, or the error's code.

    `rows` is None where rows came one by one and were not counted.
    """

    column: str
    what: str
    role: str
    times: int
    rows: int | None
    last: datetime


@dataclass(frozen=True)
class Reader:
    """A role that may read a watched column, and how it came by it: granted, owner, member of ..., PUBLIC; whether it may log in (None: anybody)."""

    role: str
    via: str
    login: bool | None


@dataclass(frozen=True)
class Readers:
    """Who may read a watched column, in order of name; superusers may read all."""

    column: str
    roles: tuple[Reader, ...]


@dataclass(frozen=True)
class Term:
    """A request for access and its term; `complete` is None before an answer, `days_left` once a complete one was given."""

    id: int
    received: date
    due: date
    extended: bool
    answered_at: datetime | None
    complete: bool | None
    days_left: int | None


@dataclass(frozen=True)
class Undecided:
    """A column that looks like notes and is neither watched nor exempt."""

    column: str
    score: int


@dataclass(frozen=True)
class Queued:
    """The rows of a deferred column that wait to be read, since when, and for how many seconds the first of them."""

    column: str
    rows: int
    since: datetime
    seconds: float


@dataclass(frozen=True)
class Worker:
    """A process that works off the queue: rows a second while it had some, seconds since it last said that it is there, rows in all."""

    name: str
    role: str
    rate: float | None
    seconds: float
    rows: int


@dataclass(frozen=True)
class Queue:
    """The rows of deferred columns that wait, and the workers that read them."""

    waiting: tuple[Queued, ...] = ()
    workers: tuple[Worker, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows wait."""
        return sum(w.rows for w in self.waiting)

    @property
    def oldest(self) -> float:
        """For how many seconds the first of them waits, 0 where none does."""
        return max((w.seconds for w in self.waiting), default=0.0)

    @property
    def at_work(self) -> tuple[Worker, ...]:
        """The workers that gave a sign of life within the last minute."""
        return tuple(w for w in self.workers if w.seconds < ALIVE)

    @property
    def rate(self) -> float:
        """Rows a second that these read together, while they have some."""
        return sum(w.rate or 0 for w in self.at_work)


@dataclass(frozen=True)
class Evidence:
    """The state of one database at one moment. `ages` is (days since found, how many) of the findings that stand."""

    database: str
    at: datetime
    pack_version: str
    pack_digest: str
    installed_at: datetime
    coverage: tuple[Coverage, ...]
    undecided: tuple[Undecided, ...]
    exempt: tuple[Exempt, ...]
    counts: tuple[Count, ...]
    ages: tuple[tuple[int, int], ...]
    bypasses: tuple[Logged, ...]
    failures: tuple[Logged, ...]
    readers: tuple[Readers, ...]
    requests: tuple[Term, ...] = ()
    queue: Queue = Queue()

    @property
    def standing(self) -> int:
        """How many findings stand: open, or accepted and not redacted yet."""
        return sum(n for _, n in self.ages)

    @property
    def accepted(self) -> int:
        """How many of them are decided: accepted, and to be redacted."""
        return sum(c.findings for c in self.counts if c.status == "accepted")

    @property
    def share_read(self) -> float | None:
        """Rows read by the last scans of those that existed, from 0 to 1; a column never scanned counts as unread."""
        if not self.coverage or any(c.share is None for c in self.coverage):
            return 0.0 if self.coverage else None
        exist = sum(c.rows_that_exist or 0 for c in self.coverage)
        read = sum(min(c.rows_read or 0, c.rows_that_exist or 0) for c in self.coverage)
        return read / exist if exist else 1.0

    def older_than(self, days: int) -> int:
        """How many standing findings were found more than this many days ago."""
        return sum(n for age, n in self.ages if age >= days)

    def waiting(self, days: int | None = None) -> list[Term]:
        """The requests without a complete answer that have fewer days left than this, overdue ones included; all for None."""
        return [r for r in self.requests if r.days_left is not None and (days is None or r.days_left < days)]

    def ends_soon(self) -> list[Exempt]:
        """The exemptions that end within two months, or have ended, the first to end first."""
        last = self.at.date() + ENDS_SOON
        return sorted((e for e in self.exempt if e.until <= last), key=lambda e: (e.until, e.column))


@dataclass(frozen=True)
class Line:
    """One line of a table of counts: by status, standing ones together."""

    name: str
    standing: int
    corrected: int
    redacted: int
    dismissed: int
    tolerated: int

    @property
    def total(self) -> int:
        """All findings, whatever their status."""
        return self.standing + self.corrected + self.redacted + self.dismissed + self.tolerated


def lines(counts: Iterable[Count], name: Callable[[Count], str | None]) -> list[Line]:
    """The counts, grouped by what `name` returns for them, most findings first; counts for which it returns None are left out."""
    found: dict[str, Counter[str]] = {}
    for c in counts:
        key = name(c)
        if key is not None:
            status = "standing" if c.status in STANDING else c.status
            found.setdefault(key, Counter())[status] += c.findings
    made = [
        Line(key, n["standing"], n["corrected"], n["redacted"], n["dismissed"], n["tolerated"])
        for key, n in found.items()
    ]
    return sorted(made, key=lambda line: (-line.total, line.name))


@dataclass(frozen=True)
class FalseAlarms:
    """Of a rule's findings that a person decided, how many were false alarms."""

    rule: str
    decided: int
    false: int

    @property
    def rate(self) -> float:
        """From 0 to 1."""
        return self.false / self.decided


def false_alarms(counts: Iterable[Count]) -> list[FalseAlarms]:
    """Each rule whose findings were decided, the most false alarms first."""
    decided: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for c in counts:
        if c.status in DECIDED:
            decided[c.rule] += c.findings
            false[c.rule] += c.findings if c.status == "dismissed" else 0
    found = [FalseAlarms(rule, n, false[rule]) for rule, n in decided.items()]
    return sorted(found, key=lambda f: (-f.false, -f.decided, f.rule))


@dataclass(frozen=True)
class Age:
    """Standing findings from `least` days old to less than `most` (None: and older)."""

    least: int
    most: int | None
    findings: int


def ages(evidence: Evidence) -> list[Age]:
    """The standing findings by age, the youngest first."""
    bounds: Sequence[int | None] = (0, *AGES, None)
    return [
        Age(
            low or 0, high, sum(n for d, n in evidence.ages if d >= (low or 0) and (high is None or d < high))
        )
        for low, high in pairwise(bounds)
    ]


@dataclass(frozen=True)
class Step:
    """Something to do: overdue, failures, unread, grave, due, partial, accepted, undecided, expired or watch; and how many."""

    code: str
    count: int


def steps(evidence: Evidence) -> list[Step]:
    """What is to be done, the most pressing first."""
    e = evidence
    open_: Counter[str] = Counter()
    for c in e.counts:
        open_[c.level] += c.findings if c.status == "open" else 0
    found = (
        ("overdue", len(e.waiting(0))),
        ("failures", sum(f.times for f in e.failures)),
        ("unread", sum(c.share is None for c in e.coverage)),
        ("grave", open_["block"]),
        ("due", len(e.waiting(7)) - len(e.waiting(0))),
        ("partial", sum(c.share is not None and c.share < 1 for c in e.coverage)),
        ("accepted", e.accepted),
        ("undecided", len(e.undecided)),
        ("expired", sum(x.until < e.at.date() for x in e.exempt)),
        ("watch", open_["watch"]),
    )
    return [Step(code, count) for code, count in found if count]


@dataclass(frozen=True)
class Levels:
    """A category's findings: of level block and watch that stand, and those that are settled."""

    category: str
    grave: int
    watch: int
    settled: int


def levels(counts: Iterable[Count]) -> list[Levels]:
    """The findings of each category by level, the most that are grave first."""
    found: dict[str, Counter[str]] = {}
    for c in counts:
        key = c.level if c.status in STANDING else "settled"
        found.setdefault(c.category, Counter())[key] += c.findings
    made = [Levels(name, n["block"], n["watch"], n["settled"]) for name, n in found.items()]
    return sorted(made, key=lambda x: (-x.grave, -x.watch, -x.settled, x.category))


@dataclass(frozen=True)
class Difference:
    """A figure of an earlier report and of this one; `share`: from 0 to 1."""

    name: str
    before: float
    now: float
    share: bool = False


def differences(before: Mapping[str, Any], evidence: Evidence, labels: Mapping[str, str]) -> list[Difference]:
    """What changed since an earlier report, as `summary` made it: the main figures, then the categories that changed."""
    (then, by_then), (now, by_now) = figures(before), figures(summary(evidence, labels))
    found = [Difference(name, then[name], now[name], share=name == "lignes lues") for name in now]
    return found + [
        Difference(f"à traiter : {labels[code]}", by_then.get(code, 0), by_now.get(code, 0))
        for code in labels
        if by_then.get(code, 0) != by_now.get(code, 0)
    ]


def figures(told: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, int]]:
    """The main figures of a report, as `summary` made it, and what stands of each category. Raises KeyError or TypeError for another file."""
    datetime.fromisoformat(told["at"])
    main = {
        "constats à traiter": float(told["standing"]),
        "lignes lues": float(told["coverage"]["share_read"] or 0),
        "colonnes surveillées": float(len(told["coverage"]["columns"])),
        "colonnes sans décision": float(len(told["coverage"]["undecided"])),
    }
    return main, {x["name"]: int(x["standing"]) for x in told["by_category"]}


def summary(evidence: Evidence, labels: Mapping[str, str]) -> dict[str, Any]:
    """What the report says, as values for JSON; `labels` are the names of the categories by code."""
    e = evidence
    return {
        "database": e.database,
        "at": e.at.isoformat(),
        "pack": {"version": e.pack_version, "digest": e.pack_digest, "installed_at": e.installed_at.isoformat()},
        "coverage": {
            "share_read": e.share_read,
            "columns": [asdict(c) | {"share": c.share, "scanned_at": _iso(c.scanned_at)} for c in e.coverage],
            "undecided": [asdict(u) for u in e.undecided],
            "exempt": [asdict(x) | {"until": x.until.isoformat()} for x in e.exempt],
        },
        "queue": {
            "rows": e.queue.rows,
            "oldest_seconds": e.queue.oldest,
            "columns": [asdict(w) | {"since": w.since.isoformat()} for w in e.queue.waiting],
            "workers": [asdict(w) for w in e.queue.workers],
        },
        "standing": e.standing,
        "ages": [asdict(a) for a in ages(e)],
        "by_category": [_line(x) | {"label": labels.get(x.name, x.name)} for x in lines(e.counts, lambda c: c.category)],
        "by_rule": [_line(x) for x in lines(e.counts, lambda c: c.rule)],
        "by_column": [_line(x) for x in lines(e.counts, lambda c: c.column)],
        "by_team": [_line(x) for x in lines(e.counts, lambda c: c.team)],
        "by_month": sorted((_line(x) for x in lines(e.counts, lambda c: c.month)), key=lambda x: str(x["name"])),
        "false_alarms": [asdict(f) | {"rate": f.rate} for f in false_alarms(e.counts)],
        "bypasses": [asdict(x) | {"last": x.last.isoformat()} for x in e.bypasses],
        "failures": [asdict(x) | {"last": x.last.isoformat()} for x in e.failures],
        "readers": [asdict(r) for r in e.readers],
        "requests": [
            asdict(r) | {"received": r.received.isoformat(), "due": r.due.isoformat(), "answered_at": _iso(r.answered_at)}
            for r in e.requests
        ],
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _line(line: Line) -> dict[str, Any]:
    return asdict(line) | {"total": line.total}


# -- conditions ------------------------------------------------------------------------------------

_MEASURES: dict[str, Callable[[Evidence], float]] = {
    "open": lambda e: e.standing,
    "undecided": lambda e: len(e.undecided),
    "failures": lambda e: sum(f.times for f in e.failures),
    "bypasses": lambda e: sum(b.times for b in e.bypasses),
    "coverage": lambda e: 100 * (e.share_read or 0),
    "expired": lambda e: sum(x.until < e.at.date() for x in e.exempt),
    "requests": lambda e: len(e.waiting()),
    "overdue": lambda e: len(e.waiting(0)),
    "waiting": lambda e: e.queue.rows,
}
# By days: (measure, comparison, d) -> how many are so.
_DAYS: dict[tuple[str, str], Callable[[Evidence, int], int]] = {
    ("open", ">"): Evidence.older_than,
    ("due", "<"): lambda e, days: len(e.waiting(days)),
}
_CONDITION = re.compile(r"\s*([a-z]+)\s*([<>])\s*(\d+(?:\.\d+)?)\s*(d|s|m|h|%)?\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_KNOWN = (
    "open>30d (days since found), open>0, undecided>0, failures>0, bypasses>0, expired>0, coverage<100%, "
    "overdue>0 (requests for access), due<7d (days left), requests>0, waiting>15m (s, m, h: the oldest row of deferred columns) or waiting>0"
)


@dataclass(frozen=True)
class Condition:
    """A condition on which a monitor fails, as written: open>30d, undecided>0, coverage<100%, due<7d."""

    text: str
    measure: str
    above: bool
    bound: float
    days: bool = False
    seconds: bool = False

    def holds(self, evidence: Evidence) -> bool:
        """Whether the condition holds for this evidence."""
        if self.days:
            return _DAYS[self.measure, ">" if self.above else "<"](evidence, int(self.bound)) > 0
        if self.measure == "waiting":
            return self.of_queue(evidence.queue)
        value = _MEASURES[self.measure](evidence)
        return value > self.bound if self.above else value < self.bound

    def of_queue(self, queue: Queue) -> bool:
        """Whether a condition of `waiting` holds for a queue."""
        value = queue.oldest if self.seconds else queue.rows
        return value > self.bound if self.above else value < self.bound


def condition(text: str) -> Condition:
    """The condition of --fail-on. Raises ConfigError, with the words that it takes."""
    m = _CONDITION.fullmatch(text)
    if m is not None and m[4] == "d":
        known = (m[1], m[2]) in _DAYS
    elif m is not None and m[4] in _SECONDS:
        known = m[1] == "waiting"
    else:
        known = m is not None and m[1] in _MEASURES and m[4] in (None, "%" if m[1] == "coverage" else None)
    if m is None or not known:
        raise ConfigError(f"--fail-on {text!r} is no condition", hint=f"write {_KNOWN}")
    bound = float(m[3]) * _SECONDS.get(m[4], 1)
    return Condition(text.strip(), m[1], m[2] == ">", bound, m[4] == "d", m[4] in _SECONDS)
