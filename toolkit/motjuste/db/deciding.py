"""The decisions in the database. They are authoritative if the database can be written; a decisions file is an export of them.

A finding holds who decided, when and why; `motjuste.decision` holds what is to be written into the note, and who confirmed it.
`motjuste.decide` writes both together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.errors import DatabaseError
from motjuste.migration import decisions
from motjuste.migration.shape import WHOLE
from motjuste.model import Decision, Finding
from motjuste.review.note import STATUS, Decided, Given

STREAMED = 2000  # decisions fetched at a time


class Kept(NamedTuple):
    """The result of storing a decision: its number in the database; if it was refused, the `status` that stands instead, and `who` set it."""

    place: int
    id: int | None
    status: str
    who: str

    @property
    def refused(self) -> str:
        """Why it was not kept, '' where it was."""
        by = f" by {self.who}" if self.who else ""
        return {
            "": "",
            "gone": "its note changed or is gone",
            "corrected": "its note changed or is gone",
            "redacted": "redacted meanwhile",
            "own": f"{self.who} decided of it: another person has to confirm it",
            "unread": "nobody scanned its column, and this role may not write it",
            "open": "opened again meanwhile, and left so",
        }.get(self.status, f"{self.status} meanwhile{by}, and left so")


NEW, SAME = "", "there already"


class Fate(NamedTuple):
    """What the import does with a decision of a file: NEW, with the decision to store; SAME; or why it is left out."""

    why: str
    decided: Decided | None = None


class There(NamedTuple):
    """A note that the database knows: what was decided of it, if anything, and its findings: id, status, rule, start, length."""

    seen: int | None
    decision: Decision | None
    findings: list[tuple[int, str, str, int, int]]  # of closed ones the last three are null


def read_only(conn: Connection) -> str:
    """Why this database cannot be written, '' where it can. Raises DatabaseError where only the role may not decide."""
    [(why, may, role)] = conn.execute(assets.query("may_decide.sql"), {}).fetchall()
    if not why and not may:
        raise DatabaseError(
            f"role {role} may not decide of findings",
            hint=f"ask for an officer's rights: motjuste grant {role} --officer",
        )
    return str(why)


def is_writable(conn: Connection) -> bool:
    """Whether this database can be written, by whatever role."""
    [(why, *_)] = conn.execute(assets.query("may_decide.sql"), {}).fetchall()
    return not why


def of(conn: Connection, found: Sequence[Finding]) -> dict[int, tuple[int | None, Decision | None]]:
    """By the id of each finding: the number of its note's decision, and the decision."""
    rows = conn.execute(assets.query("decisions_of.sql"), {"ids": [f.id for f in found]}).fetchall()
    return {number: (seen, _read(line)) for number, seen, line in rows}


def there(conn: Connection, made: Sequence[Decision]) -> dict[int, There]:
    """By place in the list: the notes of these decisions that the database knows."""
    wanted = [[i, d.relation, d.column, d.json_key, d.row_key, d.note_digest] for i, d in enumerate(made)]
    query = assets.query("decisions_there.sql")
    rows = conn.execute(query, {"wanted": json.dumps(wanted)}).fetchall()
    return {
        place: There(seen, _read(line), [tuple(f) for f in findings]) for place, seen, line, findings in rows
    }


def stored(conn: Connection) -> Iterator[tuple[int | None, Decision]]:
    """Every decision that stands, in the order of a decisions file, with the number of what is to be written; memory stays flat."""
    with conn.transaction(), conn.cursor("motjuste_decisions") as cursor:
        cursor.itersize = STREAMED
        for seen, line in cursor.execute(assets.query("decisions.sql"), {}):
            if made := _read(line):
                yield seen, made


def lines(conn: Connection) -> Iterator[str]:
    """The lines of a decisions file with every decision that stands."""
    for _, made in stored(conn):
        yield decisions.write([made])


def fates(conn: Connection, made: Sequence[Decision]) -> list[Fate]:
    """What an import does with each decision of a file. It never overrules a decision of the database."""
    known = there(conn, made)
    return [_fate(d, known.get(i)) for i, d in enumerate(made)]


def _fate(d: Decision, found: There | None) -> Fate:
    if found is None:
        return Fate(NEW, Decided(d)) if _whole(d) else Fate("its note changed or is gone")
    before = found.decision
    who = before.reviewer if before else ""
    if before and before.edits == d.edits and _judged(before) == _judged(d):
        if not d.second_reader or before.second_reader:
            return Fate(SAME)
        return Fate(NEW, Decided(replace(before, second_reader=d.second_reader), (), found.seen))
    if before and before.edits:
        return Fate(f"the database has another decision of it, by {who}")
    wanted = {(v.rule, v.start, v.length): v for v in d.verdicts if v.rule not in WHOLE}
    given = []
    for number, status, rule, start, length in found.findings:
        verdict = wanted.pop((rule, start, length), None)
        if status in ("accepted", "dismissed", "tolerated") and (
            verdict is None or STATUS[verdict.action] != status
        ):
            return Fate(f"a finding of it is {status}, by {who}")
        if verdict is not None:
            given.append(Given(number, status, verdict, status == "open"))
    if wanted:
        return Fate("a finding of it is closed, or was found otherwise since")
    return Fate(NEW, Decided(d, tuple(given), found.seen))


def _judged(d: Decision) -> set[tuple[str, int, int, str]]:
    return {(v.rule, v.start, v.length, v.action) for v in d.verdicts}


def _whole(d: Decision) -> bool:
    return any(v.rule in WHOLE for v in d.verdicts)


def stale(conn: Connection, made: Sequence[Decision]) -> dict[int, str]:
    """By place in the list: the decisions of a file that differ from the database, with what the database holds.

    Where it cannot be written it need not have them. What changes a whole note for its age or its person may be in a file alone.
    """
    strict = is_writable(conn)
    known = there(conn, made)
    wrong = {}
    for i, d in enumerate(made):
        found = known.get(i, There(None, None, []))
        before = found.decision
        standing = any(status not in ("corrected", "redacted") for _, status, *_ in found.findings)
        if _whole(d):
            continue
        if before is None or not before.edits:
            if strict and standing:
                wrong[i] = "the database does not hold this decision"
        elif before.edits != d.edits or (d.second_reader and before.second_reader != d.second_reader):
            wrong[i] = f"the database has another decision of it, by {before.reviewer}"
    return wrong


def _read(line: str | None) -> Decision | None:
    return next((made for _, made in decisions.parse([line or ""], "motjuste.decision")), None)


def keep(conn: Connection, decided: Sequence[Decided]) -> list[Kept]:
    """Keep these decisions with the state of their findings, in one transaction; what became of each, in order.

    A note of which somebody else decided since, or that changed, is left as it is.
    """
    if not decided:
        return []
    notes = json.dumps([_note(d) for d in decided])
    rows = conn.execute(assets.query("decide.sql"), {"notes": notes}).fetchall()
    return [Kept(place, number, status or "", who or "") for place, number, status, who in rows]


def _note(given: Decided) -> dict[str, Any]:
    note = decisions.record(given.decision)
    verdicts = note.pop("verdicts")
    whole = [v for v in verdicts if v["rule"] in WHOLE]
    return note | {"whole": whole, "seen": given.seen, "findings": [_finding(g) for g in given.findings]}


def _finding(g: Given) -> dict[str, Any]:
    said: dict[str, Any] = {"id": g.id, "known": g.known, "changed": g.changed}
    if v := g.verdict:
        said |= {"action": v.action, "reason": v.reason or None, "until": v.until and v.until.isoformat()}
    return said
