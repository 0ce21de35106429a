"""Calls in a query: which function is meant, what it gives, and the functions that have a grammar of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod

from motjuste.schema_check import resolve
from motjuste.schema_check.catalogue import Function, TypeRef
from motjuste.schema_check.cursor import ALIASES, Cursor, NotUnderstood
from motjuste.schema_check.resolve import UNKNOWN, builtin, common
from motjuste.schema_check.scope import Output, Scope, Value
from motjuste.schema_check.session import Session

_XML = frozenset(("xmlelement", "xmlforest", "xmlconcat", "xmlparse", "xmlpi", "xmlroot"))
_JSON = {
    "json_object": "json", "json_array": "json", "json_objectagg": "json", "json_arrayagg": "json", "json": "json",
    "json_scalar": "json", "json_serialize": "text", "json_value": "text", "json_query": "jsonb", "json_exists": "bool",
}  # fmt: skip


class Calls(ABC):
    """The part of a reader that knows functions; `needs` collects what a query is made of, `unknown` what is not known."""

    def __init__(self, s: Session) -> None:
        self.s = s
        self.needs: list[object] = []
        self.unknown: list[str] = []

    def type(self, name: str) -> TypeRef:
        """A built-in type."""
        return builtin(self.s, name)

    @abstractmethod
    def expression(self, c: Cursor, scope: Scope, floor: int = 0) -> Value:
        """The expression that comes next, of operators that bind tighter than `floor`."""

    def _item(self, c: Cursor, scope: Scope) -> Value:
        """An argument: an expression, `*`, DISTINCT before it, ORDER BY after it, a name and => before it."""
        c.any_of("distinct", "all", "variadic")
        if c.peek(1) in ("=>", ":="):
            c.next()
            c.next()
        value = self.expression(c, scope)
        if c.take("order", "by"):
            for part in c.parts():
                self.expression(part, scope)
        return value

    def arguments(self, inside: Cursor, scope: Scope) -> list[Value]:
        """The arguments of a call; ORDER BY inside it is read and left."""
        if inside.sees("*"):
            return []
        main = inside.until("order")
        order = Cursor(inside.tokens[inside.i :], inside.text)
        if order.take("order", "by"):
            for part in order.parts():
                self.expression(part, scope)
        return [self._item(p, scope) for p in main.parts()]

    def call(self, c: Cursor, scope: Scope, parts: tuple[str, ...]) -> Value:
        name = parts[-1]
        inside = c.group()
        special = self._special(name, inside, scope) if len(parts) == 1 else None
        if special is None:
            values = self.arguments(inside, scope)
            if c.sees("within", "group"):
                c.i += 2
                group = c.group()
                group.need("order", "by")
                values += [self.expression(p, scope) for p in group.parts()]
            special = self.typed_call(parts, values)
        if c.take("filter"):
            where = c.group()
            where.need("where")
            self.expression(where, scope)
        if c.any_of("respect", "ignore"):
            c.need("nulls")
        if c.take("over"):
            if c.sees("("):
                self._window(c.group(), scope)
            else:
                c.name()
        return special

    def _window(self, c: Cursor, scope: Scope) -> None:
        if c.is_name() and c.peek() not in ("partition", "order", "range", "rows", "groups"):
            c.next()
        if c.take("partition", "by"):
            for part in c.until("order", "range", "rows", "groups").parts():
                self.expression(part, scope)
        if c.take("order", "by"):
            for part in c.until("range", "rows", "groups").parts():
                self.expression(part, scope)

    def typed_call(self, parts: tuple[str, ...], values: list[Value]) -> Value:
        name = parts[-1]
        given = [v.type for v in values]
        if (
            len(parts) == 1
            and len(values) == 1
            and given[0] is not None
            and given[0].type.relation is not None
        ):
            own = given[0].type.relation.column(name)  # f(row) reads a field
            if own is not None:
                return Value(own.type, name, 2)
        f = self.find(parts, given)
        if f is None:
            as_type = self.s.find_type((parts[-2] if len(parts) > 1 else "", ALIASES.get(name, name)))
            if as_type is not None and len(values) == 1:
                return Value(as_type, name, 2)
            return Value(None, name, 2)
        known = [g for g in given if g is not None]
        if len(known) < len(given):
            return Value(f.returns if f.returns and not _polymorphic(f.returns) else None, name, 2)
        kind = resolve.result(self.s, f, known)
        expanded = tuple(Output(n or "column", t, None) for n, t in f.out) if len(f.out) > 1 else None
        if kind is not None and expanded is None and kind.type.name == "record" and f.schema == "pg_catalog":
            kind = self.type("record")
        return Value(kind if expanded is None else self.type("record"), name, 2, expanded=expanded)

    def find(self, parts: tuple[str, ...], given: list[TypeRef | None]) -> Function | None:
        """The function that a call means."""
        functions = self.s.functions((parts[-2] if len(parts) > 1 else "", parts[-1]))
        known = [UNKNOWN if g is None else g for g in given]
        found = resolve.function(self.s, functions, known)
        if any(g is None for g in given):
            # an argument whose type is not known: what a call gives is known where each function that it may mean gives it
            fitting = [f for f in functions if resolve.fits(self.s, f, given)]
            found = fitting[0] if len({str(f.returns) for f in fitting}) == 1 else None
        if found is not None and found.schema != "pg_catalog":
            self.needs.append(found)
        return found

    def _special(self, name: str, inside: Cursor, scope: Scope) -> Value | None:
        """The functions that the grammar knows."""
        if name in ("coalesce", "greatest", "least"):
            kinds = [self.expression(p, scope).type for p in inside.parts()]
            return Value(common(self.s, kinds), name, 2)
        if name == "nullif":
            values = [self.expression(p, scope) for p in inside.parts()]
            first = values[0].type
            if first is UNKNOWN or (
                first is not None and not first.array and first.root.type.name == "varchar"
            ):
                return Value(self.type("text"), name, 2)  # compared with the operator of text
            return Value(first.root if first else None, name, 2)
        if name == "grouping":
            return Value(self.type("int4"), name, 2)
        if name == "extract":
            inside.next()
            inside.need("from")
            self.expression(inside, scope)
            return Value(self.type("numeric"), name, 2)
        if name == "position":
            self.expression(inside, scope, 6)
            inside.need("in")
            self.expression(inside, scope, 6)
            return Value(self.type("int4"), name, 2)
        if name in ("substring", "overlay"):
            first = self.expression(inside, scope).type
            while inside:
                if not inside.any_of("from", "for", "placing", "similar", "escape", ","):
                    raise NotUnderstood(f"the argument at {inside.shown()}")
                self.expression(inside, scope)
            kind = first.root.type.name if first else "text"
            return Value(self.type(kind if kind in ("bytea", "bit") else "text"), name, 2)
        if name == "trim":
            return self._trim(inside, scope)
        if name == "normalize":
            return Value(self.type("text"), name, 2)
        if name in _XML:
            return Value(self.type("xml"), name, 2)
        if name == "xmlserialize":
            self.expression(Cursor(inside.tokens[1:], inside.text), scope)
            cut = next(i for i, t in enumerate(inside.tokens) if t.value == "as")
            return Value(self.s.type(Cursor(inside.tokens[cut + 1 :], inside.text).type()), name, 2)
        if name == "xmlexists":
            return Value(self.type("bool"), name, 2)
        if name in _JSON and self._is_sql_json(name, inside):
            returning = next(
                (i for i, t in enumerate(inside.tokens) if t.kind == "word" and t.value == "returning"), None
            )
            if returning is not None:
                return Value(self.s.type(Cursor(inside.tokens[returning + 1 :], inside.text).type()), name, 2)
            return Value(self.type(_JSON[name]), name, 2)
        return None

    def _is_sql_json(self, name: str, inside: Cursor) -> bool:
        if name != "json_object":
            return True
        words = {t.value for t in inside.tokens}
        return not inside.tokens or bool(words & {"value", ":", "returning", "null", "absent"})

    def _trim(self, inside: Cursor, scope: Scope) -> Value:
        side = inside.any_of("both", "leading", "trailing")
        if not inside.sees("from"):
            for part in inside.until("from").parts():
                self.expression(part, scope)
        if inside.take("from"):
            for part in inside.parts():
                self.expression(part, scope)
        name = {"leading": "ltrim", "trailing": "rtrim"}.get(side, "btrim")
        return Value(self.type("text"), name, 2)


def _polymorphic(ref: TypeRef) -> bool:
    return ref.type.schema == "pg_catalog" and ref.type.name.startswith("any")
