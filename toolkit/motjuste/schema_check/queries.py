"""The columns of a query: WITH, FROM with its joins, the select list, UNION, VALUES and TABLE.

Read by our own grammar, which knows PostgreSQL's rules for names and types. A query that it does not understand is
given to sqlglot, for the names of its columns at least.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from motjuste.schema_check.catalogue import TypeRef
from motjuste.schema_check.clauses import SETS, select, with_queries
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.expressions import Reader
from motjuste.schema_check.from_clause import everything, finished, from_item, read_from, renamed
from motjuste.schema_check.resolve import common
from motjuste.schema_check.scope import Item, Output, Scope, is_query, texts
from motjuste.schema_check.session import Refused, Session


@dataclass
class Result:
    """What a query gives: columns, what it is made of, and what could not be found out."""

    columns: list[Output] = field(default_factory=list)
    needs: list[object] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    known: bool = True


def analyse(s: Session, text: str) -> Result:
    """The columns of a query's text. Raises Refused where a table of it does not exist."""
    reader = Reader(s, _query)
    c = _bare(Cursor.of(text))
    try:
        columns = _query(reader, c, Scope())
        if c:
            raise NotUnderstood(f"the query at {c.shown()}")
    except Refused:
        raise
    except NotUnderstood as exc:
        return Result(_names_by_sqlglot(text), reader.needs, [f"its query: {exc}"], known=False)
    final = [o._replace(type=finished(s, o.type)) for o in columns]
    missing = [o.name for o in final if o.type is None]
    if missing:
        reader.unknown.append(f"the type of {', '.join(missing[:5])}{' and others' if missing[5:] else ''}")
    return Result(final, reader.needs, reader.unknown)


def columns(s: Session, c: Cursor) -> list[Output]:
    """The columns of the query that comes next. Raises NotUnderstood where it is not read."""
    return _query(Reader(s, _query), c, Scope())


def _bare(c: Cursor) -> Cursor:
    """The query without the WITH [NO] DATA of what is made of it."""
    for ending in (("with", "no", "data"), ("with", "data")):
        size = len(ending)
        if tuple(t.value for t in c.tokens[-size:]) == ending:
            return Cursor(c.tokens[:-size], c.text[: c.tokens[-size].at])
    return c


def _names_by_sqlglot(text: str) -> list[Output]:
    """The names of a query's columns as sqlglot reads them, without types; none where it does not read it either."""
    from sqlglot import errors, exp, parse_one  # heavy: only where it is needed

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it does not read is told by our own note
    try:
        tree = parse_one(text, dialect="postgres")
    except errors.SqlglotError:
        return []
    if not isinstance(tree, exp.Query) or any(isinstance(e, exp.Star) or e.is_star for e in tree.selects):
        return []
    return [Output(name, None, None) for name in tree.named_selects if name]


def _query(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """A query with its WITH, set operations, ORDER BY and LIMIT."""
    if c.take("with"):
        _with(r, c, scope)
    columns = _set(r, c, scope, 0)
    _ending(c)
    return columns


def _ending(c: Cursor) -> None:
    """ORDER BY, LIMIT, OFFSET, FETCH and FOR: they change no column."""
    while word := c.any_of("order", "limit", "offset", "fetch", "for"):
        if word == "order":
            c.need("by")
        c.until("order", "limit", "offset", "fetch", "for", *SETS, "with" if word != "fetch" else "")
        if word == "fetch" and c.take("with"):
            c.need("ties")


def _with(r: Reader, c: Cursor, scope: Scope) -> None:
    recursive = c.sees("recursive")
    for name, names, inside in with_queries(c):
        if not is_query(inside):
            raise NotUnderstood("a WITH query that changes data")
        if recursive:
            _recursive(r, inside, scope, name, names)
        else:
            scope.ctes[name] = Item(name, renamed(_query(r, inside, Scope(outer=scope)), names))
        while c.any_of("search", "cycle"):
            _search(r, c, scope.ctes[name])


def _search(r: Reader, c: Cursor, item: Item) -> None:
    """SEARCH ... SET column and CYCLE ... SET column USING column, after their first word."""
    cycle = c.tokens[c.i - 1].value == "cycle"
    c.until("set")
    c.need("set")
    item.columns.append(
        Output(c.name(), r.type("bool") if cycle else TypeRef(r.type("record").type, (), True), None)
    )
    if cycle:
        if c.take("to"):
            item.columns[-1] = item.columns[-1]._replace(type=r.expression(c, Scope()).type)
            c.need("default")
            r.expression(c, Scope())
        c.need("using")
        item.columns.append(Output(c.name(), TypeRef(r.type("record").type, (), True), None))


def _recursive(r: Reader, c: Cursor, scope: Scope, name: str, names: list[str]) -> None:
    """The first part of a recursive query gives the names and types; the whole is then read with it in sight."""
    probe = c.again()
    inner = Scope(outer=scope)
    if probe.take("with"):
        _with(r, probe, inner)
    first = _primary(r, probe, inner)
    scope.ctes[name] = Item(name, renamed([o._replace(type=finished(r.s, o.type)) for o in first], names))
    whole = _query(r, c, Scope(outer=scope))
    if not first:
        scope.ctes[name] = Item(name, renamed(whole, names))


def _set(r: Reader, c: Cursor, scope: Scope, floor: int) -> list[Output]:
    """UNION and EXCEPT from the left, INTERSECT tighter."""
    columns = _primary(r, c, scope)
    while c.peek() in SETS:
        strength = 2 if c.peek() == "intersect" else 1
        if strength <= floor:
            break
        c.next()
        c.any_of("all", "distinct")
        right = _set(r, c, scope, strength)
        columns = [_either(r, a, right[i] if i < len(right) else None) for i, a in enumerate(columns)]
    return columns


def _either(r: Reader, a: Output, b: Output | None) -> Output:
    """A column of UNION and its like."""
    kind = common(r.s, [a.type, b.type if b else None])
    return Output(a.name, kind, a.source, texts(kind, (a, *([b] if b else ()))))


def _primary(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    if c.sees("("):
        return _query(r, c.group(), Scope(outer=scope))
    if c.take("values"):
        return _values(r, c, scope)
    if c.take("table"):
        return from_item(r, c, Scope(outer=scope)).columns
    c.need("select")
    return _select(r, c, Scope(outer=scope))


def _values(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    rows: list[list[TypeRef | None]] = []
    while True:
        rows.append([])
        for part in c.group().parts():
            value = r.expression(part, scope)
            columns = r.listed(value, part)
            rows[-1] += [value.type] if columns is None else [o.type for o in columns]
        if not c.take(","):
            break
    kinds = [common(r.s, [row[i] for row in rows if i < len(row)]) for i in range(len(rows[0]))]
    return [Output(f"column{i}", kind, None) for i, kind in enumerate(kinds, 1)]


def _select(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """SELECT, after that word: FROM first, since the list is about it."""
    found = select(c)
    if found.sources:
        read_from(r, found.sources, scope)
    for word in ("where", "having"):
        if word in found.filters:
            r.expression(found.filters[word], scope)
    return [output for part in found.listed.parts() for output in _listed(r, part, scope)]


def _listed(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """One entry of a select list."""
    if c.take("*"):
        return everything(r, scope)
    value = r.expression(c, scope)
    name = value.name
    if c.take("as") or c.is_name():
        name = c.name()
    elif (columns := r.listed(value, c)) is not None:
        return list(columns)
    if c:
        raise NotUnderstood(f"the select list at {c.shown()}")
    return [Output(name, value.type, value.source, value.texts)]
