"""The types of a query's expressions: what a column is called and of what type it is.

Names are as FigureColname of PostgreSQL's parser gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from motjuste.schema_check import resolve
from motjuste.schema_check.calls import Calls
from motjuste.schema_check.catalogue import TypeRef
from motjuste.schema_check.cursor import Cursor, NotUnderstood, TypeName
from motjuste.schema_check.grammar import COMPARISONS, CONSTANTS
from motjuste.schema_check.lexer import Token
from motjuste.schema_check.resolve import UNKNOWN, common
from motjuste.schema_check.scope import Item, Output, Scope, Value, texts
from motjuste.schema_check.session import Session

_SYSTEM_COLUMNS = {
    "ctid": "tid", "tableoid": "oid", "xmin": "xid", "xmax": "xid", "cmin": "cid", "cmax": "cid",
}  # fmt: skip
_BOOLEAN = (*COMPARISONS, "and", "or", "not", "like", "ilike", "similar", "escape", "is distinct from")
_OTHER_ZONE = {
    "timestamptz": "timestamp", "timestamp": "timestamptz", "time": "timetz", "timetz": "timetz", "unknown": "timestamp",
    "date": "timestamp",
}  # fmt: skip


class Reader(Calls):
    """Types the expressions of one statement; `read_query` reads the queries inside them."""

    def __init__(self, s: Session, read_query: Callable[[Reader, Cursor, Scope], list[Output]]) -> None:
        super().__init__(s)
        self.read_query = read_query

    def literal(self, token: Token) -> Value:
        if token.kind == "number":
            return Value(self._number(token.value.replace("_", "")))
        if token.kind == "bits":
            return Value(self.type("bit"))
        return Value(UNKNOWN if token.kind == "string" or token.value[0] == "$" else None)

    def _number(self, digits: str) -> TypeRef:
        if digits[:2].lower() == "0x":
            value = int(digits, 16)
        elif digits.isdigit():
            value = int(digits)
        else:
            return self.type("numeric")
        return self.type("int4" if value < 2**31 else "int8" if value < 2**63 else "numeric")

    def constant(self, word: str, mods: tuple[str, ...]) -> Value:
        if word == "null":
            return Value(UNKNOWN)
        kind = TypeRef(self.type(CONSTANTS[word]).type, mods)
        return Value(kind) if word in ("true", "false") else Value(kind, word, 2)

    def prefix(self, sign: str, value: Value) -> Value:
        if sign == "not":
            return Value(self.type("bool"))
        if value.type is UNKNOWN and sign in "+-":
            return Value(self.type("float8"))
        return Value(resolve.operator(self.s, sign, None, value.type) if value.type else None)

    def operator(self, sign: str, left: Value, right: Value) -> Value:
        if sign in _BOOLEAN:
            return Value(self.type("bool"))
        if sign == "overlaps":
            return Value(self.type("bool"), "overlaps", 2)
        if sign == "at":
            zone = _OTHER_ZONE.get(left.type.root.type.name) if left.type else None
            return Value(self.type(zone) if zone else None, "timezone", 2)
        a, b = left.type, right.type
        found = resolve.operator(self.s, sign, a, b) if a and b else None
        if found is None and a and b and sign == "||" and UNKNOWN not in (a, b) and not (a.array or b.array):
            # text on one side: the other is read as text
            strings = [resolve.kind_of(self.s, t.root).category == "S" for t in (a, b)]
            found = self.type("text") if any(strings) else None
        return Value(found, texts=texts(found, (left, right)))

    def quantified(self, sign: str, left: Value, word: str, listed: object) -> Value:
        return Value(self.type("bool"))

    def test(self, left: Value, what: str) -> Value:
        return Value(self.type("bool"), *(("is_normalized", 2) if what == "normalized" else ()))

    def cast(self, value: Value, written: TypeName) -> Value:
        ref = self.s.type(written)
        if ref.type.schema != "pg_catalog":
            self.needs.append(ref.type)
        source = value.source if value.type is not None and str(value.type) == str(ref) else None
        name, strength = (value.name, value.strength) if value.strength > 1 else (written.name, 1)
        return Value(ref, name, strength, source, texts=() if source else texts(ref, (value,)))

    def case(self, branches: list[tuple[Value, Value]], otherwise: Value) -> Value:
        # the server looks at the ELSE part first
        kind = common(self.s, [otherwise.type, *(v.type for _, v in branches)])
        name, strength = (otherwise.name, otherwise.strength) if otherwise.strength > 1 else ("case", 1)
        return Value(kind, name, strength, texts=texts(kind, (otherwise, *(v for _, v in branches))))

    def subquery(self, how: Literal["one", "exists", "array", "list"], c: Cursor, env: Scope) -> Value:
        columns = self.read_query(self, c, Scope(outer=env))
        if how == "exists":
            return Value(self.type("bool"), "exists", 2)
        first = columns[0] if columns else Output("?column?", None, None)
        if how == "array":
            return self.array([Value(first.type, source=first.source, texts=first.texts)])
        strength = 2 if first.name != "?column?" else 0
        return Value(first.type, first.name, strength, texts=texts(first.type, (first,)))

    def array(self, values: list[Value]) -> Value:
        element = common(self.s, [v.type for v in values]) if values else UNKNOWN
        element = self.type("text") if element is UNKNOWN else element
        kind = TypeRef(element.type, element.mods, True) if element else None
        return Value(kind, "array", 2, texts=texts(kind, values))

    def row(self, values: list[tuple[Value, Cursor]]) -> Value:
        for value, part in values:
            self.listed(value, part)
        return Value(self.type("record"), "row", 2)

    def subscript(self, left: Value, inside: list[Cursor], env: Scope) -> Value:
        if left.type is None:
            return Value(None, left.name, left.strength)
        under = left.type.root
        # `:` alone, or as a psql variable is written: [1:n]
        slices = any(t.raw[0] == ":" and t.raw != "::" for c in inside for t in c.tokens)
        if slices or (under.type.name == "jsonb" and not under.array):
            return Value(under, left.name, left.strength, texts=texts(under, (left,)))
        if under.array:
            kind = TypeRef(under.type, under.mods)
            return Value(kind, left.name, left.strength, texts=texts(kind, (left,)))
        vector = {"int2vector": "int2", "oidvector": "oid"}.get(under.type.name)
        return Value(self.type(vector) if vector else None, left.name, left.strength)

    def field(self, left: Value, name: str) -> Value:
        relation = left.type.root.type.relation if left.type else None
        outputs = left.expanded
        if outputs is None:
            outputs = tuple(Output(x.name, x.type, None) for x in (relation.columns if relation else ()))
        if name == "*":
            if not outputs:
                self.unknown.append("the columns of a `.*` are not known")
            return Value(left.type, expanded=outputs)
        found = next((o for o in outputs if o.name == name), None)
        if found is None:
            return Value(None, name, 2)
        return Value(found.type, name, 2, found.source, texts=found.texts)

    # -- names -------------------------------------------------------------------------------------

    def column(self, parts: tuple[str, ...], env: Scope) -> Value:
        if parts[-1] == "*":
            return self._star(parts[:-1], env)
        found = next((o for scope in env.outward() if (o := scope.column(parts)) is not None), None)
        if found is not None:
            self.needs += [found.source] if found.source is not None else []
            return Value(found.type, found.name, 2, found.source, texts=found.texts)
        *table, name = parts
        for item in (i for scope in env.outward() for i in scope.items):
            if item.alias == name and not table:
                return self._row(item)
            if not item.known and (not table or item.alias == table[-1]):
                return Value(None, name, 2)
        stored = [i for i in env.items if i.row is not None and i.row.type.relation]
        if name in _SYSTEM_COLUMNS and any(not table or i.alias == table[-1] for i in stored):
            return Value(self.type(_SYSTEM_COLUMNS[name]), name, 2)
        raise NotUnderstood(f"column {'.'.join(parts)} is in no table of the query")

    def _star(self, parts: tuple[str, ...], env: Scope) -> Value:
        """name.*: the columns where a list expands them (a select list, ROW, VALUES), elsewhere the row as one value."""
        item = next((i for scope in env.outward() for i in scope.items if i.is_called(parts)), None)
        if item is None:
            raise NotUnderstood(f"{'.'.join(parts)}.*: no such table in the query")
        if not item.known:
            self.unknown.append(f"the columns of {item.alias} are not known")
        return self._row(item)

    def _row(self, item: Item) -> Value:
        """An entry of FROM as a value."""
        kind = item.columns[0].type if item.scalar and item.columns else item.row or self.type("record")
        return Value(kind, item.alias, 2, expanded=tuple(item.columns))

    def listed(self, value: Value, c: Cursor) -> tuple[Output, ...] | None:
        """The columns of `x.*` that an entry of a list was; None for any other entry."""
        if value.expanded is None or c or [t.value for t in c.tokens[-2:]] != [".", "*"]:
            return None
        self.needs += [o.source for o in value.expanded if o.source is not None]
        return value.expanded
