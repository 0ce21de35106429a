"""The exact way of the check: run migrations on a database made for it, and read any database's catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from motjuste import assets
from motjuste.check.catalogue import Place
from motjuste.check.lexer import Piece
from motjuste.db.connection import Connection, connect
from motjuste.errors import DatabaseError

_OWN_TRANSACTION = re.compile(
    r"(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare)\b", re.IGNORECASE
)
_ABOUT_ROLES = re.compile(
    r"(?:grant|revoke|alter\s+default\s+privileges|create\s+policy|alter\s+[\s\S]*\bowner\s+to|set\s+(?:session\s+|local\s+)?role|comment\s+on\s+(?:role|database)|alter\s+(?:role|user|database)|drop\s+role|reassign|security)\b",
    re.IGNORECASE,
)
_DATA = re.compile(r"(?:insert|update|delete|merge|copy|truncate|refresh|analy[sz]e|vacuum)\b", re.IGNORECASE)
_SET_LOCAL = re.compile(r"^set\s+local\s+", re.IGNORECASE)
_MISSING_ROLE = re.compile(r'role "(.+)" does not exist')
_MISSING_EXTENSION = re.compile(r'extension "(.+)" is not available')


@dataclass(frozen=True)
class Failure:
    """A statement that the server refused, with its first line of why."""

    place: Place
    why: str
    last: int = 0


def columns(conn: Connection) -> list[dict[str, Any]]:
    """The rows of sql/queries/schema.sql. Types are written as with an empty search path."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set local search_path = pg_catalog, pg_temp")
        return cursor.execute(assets.query("schema.sql").encode()).fetchall()


@contextmanager
def throw_away(
    dsn: str | None, name: str, files: Mapping[str, Sequence[tuple[str, Piece]]] = MappingProxyType({})
) -> Iterator[str]:
    """The DSN of a new, empty database on the server of `dsn`, dropped at the end. Raises DatabaseError.

    Roles are a server's, not a database's: those that appeared meanwhile and that the migrations name are dropped too.
    """
    with connect(dsn) as conn:
        before = _roles(conn)
        conn.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield psycopg.conninfo.make_conninfo(
                conn.info.dsn, dbname=name, password=conn.info.password or None
            )
        finally:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            for role in sorted(_roles(conn) - before):
                if any(
                    role.lower() in piece.text.lower() for pieces in files.values() for _, piece in pieces
                ):
                    with suppress(psycopg.Error):  # what it holds elsewhere keeps it
                        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def _roles(conn: Connection) -> set[str]:
    """The roles of a server."""
    return {row[0] for row in conn.execute("select rolname from pg_roles")}


def apply(
    dsn: str, files: Mapping[str, Sequence[tuple[str, Piece]]], *, own_server: bool, wrapped: bool = False
) -> list[Failure]:
    """Run the statements of each file, in a connection of its own; what fails is told and the rest goes on.

    On a server of our own (`own_server`) roles that are missing are made, and the extensions that our binaries lack
    stand as the functions of sql/check/extensions. Elsewhere statements about missing roles are left out.
    `wrapped`: a tool runs each file in a transaction, so that SET LOCAL lasts to its end.
    Data of COPY is not loaded, and a failure of INSERT and the like is no failure: no column hangs on it.
    """
    failures: list[Failure] = []
    if any("motjuste" in piece.text for pieces in files.values() for _, piece in pieces):
        with connect(dsn) as conn:
            conn.execute(assets.read("sql", "check", "stand_in.sql").encode())
    for pieces in files.values():
        with connect(dsn) as conn:
            conn.execute("reset search_path")  # as a tool would run them
            for name, piece in pieces:
                if piece.kind != "sql" or _from_stdin(piece.text):
                    continue
                text = _SET_LOCAL.sub("set ", piece.text) if wrapped else piece.text
                if piece.sent_by.startswith("\\gexec"):
                    text = _written(conn, text)
                why = _run(conn, text, own_server=own_server)
                if why and not _DATA.match(piece.text):
                    failures.append(Failure(Place(name, piece.line), why, piece.last))
    return failures


def _written(conn: Connection, query: str) -> str:
    """The statements that a query writes for psql's \\gexec; the query itself where the server refuses it."""
    try:
        with conn.transaction():
            rows = conn.execute(query.encode()).fetchall()
    except psycopg.Error:
        return query
    return ";\n".join(str(value) for row in rows for value in row if value is not None)


def _from_stdin(text: str) -> bool:
    return bool(re.match(r"copy\b[\s\S]*\bfrom\s+stdin\b", text, re.IGNORECASE))


def _run(conn: Connection, text: str, *, own_server: bool) -> str:
    """Run one statement; '' or why it failed. Inside a transaction a failure undoes only the statement."""
    for _ in range(10):
        inside = conn.info.transaction_status == TransactionStatus.INTRANS and not _OWN_TRANSACTION.match(
            text
        )
        try:
            if inside:
                conn.execute("savepoint motjuste_check")
            conn.execute(text.encode())
            if inside and conn.info.transaction_status == TransactionStatus.INTRANS:
                conn.execute("release savepoint motjuste_check")
            return ""
        except psycopg.Error as exc:
            if conn.closed:
                raise DatabaseError("the server closed the connection", hint="look at its log") from exc
            if conn.info.transaction_status == TransactionStatus.INERROR:
                conn.execute("rollback to savepoint motjuste_check" if inside else "rollback")
            why = exc.diag.message_primary or str(exc).split("\n")[0]
            role, extension = _MISSING_ROLE.fullmatch(why), _MISSING_EXTENSION.fullmatch(why)
            if role and not own_server:
                return "" if _ABOUT_ROLES.match(text) else why
            if role:
                conn.execute(sql.SQL("create role {} superuser").format(sql.Identifier(role[1])))
                continue
            if extension and own_server and _stand_in(conn, extension[1], text):
                return ""
            return why
    return why


def _stand_in(conn: Connection, extension: str, text: str) -> bool:
    """Make the functions of an extension that the binaries at hand lack; whether we know them."""
    known = assets.read("sql", "check", "extensions.sql")
    part = re.search(rf"^-- {re.escape(extension)}\n(.*?)(?=^-- |\Z)", known, re.MULTILINE | re.DOTALL)
    if part is None:
        return False
    schema = re.search(r"\bschema\s+\"?(\w+)\"?", text, re.IGNORECASE)
    body = part[1]
    if schema:
        body = f"set search_path = {schema[1]};\n{body}"
        before = conn.execute("select current_setting('search_path')").fetchone()
        conn.execute(body.encode())
        conn.execute("select set_config('search_path', %s, false)", [before[0] if before else ""])
    else:
        conn.execute(body.encode())
    return True
