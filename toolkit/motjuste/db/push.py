"""A change of rules alone, and what it changes."""

from __future__ import annotations

from typing import NamedTuple

from motjuste.db.connection import Connection
from motjuste.db.install import is_current, push, require, vacuum
from motjuste.engine.matcher import Matcher
from motjuste.errors import DatabaseError


class Change(NamedTuple):
    """Ids of the rules that are new, gone or of another level; how many open findings are of rules that are gone."""

    new: list[str]
    gone: list[str]
    releveled: list[str]
    orphans: int


def pushed(conn: Connection, matcher: Matcher, *, dry_run: bool = False) -> Change | None:
    """Replace the rules of the database by those of a matcher; what changed, None where they are these already.

    Raises DatabaseError where the schema is not the one of this motjuste, whose rules it could not hold.
    """
    require(conn)
    if not is_current(conn):
        raise DatabaseError(
            "the schema in this database is of another version of motjuste",
            hint="motjuste install updates both",
        )
    with conn.transaction(force_rollback=dry_run):
        before: dict[str, str] = dict(conn.execute("select id, level from motjuste.rule").fetchall())
        if not push(conn, matcher):
            return None
        after = {r.id: r.level for r in matcher.pack.rules}
        [(orphans,)] = conn.execute(
            "select count(*) from motjuste.finding as f where f.status = 'open'"
            " and not exists (select from motjuste.rule as r where r.id = f.rule_id)"
        ).fetchall()
        change = Change(
            sorted(after.keys() - before.keys()),
            sorted(before.keys() - after.keys()),
            sorted(i for i in after.keys() & before.keys() if after[i] != before[i]),
            orphans,
        )
    if not dry_run:
        vacuum(conn)
    return change
