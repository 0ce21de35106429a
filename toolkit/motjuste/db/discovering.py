"""Discovery on a database: the catalog, statistics, a sample of the content, and the neighbouring columns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from motjuste import discovery
from motjuste.db import catalog, reading, values
from motjuste.db.connection import Connection
from motjuste.discovery import content, kin
from motjuste.model import Column


def discover(
    conn: Connection,
    schemas: Collection[str] = (),
    budget: float = 10,
    say: Callable[[str], object] = lambda _: None,
) -> list[Column]:
    """Every column that may be read for notes, scored, in order of name; content is sampled for `budget` seconds.

    The session becomes one that only reads. Views and foreign tables run other people's code: they are judged by their
    names, and read where the session says so (trust.py). `say` is told of what was not read.
    """
    reading.prepare(conn, views=False)
    bases = catalog.bases(conn, schemas)
    listed = catalog.columns(conn, schemas, everything=True)
    neighbours = catalog.neighbours(conn, schemas)
    keys = kin.concerned(neighbours)
    scored = [discovery.score(c, keys.get((c.schema, c.table), "")) for c in listed]
    scored = kin.with_kin(scored, neighbours, bases)
    found = {c.label: c for c in scored}
    for column, sample in values.samples(conn, [c for c in scored if c.readable and _worth(c)], budget, say):
        found[column.label] = content.weigh(column, content.measure(sample))
    # a copy in a view or a history tells about its original too, and the other way round
    return [_as_original(c, found) for c in found.values()]


def _worth(column: Column) -> bool:
    """Whether it is worth sampling the values of a column."""
    return (
        column.kind != "json"
        and not column.keys_unknown
        and not column.constrained
        and not 0 < column.size < 20
    )


def unread(columns: Collection[Column], *, views: bool) -> list[str]:
    """The tables, with `views` also views and foreign tables, whose values this role may not read, in order of name."""
    kinds = catalog.EVERYTHING if views else (*catalog.TABLES, "m")
    return sorted(
        {
            f"{c.schema}.{c.table}"
            for c in columns
            if not c.readable and c.relkind in kinds and (c.keys_unknown or _worth(c))
        }
    )


def _as_original(column: Column, found: dict[str, Column]) -> Column:
    original = found.get(column.copy_of.rpartition(" of ")[2])
    if original is None or original.score <= column.score:
        return column
    return replace(column, score=original.score, reasons=original.reasons)
