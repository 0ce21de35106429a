"""The columns of a query: WITH, FROM with its joins, the select list, UNION, VALUES and TABLE.

Read by our own grammar, which knows PostgreSQL's rules for names and types. A query that it does not understand is
given to sqlglot, for the names of its columns at least.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from motjuste.check.catalogue import Relation, TypeRef
from motjuste.check.cursor import Cursor, NotUnderstood
from motjuste.check.expressions import (
    Item,
    Output,
    Reader,
    Scope,
    Value,
    is_query,
    parenthesized_query,
    row_of,
)
from motjuste.check.resolve import UNKNOWN, common
from motjuste.check.session import Refused, Session

_CLAUSES = ("from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "into")
_SETS = ("union", "intersect", "except")
_JOINS = ("join", "inner", "left", "right", "full", "cross", "natural")
_AFTER_ITEM = (*_CLAUSES, *_SETS, *_JOINS, "on", "using", "tablesample", "with")


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
    c = Cursor.of(text)
    try:
        columns = _query(reader, c, Scope())
        for ending in (("with", "no", "data"), ("with", "data")):
            c.take(*ending)
        if c:
            raise NotUnderstood(f"the query at {c.shown()}")
    except Refused:
        raise
    except NotUnderstood as exc:
        return Result(_names_by_sqlglot(text), reader.needs, [f"its query: {exc}"], known=False)
    final = [o._replace(type=_final(s, o.type)) for o in columns]
    missing = [o.name for o in final if o.type is None]
    if missing:
        reader.unknown.append(f"the type of {', '.join(missing[:5])}{' and others' if missing[5:] else ''}")
    return Result(final, reader.needs, reader.unknown)


def _final(s: Session, ref: TypeRef | None) -> TypeRef | None:
    return s.builtins.ref("text") if ref is UNKNOWN else ref


def _names_by_sqlglot(text: str) -> list[Output]:
    """The names of a query's columns as sqlglot reads them, without types; none where it does not read it either."""
    from sqlglot import errors, exp, parse_one  # heavy: only where it is needed

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
    _ending(r, c, scope)
    return columns


def _ending(r: Reader, c: Cursor, scope: Scope) -> None:
    """ORDER BY, LIMIT, OFFSET, FETCH and FOR: they change no column."""
    while word := c.any_of("order", "limit", "offset", "fetch", "for"):
        if word == "order":
            c.need("by")
        c.until("order", "limit", "offset", "fetch", "for", *_SETS, "with" if word != "fetch" else "")
        if word == "fetch" and c.take("with"):
            c.need("ties")


def _with(r: Reader, c: Cursor, scope: Scope) -> None:
    recursive = c.take("recursive")
    while True:
        name = c.name()
        names = c.list_of_names() if c.sees("(") else []
        c.need("as")
        c.take("not")
        c.take("materialized")
        inside = c.group()
        if recursive and is_query(inside):
            _recursive(r, inside, scope, name, names)
        else:
            scope.ctes[name] = Item(name, _renamed(_any_statement(r, inside, scope), names), known=True)
        if c.take("search") or c.take("cycle"):
            _search(r, c, scope.ctes[name])
        if not c.take(","):
            return


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


def _any_statement(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    if is_query(c):
        return _query(r, c, Scope(outer=scope))
    raise NotUnderstood("a WITH query that changes data")


def _recursive(r: Reader, c: Cursor, scope: Scope, name: str, names: list[str]) -> None:
    """The first part of a recursive query gives the names and types; the whole is then read with it in sight."""
    probe = Cursor(c.tokens, c.text)
    inner = Scope(outer=scope)
    if probe.take("with"):
        _with(r, probe, inner)
    first = _primary(r, probe, inner) if not _names_itself(probe, name) else []
    scope.ctes[name] = Item(name, _renamed([o._replace(type=_final(r.s, o.type)) for o in first], names))
    whole = _query(r, c, Scope(outer=scope))
    if not first:
        scope.ctes[name] = Item(name, _renamed(whole, names))


def _names_itself(c: Cursor, name: str) -> bool:
    """Whether the first part already reads the query itself; then it is no recursion we can follow."""
    head = c.tokens[c.i :]
    depth = 0
    for token in head:
        depth += (token.value == "(" and token.kind == "op") - (token.value == ")" and token.kind == "op")
        if depth == 0 and token.kind == "word" and token.value in _SETS:
            return False
    return False


def _renamed(columns: list[Output], names: list[str]) -> list[Output]:
    return [o._replace(name=names[i]) if i < len(names) else o for i, o in enumerate(columns)]


def _set(r: Reader, c: Cursor, scope: Scope, floor: int) -> list[Output]:
    """UNION and EXCEPT from the left, INTERSECT tighter."""
    columns = _primary(r, c, scope)
    while c.peek() in _SETS:
        strength = 2 if c.peek() == "intersect" else 1
        if strength <= floor:
            break
        c.next()
        c.any_of("all", "distinct")
        right = _set(r, c, scope, strength)
        columns = [
            Output(a.name, common(r.s, [a.type, right[i].type if i < len(right) else None]), a.source)
            for i, a in enumerate(columns)
        ]
    return columns


def _primary(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    if c.sees("("):
        return _query(r, c.group(), Scope(outer=scope))
    if c.take("values"):
        return _values(r, c, scope)
    if c.take("table"):
        return _from_item(r, c, Scope(outer=scope)).columns
    c.need("select")
    inner = Scope(outer=scope)
    return _select(r, c, inner)


def _values(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    rows: list[list[TypeRef | None]] = []
    while True:
        rows.append([r.expression(p, scope).type for p in c.group().parts()])
        if not c.take(","):
            break
    kinds = [common(r.s, [row[i] for row in rows if i < len(row)]) for i in range(len(rows[0]))]
    return [Output(f"column{i}", kind, None) for i, kind in enumerate(kinds, 1)]


def _until_clause(c: Cursor, *words: str) -> Cursor:
    """What stands before a clause; the FROM of IS DISTINCT FROM begins none."""
    begin = c.i
    while True:
        c.until(*words)
        before = [t.value for t in c.tokens[max(begin, c.i - 2) : c.i]]
        if (c and (c.peek() == "from" and before[-1:] == ["distinct"] and before[0] in ("is", "not"))) or (
            c.sees("group") and before[-1:] == ["within"]
        ):
            c.next()
            continue
        return Cursor(c.tokens[begin : c.i], c.text)


def _select(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """SELECT, after that word: FROM first, since the list is about it."""
    if c.take("distinct"):
        if c.take("on"):
            c.group()
    else:
        c.take("all")
    listed = _until_clause(c, *_CLAUSES, *_SETS)
    if c.take("into"):
        c.until("from", "where", *_SETS)
    if c.take("from"):
        _from(r, c, scope)
    while word := c.any_of("where", "group", "having", "window"):
        clause = _until_clause(c, *(w for w in _CLAUSES if w != "from"), *_SETS, "with")
        if word in ("where", "having"):
            r.expression(clause, scope)
    columns: list[Output] = []
    for part in listed.parts():
        columns += _listed(r, part, scope)
    return columns


def _listed(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """One entry of a select list."""
    if c.take("*"):
        return _everything(r, scope)
    value = r.expression(c, scope)
    name = value.name
    if c.take("as") or c.is_name():
        name = c.name()
    elif (value.type is None and value.expanded is not None and not c) or (
        value.expanded is not None and not c and c.tokens and c.tokens[-1].value == "*"
    ):
        return list(value.expanded)
    if c:
        raise NotUnderstood(f"the select list at {c.shown()}")
    return [Output(name, value.type, value.source)]


def _everything(r: Reader, scope: Scope) -> list[Output]:
    merged = [o.name for o in scope.merged]
    found = list(scope.merged)
    for item in scope.items:
        if not item.known:
            r.unknown.append(f"the columns of {item.alias} are not known")
        found += [o for o in item.columns if o.name not in merged]
    r.needs += [o.source for o in found if o.source is not None]
    return found


# -- FROM ------------------------------------------------------------------------------------------


def _from(r: Reader, c: Cursor, scope: Scope) -> None:
    while True:
        _joined(r, c, scope)
        if not c.take(","):
            return


def _joined(r: Reader, c: Cursor, scope: Scope) -> None:
    """A table and the joins that follow it."""
    _into(r, c, scope)
    while c.peek() in _JOINS:
        natural = c.take("natural")
        side = c.any_of("inner", "left", "right", "full", "cross")
        c.take("outer")
        c.need("join")
        before = len(scope.items)
        _into(r, c, scope)
        if c.take("on"):
            r.expression(c, scope)
        elif c.take("using"):
            names = c.list_of_names()
            if c.take("as"):
                c.name()
            _merge(r, scope, before, names, side)
        elif natural:
            left = _visible(scope, scope.items[:before])
            right = [o.name for i in scope.items[before:] for o in i.columns]
            _merge(r, scope, before, [o.name for o in left if o.name in right], side)


def _visible(scope: Scope, items: list[Item]) -> list[Output]:
    merged = [o.name for o in scope.merged]
    return [*scope.merged, *(o for i in items for o in i.columns if o.name not in merged)]


def _merge(r: Reader, scope: Scope, before: int, names: list[str], side: str) -> None:
    """The columns of USING come first, once."""
    left = {o.name: o for o in reversed(_visible(scope, scope.items[:before]))}
    right = {o.name: o for i in scope.items[before:] for o in i.columns}
    merged = []
    for name in names:
        a, b = left.get(name), right.get(name)
        if a is None or b is None:
            if all(i.known for i in scope.items):
                raise Refused(f"column {name} of USING is not in both tables")
            merged.append(Output(name, None, None))
            continue
        kind = common(r.s, [a.type, b.type])
        merged.append(Output(name, kind, (b if side == "right" else a).source))
    scope.merged = [*merged, *(o for o in scope.merged if o.name not in names)]


def _into(r: Reader, c: Cursor, scope: Scope) -> None:
    """Add what comes next to FROM: a table, a query, a call, or a join in parentheses."""
    if c.sees("(") and not parenthesized_query(c):
        inside = c.group()
        inner = Scope(outer=scope)
        inner.ctes = {}
        _joined(r, inside, inner)
        if inside:
            raise NotUnderstood(f"the join at {inside.shown()}")
        alias, names, _ = _alias(r, c)
        if alias:
            scope.items.append(Item(alias, _renamed(_everything(r, inner), names)))
        else:
            scope.items += inner.items
            scope.merged += inner.merged
        return
    scope.items.append(_from_item(r, c, scope))


def _from_item(r: Reader, c: Cursor, scope: Scope) -> Item:
    c.take("lateral")
    if c.sees("("):
        columns = _query(r, c.group(), Scope(outer=scope))
        alias, names, _ = _alias(r, c)
        return Item(alias, _renamed([o._replace(type=_final(r.s, o.type)) for o in columns], names))
    if c.sees("rows", "from"):
        return _rows_from(r, c, scope)
    c.take("only")
    parts = c.dotted()
    if c.sees("("):
        return _function_item(r, c, scope, parts)
    c.take("*")
    item = _table_item(r, parts, scope)
    alias, names, _ = _alias(r, c)
    if c.take("tablesample"):
        c.name()
        c.group()
        if c.take("repeatable"):
            c.group()
    return Item(
        alias or item.alias, _renamed(item.columns, names), item.row, "" if alias else item.schema, item.known
    )


def _table_item(r: Reader, parts: tuple[str, ...], scope: Scope) -> Item:
    if len(parts) == 1:
        cte = scope.cte(parts[0])
        if cte is not None:
            return Item(parts[0], list(cte.columns), known=cte.known)
    relation = r.s.relation((parts[-2] if len(parts) > 1 else "", parts[-1]), "rpvmf")
    r.needs.append(relation)
    columns = [Output(x.name, x.type, x) for x in relation.columns]
    return Item(relation.name, columns, row_of(relation), relation.schema, relation.known)


def _alias(r: Reader, c: Cursor) -> tuple[str, list[str], list[Output]]:
    """(alias, names of columns, columns with types) after an entry of FROM."""
    alias = ""
    if c.take("as"):
        if not c.sees("("):
            alias = c.name()
    elif c.is_name() and not (c.tokens[c.i].kind == "word" and c.peek() in _AFTER_ITEM):
        alias = c.name()
    names: list[str] = []
    typed: list[Output] = []
    if c.sees("("):
        for part in c.group().parts():
            name = part.name()
            names.append(name)
            if part:
                typed.append(Output(name, r.s.type(part.type()), None))
    return alias, names, typed


def _function_item(r: Reader, c: Cursor, scope: Scope, parts: tuple[str, ...]) -> Item:
    """A call in FROM."""
    inside = c.group()
    name = parts[-1]
    if name in ("xmltable", "json_table"):
        columns: list[Output] = _xml_table(r, inside, scope)
        alias, names, _ = _alias(r, c)
        return Item(alias or name, _renamed(columns, names))
    values = r.arguments(inside, scope)
    columns, row, scalar, known = _returned(r, parts, values)
    ordinality = c.take("with", "ordinality")
    alias, names, typed = _alias(r, c)
    if typed:
        columns, known, scalar = typed, True, False
    elif scalar:
        columns = [o._replace(name=alias or name) for o in columns]
    if ordinality:
        columns = [*columns, Output("ordinality", r.type("int8"), None)]
    if not known:
        r.unknown.append(f"what {name}() gives")
    return Item(alias or name, _renamed(columns, names), row, known=known, scalar=scalar and not ordinality)


def _returned(
    r: Reader, parts: tuple[str, ...], values: list[Value]
) -> tuple[list[Output], TypeRef | None, bool, bool]:
    """(columns, row type, whether it is one value, whether it is known) of what a function gives in FROM."""
    name = parts[-1]
    given = [v.type for v in values]
    if name == "unnest" and len(values) > 1:
        return (
            [Output("unnest", TypeRef(g.type, g.mods) if g else None, None) for g in given],
            None,
            False,
            True,
        )
    f = r.find(parts, given)
    if f is None:
        value = r._typed_call(parts, values)
        return [Output(name, value.type, None)], None, True, value.type is not None
    if len(f.out) > 1 or (f.out and f.returns is None):
        return (
            [Output(n or f"column{i}", t, None) for i, (n, t) in enumerate(f.out, 1)],
            None,
            len(f.out) == 1,
            True,
        )
    value = r._typed_call(parts, values)
    kind = value.type
    relation = kind.root.type.relation if kind is not None and not kind.array else None
    if relation is not None:
        return [Output(x.name, x.type, None) for x in relation.columns], kind, False, True
    if kind is not None and kind.type.name == "record" and not kind.array:
        return [], None, False, False
    if f.out and f.out[0][0]:
        return [Output(f.out[0][0], kind, None)], None, False, True
    return [Output(name, kind, None)], None, True, kind is not None


def _rows_from(r: Reader, c: Cursor, scope: Scope) -> Item:
    c.need("rows", "from")
    columns: list[Output] = []
    known = True
    for part in c.group().parts():
        item = _function_item(r, part, scope, part.dotted())
        columns += item.columns
        known = known and item.known
    if c.take("with", "ordinality"):
        columns.append(Output("ordinality", r.type("int8"), None))
    alias, names, _ = _alias(r, c)
    return Item(alias, _renamed(columns, names), known=known)


def _xml_table(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """The COLUMNS of XMLTABLE and JSON_TABLE."""
    c.until("columns")
    c.need("columns")
    inside = c.group() if c.sees("(") else c
    found: list[Output] = []
    for part in inside.parts():
        if part.sees("nested"):
            found += _xml_table(r, part, scope)
            continue
        name = part.name()
        if part.take("for", "ordinality"):
            found.append(Output(name, r.type("int4"), None))
        elif part.take("exists"):
            found.append(Output(name, r.type("bool"), None))
        else:
            found.append(Output(name, r.s.type(part.type()), None))
    return found


__all__ = ["Output", "Relation", "Result", "analyse"]
