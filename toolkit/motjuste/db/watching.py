"""Attaching and detaching columns, and what is watched now."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from psycopg import sql

from motjuste import assets
from motjuste.config import Config, Watch
from motjuste.db.connection import Connection
from motjuste.db.install import LOCK_TIMEOUT, require
from motjuste.scan import Place


class State(NamedTuple):
    """One watched column as the database has it; `state` is installed when all is well."""

    place: Place
    mode: str
    state: str
    open_findings: int
    scanned_at: datetime | None
    rows_read: str


def attach(conn: Connection, place: Place, mode: str, *, author: str = "", subject: str = "") -> None:
    """Watch a column in a mode; again with another mode changes only that. Raises DatabaseError with the way out."""
    require(conn)
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        conn.execute(
            "select motjuste.attach(%s::regclass, %s, %s, %s, %s, %s)",
            [place.relation, place.column, mode, place.json_key, author or None, subject or None],
        )


def attach_statement(watch: Watch, mode: str) -> str:
    """The SQL that attaches a column of the policy, for `install --sql`."""
    named = {"json_key": watch.json_key, "author_column": watch.author, "subject_column": watch.subject}
    parts = [
        sql.Literal(watch.relation) + sql.SQL("::regclass"),
        sql.Literal(watch.column),
        sql.Literal(mode),
    ]
    parts += [sql.SQL(f"{name} => ") + sql.Literal(value) for name, value in named.items() if value]
    return sql.SQL("select motjuste.attach({});").format(sql.SQL(", ").join(parts)).as_string(None)


def attach_all(conn: Connection, config: Config) -> list[tuple[Place, str]]:
    """Attach every column of the policy, in one transaction; each with its mode."""
    done = []
    with conn.transaction():
        for watch in config.watches:
            place = Place(watch.relation, watch.column, watch.json_key)
            mode = config.mode_of(watch)
            attach(conn, place, mode, author=watch.author, subject=watch.subject)
            done.append((place, mode))
    return done


def detach(conn: Connection, place: Place) -> None:
    """Stop watching a column; its findings stay."""
    require(conn)
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        conn.execute(
            "select motjuste.detach(%s::regclass, %s, %s)", [place.relation, place.column, place.json_key]
        )


def watched(conn: Connection) -> list[Place]:
    """The columns that are watched now."""
    rows = conn.execute(assets.read("sql", "queries", "watched.sql")).fetchall()
    return [Place(relation, column, json_key) for relation, column, json_key, _ in rows]


def states(conn: Connection) -> list[State]:
    """Each watched column with the worst state of its triggers and its last scan."""
    require(conn)
    rows = conn.execute(assets.read("sql", "queries", "status.sql")).fetchall()
    return [State(Place(r[0], r[1], r[2]), r[3], r[4], r[5], r[6], r[7] or "") for r in rows]


def comment(conn: Connection, place: Place) -> str:
    """What COMMENT says of a column, '' where it says nothing."""
    row = conn.execute(
        assets.read("sql", "queries", "column_comment.sql"),
        {"relation": place.relation, "column": place.column},
    ).fetchone()
    return row[0] if row else ""


def comment_statement(place: Place, text: str) -> str:
    """The SQL that makes a text the comment of a column."""
    return (
        sql.SQL("comment on column {}.{} is {};")
        .format(sql.SQL(place.relation), sql.Identifier(place.column), sql.Literal(text))
        .as_string(None)
    )
