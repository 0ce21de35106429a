"""Every note about one person, in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from motjuste.access.document import Found, Untied
from motjuste.access.graph import Plan, plan, untied
from motjuste.access.tables import guess
from motjuste.config import Config
from motjuste.db import trust
from motjuste.db.access import authors, subject, ties
from motjuste.db.access.search import Progress, Search
from motjuste.db.access.ties import Ties
from motjuste.db.connection import Connection, passing_over
from motjuste.model import inside


@dataclass(frozen=True)
class Wanted:
    """What the user typed: the rows of the person, the keys to follow, and the keys to leave out."""

    subjects: tuple[str, ...]
    follow: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


def find(conn: Connection, wanted: Wanted, policy: Config, progress: Progress) -> Found:
    """Every note about one person. Raises ConfigError where the person or the way to her rows is not clear.

    `progress` is called with the name of each table before it is searched.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        [(database, at)] = conn.execute("select current_database()::text, now()").fetchall()
        known = ties.read(conn, policy)
        chosen = ties.choices(conn, known, wanted.follow, wanted.leave)
        asked = [subject.parse(conn, typed, known.tables) for typed in wanted.subjects]
        starts = list(dict.fromkeys(a.table for a in asked))
        search = Search(conn, known, plan(known.tables, known.links, starts, chosen), progress)
        subjects = search.begin(asked)
        search.run()
        return Found(
            database=database,
            at=at,
            subjects=subjects,
            own=subject.own(conn, asked, known.tables),
            notes=authors.named(conn, known, search.authors(), search.notes()),
            searched=search.searched(),
            untied=tuple(_untied(conn, known, search.plan, chosen.leave)),
            failed=search.failed(),
            left=search.plan.left,
            unsure=tuple(f"{a.table}.{a.columns[0]}" for a in asked if not a.unique),
        )


def identify(conn: Connection, typed: Sequence[str], policy: Config) -> tuple[tuple[str, str], ...]:
    """The rows of a person as typed: (table, key as JSON) of each. Raises ConfigError where one is not exactly one row."""
    known = ties.read(conn, policy)
    asked = [subject.parse(conn, s, known.tables) for s in typed]
    way = Plan(tuple(dict.fromkeys(a.table for a in asked)), {a.table: 0 for a in asked}, ())
    return Search(conn, known, way, lambda table: None).begin(asked)


def _untied(
    conn: Connection, known: Ties, found: Plan, leave: frozenset[tuple[str, str]]
) -> Iterator[Untied]:
    """The tables with notes that no key ties to the person, without empty tables and tables that are exempt as a whole."""
    for name in untied(known.tables, found, leave):
        table = known.tables[name]
        notes = [n for n in table.notes if (name, *n) not in known.exempt]
        if not notes:
            continue
        # a table that this role may not read may be empty: it is named all the same
        if not table.unreadable and not table.filtered and table.kind != "f":
            rows = True  # where it cannot be read, as a partition on a server that is away
            if not trust.why_not_until_end(conn, name):
                with passing_over(conn), conn.transaction():
                    [(rows,)] = conn.execute(
                        sql.SQL("select exists (select from {})").format(sql.SQL(name))
                    ).fetchall()
            if not rows:
                continue
        near = [known.tables[t] for t in found.distance]
        guessed = next((x for c in table.columns if (x := guess(table, c, near))), None)
        hint = (
            f'[[link]]\nfrom = "{guessed.source}"\nto = "{guessed.parent}.{guessed.targets[0]}"'
            if guessed
            else ""
        )
        yield Untied(name, tuple(c + inside(k) for c, k in notes), hint)
