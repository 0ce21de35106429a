"""Whose code runs with our rights. PostgreSQL runs what is kept with a table as the role that reads or writes it.

An owner's trigger that a superuser's redaction fires is a superuser, and `set role` is no protection: the trigger says
`reset role`, at commit if need be. So what would run is looked up first, and only --trust-owner or --read-views lets it.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql
from psycopg.pq import TransactionStatus

from motjuste import assets
from motjuste.db.connection import Connection, first_line
from motjuste.errors import DatabaseError

TRUST_HINT = "connect as the owner or as a role of few rights (--dsn); --trust-owner lets the owner's code run with your rights"
VIEWS_HINT = "--read-views reads it with your rights; better, connect as a role that is no superuser"


class Untrusted(DatabaseError):
    """Other people's code would run with the rights of this session."""


def must_lock(conn: Connection, relation: str) -> bool:
    """Whether a superuser reads a table of another owner, who could create an index before we have read it."""
    [(others,)] = conn.execute(assets.query("trust_lock.sql"), {"relation": relation}).fetchall()
    return bool(others)


def lock(conn: Connection, relation: str, *, only: bool = False) -> None:
    """Keep others from creating an index, which the planner would evaluate, until the transaction ends.

    Nor may a schema be renamed meanwhile, which an owner can while its tables are locked: another table would have the
    name of this one, and each statement looks it up again. A standby has no such lock.
    """
    if conn.info.parameter_status("in_hot_standby") != "on":
        # no query before it, which would take a snapshot
        conn.execute("lock table pg_catalog.pg_namespace in share mode")
    query = sql.SQL("lock table {}{} in row exclusive mode")
    conn.execute(query.format(sql.SQL("only " if only else ""), sql.SQL(relation)))


def why_not(conn: Connection, relation: str, *, views: bool = True) -> tuple[str, str]:
    """Why this session does not read a relation, with the way out; empty where it may.

    `views`: a view or foreign table was asked for by its name; a superuser's session wants --read-views as well.
    """
    row = conn.execute(assets.query("trust_read.sql"), {"relation": relation, "views": views}).fetchone()
    if row is None:
        return "", ""
    found, what, owner, flag = row
    if flag == "views":
        return f"{found} is {what}, which runs its owner's code ({owner}) with your rights", VIEWS_HINT
    return f"{found}: {what}, code of {owner} that would run with your rights", TRUST_HINT


def why_not_until_end(conn: Connection, relation: str) -> str:
    """Why this session does not read a relation, '' where it may: until the transaction ends nothing changes that."""
    if must_lock(conn, relation):
        try:
            with conn.transaction():
                lock(conn, relation)
        except conn.OperationalError as exc:
            if conn.closed:
                raise
            return first_line(exc)  # somebody has it locked
    return why_not(conn, relation)[0]


def require_read(conn: Connection, relation: str, *, views: bool = True) -> None:
    """Raise Untrusted, with the way out, where reading a relation would run other people's code with our rights."""
    if conn.info.transaction_status is not TransactionStatus.IDLE and must_lock(conn, relation):
        lock(conn, relation)
    why, hint = why_not(conn, relation, views=views)
    if why:
        raise Untrusted(why, hint=hint)


def require_write(conn: Connection, relations: Sequence[str]) -> None:
    """Raise psycopg's error MJ003, with the way out, where writing these relations would run other people's code with our rights."""
    named = sql.Literal(list(relations)).as_string(conn)
    script = assets.read("migrations", "templates", "trust.sql")
    conn.execute(script.replace("@written@", "true").replace("@relations@", named).encode())
    conn.execute("drop table pg_temp.motjuste_relation")
