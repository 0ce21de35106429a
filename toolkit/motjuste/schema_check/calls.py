"""Calls in a query: which function is meant, what it gives, and the functions that have a grammar of their own."""

from __future__ import annotations

from motjuste.schema_check import resolve
from motjuste.schema_check.catalogue import Function, TypeRef
from motjuste.schema_check.cursor import ALIASES, Cursor, NotUnderstood
from motjuste.schema_check.grammar import Grammar
from motjuste.schema_check.resolve import UNKNOWN, builtin, common
from motjuste.schema_check.scope import Output, Scope, Value, texts
from motjuste.schema_check.session import Session

_WITH_WORDS = ("extract", "overlay", "position", "substring", "trim")
# what gives a text in which its argument cannot be read
_HIDING = frozenset(("md5", "format_type", "quote_ident"))
_GIVES = {
    "grouping": "int4", "normalize": "text", "xmlexists": "bool",
    **dict.fromkeys(("xmlelement", "xmlforest", "xmlconcat", "xmlparse", "xmlpi", "xmlroot"), "xml"),
}  # fmt: skip
_JSON = {
    "json_object": "json", "json_array": "json", "json_objectagg": "json", "json_arrayagg": "json", "json": "json",
    "json_scalar": "json", "json_serialize": "text", "json_value": "text", "json_query": "jsonb", "json_exists": "bool",
}  # fmt: skip


class Calls(Grammar[Value, Scope]):
    """The part of a reader that knows functions; `needs` collects what a query is made of, `unknown` what is not known."""

    def __init__(self, s: Session) -> None:
        self.s = s
        self.needs: list[object] = []
        self.unknown: list[str] = []

    def type(self, name: str) -> TypeRef:
        """A built-in type."""
        return builtin(self.s, name)

    def each(self, c: Cursor, scope: Scope) -> list[Value]:
        """The expressions of a list; what follows one, as DESC does, is left."""
        return [self.expression(p, scope) for p in c.parts()]

    def arguments(self, inside: Cursor, scope: Scope) -> list[Value]:
        """The arguments of a call; ORDER BY inside it is read and left."""
        values = []
        for part in inside.until("order").parts() if not inside.sees("*") else ():
            part.any_of("distinct", "all", "variadic")
            if part.peek(1) in ("=>", ":="):
                part.i += 2
            values.append(self.expression(part, scope))
        if inside.take("order", "by"):
            self.each(inside, scope)
        return values

    def call(self, parts: tuple[str, ...], c: Cursor, env: Scope) -> Value:
        inside = c.group()
        found = self._special(parts[-1], inside, env) if len(parts) == 1 else None
        if found is None:
            values = self.arguments(inside, env)
            if c.take("within", "group"):
                group = c.group()
                group.need("order", "by")
                values += self.each(group, env)
            found = self.typed_call(parts, values)
        if c.take("filter"):
            where = c.group()
            where.need("where")
            self.expression(where, env)
        if c.any_of("respect", "ignore"):
            c.need("nulls")
        if c.take("over"):
            if c.sees("("):
                self._window(c.group(), env)
            else:
                c.name()
        return found

    def _window(self, c: Cursor, scope: Scope) -> None:
        if c.is_name() and c.peek() not in ("partition", "order", "range", "rows", "groups"):
            c.next()
        if c.take("partition", "by"):
            self.each(c.until("order", "range", "rows", "groups"), scope)
        if c.take("order", "by"):
            self.each(c.until("range", "rows", "groups"), scope)

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
        # a function of somebody may take out what it likes
        read = texts(kind, values) if f.schema == "pg_catalog" and name not in _HIDING else ()
        return Value(
            kind if expanded is None else self.type("record"), name, 2, expanded=expanded, texts=read
        )

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
            values = self.each(inside, scope)
            kind = common(self.s, [v.type for v in values])
            return Value(kind, name, 2, texts=texts(kind, values))
        if name == "nullif":
            value = self.each(inside, scope)[0]
            first = value.type
            read = texts(first, (value,))
            if first is not None and not first.array and first.root.type.name in ("unknown", "varchar"):
                return Value(self.type("text"), name, 2, texts=read)  # compared with the operator of text
            return Value(first.root if first else None, name, 2, texts=read)
        if name in _WITH_WORDS:
            return self._with_words(name, inside, scope)
        if name == "xmlserialize":
            inside.next()
            self.expression(inside, scope)
            inside.need("as")
            return Value(self.s.type(inside.type()), name, 2)
        if name in _GIVES:
            return Value(self.type(_GIVES[name]), name, 2)
        if name in _JSON and self._is_sql_json(name, inside):
            inside.until("returning")
            given = self.s.type(inside.type()) if inside.take("returning") else self.type(_JSON[name])
            return Value(given, name, 2)
        return None

    def _with_words(self, name: str, inside: Cursor, scope: Scope) -> Value:
        """The functions whose arguments have words between them."""
        kinds: list[TypeRef | None] = []
        values: list[Value] = []
        side = inside.any_of("both", "leading", "trailing")
        if name == "extract":
            inside.next()
        while inside:
            word = inside.any_of("from", "for", "placing", "similar", "escape", "in", ",")
            if kinds and not word:
                raise NotUnderstood(f"the argument at {inside.shown()}")
            values.append(self.expression(inside, scope, 6 if name == "position" else 0))
            kinds.append(values[-1].type)
        first = kinds[0].root.type.name if kinds and kinds[0] else ""
        given = {"extract": "numeric", "position": "int4"}.get(
            name, first if first in ("bytea", "bit") else "text"
        )
        called = {"leading": "ltrim", "trailing": "rtrim"}.get(side, "btrim") if name == "trim" else name
        return Value(self.type(given), called, 2, texts=texts(self.type(given), values))

    def _is_sql_json(self, name: str, inside: Cursor) -> bool:
        if name != "json_object":
            return True
        words = {t.value for t in inside.tokens}
        return not inside.tokens or bool(words & {"value", ":", "returning", "null", "absent"})


def _polymorphic(ref: TypeRef) -> bool:
    return ref.type.schema == "pg_catalog" and ref.type.name.startswith("any")
