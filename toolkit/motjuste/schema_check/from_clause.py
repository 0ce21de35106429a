"""FROM: tables, queries, calls and their aliases, and the joins, USING and NATURAL among them."""

from __future__ import annotations

from motjuste.schema_check import clauses
from motjuste.schema_check.budget import SELECTED
from motjuste.schema_check.catalogue import TypeRef
from motjuste.schema_check.clauses import JOINS
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.expressions import Reader
from motjuste.schema_check.grammar import CONSTANTS
from motjuste.schema_check.resolve import UNKNOWN, common
from motjuste.schema_check.scope import Item, Output, Scope, Value, is_query
from motjuste.schema_check.session import Refused, Session


def read_from(r: Reader, c: Cursor, scope: Scope) -> None:
    """Put the entries of FROM, which is all of the cursor, into the scope."""
    scope.star += _joined(r, c, scope)
    while c.take(","):
        scope.star += _joined(r, c, scope)
    if c:
        raise NotUnderstood(f"the query at {c.shown()}")


def _joined(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """A table and the joins that follow it; the columns that * gives of them."""
    star = _into(r, c, scope)
    while c.peek() in JOINS:
        natural = c.take("natural")
        side = c.any_of("inner", "left", "right", "full", "cross")
        c.take("outer")
        c.need("join")
        right = _into(r, c, scope)
        names: list[str] = []
        if c.take("on"):
            r.expression(c, scope)
        elif c.take("using"):
            names = c.list_of_names()
            if c.take("as"):
                c.name()
        elif natural:
            names = [o.name for o in star if o.name in {x.name for x in right}]
        star = _merge(r, scope, star, right, names, side)
    return star


def _merge(
    r: Reader, scope: Scope, star: list[Output], right: list[Output], names: list[str], side: str
) -> list[Output]:
    """The columns of two sides of a join: those of USING come first, once."""
    merged = []
    for name in names:
        a, b = (next((o for o in listed if o.name == name), None) for listed in (star, right))
        if a is None or b is None:
            if all(i.known for i in scope.items):
                raise Refused(f"column {name} of USING is not in both tables")
            merged.append(Output(name, None, None))
            continue
        kind = common(r.s, [a.type, b.type])
        merged.append(Output(name, kind, (b if side == "right" else a).source))
    scope.merged = [*merged, *(o for o in scope.merged if o.name not in names)]
    return [*merged, *(o for o in (*star, *right) if o.name not in names)]


def _into(r: Reader, c: Cursor, scope: Scope) -> list[Output]:
    """Add what comes next to FROM: a table, a query, a call, or a join in parentheses; its columns."""
    if c.sees("(") and not is_query(c.tail().group()):
        inside = c.group()
        inner = Scope(outer=scope)
        inner.ctes = {}
        inner.star = _joined(r, inside, inner)
        if inside:
            raise NotUnderstood(f"the join at {inside.shown()}")
        alias, names, _ = _alias(r, c)
        if not alias:
            scope.items += inner.items
            scope.merged += inner.merged
            return inner.star
        scope.items.append(Item(alias, renamed(everything(r, inner), names)))
    else:
        scope.items.append(from_item(r, c, scope))
    return scope.items[-1].columns


def from_item(r: Reader, c: Cursor, scope: Scope) -> Item:
    c.take("lateral")
    if c.sees("("):
        columns = r.read_query(r, c.group(), Scope(outer=scope))
        alias, names, _ = _alias(r, c)
        return Item(alias, renamed([o._replace(type=finished(r.s, o.type)) for o in columns], names))
    if c.sees("rows", "from"):
        return _rows_from(r, c, scope)
    if c.kind() == "word" and c.peek() in CONSTANTS and c.peek(1) != ".":
        value = r.operand(c, scope)  # current_date is a call without parentheses
        alias, names, _ = _alias(r, c)
        columns = [Output(alias or value.name, value.type, None)]
        return Item(alias or value.name, renamed(columns, names), scalar=True)
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
        alias or item.alias, renamed(item.columns, names), item.row, "" if alias else item.schema, item.known
    )


def _table_item(r: Reader, parts: tuple[str, ...], scope: Scope) -> Item:
    if len(parts) == 1:
        cte = scope.cte(parts[0])
        if cte is not None:
            return Item(parts[0], list(cte.columns), known=cte.known)
    relation = r.s.relation((parts[-2] if len(parts) > 1 else "", parts[-1]), "rpvmf")
    r.needs.append(relation)
    columns = [Output(x.name, x.type, x) for x in relation.columns]
    row = TypeRef(relation.row_type) if relation.row_type else None
    return Item(relation.name, columns, row, relation.schema, relation.known)


def _alias(r: Reader, c: Cursor) -> tuple[str, list[str], list[Output]]:
    """(alias, names of columns, columns with types) after an entry of FROM."""
    alias, parts = clauses.alias(c)
    names = [part.name() for part in parts]
    typed = [Output(n, r.s.type(part.type()), None) for n, part in zip(names, parts, strict=True) if part]
    return alias, names, typed


def _function_item(r: Reader, c: Cursor, scope: Scope, parts: tuple[str, ...]) -> Item:
    """A call in FROM."""
    inside = c.group()
    if parts[-1] in ("xmltable", "json_table"):
        item = Item(parts[-1], _xml_table(r, inside, scope))
    else:
        item = _returned(r, parts, r.arguments(inside, scope))
    ordinality = c.take("with", "ordinality")
    alias, names, typed = _alias(r, c)
    item.alias = alias or item.alias
    if typed:
        item.columns, item.known, item.scalar = typed, True, False
    elif item.scalar:
        item.columns = [o._replace(name=item.alias) for o in item.columns]
    if ordinality:
        item.columns, item.scalar = [*item.columns, Output("ordinality", r.type("int8"), None)], False
    if not item.known:
        r.unknown.append(f"what {parts[-1]}() gives")
    item.columns = renamed(item.columns, names)
    return item


def _returned(r: Reader, parts: tuple[str, ...], values: list[Value]) -> Item:
    """What a function gives in FROM."""
    name, given = parts[-1], [v.type for v in values]
    if name == "unnest" and len(values) > 1:
        return Item(name, [Output(name, TypeRef(g.type, g.mods) if g else None, None) for g in given])
    f = r.find(parts, given)
    if f is not None and (len(f.out) > 1 or (f.out and f.returns is None)):
        columns = [Output(n or f"column{i}", t, None) for i, (n, t) in enumerate(f.out, 1)]
        return Item(name, columns, scalar=len(columns) == 1)
    kind = r.typed_call(parts, values).type
    if kind is not None and not kind.array:
        relation = kind.root.type.relation
        if relation is not None:
            return Item(name, [Output(x.name, x.type, None) for x in relation.columns], kind)
        if kind.type.name == "record":
            return Item(name, [], known=False)
    if f is not None and f.out and f.out[0][0]:
        return Item(name, [Output(f.out[0][0], kind, None)])
    return Item(name, [Output(name, kind, None)], known=kind is not None, scalar=True)


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
    return Item(alias, renamed(columns, names), known=known)


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


def renamed(columns: list[Output], names: list[str]) -> list[Output]:
    return [o._replace(name=names[i]) if i < len(names) else o for i, o in enumerate(columns)]


def everything(r: Reader, scope: Scope) -> list[Output]:
    if len(scope.star) > SELECTED:  # where queries of queries double it each time
        raise Refused(f"a query has more than {SELECTED:,} columns")
    r.unknown += [f"the columns of {item.alias} are not known" for item in scope.items if not item.known]
    r.needs += [o.source for o in scope.star if o.source is not None]
    return list(scope.star)


def finished(s: Session, ref: TypeRef | None) -> TypeRef | None:
    return s.builtins.ref("text") if ref is UNKNOWN else ref
