"""The data of `status`: the state of the checks of each watched column, and who can read it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from motjuste import assets
from motjuste.config import Config
from motjuste.db import install, vouching
from motjuste.db.connection import Connection, passing_over
from motjuste.db.install import installed_version, require, schema_version
from motjuste.db.reading import qualified
from motjuste.engine.matcher import Matcher
from motjuste.scanning.scan import Place

INSTALLED = "installed"
ROWS = "rows"


class Part(NamedTuple):
    """One trigger of a watched column, on one of the tables that hold its rows."""

    part: str
    member: str
    state: str


class Reader(NamedTuple):
    """A role that can read a watched column of one table, and how it came by it."""

    role: str
    login: bool | None
    via: str
    member: str


class OwnReader(NamedTuple):
    """A role that can read tables of motjuste itself, and how it came by it."""

    role: str
    login: bool
    via: str
    tables: str


class State(NamedTuple):
    """One watched column as the database has it; `state` is installed when all is well.

    `parts` are the triggers that are not; `always`: its triggers also fire where session_replication_role is replica.
    """

    place: Place
    mode: str
    state: str
    open_findings: int
    scanned_at: datetime | None
    rows_read: str
    always: bool = False
    parts: tuple[Part, ...] = ()
    readers: tuple[Reader, ...] = ()
    accepted: int = 0  # findings that are to be redacted, and still stand in the notes
    executor: str = "sql"  # what reads the notes: `kernel`, in C, or `sql`
    deferred: bool = False
    waiting: int = 0  # rows to be read
    share: float | None = (
        None  # of the rows that existed at the last scan, those that are read; None: never scanned
    )


def states(conn: Connection) -> list[State]:
    """Each watched column with the states of its triggers, its last scan and its readers."""
    require(conn)
    if (installed_version(conn) or 1) < schema_version():
        # the views of an older schema do not tell what is asked of them here
        rows = conn.execute(assets.query("watched.sql")).fetchall()
        return [State(Place(*row[:3]), row[3], "outdated", 0, None, "") for row in rows]
    rows = conn.execute(assets.query("status.sql")).fetchall()
    may_read = readers(conn)
    waiting = {Place(*row[:3]): row[3] for row in conn.execute(assets.query("accepted.sql")).fetchall()}
    missed = gaps(conn)
    found = []
    for (
        relation,
        column,
        json_key,
        mode,
        parts,
        findings,
        scanned_at,
        rows_read,
        always,
        executor,
        *more,
    ) in rows:
        place = Place(relation, column, json_key)
        deferred, unread, read, exist = more
        share = None if exist is None else min(1.0, read / exist) if exist else 1.0
        wrong = (*(Part(*p) for p in parts if p[2] != INSTALLED), *missed.get(place, ()))
        state = ", ".join(sorted({p.state for p in wrong})) or INSTALLED
        found.append(
            State(
                place,
                mode,
                state,
                findings,
                scanned_at,
                rows_read,
                always,
                wrong,
                tuple(may_read.get(place, ())),
                waiting.get(place, 0),
                executor,
                deferred,
                unread,
                share,
            )
        )
    return found


def gaps(conn: Connection) -> dict[Place, list[Part]]:
    """Of each watched column, the tables with rows that no trigger saw since the last scan."""
    found: dict[Place, list[Part]] = {}
    for relation, column, json_key, member, state in conn.execute(assets.query("unseen.sql")).fetchall():
        found.setdefault(Place(relation, column, json_key), []).append(Part(ROWS, member, state))
    return found


def account(conn: Connection, matcher: Matcher) -> vouching.Account:
    """What of motjuste itself is not as this version would install it, with the rules of this matcher."""
    return vouching.merged(install.faults(conn), vouching.content_faults(conn, matcher), vouching.key(conn))


def own_readers(conn: Connection) -> list[OwnReader]:
    """Who can read motjuste's own tables; those who can read the key of the digests first."""
    return [OwnReader(*row) for row in conn.execute(assets.query("own_readers.sql")).fetchall()]


def unattached(conn: Connection, policy: Config) -> list[Place]:
    """The columns that the policy watches and the database does not, neither by themselves nor with a parent of their table."""
    found = []
    for watch in policy.watches:
        place = Place(watch.relation, watch.column, watch.json_key).whole
        mode = None
        with passing_over(conn):  # what is no table's name is no table
            mode = conn.execute(
                assets.query("mode_of.sql"),
                {
                    "relation": qualified(conn, place.relation),
                    "column": place.column,
                    "json_key": place.json_key,
                },
            ).fetchone()
        if mode is None:
            found.append(place)
    return found


def readers(conn: Connection) -> dict[Place, list[Reader]]:
    """Of each watched column, who can read it; a partition where someone can who cannot read the whole."""
    found: dict[Place, list[Reader]] = {}
    for relation, column, json_key, *reader in conn.execute(assets.query("column_readers.sql")).fetchall():
        found.setdefault(Place(relation, column, json_key), []).append(Reader(*reader))
    return found
