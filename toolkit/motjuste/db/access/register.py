"""The register of requests for access, as the schema `motjuste` keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg.rows import dict_row

from motjuste import assets
from motjuste.access.register import Request
from motjuste.db.connection import Connection
from motjuste.db.install import may, require
from motjuste.errors import ConfigError, DatabaseError

HINT = "motjuste grant ROLE --officer lets it; after an update of motjuste, motjuste install first"


READ, KEEP = ("select",), ("select", "insert", "update")


def why_not(conn: Connection, rights: Sequence[str] = KEEP) -> str:
    """Why this role cannot use the register in this way; '' if it can."""
    [(there,)] = conn.execute("select to_regnamespace('motjuste') is not null").fetchall()
    if not there:
        return "motjuste is not installed in this database"
    if all(may(conn, "request", right) for right in rights):
        return ""
    return f"this role may not {'read' if rights == READ else 'keep'} the register (motjuste.request)"


def _need(conn: Connection, rights: Sequence[str] = KEEP) -> None:
    if missing := why_not(conn, rights):
        raise DatabaseError(missing, hint=HINT)


def receive(conn: Connection, subjects: str, received: date | None) -> tuple[int, bool]:
    """The number of the request of this person that is open, or received on that day; recorded where it is new.

    `subjects` is what `register.subjects` makes; without a day, today. Raises ConfigError for a day to come.
    """
    _need(conn)
    values = {"subjects": subjects, "received": received}
    with conn.transaction():
        row = conn.execute(assets.query("request_open.sql"), values).fetchone()
        if row:
            return int(row[0]), False
        [(number,)] = conn.execute(assets.query("request_add.sql"), values).fetchall()
    return int(number), True


def answer(conn: Connection, number: int, *, complete: bool, notes: int, tables: int) -> tuple[date, date]:
    """Record the answer to a request: (received on, due on)."""
    values = {"id": number, "by": _who(conn), "complete": complete, "notes": notes, "tables": tables}
    [(received, due)] = conn.execute(assets.query("request_answer.sql"), values).fetchall()
    return received, due


def _who(conn: Connection) -> str:
    """The current role. On a desk that several persons share, it is not the role that logged in."""
    [(role,)] = conn.execute("select current_user::text").fetchall()
    return str(role)


def extend(conn: Connection, number: int, reason: str) -> date:
    """Extend a request by two months; until when. Raises ConfigError where that cannot be."""
    require(conn)
    _need(conn)
    values = {"id": number, "reason": reason, "by": _who(conn)}
    row = conn.execute(assets.query("request_extend.sql"), values).fetchone()
    if row is None:
        known = next((r for r in register(conn) if r.id == number), None)
        if known is None:
            raise ConfigError(f"no request {number}", hint="motjuste access register lists them")
        why = "is answered" if known.settled else "was extended before" if known.reason else "is overdue"
        raise ConfigError(
            f"request {number} {why}",
            hint="it can be extended once, and the person told so within the first month (RGPD art. 12.3)",
        )
    found: date = row[0]
    return found


def register(conn: Connection) -> list[Request]:
    """Every request: those to answer first, the first due first. Raises DatabaseError where there is no register."""
    require(conn)
    _need(conn, READ)
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(assets.query("request_register.sql").encode()).fetchall()
    return [Request(**row) for row in rows]
