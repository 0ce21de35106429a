"""Working off the queue of deferred columns: each row's note is read as it stands, in small transactions that any number of processes share.

The rows of a transaction leave the queue when it commits, with what was found: killed at any moment, nothing is lost and nothing is
recorded twice. `sql/68_work.sql` says how two processes keep out of each other's way.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, TypeVar

import psycopg
from psycopg import Cursor, errors
from psycopg.rows import TupleRow

from motjuste import assets
from motjuste.db import install
from motjuste.db.connection import Connection, first_line, session
from motjuste.db.patience import PASSING
from motjuste.errors import DatabaseError
from motjuste.model import Match
from motjuste.notes.digest import note_digest
from motjuste.scanning.scan import OTHER_KEY, TOO_LONG

T = TypeVar("T")
FindAll = Callable[[Sequence[str]], list[list[Match]]]  # what each of some notes holds
PARTS = 16  # of the queue; motjuste.bucket says the same
BATCH = 4000  # rows of the queue at a time
PIECES = 4  # in which their notes come: while we look at one, the server reads the next
SHARE = 10  # going through the whole queue again takes at most one tenth of the time
BEAT = 5.0  # seconds between two signs of life
CLOSED = 30.0  # seconds after which a column is tried again that this role may not read
BRIEFLY = 1.0  # the same where somebody else has a lock
PAUSES = (0.5, 1, 2, 4, 8, 15)  # seconds before each new attempt, where the server is away
TIDY = 20_000  # rows that leave the queue before its table is vacuumed, once it is empty
NEEDED = (
    ("queue", "delete"),
    ("part", "update"),
    ("finding", "insert"),
    ("secret", "select"),
    ("worker", "update"),
)
FORGET = "1 day"  # after which a process that is gone is not told of any more


@dataclass
class Done:
    """What was done: notes read, findings stored, rows whose note is gone, rows not read and noted as that; why columns were left, by name."""

    read: int = 0
    findings: int = 0
    gone: int = 0
    failed: int = 0
    left: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows left the queue."""
        return self.read + self.gone + self.failed


class _Row(NamedTuple):
    """A row of the queue, and where it stands there, once for each time that it was queued: an array of tid, as PostgreSQL writes it."""

    row_key: str
    digest: bytes | None
    places: str


class _Note(NamedTuple):
    i: int
    row_key: str
    size: int
    text: str | None
    digest: bytes | None
    author: str | None
    held: bool  # there are findings of the row


class Worker:
    """One process that works the queue off; `rate` is the most rows a second, 0 for no limit."""

    def __init__(
        self, dsn: str | None, find: FindAll, pack: str, *, rate: int = 0, batch: int = BATCH
    ) -> None:
        self.dsn, self.find, self.pack, self.rate = dsn, find, pack, rate
        self.batch = min(batch, rate or batch)  # a second's at most
        self.done = Done()
        self.stop = False  # set by who wants it to end after the transaction at hand
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._conn: Connection | None = None
        self._pages = dict.fromkeys(range(PARTS), 0)  # where to go on in each part
        self._closed: dict[int, float] = {}  # columns that could not be read, until when they are left alone
        self._told = 0.0
        self._counted = Done()
        self._busy = 0.0
        self._since_vacuum = 0

    # -- from outside -----------------------------------------------------------------------------

    def once(self) -> None:
        """Work off what waits now."""
        found = True
        while found and not self.stop:
            self._pages = dict.fromkeys(self._pages, 0)  # what was queued behind us meanwhile, too
            found = False
            while not self.stop and self._round():
                found = True
        self._beat(force=True)
        self._vacuum()

    def run(self, every: float) -> None:
        """Work off what waits and what comes, until `stop`; look again each `every` seconds where nothing waits."""
        whole = 0.0  # when to begin with the first page again: new rows take the room of those that are gone
        while not self.stop:
            started = time.monotonic()
            if started >= whole:
                self._pages = dict.fromkeys(self._pages, 0)
            found = self._round()
            if started >= whole:
                took = 0.0 if found else time.monotonic() - started
                whole = time.monotonic() + max(every, SHARE * took)
            self._beat()
            if not found and not self.stop:
                self._vacuum()
                self._pause(every)
        self._beat(force=True)

    def close(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    # -- a round ----------------------------------------------------------------------------------

    def _round(self) -> bool:
        """A transaction for each part of the queue that has rows, or for several that have few; whether any left it."""
        values = {"page": min(self._pages.values()), "but": self._but(), "most": PARTS * self.batch}
        query = assets.query("work_parts.sql")
        waiting = self._patiently(lambda: self._connected().execute(query, values).fetchall())
        random.shuffle(waiting)
        found = False
        for parts in _together(waiting, self.batch):
            if self.stop:
                break
            started = time.monotonic()
            rows = self._patiently(partial(self._take, parts))
            found = found or rows > 0
            if rows:
                self._since_vacuum += rows
                self._busy += time.monotonic() - started
                if self.rate:
                    self._pause(rows / self.rate - (time.monotonic() - started))
            self._beat()
        return found

    def _but(self) -> list[int]:
        """The columns that are left alone for now."""
        now = time.monotonic()
        self._closed = {watch: until for watch, until in self._closed.items() if until > now}
        return list(self._closed)

    def _take(self, parts: Sequence[int]) -> int:
        """Read the next rows of some parts, in one transaction: how many left the queue."""
        conn = self._connected()
        done = Done()
        with conn.transaction():
            # a new key for the digests is over, or waits
            conn.execute("lock table motjuste.finding in row exclusive mode")
            [(key, pack)] = conn.execute(assets.query("work_rules.sql")).fetchall()
            if pack != self.pack:
                raise DatabaseError(
                    "the database has other rules than this process",
                    hint="motjuste install, or start `motjuste work` again with the motjuste and the policy that installed them",
                )
            claimed = conn.execute(
                assets.query("work_claim.sql"),
                {
                    "parts": parts,
                    "page": min(self._pages[p] for p in parts),
                    "most": self.batch,
                    "but": self._but(),
                },
            ).fetchall()
            leave: list[str] = []
            pages: dict[int, int] = {}  # not of parts that another session has
            by_watch: dict[tuple[int | None, str], list[_Row]] = {}
            for watch, label, row_key, digest, places, part, last in claimed:
                by_watch.setdefault((watch, label), []).append(_Row(row_key, digest, places))
                pages[part] = max(self._pages[part], last)
            for (watch, label), rows in by_watch.items():
                if watch is None:  # detached, or the table is gone
                    done.gone += len(rows)
                    leave += [row.places for row in rows]
                    continue
                try:
                    leave += self._read(conn, watch, rows, bytes(key), done)
                except (errors.InsufficientPrivilege, *PASSING, errors.QueryCanceled) as exc:
                    done.left[label] = first_line(exc)
                    lasting = isinstance(exc, errors.InsufficientPrivilege)
                    self._closed[watch] = time.monotonic() + (CLOSED if lasting else BRIEFLY)
            deleted = 0
            if leave:
                places = f"{{{','.join(p[1:-1] for p in leave)}}}"  # one array of them all
                deleted = conn.execute(
                    "delete from motjuste.queue where ctid = any (%s::tid[])", [places]
                ).rowcount
        self._pages |= pages
        self.done = _sum(self.done, done)
        return deleted

    def _read(self, conn: Connection, watch: int, rows: Sequence[_Row], key: bytes, done: Done) -> list[str]:
        """Read the notes of these rows and store what is found: the places in the queue that are done."""
        try:
            with conn.transaction():
                return self._read_whole(conn, watch, rows, key, done)
        except (errors.InsufficientPrivilege, *PASSING, errors.QueryCanceled):
            raise
        except psycopg.Error as exc:
            if conn.closed:
                raise
            state = exc.sqlstate or ""
            other = state == OTHER_KEY
            if other or len(rows) == 1:
                values = [None, None] if other else [[r.row_key for r in rows], [r.digest for r in rows]]
                conn.execute(
                    "select motjuste.unread(%s, %s, %s::text[]::jsonb[], %s::bytea[])",
                    [watch, state, *values],
                )
                done.failed += len(rows)
                return [row.places for row in rows]
        half = len(rows) // 2
        return [
            *self._read(conn, watch, rows[:half], key, done),
            *self._read(conn, watch, rows[half:], key, done),
        ]

    def _read_whole(
        self, conn: Connection, watch: int, rows: Sequence[_Row], key: bytes, done: Done
    ) -> list[str]:
        notes: list[_Note] = []
        matches: list[list[Match]] = []
        size = max(1, self.batch // PIECES)
        asked = (_asked(watch, rows[at : at + size]) for at in range(0, len(rows), size))
        with conn.pipeline():
            for n, answer in enumerate(_ahead(conn.execute(assets.query("work_live.sql"), a) for a in asked)):
                piece = [_Note(n * size + i, *row) for i, *row in answer]
                matches += self.find([note.text for note in piece if note.text is not None])
                notes += piece
        later = {n.i - 1 for n in notes if n.text is None and n.digest is None}
        long = [n for n in notes if n.digest is not None]
        read = [n for n in notes if n.text is not None]
        # most rows are clean and always were: of these there is nothing to tell
        kept = [
            (n, note_digest(key, n.text or ""), m) for n, m in zip(read, matches, strict=True) if m or n.held
        ]
        found = [(i, match, note.author) for i, (note, _, ms) in enumerate(kept, 1) for match in ms]
        there = {n.i - 1 for n in notes}
        held = {n.i - 1 for n in notes if n.held}
        if long:
            conn.execute(
                "select motjuste.unread(%s, %s, %s::text[]::jsonb[], %s::bytea[])",
                [watch, TOO_LONG, [n.row_key for n in long], [n.digest for n in long]],
            )
        told = [row for i, row in enumerate(rows) if i not in later and (i in held or i not in there)]
        if kept or told:
            [(stored,)] = conn.execute(
                assets.query("work_keep.sql"),
                {
                    "watch": watch,
                    "asked_keys": _json(r.row_key for r in told),
                    "asked_digests": [r.digest for r in told],
                    "found_keys": _json(n.row_key for n in (*(n for n, _, _ in kept), *long)),
                    "found_digests": [*(digest for _, digest, _ in kept), *(n.digest for n in long)],
                    "numbers": [i for i, _, _ in found],
                    "rules": [m.rule for _, m, _ in found],
                    "categories": [m.category for _, m, _ in found],
                    "levels": [m.level for _, m, _ in found],
                    "starts": [m.start for _, m, _ in found],
                    "lengths": [m.length for _, m, _ in found],
                    "authors": [author for _, _, author in found],
                },
            ).fetchall()
            done.findings += stored
        done.read += len({n.i for n in read})
        done.failed += len({n.i for n in long})
        done.gone += sum(i not in there for i in range(len(rows)))
        return [row.places for i, row in enumerate(rows) if i not in later]

    # -- the connection ---------------------------------------------------------------------------

    def _connected(self) -> Connection:
        if self._conn is None or self._conn.closed:
            # not connection.connect: its error would hide what may be tried again
            conn = session(self.dsn, application_name="motjuste work")
            try:
                _require(conn)
                conn.execute("set lock_timeout = '2s'")
            except BaseException:
                conn.close()
                raise
            self._conn = conn
        return self._conn

    def _patiently(self, work: Callable[[], T]) -> T:
        """What `work` returns, tried again where the server is away or another session stands in its way.

        Raises DatabaseError where it stays away. What was at hand is in the queue still.
        """
        waits = iter(PAUSES)
        while True:
            try:
                return work()
            except (psycopg.Error, OSError) as exc:
                lost = self._conn is None or self._conn.closed
                passing = isinstance(exc, (*PASSING, errors.QueryCanceled))
                wait = next(waits, None)
                if wait is None or not (lost or passing) or self.stop:
                    raise DatabaseError(
                        f"the queue cannot be worked off: {first_line(exc) if isinstance(exc, psycopg.Error) else exc}",
                        hint="nothing is lost: what was at hand is in the queue still; start it again",
                    ) from exc
                self._pause(wait)

    def _pause(self, seconds: float) -> None:
        """Wait, but not where it is to stop."""
        until = time.monotonic() + seconds
        while not self.stop and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    # -- signs of life ----------------------------------------------------------------------------

    def _beat(self, *, force: bool = False) -> None:
        """Write a sign of life to motjuste.worker now and then, with the number of rows read."""
        now = time.monotonic()
        if not force and now - self._told < BEAT:
            return
        rows = self.done.rows - self._counted.rows
        values = {
            "name": self.name,
            "rows": rows,
            "findings": self.done.findings - self._counted.findings,
            "rate": rows / self._busy if rows and self._busy else None,
            "forget": FORGET,
        }
        query = assets.query("work_beat.sql")
        self._patiently(lambda: self._connected().execute(query, values))
        self._told, self._busy, self._counted = now, 0.0, replace(self.done)

    def _vacuum(self) -> None:
        """Vacuum the queue after many rows left it. A role that does not own the queue leaves that to autovacuum."""
        if self._since_vacuum >= TIDY:
            self._since_vacuum = 0
            self._patiently(lambda: self._connected().execute("vacuum motjuste.queue"))


def _require(conn: Connection) -> None:
    """Raise DatabaseError, with the way out, where this role cannot work the queue off."""
    install.require(conn)
    if not all(install.may(conn, table, right) for table, right in NEEDED):
        raise DatabaseError(
            f"role {conn.info.user} may not work off motjuste.queue",
            hint="connect as the role that owns the schema motjuste, or as a member of it",
        )


def _together(waiting: Sequence[tuple[int, int]], most: int) -> list[list[int]]:
    """The parts that are taken together, of (part, rows): as many as have no more rows than that."""
    taken: list[list[int]] = []
    room = 0
    for part, rows in waiting:
        if rows > room:
            taken.append([])
            room = most
        taken[-1].append(part)
        room -= rows
    return taken


def _ahead(answers: Iterator[Cursor[TupleRow]]) -> Iterator[list[TupleRow]]:
    """The rows of each answer; the next one is asked for before they are looked at."""
    answer = next(answers, None)
    while answer is not None:
        rows = answer.fetchall()
        answer = next(answers, None)
        yield rows


def _asked(watch: int, rows: Sequence[_Row]) -> dict[str, object]:
    """What work_live.sql is to be told of some rows."""
    digests = [r.digest for r in rows]
    return {
        "watch": watch,
        "keys": _json(r.row_key for r in rows),
        "digests": digests if any(digests) else None,
    }


def _json(values: Iterable[str]) -> str:
    """A JSON array of values in JSON. The server reads it many times as fast as psycopg writes an array of as many texts."""
    return f"[{','.join(values)}]"


def _sum(one: Done, other: Done) -> Done:
    return Done(
        one.read + other.read,
        one.findings + other.findings,
        one.gone + other.gone,
        one.failed + other.failed,
        one.left | other.left,
    )
