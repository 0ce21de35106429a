"""Connecting, and turning the server's errors into ours."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from motjuste import __version__, assets
from motjuste.errors import DatabaseError

Connection = psycopg.Connection[TupleRow]
PROBES = 20  # sessions of a pool that are looked at, one after the other
PROBE = 3.0  # seconds to wait for them
_QUOTED = re.compile(r'(: |value )".*"', re.DOTALL)
TRUST, VIEWS = (
    "motjuste.trust_owner",
    "motjuste.read_views",
)  # settings of a session, off where they are not set


def _hint(exc: psycopg.Error) -> str:
    state = exc.sqlstate or ""
    if state == "42501" and str(exc).startswith("permission denied for schema motjuste"):
        return "ask for the right to read what was found (motjuste grant ROLE), or connect as the role that installed motjuste"
    if state == "25006":
        return "connect to a server, and as a role, that may write; a scan needs neither: motjuste scan --output FILE"
    if state == "42501":
        return (
            exc.diag.message_hint or "connect as a role that owns the table, or ask for the right named above"
        )
    if state in ("3F000", "42P01", "42883") and "motjuste" in str(exc):
        return "install the checks first: motjuste install"
    if state == "55P03":
        return "another session holds the lock: try again at a quieter moment; install, attach and apply take --lock-timeout"
    if state == "57014":
        return "somebody cancelled it, or a statement_timeout was too short for it: allow it more time"
    if state.startswith("08") or not state:
        return "check that the server runs and the connection string: --dsn, MOTJUSTE_DSN, PGSERVICE or PG*"
    return exc.diag.message_hint or "read the server's message above"


def first_line(exc: psycopg.Error) -> str:
    """What the server says, on one line and without any value of a row."""
    # DETAIL and CONTEXT may quote a row: only the primary message is shown, and of data that are wrong not even what it quotes
    message = exc.diag.message_primary or str(exc)
    if (exc.sqlstate or "").startswith("22") and exc.sqlstate != "22023":
        message = _QUOTED.sub(r'\1"…"', message)
    return " ".join(message.split())


@contextmanager
def errors() -> Iterator[None]:
    """Turn any psycopg error in the block into a DatabaseError: the server's first line and a way out."""
    try:
        yield
    except psycopg.Error as exc:
        raise DatabaseError(first_line(exc), hint=_hint(exc)) from exc


@contextmanager
def passing_over(conn: Connection) -> Iterator[None]:
    """Continue after the block if the server refuses a statement in it; a lost connection is raised."""
    try:
        yield
    except psycopg.Error:
        if conn.closed:
            raise


@contextmanager
def connect(
    dsn: str | None = None, *, trust_owner: bool = False, read_views: bool = False, **options: Any
) -> Iterator[Connection]:
    """An open connection in autocommit mode; use `conn.transaction()` for more than one statement.

    `dsn` is a libpq string or URI; None means MOTJUSTE_DSN, then libpq's own environment. `trust_owner` lets the code of
    a table's owner run with the rights of this session, `read_views` lets it read views and foreign tables: see
    db/trust.py. Raises DatabaseError, with the way out, for this block's psycopg errors.
    """
    with errors(), session(dsn, trust_owner=trust_owner, read_views=read_views, **options) as conn:
        yield conn


def _require_readable(where: str) -> None:
    """Raise DatabaseError for a connection string that libpq cannot parse, or parses wrongly: its own error would quote the string."""
    try:
        parts = conninfo_to_dict(where)
        hosts, ports = (str(parts.get(name) or "").split(",") for name in ("host", "port"))
        # an @ or a / in a password ends it: what follows is taken for the host, what is before it for the port
        wrong = any("@" in h[1:] for h in hosts) or not all(p.strip().isdigit() for p in ports if p)
    except psycopg.ProgrammingError:
        wrong = True
    if wrong:
        raise DatabaseError(
            "the connection string cannot be read; it is not shown, since it may hold a password",
            hint='write "host=... dbname=... user=...", values with spaces between single quotes, or postgresql://user@host/dbname,'
            " where % @ / of a password are %25 %40 %2F; better, leave the password to ~/.pgpass",
        )


def session(
    dsn: str | None = None, *, trust_owner: bool = False, read_views: bool = False, **options: Any
) -> Connection:
    """The same connection, whose errors stay psycopg's own."""
    where = dsn or os.environ.get("MOTJUSTE_DSN", "")
    _require_readable(where)
    options.setdefault("application_name", f"motjuste {__version__}")
    options.setdefault("connect_timeout", 10)
    options.setdefault("client_encoding", "utf8")  # whatever PGCLIENTENCODING says
    conn = psycopg.connect(where, autocommit=True, **options)
    [(pid,)] = conn.execute("select pg_catalog.pg_backend_pid()").fetchall()
    if pid != conn.info.backend_pid and _is_shared(pid, where, options):
        conn.close()
        raise DatabaseError(
            "a pooler gives the sessions of this connection to others after each transaction",
            hint="connect to the server itself, or to a pool in session mode: what we set for a session would stay with your application",
        )
    # first of all: until then every operator and function is found through the path of somebody else
    conn.execute(assets.query("connected.sql"))
    if not trust_owner and (found := conn.execute(assets.query("schema_owner.sql")).fetchone()):
        conn.close()
        raise DatabaseError(
            f"the schema motjuste belongs to {found[0]}, who is no superuser: what is in it would run with your rights",
            hint=f"connect as a role that is no superuser; where you gave motjuste to that role, say so once: {_membership(*found)};"
            " if you do not know the schema, drop it",
        )
    for asked, setting in ((trust_owner, TRUST), (read_views, VIEWS)):
        if asked:
            conn.execute("select set_config(%s, 'on', false)", [setting])
    return conn


def _membership(owner: str, me: str) -> str:
    return sql.SQL("grant {} to {}").format(sql.Identifier(owner), sql.Identifier(me)).as_string(None)


def _is_shared(pid: int, where: str, options: dict[str, Any]) -> bool:
    """Whether a pooler gives the server process `pid` to another client while ours is still connected."""
    try:
        # a pool of sessions that are all taken would have us wait: then ours is ours
        with psycopg.connect(where, autocommit=True, **options) as other, _ending(other):
            for _ in range(PROBES):
                [(its,)] = other.execute("select pg_catalog.pg_backend_pid()").fetchall()
                if its == pid:
                    return True
    except psycopg.Error:
        return False
    return False


@contextmanager
def _ending(conn: Connection) -> Iterator[None]:
    """Close the connection if the block still waits after PROBE seconds: a pooler does not cancel a client that waits."""

    def hang_up() -> None:
        with socket.socket(fileno=os.dup(conn.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(PROBE, hang_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
