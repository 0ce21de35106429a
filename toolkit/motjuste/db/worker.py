"""What a worker process does: read one part of a scan and answer with its outcome. No text leaves it.

A worker has a connection of its own. Where it leads and the key of the digests come with `start`, in a process that we
started, or from the worker's own environment (MOTJUSTE_DSN or PGSERVICE; MOTJUSTE_KEY_FILE) on a cluster: never with
the work.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from motjuste import assets
from motjuste.db import connection, keyfile, reading, trust
from motjuste.db.connection import Connection, passing_over
from motjuste.engine.confidence import Reader
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.notes.digest import note_digest
from motjuste.rulepack.overrides import Choices
from motjuste.scanning.scan import TOO_LONG, Count, Find, Hit, Outcome, Part, Row, Scope, Skip, Source, hits

PATIENCE = (0.5, 1, 2, 4, 8, 15)  # seconds before each new attempt, where the server is away or busy
CANCEL = 0.8  # seconds for the server to hear that we end
BUSY = (
    "55P03",
    "40001",
    "40P01",
    "53300",
    "53200",
)  # locked, cancelled on a replica, too many clients: try again
AWAY = ("57P01", "57P02", "57P03", "57P05", "25P03")
DAMAGED = ("57014", "58030", "XX000", "XX001", "XX002")  # a smaller range may go: time ran out, bad blocks
# of these the server's own words are shown; others may quote a value
SHOWN = ("08", "25", "42", "53", "55", "57", "58", "XX")


@dataclass(frozen=True)
class Spec:
    """What all parts of a scan have in common: database, rules, second reading, scope, start, snapshot, timeout, longest note.

    `pack` and `key` are fingerprints of the rules and of the key of the digests: a worker's own must be the same.
    """

    database: str
    oid: int
    language: str
    choices: Choices
    pack: str
    key: str
    second: bool
    scope: Scope
    xid: int
    snapshot: str = ""
    timeout: int = 0
    trust_owner: bool = False
    read_views: bool = False
    max_note: float = inf


class _Local(threading.local):
    """A thread's own connection, and what it is for."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.conn: Connection | None = None
        self.spec: Spec | None = None
        self.key = b""


_local = _Local()
_dsn: str | None = None
_key = b""


def start(dsn: str | None, key: bytes) -> None:
    """Give this process its connection string and the key of the digests."""
    global _dsn, _key
    _dsn, _key = dsn, key


def start_process(dsn: str | None, key: bytes) -> None:
    """The same for a process of our own, which leaves Ctrl-C to the one that started it, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stopped)
    gc.set_threshold(50_000)  # as in cli.main: the rules stay
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    start(dsn, key)


def _stopped(number: int, frame: FrameType | None) -> None:
    """Exit at once, and cancel our query: the server would not notice our exit before it sends us rows."""
    conn = _local.conn
    if conn is not None and conn.info.transaction_status is TransactionStatus.ACTIVE:
        with suppress(psycopg.Error):
            conn.cancel_safe(timeout=CANCEL)
    os._exit(1)


def _end_with(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)  # it was killed: nobody waits for our answer


def work(spec: Spec, source: Source, part: Part) -> Outcome:
    """Read one part. Where some of it cannot be read, the outcome says what and why.

    Raises DatabaseError where the server stays away, or is not the one that is scanned.
    """
    waits = iter(PATIENCE)
    while True:
        try:
            return _read(_connected(spec), spec, source, part)
        except psycopg.Error as exc:
            wait = next(waits, None)
            state = exc.sqlstate or ""
            away = state in AWAY or state.startswith("08") or not state
            # with a connection that is still open, it is a foreign server that is away
            lost = away if _local.conn is None else _local.conn.closed
            if lost:
                close()
            if wait is None or not (away or state in BUSY):
                if lost:
                    raise DatabaseError(
                        "the connection was lost and the server does not come back",
                        hint="when it is up again: motjuste scan --resume",
                    ) from exc
                return Outcome(part.number, 0, part.rows, skips=(_skip(part, exc),))
        time.sleep(wait)


def fingerprint(key: bytes) -> str:
    """A fingerprint that identifies a key of the digests without revealing it."""
    return note_digest(key, "").hex()[:16]


def close() -> None:
    """Close this thread's connection."""
    _local.stack.close()
    _local.stack, _local.conn = ExitStack(), None


def _connected(spec: Spec) -> Connection:
    if _local.conn is None or _local.spec != spec:
        close()
        # not connection.connect: its error would hide what may be tried again
        conn = _local.stack.enter_context(
            connection.session(_dsn, trust_owner=spec.trust_owner, read_views=spec.read_views)
        )
        found = reading.moment(conn)
        if (found.database, found.oid) != (spec.database, spec.oid):
            raise DatabaseError(
                f"this worker's connection leads to database {found.database}, not to {spec.database} that is scanned",
                hint="set MOTJUSTE_DSN or PGSERVICE in the worker's environment",
            )
        reading.prepare(conn, spec.timeout)
        _local.key = _key or _own_key(conn)
        if fingerprint(_local.key) != spec.key:
            raise MotjusteError(
                "this worker's key of the digests is not that of the scan",
                hint="set MOTJUSTE_KEY_FILE in the worker's environment to a copy of the scan's .key file",
            )
        _local.conn, _local.spec = conn, spec
    return _local.conn


def _own_key(conn: Connection) -> bytes:
    named = os.environ.get("MOTJUSTE_KEY_FILE")
    return keyfile.read(Path(named)) if named else reading.secret(conn)


def _tools(spec: Spec) -> tuple[Find, Reader | None]:
    if assets.matcher(spec.language, spec.choices).pack.digest != spec.pack:
        raise MotjusteError(
            "this worker has other rules than the scan", hint="install the same motjuste on every machine"
        )
    return _prepared(spec.language, spec.choices, spec.pack, spec.second, threading.get_ident())


@cache
def _prepared(
    language: str, choices: Choices, digest: str, second: bool, thread: int
) -> tuple[Find, Reader | None]:
    """What reads notes by the rules with this digest, made once a thread."""
    matcher = assets.matcher(language, choices)
    return matcher.find, Reader(matcher.pack, assets.words(language)) if second else None


# -- reading a part -------------------------------------------------------------------------------------


def _read(conn: Connection, spec: Spec, source: Source, part: Part, *, raw: bool = False) -> Outcome:
    """The outcome of a part; where it fails as a whole, of its halves."""
    try:
        return _read_whole(conn, spec, source, part, raw=raw)
    except psycopg.Error as exc:
        state = exc.sqlstate or ""
        if state in ("22021", "22P05") and not raw:
            return _read(conn, spec, source, part, raw=True)
        if state not in DAMAGED and not state.startswith("22"):
            raise
        halves = _halves(conn, part)
        if not halves:
            return Outcome(part.number, 0, _exist(conn, spec, source, part), skips=(_skip(part, exc),))
    found = [_read(conn, spec, source, half, raw=raw) for half in halves]
    return Outcome(
        part.number,
        sum(o.rows_read for o in found),
        sum(o.rows_that_exist for o in found),
        tuple(h for o in found for h in o.hits),
        tuple(s for o in found for s in o.skips),
        sum(o.recoded for o in found),
    )


def _exist(conn: Connection, spec: Spec, source: Source, part: Part) -> int:
    """How many rows a part has that cannot be read; an estimate where they cannot be counted either."""
    if part.kind == "pages":
        with passing_over(conn), _transaction(conn, spec, part):
            if trust.why_not(conn, part.table)[0]:
                return part.rows
            [(count,)] = conn.execute(reading.Query(source, spec.scope, spec.xid).count(part)).fetchall()
            return int(count)
    return max(part.rows, 1)


def _read_whole(conn: Connection, spec: Spec, source: Source, part: Part, *, raw: bool) -> Outcome:
    find, reader = _tools(spec)
    query = reading.Query(source, spec.scope, spec.xid)
    count = Count(limit=spec.max_note)
    again: list[str] = []
    found: list[Hit] = []
    with _transaction(conn, spec, part):
        why, hint = trust.why_not(conn, part.table)
        if why:
            # the state of a right that is lacking: it goes for the whole table
            return Outcome(part.number, 0, part.rows, skips=(Skip(part.table, f"{why} ({hint})", "42501"),))
        exist = part.rows
        if part.kind == "pages" or (part.kind in ("whole", "keys") and spec.scope.since):
            exist = conn.execute(query.count(part)).fetchall()[0][0]
        # closed before the transaction ends, whatever happens: the connection waits in vain for an open COPY
        with closing(reading.stream(conn, query.rows(part, raw=raw))) as rows:
            noted = (_noted(row, again) for row in rows) if part.kind == "changed" else rows
            found = list(hits(find, _local.key, noted, count, reader))
    if (part.kind in ("whole", "keys") and not spec.scope.label) or part.kind == "changed":
        exist = count.rows  # one statement: it read all that there was
    exist = max(exist, count.rows)
    skips = (_long(part, count),) if count.long else ()
    return Outcome(part.number, count.rows, exist, tuple(found), skips, count.recoded, tuple(again))


def _long(part: Part, count: Count) -> Skip:
    where = f"pages from {part.first}" if part.kind == "pages" else f"part {part.number}"
    return Skip(
        f"{part.table}, {where}", f"{count.long} note(s) longer than {count.limit} bytes (max_note)", TOO_LONG
    )


def _noted(row: Row, keys: list[str]) -> Row:
    if row.element == 1:
        keys.append(row.key)
    return row


@contextmanager
def _transaction(conn: Connection, spec: Spec, part: Part) -> Iterator[None]:
    lock = trust.must_lock(conn, part.table)
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        if lock:  # before the snapshot is taken, by which indexes are looked for
            trust.lock(conn, part.table, only=part.only)
        if spec.snapshot:
            try:
                conn.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(spec.snapshot)))
            except (conn.DataError, conn.ProgrammingError) as exc:
                raise DatabaseError("the snapshot of this scan is gone", hint="scan again") from exc
        yield


def _halves(conn: Connection, part: Part) -> list[Part]:
    """The two halves of a range of pages; none where it is one page, or no range."""
    if part.kind != "pages":
        return []
    end = part.end
    if end is None:
        pages = conn.execute(
            "select pg_relation_size(to_regclass(%s)) / current_setting('block_size')::int", [part.table]
        ).fetchall()[0][0]
        end = max(int(pages or 0), part.first + 1)
    if end - part.first <= 1:
        return []
    middle = (part.first + end) // 2
    rows = part.rows // 2
    return [replace(part, end=middle, rows=rows), replace(part, first=middle, rows=part.rows - rows)]


def _skip(part: Part, exc: psycopg.Error) -> Skip:
    state = exc.sqlstate or ""
    what = part.table
    if part.kind == "pages" and (state in DAMAGED or state.startswith("22")):
        what += f", page {part.first}"
    elif part.kind == "keys":
        what += f", part {part.number}"  # a key may be a person's name
    elif part.kind == "changed":
        what += ", rows changed during the scan"
    if state == "57014":
        return Skip(what, "the statement took too long, or was cancelled", state)
    if state == "55P03":
        return Skip(what, "another session holds a lock on it", state)
    if state[:2] not in SHOWN or state == "XX000":
        # the kind of error, without its words: DivisionByZero
        kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(exc).__name__).strip("_").lower()
        return Skip(what, kind, state)
    message = exc.diag.message_primary or type(exc).__name__
    return Skip(what, " ".join(message.split()), state)
