"""Sessions for the users of a desk: each request gets a session in the role of its user; idle sessions are reused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from motjuste.db import connection
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError, DatabaseError
from motjuste.printable import name

KEPT = 8  # idle sessions


class People:
    """Sessions of one database. Without a role a session is that of who started the desk."""

    def __init__(self, dsn: str | None, **reads: bool) -> None:
        self._dsn = dsn
        self._reads = reads
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def session(self, role: str = "") -> Iterator[Connection]:
        """A session in this role. psycopg errors in the block become DatabaseError, with a hint."""
        with connection.errors():
            conn = self._taken()
            try:
                if role:
                    conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
                    _require_played(conn, role)
                yield conn
                conn.execute("reset role")
            except BaseException:
                conn.close()  # whatever state it is in
                raise
            with self._lock:
                if len(self._idle) < KEPT:
                    self._idle.append(conn)
                    return
            conn.close()

    def _taken(self) -> Connection:
        while True:
            with self._lock:
                conn = self._idle.pop() if self._idle else None
            if conn is None:
                return connection.session(self._dsn, **self._reads)
            try:
                conn.execute("select 1")
                return conn
            except psycopg.Error:  # the server was restarted
                conn.close()

    def close(self) -> None:
        """End all idle sessions."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()


def _require_played(conn: Connection, role: str) -> None:
    """Raise DatabaseError where this name is not played: `none` is whoever logged in, who is nobody's, and a long name is cut."""
    [(played,)] = conn.execute(
        "select current_user::text = %s::text and current_user <> session_user", [role]
    ).fetchall()
    if not played:
        raise DatabaseError(
            f"{name(role)} may not use this desk",
            hint="each person is a database role of that very name, which the desk's own role is a member of",
        )


def require_plain(conn: Connection) -> None:
    """Raise ConfigError if the login role of the sessions is too powerful: a user could get back to it."""
    [(mighty,)] = conn.execute(
        "select rolsuper or rolcreaterole from pg_catalog.pg_roles where rolname = session_user"
    ).fetchall()
    if mighty:
        raise ConfigError(
            f"{conn.info.user} is a superuser, or may make roles: a shared desk must not be",
            hint="connect as a role that is only a member of its officers' roles: create role desk login noinherit; grant dpo to desk",
        )
