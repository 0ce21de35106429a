"""Expressions of a query, read and typed in one go: what a column is called and of what type it is.

Precedence as in PostgreSQL's manual (Operator Precedence), names as FigureColname of its parser gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from motjuste.schema_check import resolve
from motjuste.schema_check.calls import Calls
from motjuste.schema_check.catalogue import TypeRef
from motjuste.schema_check.cursor import Cursor, NotUnderstood, TypeName
from motjuste.schema_check.resolve import UNKNOWN, common
from motjuste.schema_check.scope import Output, Scope, Value, is_query
from motjuste.schema_check.session import Session
from motjuste.schema_check.words import RESERVED

_SYSTEM_COLUMNS = {
    "ctid": "tid", "tableoid": "oid", "xmin": "xid", "xmax": "xid", "cmin": "cid", "cmax": "cid",
}  # fmt: skip
_COMPARE = frozenset(("<", ">", "=", "<=", ">=", "<>", "!="))
_PRECEDENCE = {"+": 8, "-": 8, "*": 9, "/": 9, "%": 9, "^": 10}
_SQL_VALUES = {
    "current_date": "date", "current_time": "timetz", "current_timestamp": "timestamptz", "localtime": "time",
    "localtimestamp": "timestamp", "current_user": "name", "session_user": "name", "user": "name", "current_role": "name",
    "current_catalog": "name", "current_schema": "name", "system_user": "text",
}  # fmt: skip


class Reader(Calls):
    """Reads the expressions of one statement by precedence climbing; `read_query` reads the queries inside them."""

    def __init__(self, s: Session, read_query: Callable[[Reader, Cursor, Scope], list[Output]]) -> None:
        super().__init__(s)
        self.read_query = read_query

    def expression(self, c: Cursor, scope: Scope, floor: int = 0) -> Value:
        """The expression that comes next, of operators that bind tighter than `floor`."""
        left = self._prefix(c, scope)
        while c:
            found = self._suffix(c, scope, left, floor)
            if found is None:
                return left
            left = found
        return left

    def _suffix(self, c: Cursor, scope: Scope, left: Value, floor: int) -> Value | None:
        sign, kind = c.peek(), c.tokens[c.i].kind
        boolean = Value(self.type("bool"))
        if kind == "word":
            return self._word(c, scope, left, floor, boolean)
        if kind != "op":
            if kind == "param" and floor < 15 and c.tokens[c.i].value[0] == ":":
                raise NotUnderstood("a variable inside an expression")
            return None
        if sign == "::" and floor < 15:
            c.next()
            return self._cast(left, c)
        if sign == "[" and floor < 14:
            return self._subscript(c, left)
        if sign == "." and floor < 16 and left.type is not None and c.i + 1 < len(c.tokens):
            return self._field(c, left)
        if sign in (")", "]", ",", ";", "(", ".", ":", "::", "[", "=>", ":="):
            return None
        if sign in _COMPARE:
            if floor >= 5:
                return None
            c.next()
            if not self._quantified(c, scope):
                self.expression(c, scope, 5)
            return boolean
        precedence = _PRECEDENCE.get(sign, 7)
        if floor >= precedence:
            return None
        c.next()
        if self._quantified(c, scope):
            return boolean
        right = self.expression(c, scope, precedence)
        return Value(self._operator(sign, left.type, right.type))

    def _word(self, c: Cursor, scope: Scope, left: Value, floor: int, boolean: Value) -> Value | None:
        word = c.peek()
        if word in ("and", "or"):
            precedence = 2 if word == "and" else 1
            if floor >= precedence:
                return None
            c.next()
            self.expression(c, scope, precedence)
            return boolean
        if word in ("isnull", "notnull") and floor < 4:
            c.next()
            return boolean
        if word == "is" and floor < 4:
            c.next()
            c.take("not")
            if c.take("distinct", "from"):
                self.expression(c, scope, 5)
            elif c.any_of("document", "normalized", "json"):
                c.any_of("value", "object", "array", "scalar")
                if c.any_of("with", "without"):
                    c.take("unique")
                    c.take("keys")
            elif c.peek() in ("nfc", "nfd", "nfkc", "nfkd"):
                c.next()
                c.need("normalized")
            else:
                c.next()
            return boolean
        negated = word == "not" and c.peek(1) in ("in", "like", "ilike", "similar", "between")
        if (negated or word in ("in", "like", "ilike", "between") or c.sees("similar", "to")) and floor < 6:
            c.take("not")
            self._comparison(c, scope)
            return boolean
        if word == "overlaps" and floor < 7:
            c.next()
            self.expression(c, scope, 7)
            return replace(boolean, name="overlaps", strength=2)
        if word == "collate" and floor < 12:
            c.next()
            c.dotted()
            return left
        if word == "at" and floor < 11:
            c.next()
            if not c.take("local"):
                c.need("time", "zone")
                self.expression(c, scope, 11)
            flipped = {
                "timestamptz": "timestamp",
                "timestamp": "timestamptz",
                "time": "timetz",
                "timetz": "timetz",
            }
            kind = left.type.root.type.name if left.type else ""
            name = flipped.get(kind, "timestamp" if kind in ("unknown", "date") else "")
            return Value(self.type("timestamp" if kind == "date" else name) if name else None, "timezone", 2)
        if word == "operator" and floor < 7 and c.peek(1) == "(":
            c.next()
            sign = [t.value for t in c.group().tokens][-1]
            if sign in _COMPARE:
                self.expression(c, scope, 7)
                return boolean
            if self._quantified(c, scope):
                return boolean
            right = self.expression(c, scope, 7)
            return Value(self._operator(sign, left.type, right.type))
        return None

    def _comparison(self, c: Cursor, scope: Scope) -> None:
        word = c.next().value
        if word == "in":
            self._list_or_query(c, scope)
        elif word == "between":
            c.any_of("symmetric", "asymmetric")
            self.expression(c, scope, 6)
            c.need("and")
            self.expression(c, scope, 6)
        else:
            if word == "similar":
                c.need("to")
            if not self._quantified(c, scope):
                self.expression(c, scope, 6)
            if c.take("escape"):
                self.expression(c, scope, 6)

    def _quantified(self, c: Cursor, scope: Scope) -> bool:
        """ANY, SOME or ALL (...) after an operator."""
        if c.peek() in ("any", "some", "all") and c.peek(1) == "(":
            c.next()
            self._list_or_query(c, scope)
            return True
        return False

    def _list_or_query(self, c: Cursor, scope: Scope) -> None:
        inside = c.group()
        if is_query(inside):
            self.read_query(self, inside, Scope(outer=scope))
        else:
            for part in inside.parts():
                self.expression(part, scope)

    def _operator(self, sign: str, left: TypeRef | None, right: TypeRef | None) -> TypeRef | None:
        if left is None or right is None:
            return None
        if sign == "||" and left is not UNKNOWN and right is not UNKNOWN:
            # text on one side: the other is read as text
            strings = [resolve.kind_of(self.s, t.root).category == "S" for t in (left, right)]
            if any(strings) and not (left.array or right.array):
                found = resolve.operator(self.s, sign, left, right)
                return found or self.type("text")
        return resolve.operator(self.s, sign, left, right)

    def _prefix(self, c: Cursor, scope: Scope) -> Value:
        token = c.next()
        if token.kind == "number":
            return Value(self._number(token.value))
        if token.kind == "string":
            return Value(UNKNOWN)
        if token.kind == "bits":
            return Value(self.type("bit"))
        if token.kind == "param":
            return Value(None if token.value[0] != "$" else UNKNOWN)
        if token.kind == "op":
            return self._sign(c, scope, token.value)
        c.i -= 1
        if token.kind == "word":
            found = self._keyword(c, scope)
            if found is not None:
                return found
            if token.value in RESERVED and c.peek(1) not in ("(", "."):
                raise NotUnderstood(f"an expression expected at {c.shown()}")
        return self._named(c, scope)

    def _number(self, text: str) -> TypeRef:
        digits = text.replace("_", "")
        if digits[:2].lower() == "0x":
            value = int(digits, 16)
        elif digits.isdigit():
            value = int(digits)
        else:
            return self.type("numeric")
        return self.type("int4" if value < 2**31 else "int8" if value < 2**63 else "numeric")

    def _sign(self, c: Cursor, scope: Scope, sign: str) -> Value:
        if sign == "(":
            c.i -= 1
            inside = c.group()
            if is_query(inside):
                return self._scalar(inside, scope)
            parts = list(inside.parts())
            values = [self.expression(p, scope) for p in parts]
            if len(values) == 1:
                self._ended(parts[0])
                return values[0]
            for value, part in zip(values, parts, strict=True):
                self.listed(value, part)
            return Value(self.type("record"), "row", 2)
        if sign in (")", "]", ",", ".", "[", "::"):
            raise NotUnderstood(f"an expression expected at `{sign}`")
        if sign == "*":
            raise NotUnderstood("`*` inside an expression")
        value = self.expression(c, scope, 13 if sign in "+-" else 7)
        if value.type is UNKNOWN and sign in "+-":
            return Value(self.type("float8"))
        return Value(resolve.operator(self.s, sign, None, value.type) if value.type else None)

    def _ended(self, c: Cursor) -> None:
        if c:
            raise NotUnderstood(f"the expression at {c.shown()}")

    def _scalar(self, inside: Cursor, scope: Scope) -> Value:
        columns = self.read_query(self, inside, Scope(outer=scope))
        if not columns:
            return Value(None)
        kind = columns[0].type
        return Value(kind, columns[0].name, 2 if columns[0].name != "?column?" else 0)

    def _keyword(self, c: Cursor, scope: Scope) -> Value | None:
        """What begins with a word that has a meaning of its own; None where it is a name."""
        word, after = c.peek(), c.peek(1)
        if word == "not":
            c.next()
            self.expression(c, scope, 3)
            return Value(self.type("bool"))
        if word in ("true", "false"):
            c.next()
            return Value(self.type("bool"))
        if word == "null":
            c.next()
            return Value(UNKNOWN)
        if word == "case":
            return self._case(c, scope)
        if word == "cast" and after == "(":
            c.next()
            inside = c.group()
            value = self.expression(inside, scope)
            inside.need("as")
            return self._cast(value, inside)
        if word == "exists" and after == "(":
            c.next()
            self.read_query(self, c.group(), Scope(outer=scope))
            return Value(self.type("bool"), "exists", 2)
        if word == "array" and after in ("[", "("):
            c.next()
            return self._array(c, scope)
        if word == "row" and after == "(":
            c.next()
            for part in c.group().parts():
                self.listed(self._item(part, scope), part)
            return Value(self.type("record"), "row", 2)
        if word in _SQL_VALUES and after != ".":
            c.next()
            kind = self.type(_SQL_VALUES[word])
            if c.sees("("):
                kind = TypeRef(kind.type, tuple(t.value for t in c.group().tokens))
            return Value(kind, word, 2)
        if word == "default":
            raise NotUnderstood("DEFAULT inside an expression")
        return self._typed_literal(c)

    def _typed_literal(self, c: Cursor) -> Value | None:
        """date '2026-01-01', interval '1' day, double precision '1'."""
        start = c.i
        ahead = c.tokens[c.i + 1].kind if c.i + 1 < len(c.tokens) else ""
        if ahead != "string" and c.peek() not in (
            "double",
            "character",
            "timestamp",
            "time",
            "interval",
            "bit",
            "numeric",
            "varchar",
        ):
            return None
        if c.peek() == "interval":
            c.next()
            if c.sees("(") and c.i + 3 < len(c.tokens) and c.tokens[c.i + 3].kind == "string":
                c.group()
            if c and c.tokens[c.i].kind == "string":
                c.next()
                written = TypeName("", "interval", c.interval_fields())
                return Value(self.s.type(written), "interval", 1)
            c.i = start
            return None
        try:
            written = c.type()
            c.string()
            return Value(self.s.type(written), written.name, 1)
        except NotUnderstood:
            c.i = start
            return None

    def _cast(self, value: Value, c: Cursor) -> Value:
        written = c.type(like=False)
        ref = self.s.type(written)
        if ref.type.schema != "pg_catalog":
            self.needs.append(ref.type)
        source = value.source if value.type is not None and str(value.type) == str(ref) else None
        if value.strength > 1:
            return Value(ref, value.name, value.strength, source)
        return Value(ref, written.name, 1, source)

    def _case(self, c: Cursor, scope: Scope) -> Value:
        c.need("case")
        if not c.sees("when"):
            self.expression(c, scope)
        results: list[TypeRef | None] = []
        default: Value | None = None
        while c.take("when"):
            self.expression(c, scope)
            c.need("then")
            results.append(self.expression(c, scope).type)
        if c.take("else"):
            default = self.expression(c, scope)
        c.need("end")
        # the server looks at the ELSE part first
        kinds = [default.type if default else UNKNOWN, *results]
        name = default.name if default and default.strength > 1 else "case"
        return Value(common(self.s, kinds), name, default.strength if name != "case" and default else 1)

    def _array(self, c: Cursor, scope: Scope) -> Value:
        if c.sees("("):
            columns = self.read_query(self, c.group(), Scope(outer=scope))
            kind = columns[0].type if columns else None
            if kind is UNKNOWN:
                kind = self.type("text")
            return Value(TypeRef(kind.type, kind.mods, True) if kind else None, "array", 2)
        element = self._elements(c, scope)
        if element is UNKNOWN:
            element = self.type("text")
        return Value(TypeRef(element.type, element.mods, True) if element else None, "array", 2)

    def _elements(self, c: Cursor, scope: Scope) -> TypeRef | None:
        c.need("[")
        begin, depth = c.i, 1
        while depth:
            sign = c.peek()
            c.next()
            depth += (sign in ("(", "[")) - (sign in (")", "]"))
        inside = Cursor(c.tokens[begin : c.i - 1], c.text)
        kinds: list[TypeRef | None] = []
        for part in inside.parts():
            if part.sees("["):
                kinds.append(self._elements(part, scope))
            else:
                kinds.append(self.expression(part, scope).type)
        found = common(self.s, kinds) if kinds else UNKNOWN
        return TypeRef(found.type, found.mods) if found is not None and found.array else found

    def _subscript(self, c: Cursor, left: Value) -> Value:
        depth, slices = 0, False
        while True:
            sign, token = c.peek(), c.next()
            depth += (sign == "[") - (sign == "]")
            slices = slices or (
                depth == 1 and (sign == ":" or (token.kind == "param" and token.value[0] == ":"))
            )
            if depth == 0:
                break
        if left.type is None:
            return Value(None, left.name, left.strength)
        under = left.type.root
        if slices or (under.type.name in ("jsonb",) and not under.array):
            return Value(under, left.name, left.strength)
        if under.array:
            while c.sees("["):
                self._subscript(c, left)
            return Value(TypeRef(under.type, under.mods), left.name, left.strength)
        vector = {"int2vector": "int2", "oidvector": "oid"}.get(under.type.name)
        return Value(self.type(vector) if vector else None, left.name, left.strength)

    def _field(self, c: Cursor, left: Value) -> Value:
        """(composite).field and (composite).*"""
        c.need(".")
        relation = left.type.root.type.relation if left.type else None
        columns = [] if relation is None else relation.columns
        if left.expanded is not None:
            outputs = list(left.expanded)
        else:
            outputs = [Output(x.name, x.type, None) for x in columns]
        if c.take("*"):
            if not outputs:
                self.unknown.append("the columns of a `.*` are not known")
            return Value(left.type, expanded=tuple(outputs))
        name = c.name()
        found = next((o for o in outputs if o.name == name), None)
        return Value(found.type if found else None, name, 2)

    def _named(self, c: Cursor, scope: Scope) -> Value:
        parts = [c.name()]
        while c.sees("."):
            if c.peek(1) == "*":
                c.i += 2
                return self._star(tuple(parts), scope)
            c.next()
            parts.append(c.name())
        if c.sees("("):
            return self.call(c, scope, tuple(parts))
        return self._column(tuple(parts), scope)

    def _column(self, parts: tuple[str, ...], scope: Scope) -> Value:
        at: Scope | None = scope
        name = parts[-1]
        while at is not None:
            if len(parts) == 1:
                found = next((o for o in at.merged if o.name == name), None)
                hits = [found] if found else [o for i in at.items for o in i.columns if o.name == name]
                if hits:
                    return self._hit(hits[0])
            else:
                for item in at.items:
                    if item.alias == parts[-2] and (len(parts) == 2 or item.schema in ("", parts[-3])):
                        for o in item.columns:
                            if o.name == name:
                                return self._hit(o)
            if len(parts) == 2:
                composite = next((o for i in at.items for o in i.columns if o.name == parts[0]), None)
                if composite is not None and not any(i.alias == parts[0] for i in at.items):
                    break
            at = at.outer
        at = scope
        while at is not None:
            for item in at.items:
                if item.alias == name and len(parts) == 1:
                    if item.scalar and item.columns:
                        return Value(item.columns[0].type, name, 2)
                    return Value(item.row or self.type("record"), name, 2, expanded=tuple(item.columns))
                if not item.known and (len(parts) == 1 or item.alias == parts[-2]):
                    return Value(None, name, 2)
            at = at.outer
        if name in _SYSTEM_COLUMNS and any(
            i.row is not None and i.row.type.relation and (len(parts) == 1 or i.alias == parts[-2])
            for i in scope.items
        ):
            return Value(self.type(_SYSTEM_COLUMNS[name]), name, 2)
        raise NotUnderstood(f"column {'.'.join(parts)} is in no table of the query")

    def _hit(self, o: Output) -> Value:
        if o.source is not None:
            self.needs.append(o.source)
        return Value(o.type, o.name, 2, o.source)

    def listed(self, value: Value, c: Cursor) -> tuple[Output, ...] | None:
        """The columns of `x.*` that an entry of a list was; None for any other entry."""
        if value.expanded is None or c or [t.value for t in c.tokens[-2:]] != [".", "*"]:
            return None
        self.needs += [o.source for o in value.expanded if o.source is not None]
        return value.expanded

    def _star(self, parts: tuple[str, ...], scope: Scope) -> Value:
        """name.*: the columns where a list expands them (a select list, ROW, VALUES), elsewhere the row as one value."""
        at: Scope | None = scope
        while at is not None:
            for item in at.items:
                if item.alias == parts[-1] and (len(parts) == 1 or item.schema in ("", parts[-2])):
                    if not item.known:
                        self.unknown.append(f"the columns of {item.alias} are not known")
                    if item.scalar and item.columns:
                        return Value(item.columns[0].type, item.alias, 2, expanded=tuple(item.columns))
                    row = item.row or self.type("record")
                    return Value(row, item.alias, 2, expanded=tuple(item.columns))
            at = at.outer
        raise NotUnderstood(f"{'.'.join(parts)}.*: no such table in the query")
