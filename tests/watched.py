"""What the tests of watched columns share: two notes, a schema of their own, what was recorded, at once or by who works off the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.db.working import Worker

BAD = "Client alcoolique, rappeler lundi."  # block level
CLEAN = "Rappeler lundi matin."

CLEAN_UP = """
    drop schema if exists t cascade;
    delete from motjuste.bypass_role;
    select motjuste.refresh();
    truncate motjuste.watch, motjuste.finding, motjuste.failure, motjuste.bypass, motjuste.queue, motjuste.worker;
"""

CHECKS = ("at once", "work()", "motjuste work")  # when notes are read, and by whom
_check = CHECKS[0]


@contextmanager
def checking(check: str) -> Iterator[None]:
    """Within the block `attach` has notes read so, and what was recorded is asked for when they are read."""
    global _check
    _check = check
    try:
        yield
    finally:
        _check = CHECKS[0]


def settle(conn: Connection) -> None:
    """Have what waits in the queue read."""
    if _check == "work()":
        while conn.execute("select motjuste.work()").fetchall() != [(0,)]:
            pass
    elif _check == "motjuste work":
        matcher = assets.matcher()
        worker = Worker(conn.info.dsn, matcher.find_all, matcher.pack.digest)
        worker.once()
        worker.close()
        assert worker.done.left == {}


@contextmanager
def workshop(dsn: str) -> Iterator[Connection]:
    """A connection to a database with motjuste, in a schema `t` that is gone at the end with all that was recorded."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("create schema t; set search_path = t, public")
        try:
            yield conn
        finally:
            conn.execute("reset role; reset session authorization; reset all")
            conn.execute(CLEAN_UP)


def attach(conn: Connection, mode: str, relation: str = "client", column: str = "note", **named: Any) -> None:
    """Watch a column from SQL, as a DBA does."""
    if _check != CHECKS[0] and mode != "warn":
        named.setdefault("deferred", True)
    extra = "".join(f", {name} => %({name})s" for name in named)
    conn.execute(
        f"select motjuste.attach(%(relation)s, %(column)s, %(mode)s{extra})",
        {"relation": relation, "column": column, "mode": mode, **named},
    )


def findings(conn: Connection) -> list[tuple[Any, ...]]:
    """(row key, status) of each finding, in the order found."""
    settle(conn)
    return conn.execute("select row_key, status from motjuste.finding order by id").fetchall()


def open_keys(conn: Connection) -> list[Any]:
    """The row keys with open findings, sorted."""
    settle(conn)
    rows = conn.execute(
        "select row_key from motjuste.finding where status = 'open' order by row_key"
    ).fetchall()
    return [row[0] for row in rows]


def failures(conn: Connection) -> list[tuple[Any, ...]]:
    """The errors inside checks that were recorded."""
    settle(conn)
    return conn.execute("select relation, column_name, sqlstate from motjuste.failure").fetchall()


def states(conn: Connection) -> set[str]:
    """The states of the triggers of all watched columns."""
    return {row[0] for row in conn.execute("select state from motjuste.status").fetchall()}
