"""The exact way of the check: run migrations on a database made for it, and read any database's catalog."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from motjuste import assets
from motjuste.db import watch
from motjuste.db.connection import Connection, connect
from motjuste.errors import DatabaseError
from motjuste.schema_check.budget import STATEMENT
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.lexer import Piece

_OWN_TRANSACTION = re.compile(
    r"(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare)\b", re.IGNORECASE
)
_ABOUT_ROLES = re.compile(
    r"(?:grant|revoke|create\s+(?:role|user|group)|alter\s+group|set\s+session\s+authorization|alter\s+default\s+privileges|create\s+policy|alter\s+[\s\S]*\bowner\s+to|set\s+(?:session\s+|local\s+)?role|comment\s+on|alter\s+(?:role|user|database)|drop\s+role|reassign|security)\b",
    re.IGNORECASE,
)
_DATA = re.compile(r"(?:insert|update|delete|merge|copy|truncate|refresh|analy[sz]e|vacuum)\b", re.IGNORECASE)
_SET_LOCAL = re.compile(r"^set\s+local\s+", re.IGNORECASE)
_GIVES_ROWS = re.compile(
    r"[(\s]*(?:select|values|table|with|show|fetch|execute|explain|insert|update|delete|merge|call)\b",
    re.IGNORECASE,
)
_NAMED = r"\s+(?:if\s+not\s+exists\s+)?(?:\"(?P<quoted>(?:[^\"]|\"\")+)\"|(?P<plain>[\w$]+))"
_MAKES_ROLE = re.compile(r"create\s+(?:role|user(?!\s+mapping)|group)" + _NAMED, re.IGNORECASE)
_MAKES_WRAPPER = re.compile(
    r"create\s+(?:foreign\s+data\s+wrapper|extension(?=\s+(?:if\s+not\s+exists\s+)?\"?\w+_fdw\b))" + _NAMED,
    re.IGNORECASE,
)
TEMPORARY = "1GB"  # temporary files of the server for a check
WRITTEN = 10_000  # statements that a query writes for \\gexec
_MISSING_ROLE = re.compile(r'role "(.+)" does not exist')
_MISSING_EXTENSION = re.compile(r'extension "(.+)" is not available')
_NO_EXTENSION = re.compile(r'extension "(.+)" does not exist')


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


class Made(str):
    """The connection string of a database made for a check, as the role that the files are run as.

    That role owns the database and is no superuser. `admin` is who made the database, for what the files need and the role may
    not: it connects as itself and never runs a statement of a file. `role` is '' where it is one of the server's own.
    """

    admin: str
    role: str

    def __new__(cls, dsn: str, admin: str, role: str) -> Made:
        made = super().__new__(cls, dsn)
        made.admin, made.role = admin, role
        return made


@contextmanager
def throw_away(
    dsn: str | None, name: str, files: Mapping[str, Sequence[tuple[str, Piece]]] = MappingProxyType({})
) -> Iterator[Made]:
    """A new, empty database on the server of `dsn`, dropped at the end. Raises DatabaseError.

    What is checked may be hostile: where `dsn` is of a superuser, or of a role that could become more than it is, the database
    belongs to a new role without rights, and is reached as that one.
    Roles are a server's, not a database's: those that appeared meanwhile and that the migrations name are dropped too.
    """
    with connect(dsn) as conn:
        before = _roles(conn)
        password = conn.info.password or None
        admin = psycopg.conninfo.make_conninfo(conn.info.dsn, dbname=name, password=password)
        powerful = conn.execute(assets.query("powerful.sql")).fetchall() != [(False,)]
        role = name if powerful else ""
        made = Made(admin, admin, role)
        try:
            if role:
                made = Made(_made_role(conn, role, admin), admin, role)
            owner = sql.Identifier(role) if role else sql.SQL("default")
            conn.execute(
                sql.SQL("create database {} template template0 owner {}").format(sql.Identifier(name), owner)
            )
            _require_entry(made)
            yield made
        finally:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            owned = {r for (r,) in conn.execute(assets.query("member_of.sql"), {"role": role}).fetchall()}
            for other in sorted(_roles(conn) - before - {role}):
                if other in owned or any(
                    other.lower() in piece.text.lower() for pieces in files.values() for _, piece in pieces
                ):
                    with suppress(psycopg.Error):  # what it holds elsewhere keeps it
                        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(other)))
            if role:
                conn.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


def _made_role(conn: Connection, role: str, admin: str) -> str:
    """Make the role without rights that a check runs as; the connection string for it."""
    name, password = sql.Identifier(role), secrets.token_hex(16)
    conn.execute(
        sql.SQL(
            "create role {} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password {}"
        ).format(name, sql.Literal(password))
    )
    with suppress(psycopg.Error):  # a superuser needs no membership, and only a superuser may set this
        conn.execute(sql.SQL("alter role {} set temp_file_limit = {}").format(name, sql.Literal(TEMPORARY)))
    [(is_super,)] = conn.execute(
        "select rolsuper from pg_catalog.pg_roles where rolname = current_user"
    ).fetchall()
    if not is_super:
        conn.execute(sql.SQL("grant {} to current_user").format(name))
    return psycopg.conninfo.make_conninfo(admin, user=role, password=password)


def _require_entry(made: Made) -> None:
    """Raise DatabaseError, with the way out, where the server does not let the role in that was made for the check."""
    try:
        with connect(made):
            return
    except DatabaseError as exc:
        if not made.role:
            raise
        raise DatabaseError(
            f"the server does not let in the role that the check made: {exc.message}",
            hint="no change is run as a superuser: connect as a role that is none and may create databases, or use --embedded",
        ) from exc


def _roles(conn: Connection) -> set[str]:
    """The roles of a server."""
    return {row[0] for row in conn.execute("select rolname from pg_roles")}


def apply(
    dsn: str, files: Mapping[str, Sequence[tuple[str, Piece]]], *, own_server: bool, wrapped: bool = False
) -> list[Failure]:
    """Run the statements of each file, in a connection of its own; what fails is told and the rest goes on.

    On a server of our own (`own_server`) roles that are missing are made, without rights, and what only a superuser can make
    stands as something empty of that name, or as the functions of sql/check/extensions. Elsewhere statements about missing
    roles are left out. `wrapped`: a tool runs each file in a transaction, so that SET LOCAL lasts to its end.
    Data of COPY is not loaded, and a failure of INSERT and the like is no failure: no column hangs on it.
    Raises DatabaseError, naming the statement, where one takes too long or fills the disk.
    """
    failures: list[Failure] = []
    helper = Helper(dsn, own_server=own_server)
    if any("motjuste" in piece.text for pieces in files.values() for _, piece in pieces):
        with connect(dsn) as conn:
            conn.execute(assets.read("sql", "check", "stand_in.sql").encode())
    for pieces in files.values():
        with connect(dsn) as conn, watch.watched(conn, helper.admin) as watcher:
            conn.execute("reset search_path")  # that of whoever connects, not ours
            for name, piece in pieces:
                if piece.kind != "sql" or _from_stdin(piece.text):
                    continue
                text = _SET_LOCAL.sub("set ", piece.text) if wrapped else piece.text
                with watcher.at(name, piece.line):
                    written = _written(conn, text) if piece.sent_by.startswith("\\gexec") else [text]
                    why = next(filter(None, [_run(conn, t, helper) for t in written]), "")
                if why and not _DATA.match(piece.text):
                    failures.append(Failure(Place(name, piece.line), why, piece.last))
    return failures


def _written(conn: Connection, query: str) -> list[str]:
    """The statements that a query writes for psql's \\gexec; the query itself where the server refuses it."""
    found: list[str] = []
    try:
        with conn.transaction(), conn.cursor() as cursor:
            for row in cursor.stream(query.encode()):
                found += [str(value) for value in row if value is not None]
                if len(found) > WRITTEN or len(found[-1:] and found[-1]) > STATEMENT:
                    raise DatabaseError(
                        f"a query writes more than {WRITTEN:,} statements, or a very long one",
                        hint="a migration needs no such thing: look at it",
                    )
    except psycopg.Error:
        if conn.closed:
            raise
        return [query]
    return found


def _from_stdin(text: str) -> bool:
    return bool(re.match(r"copy\b[\s\S]*\bfrom\s+stdin\b", text, re.IGNORECASE))


def _execute(conn: Connection, text: str) -> None:
    """Run one statement. The rows of a query are taken one by one and forgotten: there may be any number of them."""
    if _GIVES_ROWS.match(text):
        try:
            with conn.cursor() as cursor:
                for _ in cursor.stream(text.encode()):
                    pass
        except psycopg.ProgrammingError as exc:
            if exc.sqlstate is not None:
                raise
            # done, and it gave no rows: INSERT without RETURNING, SELECT INTO
    else:
        conn.execute(text.encode())


def _run(conn: Connection, text: str, helper: Helper) -> str:
    """Run one statement; '' or why it failed. Inside a transaction a failure undoes only the statement."""
    why = ""
    if helper.own and (made := _MAKES_ROLE.match(text)):
        helper.make_role(_name(made))
        return ""
    for _ in range(10):
        inside = conn.info.transaction_status == TransactionStatus.INTRANS and not _OWN_TRANSACTION.match(
            text
        )
        try:
            if inside:
                conn.execute("savepoint motjuste_check")
            _execute(conn, text)
            if inside and conn.info.transaction_status == TransactionStatus.INTRANS:
                conn.execute("release savepoint motjuste_check")
            return ""
        except psycopg.Error as exc:
            if conn.closed:
                raise DatabaseError("the server closed the connection", hint="look at its log") from exc
            if conn.info.transaction_status == TransactionStatus.INERROR:
                conn.execute("rollback to savepoint motjuste_check" if inside else "rollback")
            why = exc.diag.message_primary or str(exc).split("\n")[0]
            answer = helper.helped(conn, text, why, exc.sqlstate or "")
            if answer is not None:
                return answer
    return why


class Helper:
    """Does for the files what they need of a server and the role that runs them may not do."""

    def __init__(self, dsn: str, *, own_server: bool) -> None:
        self.admin = dsn.admin if isinstance(dsn, Made) else dsn
        self.role = dsn.role if isinstance(dsn, Made) else ""
        self.own = own_server and bool(self.role)
        self.own_server = own_server
        if self.own:
            with self._above() as conn:
                # from 16 on who may create roles can give away none that he was not given: pg_execute_server_program least of all
                if conn.info.server_version >= 160000:
                    name = sql.Identifier(self.role)
                    conn.execute(sql.SQL("alter role {} createrole").format(name))
                    conn.execute(
                        sql.SQL("alter role {} set createrole_self_grant = 'set, inherit'").format(name)
                    )

    def _above(self) -> AbstractContextManager[Connection]:
        """A connection of who made the role; it uses nothing of a schema motjuste that the files may have made."""
        return connect(self.admin, trust_owner=True)

    def helped(self, conn: Connection, text: str, why: str, state: str) -> str | None:
        """What became of a statement that the server refused: '' where that does not matter, None where it is to be run again."""
        role, extension = _MISSING_ROLE.fullmatch(why), _MISSING_EXTENSION.fullmatch(why)
        dropped = _NO_EXTENSION.fullmatch(why)
        if role:
            if not self.own_server:
                return "" if _ABOUT_ROLES.match(text) else why
            if self.own:
                self.make_role(role[1])
                return None
        if extension and self.own_server and (part := _known_extension(extension[1])):
            return _stand_in(conn, part, text)
        if dropped and self.own_server and _known_extension(dropped[1]) and not _available(conn, dropped[1]):
            return ""  # a stand-in stays: it is in nobody's way
        if state != "42501":
            return why
        if self.own and (made := _MAKES_WRAPPER.match(text)):
            self.make_wrapper(_name(made))
            return ""
        if _ABOUT_ROLES.match(text):
            return ""
        return f"{why} (a check runs without a superuser's rights)"

    def make_role(self, name: str) -> None:
        """A role without rights of its own, of which the role that runs the files is a member."""
        with self._above() as conn, suppress(psycopg.Error):  # one that the server keeps for itself
            role = sql.Identifier(name)
            conn.execute(sql.SQL("create role {} nologin").format(role))
            conn.execute(sql.SQL("grant {} to {}").format(role, sql.Identifier(self.role)))
            database = sql.Identifier(conn.info.dbname)
            conn.execute(sql.SQL("grant create on database {} to {}").format(database, role))
            conn.execute(sql.SQL("grant create, usage on schema public to {}").format(role))

    def make_wrapper(self, name: str) -> None:
        """A foreign-data wrapper without a handler: foreign tables of it can be made, and never read."""
        with self._above() as conn, suppress(psycopg.Error):
            wrapper = sql.Identifier(name)
            conn.execute(sql.SQL("create foreign data wrapper {}").format(wrapper))
            conn.execute(
                sql.SQL("grant usage on foreign data wrapper {} to {}").format(
                    wrapper, sql.Identifier(self.role)
                )
            )


def _name(made: re.Match[str]) -> str:
    """The name that a statement gives to what it makes."""
    return made["quoted"].replace('""', '"') if made["quoted"] is not None else made["plain"].lower()


def _known_extension(name: str) -> str:
    """The functions that stand in for an extension which the binaries at hand lack; '' where we know none."""
    known = assets.read("sql", "check", "extensions.sql")
    part = re.search(rf"^-- {re.escape(name)}\n(.*?)(?=^-- |\Z)", known, re.MULTILINE | re.DOTALL)
    return part[1] if part else ""


def _available(conn: Connection, extension: str) -> bool:
    """Whether the server could make an extension."""
    found = conn.execute("select from pg_catalog.pg_available_extensions where name = %s", [extension])
    return found.fetchone() is not None


def _stand_in(conn: Connection, body: str, text: str) -> str:
    """Make the functions of an extension, again where they stand; '' or why the server refuses them."""
    schema = re.search(r"\bschema\s+\"?(\w+)\"?", text, re.IGNORECASE)
    before = conn.execute("select current_setting('search_path')").fetchone()
    try:
        with conn.transaction():
            if schema:
                body = f"set search_path = {schema[1]};\n{body}"
            conn.execute(body.encode())
            conn.execute("select set_config('search_path', %s, false)", [before[0] if before else ""])
    except psycopg.Error as exc:
        if conn.closed:
            raise
        return exc.diag.message_primary or str(exc).split("\n")[0]
    return ""
