"""Drawing notes evenly from a column without reading it whole, and keeping the marks that people give them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from psycopg import sql

from motjuste import assets
from motjuste.config import Team
from motjuste.db import findings, trust
from motjuste.db.connection import Connection, errors
from motjuste.db.evidence import team_of
from motjuste.db.install import require
from motjuste.db.reading import printed, require_date, row_key, secret, source
from motjuste.errors import ConfigError
from motjuste.model import Finding
from motjuste.notes.digest import note_digest
from motjuste.officer.sampling import Drawn, Mark, Marked, slots
from motjuste.scanning.scan import Place, kept_key

SMALL = 2000  # pages: a smaller table is read whole, which takes no longer than drawing from it
BATCH = 2000  # slots looked at in one query
LEAST_BUDGET = 20_000  # pages looked at before giving up on a rare team; or a tenth of the table
ENOUGH = 300  # notes met: a team of which none was has less than 3 / 300 of the notes, with 95 % confidence (rule of three)
UNKNOWN = "(équipe inconnue)"


@dataclass(frozen=True)
class Wanted:
    """What to draw of one column: `size` notes of each team, author or the column, written since a day.

    `date_column` is the one that says when a note was written, '' where none does.
    """

    place: Place
    per: str
    size: int
    seed: int
    author: str = ""
    date_column: str = ""
    since: date | None = None


@dataclass(frozen=True)
class Draw:
    """The notes that were drawn, and by how many notes each team falls short of what was asked."""

    notes: tuple[Drawn, ...]
    short: dict[str, int]
    pages_read: int
    pages: int


def watched(conn: Connection) -> list[tuple[Place, str]]:
    """The watched columns with their author column, '' where none is declared."""
    rows = conn.execute(assets.query("authors.sql").encode()).fetchall()
    return [(Place(relation, column, json_key), author) for relation, column, json_key, author in rows]


def draw(conn: Connection, wanted: Wanted, team: Team | None, *, whole: bool = False) -> Draw:
    """Notes of a column, evenly among those of each team: the same seed on the same rows draws the same.

    A big table is not read: rows are picked by place (see `sampling.slots`). It is where `whole` asks for it, where
    it is small or no plain table, or where `since` keeps few of its rows. Raises MotjusteError where it cannot be read.
    """
    with errors(), conn.transaction():
        trust.require_read(conn, wanted.place.relation)
        found = conn.execute(assets.query("leaves.sql"), {"relation": wanted.place.relation})
        leaves = [(name, heap, size) for name, heap, size, *_ in found.fetchall()]
        pages = sum(size for _, _, size in leaves)
        row = _Row(conn, wanted, team)
        if whole or pages <= SMALL or not all(heap for _, heap, _ in leaves) or row.few(conn):
            notes = row.whole(conn)
            read = pages
        else:
            # where many slots are asked for of a table of some thousand pages, reading it all looks cheaper
            conn.execute("set local enable_seqscan = off")
            notes, read = _pick(conn, row, leaves)
    return _result(notes, wanted, read, pages)


def _result(notes: Sequence[Drawn], wanted: Wanted, read: int, pages: int) -> Draw:
    held = Counter(n.stratum for n in notes)
    short = {name: wanted.size - n for name, n in sorted(held.items()) if n < wanted.size}
    ordered = sorted(notes, key=lambda n: n.stratum)
    return Draw(tuple(ordered), short, read, pages)


class _Row:
    """The parts of a query for the rows of one column: what is read of a row, and which rows count."""

    def __init__(self, conn: Connection, wanted: Wanted, team: Team | None) -> None:
        self.wanted = wanted
        place = wanted.place
        found = source(conn, place, wanted.author)
        strange = found.strange
        column = sql.SQL("x.") + sql.Identifier(place.column)
        self.note = (
            sql.SQL("({} ->> {})").format(column, sql.Literal(place.json_key)) if place.json_key else column
        )
        author = sql.SQL("x.") + sql.Identifier(wanted.author) if wanted.author else sql.SQL("null")
        stratum: sql.Composable = sql.Literal(place.label)
        self.join: sql.Composable = sql.SQL("")
        if wanted.per == "author":
            stratum = printed(author, strange=wanted.author in strange)
        elif wanted.per == "team":
            stratum, self.join = team_of(conn, team, printed(author, strange=wanted.author in strange))
        self.stratum = sql.SQL("coalesce({}, {})").format(stratum, sql.Literal(UNKNOWN))
        self.day = (
            # Python has neither infinity nor years beyond its calendar: such a day is none
            sql.SQL(
                "case when x.{0}::date between date '0001-01-01' and date '9999-12-31' then x.{0}::date end"
            ).format(sql.Identifier(wanted.date_column))
            if wanted.date_column
            else sql.SQL("null::date")
        )
        self.key = row_key(found.keys, strange, "x")
        self.counts = sql.SQL("btrim({}::text) <> ''").format(self.note)
        if wanted.date_column:
            require_date(conn, place.relation, wanted.date_column, "--date")
        if wanted.since:
            self.counts += sql.SQL(" and x.{} >= {}").format(
                sql.Identifier(wanted.date_column), sql.Literal(wanted.since)
            )

    def drawn(self, values: Iterable[tuple[str, str, date | None, str]]) -> list[Drawn]:
        place = self.wanted.place
        return [
            Drawn(place.relation, place.column, place.json_key, key, stratum, day, text)
            for key, stratum, day, text in values
        ]

    def few(self, conn: Connection) -> bool:
        """Whether `since` keeps less than a tenth of the rows, by the planner's estimate: then they are read."""
        if not self.wanted.since:
            return False
        shape = sql.SQL("explain (format json) select from {} as x where {}")
        relation = sql.SQL(self.wanted.place.relation)
        [[kept]] = conn.execute(shape.format(relation, self.counts)).fetchall()
        [[every]] = conn.execute(shape.format(relation, sql.SQL("true"))).fetchall()
        return bool(kept[0]["Plan"]["Plan Rows"] * 10 < every[0]["Plan"]["Plan Rows"])

    def whole(self, conn: Connection) -> list[Drawn]:
        """The notes drawn by reading every row: those whose hash with the seed is lowest."""
        query = sql.SQL(assets.query("sample_whole.sql")).format(
            key=self.key, stratum=self.stratum, day=self.day, note=self.note, join=self.join, counts=self.counts,
            relation=sql.SQL(self.wanted.place.relation), seed=sql.Literal(self.wanted.seed), size=sql.Literal(self.wanted.size),
        )  # fmt: skip
        return self.drawn(conn.execute(query).fetchall())

    def at(self, conn: Connection, leaf: str, tids: Sequence[str]) -> dict[str, Drawn]:
        """The notes that stand in these slots of a table, by slot."""
        query = sql.SQL(assets.query("sample_slots.sql")).format(
            key=self.key, stratum=self.stratum, day=self.day, note=self.note, join=self.join, counts=self.counts,
            leaf=sql.SQL(leaf), tids=sql.Literal(list(tids)),
        )  # fmt: skip
        rows = conn.execute(query).fetchall()
        return dict(zip((r[0] for r in rows), self.drawn(r[1:] for r in rows), strict=True))


def _pick(conn: Connection, row: _Row, leaves: Sequence[tuple[str, bool, int]]) -> tuple[list[Drawn], int]:
    """Notes by random slots until each team that was met has its number, or the budget is spent; and pages read."""
    size = row.wanted.size
    pages = [n for _, _, n in leaves]
    budget = max(LEAST_BUDGET, sum(pages) // 10)
    [(block,)] = conn.execute("select current_setting('block_size')::int").fetchall()
    most = (
        block - 24
    ) // 28  # MaxHeapTuplesPerPage: a page's header, then a pointer and a row's header for each
    source = slots(pages, most, random.Random(row.wanted.seed))
    seen: set[tuple[int, int, int]] = set()
    found: list[Drawn] = []
    held: Counter[str] = Counter()
    met = looked = 0
    while looked < budget:
        batch = [s for s in dict.fromkeys(islice(source, BATCH)) if s not in seen]
        seen.update(batch)
        looked += BATCH
        at: dict[tuple[int, int, int], Drawn] = {}
        for table in {s[0] for s in batch}:
            tids = {f"({page},{slot})": (t, page, slot) for t, page, slot in batch if t == table}
            rows = row.at(conn, leaves[table][0], list(tids))
            at |= {tids[tid]: note for tid, note in rows.items()}
        for slot in batch:  # in the order of the draw, which the server does not keep
            note = at.get(slot)
            if note is None:
                continue
            met += 1
            if held[note.stratum] < size:
                held[note.stratum] += 1
                found.append(note)
        if held and min(held.values()) >= size and met >= ENOUGH:
            break
    return found, looked


def store(
    conn: Connection, notes: Sequence[Drawn], *, seed: int, size: int, per: str, since: date | None
) -> int:
    """Keep a sample, without the text of its notes; its number."""
    require(conn)
    key = secret(conn)
    with conn.transaction():
        [(number,)] = conn.execute(
            "insert into motjuste.sample (seed, size, per, since) values (%s, %s, %s, %s) returning id",
            [seed, size, per, since],
        ).fetchall()
        with conn.cursor().copy(assets.query("sample_notes.sql").encode()) as copy:
            for n, note in enumerate(notes, 1):
                place = (note.relation, note.column, note.json_key)
                copy.write_row(
                    (
                        number,
                        n,
                        *place,
                        kept_key(note.row_key),
                        note_digest(key, note.text),
                        note.stratum,
                        note.written_on,
                    )
                )
    return int(number)


def mark(conn: Connection, marks: Sequence[Mark], reviewer: str, source: str) -> int:
    """Keep the marks of a sheet, all or none; how many are new. Raises ConfigError listing those that do not fit.

    A mark that is there already and the same is left alone; one that differs is a conflict.
    """
    require(conn)
    wrong = []
    new = 0
    with conn.transaction():
        for m in marks:
            row = conn.execute(
                assets.query("sample_mark.sql"),
                {"sample": m.sample, "number": m.number, "objective": m.objective, "relevant": m.relevant,
                 "clean": m.clean, "reviewer": reviewer},
            ).fetchone()  # fmt: skip
            if row is None:
                wrong.append(f"{source}: sample {m.sample} has no note {m.number}")
            elif row[0] == "other":
                wrong.append(
                    f"{source}: note {m.number} of sample {m.sample} has other marks already, by {row[1]}"
                )
            else:
                new += row[0] == "new"
        if wrong:
            raise ConfigError("\n".join(wrong), hint="nothing was imported")
    return new


class Sample(NamedTuple):
    """A sample that was drawn: by team, author or column, since a day; how many notes it has, and how many were marked."""

    id: int
    drawn_at: datetime
    per: str
    since: date | None
    notes: int
    marked: int


def samples(conn: Connection) -> list[Sample]:
    """The samples, the newest first."""
    require(conn)
    return [Sample(*row) for row in conn.execute(assets.query("samples.sql").encode())]


class Waiting(NamedTuple):
    """A note of a sample that waits for its marks, with its text now; None where it is not the one that was drawn, and `why`."""

    number: int
    note: Drawn
    text: str | None
    why: str


def waiting(conn: Connection, sample: int, after: int = 0) -> Waiting | None:
    """The next note of a sample that nobody marked, None where there is none."""
    found = findings.rows(conn, "sample_next.sql", {"sample": sample, "after": after})
    if not found:
        return None
    [row] = found
    place = row["relation"], row["column_name"], row["json_key"]
    asked = Finding(*place, row["row_key"], row["note_digest"], "", "", "watch", 0, 0)
    [live] = findings.live(conn, secret(conn), [(asked,)])
    drawn = Drawn(
        *place,
        json.dumps(row["row_key"], ensure_ascii=False),
        row["stratum"],
        row["written_on"],
        live.text or "",
    )
    return Waiting(row["number"], drawn, live.text, live.why)


def marked(conn: Connection, samples: Sequence[int] = ()) -> list[Marked]:
    """Each note that was marked, of all samples or of these."""
    require(conn)
    query = assets.query("sample_marked.sql")
    return [Marked(*row) for row in conn.execute(query, {"samples": list(samples)})]
