"""The clauses of a query, cut from each other but not read: what types it and what answers it both begin here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from motjuste.schema_check.cursor import Cursor

SETS = ("union", "intersect", "except")
_ENDINGS = ("order", "limit", "offset", "fetch", "for")
_FILTERS = ("where", "group", "having", "window")
AFTER_FROM = (*_FILTERS, *_ENDINGS, *SETS)
_AFTER_LIST = ("from", "into", *AFTER_FROM)
# What no alias without AS may be.
JOINS = ("join", "inner", "left", "right", "full", "cross", "natural")
AFTER_ITEM = ("from", "into", *AFTER_FROM, *JOINS, "on", "using", "tablesample", "with")


class Select(NamedTuple):
    """SELECT [DISTINCT [ON]] listed FROM sources; `filters`: the text of each clause from WHERE to WINDOW."""

    distinct: bool
    on: bool
    listed: Cursor
    sources: Cursor
    filters: dict[str, Cursor]


def select(c: Cursor) -> Select:
    """The clauses of a SELECT, after that word, up to what orders it or UNION."""
    distinct = c.take("distinct")
    on = distinct and c.take("on")
    if on:
        c.group()
    c.take("all")
    listed = _until(c, *_AFTER_LIST)
    if c.take("into"):
        c.until("from", *AFTER_FROM)
    sources = _until(c, *AFTER_FROM) if c.take("from") else Cursor([])
    filters = {}
    while word := c.any_of(*_FILTERS):
        filters[word] = _until(c, *AFTER_FROM, "into", "with")
    return Select(distinct, on, listed, sources, filters)


def _until(c: Cursor, *words: str) -> Cursor:
    """What stands before a clause. FROM of IS DISTINCT FROM, GROUP of WITHIN GROUP, and a name after `.` or AS begin none."""
    begin = c.i
    while True:
        c.until(*words)
        before = [t.value for t in c.tokens[max(begin, c.i - 2) : c.i]]
        distinct = c.sees("from") and before[-1:] == ["distinct"] and before[0] in ("is", "not")
        named = before[-1:] in (["."], ["as"]) or (c.sees("group") and before[-1:] == ["within"])
        if not c or not (distinct or named):
            return Cursor(c.tokens[begin : c.i], c.text)
        c.next()


def with_queries(c: Cursor) -> Iterator[tuple[str, list[str], Cursor]]:
    """(name, names of its columns, text) of each query of a WITH, after that word; whoever asks takes what follows one."""
    c.take("recursive")
    while True:
        name = c.name()
        names = c.list_of_names() if c.sees("(") else []
        c.need("as")
        c.take("not")
        c.take("materialized")
        yield name, names, c.group()
        if not c.take(","):
            return


def alias(c: Cursor) -> tuple[str, list[Cursor]]:
    """[AS] alias [(columns)] after an entry of FROM: the name, '' where there is none, and the text of each column."""
    name = c.name() if (c.take("as") and c.is_name()) or (c.is_name() and c.peek() not in AFTER_ITEM) else ""
    return name, list(c.group().parts()) if c.sees("(") else []
