"""Whether the schema in a database is what this motjuste would install: every object, and the content of the rules.

Nothing that the database stores about itself is trusted. In a transaction that is rolled back, our own scripts make temporary copies
of the objects, so that the server itself prints the expected definitions; the expected content comes from the pack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from psycopg import sql

from motjuste import assets
from motjuste.db import contents, extension
from motjuste.db.connection import Connection, first_line, passing_over
from motjuste.engine.matcher import Matcher

# a comment, a string, a body between dollars, or what ends a statement
TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|;", re.DOTALL)
COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*\n?|/\*.*?\*/)+", re.DOTALL)
FUNCTION = re.compile(r"create or replace (function|procedure) motjuste\.", re.IGNORECASE)
VIEW = re.compile(r"create or replace view motjuste\.", re.IGNORECASE)
TABLE = re.compile(
    r"(?:create (?:unlogged )?table|create sequence|alter table|create (?:unique )?index|create (?:or replace |constraint )?trigger)\b",
    re.IGNORECASE,
)
UNLOGGED = re.compile(r"create unlogged table (?:if not exists )?motjuste\.", re.IGNORECASE)

REPLACED = "another key than that of the findings"
RELATION = re.compile(r"\Acreate (?:temporary view |table (?:if not exists )?pg_temp\.)(\w+)", re.IGNORECASE)


class Fault(NamedTuple):
    """An object of ours that is not as this motjuste makes it: altered, missing, foreign, disabled, granted to or owned by a role.

    `repair`: the statements that put it right before the scripts run again, '' where the scripts alone do, or nothing does.
    """

    kind: str
    name: str
    state: str
    repair: str = ""

    @property
    def label(self) -> str:
        """The object as a person names it."""
        return f"{self.kind} {self.name}"


class Account(NamedTuple):
    """The faults, and what could not be compared and why."""

    faults: tuple[Fault, ...]
    blind: tuple[str, ...]


def statements(script: str) -> Iterator[str]:
    """The statements of a script of ours, without the comments before them."""
    start = 0
    for token in TOKEN.finditer(script):
        if token[0] == ";":
            yield COMMENTS.sub("", script[start : token.start()])
            start = token.end()


@cache  # a desk or a worker asks again and again
def beside(script: str) -> tuple[str, ...]:
    """The statements of a script that make objects, rewritten to make temporary ones of the same name."""
    found = []
    for statement in statements(script):
        if FUNCTION.match(statement):
            found.append(FUNCTION.sub(r"create \1 pg_temp.", statement, count=1))
        elif VIEW.match(statement):
            found.append(VIEW.sub("create temporary view ", statement, count=1))
        elif TABLE.match(statement):
            made = re.sub(r"\Acreate unlogged", "create", statement, flags=re.IGNORECASE)
            found.append(made.replace("motjuste.", "pg_temp."))
    return tuple(found)


def faults(conn: Connection, scripts: list[str]) -> Account:
    """What of the schema is not as these scripts make it. Takes no lock that a writer waits for, and leaves nothing."""
    expected = [s for script in scripts for s in beside(script)]
    named = [m[1] for s in expected for m in RELATION.finditer(s)]
    unlogged = [m[0].rpartition(".")[2] for script in scripts for m in UNLOGGED.finditer(script)]
    watched: list[str] = []
    with passing_over(conn), conn.transaction():  # a table that is gone is told as missing
        watched = [str(n) for (n,) in conn.execute("select id from motjuste.watch").fetchall()]
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(assets.query("made_beside.sql"), {"statements": json.dumps(expected)})
            conn.execute(assets.read("sql", "queries", "make_beside.sql").encode())
            rows = conn.execute(
                assets.query("faults.sql"), {"expected": named, "unlogged": unlogged, "watched": watched}
            ).fetchall()
            return Account(tuple(Fault(*row) for row in rows), ())
    except conn.Error as exc:
        if conn.closed or (exc.sqlstate or "") not in ("25006", "42501"):
            raise
        return Account((), (f"the objects of the schema motjuste ({first_line(exc)})",))


def content_faults(conn: Connection, matcher: Matcher) -> Account:
    """Which tables of the rules do not hold what the programs say, whatever the digest beside them says."""
    wrong: list[Fault] = []
    blind: list[str] = []
    for table, (columns, expected) in contents.digests(matcher).items():
        fields = sql.SQL(" || ").join(
            sql.SQL("coalesce(octet_length(t.{0}::text) || ':' || t.{0}::text, '-')").format(
                sql.Identifier(c)
            )
            for c in columns
        )
        query = sql.SQL(assets.query("content.sql")).format(
            table=sql.Identifier("motjuste", table), fields=fields
        )
        try:
            with conn.transaction():
                found = conn.execute(query).fetchone()
        except conn.Error as exc:
            if conn.closed or (exc.sqlstate or "")[:2] != "42":
                raise
            if exc.sqlstate == "42501":
                blind.append(f"motjuste.{table}")
                continue
            found = None  # the table, or a column of it, is told as missing
        if found is None or found[0] != expected:
            wrong.append(Fault("content of table", f"motjuste.{table}", "altered"))
    try:
        with conn.transaction():
            if extension.altered(conn, matcher):
                wrong.append(Fault("content of table", "motjuste.program", "altered"))
    except conn.Error as exc:
        if conn.closed or (exc.sqlstate or "")[:2] != "42":
            raise
        if exc.sqlstate == "42501":
            blind.append("motjuste.program")
    return Account(
        tuple(wrong), (f"the content of {', '.join(blind)} (no right to read it)",) if blind else ()
    )


def surplus(conn: Connection) -> Account:
    """Rights on our objects of roles that need none."""
    try:
        with conn.transaction():
            rows = conn.execute(assets.query("surplus.sql")).fetchall()
    except conn.Error as exc:
        if conn.closed or (exc.sqlstate or "")[:2] != "42":
            raise
        return Account((), (f"the rights on the schema motjuste ({first_line(exc)})",))
    return Account(
        tuple(
            Fault(kind, name, f"granted to {role} ({privileges})") for kind, name, role, privileges in rows
        ),
        (),
    )


def key(conn: Connection) -> Account:
    """Whether the key of the digests is there, and the one by which the findings were made; where this role may look."""
    try:
        with conn.transaction():
            [(there, same)] = conn.execute(assets.query("key_there.sql")).fetchall()
    except conn.Error as exc:
        if conn.closed or (exc.sqlstate or "")[:2] != "42":
            raise
        return Account((), ())
    if not there:
        return Account((Fault("content of table", "motjuste.secret", "missing"),), ())
    return Account(() if same else (Fault("content of table", "motjuste.secret", REPLACED),), ())


def merged(*accounts: Account) -> Account:
    """All of them as one."""
    return Account(tuple(f for a in accounts for f in a.faults), tuple(b for a in accounts for b in a.blind))


def repairs(found: Iterable[Fault]) -> list[str]:
    """The statements to run before the scripts; foreign keys last, after the keys that they lead to."""
    return sorted(dict.fromkeys(f.repair for f in found if f.repair), key=lambda s: "FOREIGN KEY" in s)
