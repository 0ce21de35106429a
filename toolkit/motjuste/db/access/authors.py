"""Who wrote a note: the name of the person that its author column leads to, by its foreign key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from motjuste.access.document import Stored
from motjuste.access.persons import author_said, name_columns
from motjuste.access.tables import Link, Table, family
from motjuste.db import trust
from motjuste.db.access.rows import as_text, match
from motjuste.db.access.ties import Ties
from motjuste.db.connection import Connection

BATCH = 5000  # authors asked for in one query


def named(
    conn: Connection, known: Ties, columns: Mapping[str, str], notes: Sequence[Stored]
) -> tuple[Stored, ...]:
    """The notes with their authors' names instead of their keys; `columns` is the author column of each table.

    An author stays a number where no key says whose, or this role may not read the names.
    """
    written: dict[str, set[str]] = {}
    for note in notes:
        if note.author:
            written.setdefault(note.place.relation, set()).add(note.author)
    names = {
        relation: _names(conn, known, relation, columns.get(relation, ""), sorted(values))
        for relation, values in written.items()
    }
    return tuple(
        replace(n, author=author_said(n.author, names[n.place.relation].get(n.author, ""))) if n.author else n
        for n in notes
    )


def _names(
    conn: Connection, known: Ties, relation: str, column: str, values: Sequence[str]
) -> dict[str, str]:
    """The name of the person behind each value of an author column, where it can be known."""
    # a key of the catalog or of the policy: a guess by the name could name somebody else
    link = next((x for x in known.links if x.child == relation and x.columns == (column,)), None)
    if link is None:
        return {}
    persons = known.tables[link.parent]
    wanted = name_columns(persons.bare, _texts(persons))
    if (
        not wanted
        or persons.unreadable.intersection(link.targets)
        or trust.why_not_until_end(conn, persons.name)
    ):
        return {}
    back = Link(persons.name, link.targets, relation, link.columns)
    read = [c for group in wanted for c in group]
    shown = sql.SQL(", ").join(as_text(persons, c) for c in (*link.targets, *read))
    found: dict[str, str] = {}
    try:
        with conn.transaction():
            for first in range(0, len(values), BATCH):
                keys = [(v,) for v in values[first : first + BATCH]]
                rows = conn.execute(
                    sql.SQL("select {} from {}").format(shown, match(known.tables, back, keys))
                )
                for value, *parts in rows:
                    held = {c: p.strip() for c, p in zip(read, parts, strict=True) if p and p.strip()}
                    said = (" ".join(held[c] for c in group if c in held) for group in wanted)
                    found[value] = next(filter(None, said), "")
    except psycopg.Error:
        if conn.closed or conn.broken:
            raise
        return {}  # the copy is of the notes: it is whole without the names
    return found


def _texts(table: Table) -> list[str]:
    return [c for c, kind in table.columns.items() if family(kind) == "text" and c not in table.unreadable]
