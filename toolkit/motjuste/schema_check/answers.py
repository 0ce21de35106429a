"""What expressions and queries of a block are worth as far as the files alone tell: literals, variables and the catalog.

Three-valued logic as in SQL, and beside it UNKNOWN for what only the running database knows. A text that is known in part
holds HOLE where the rest would stand.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from motjuste.schema_check.catalogue import Function, Relation, TypeRef, quoted
from motjuste.schema_check.cursor import Cursor, Name, NotUnderstood
from motjuste.schema_check.functions import FUNCTIONS, growth
from motjuste.schema_check.logic import (
    HOLE,
    both,
    compare,
    concatenated,
    counted,
    is_null,
    item,
    matches,
    opposite,
    over,
)
from motjuste.schema_check.resolve import bare
from motjuste.schema_check.rows import UNKNOWN, Row, Space
from motjuste.schema_check.session import MadeElsewhere, Refused, Session

AGGREGATES = frozenset(("count", "array_agg", "string_agg", "bool_or", "bool_and", "max", "min"))
NUMBERS = ("regclass", "regtype", "regnamespace")  # types of a thing's number, written as its name
TEXTS = ("text", "varchar", "name", "bpchar", "citext")
_COMPARE = ("=", "<>", "!=", "<", ">", "<=", ">=")
_MATCH = ("like", "ilike", "~", "~*", "!~", "!~*", "~~", "!~~", "~~*", "similar")


@dataclass
class Found:
    """The rows of a query; `sure` is False where there may be others, `perhaps` where one of them may not be there."""

    rows: list[Row] = field(default_factory=list)
    sure: bool = True
    perhaps: bool = False

    @property
    def any(self) -> Any:
        """Whether there is a row."""
        if self.rows and not self.perhaps:
            return True
        return False if not self.rows and self.sure else UNKNOWN


@dataclass
class Env:
    """What an expression sees: the entries of FROM, innermost last, then the variables."""

    variables: dict[str, Any]
    items: list[tuple[str, Row]] = field(default_factory=list)
    whole: list[Row] | None = None  # all rows, where aggregates are asked for
    ctes: dict[str, Found] = field(default_factory=dict)

    def with_(self, *items: tuple[str, Row]) -> Env:
        """The same with more entries of FROM."""
        return Env(self.variables, [*self.items, *items], ctes=self.ctes)


Caller = Callable[[Function, list[Any]], Any]


class Answers(ABC):
    """Answers on a session; `call` runs a function of the user's."""

    def __init__(self, s: Session, call: Caller) -> None:
        self.s = s
        self.call = call

    def value(self, c: Cursor, env: Env) -> Any:
        """What a whole expression is worth."""
        c = Cursor(c.tokens, c.text)
        try:
            found = self._or(c, env)
        except NotUnderstood as exc:
            if isinstance(exc, Refused):
                raise
            return UNKNOWN
        return UNKNOWN if c else found

    @abstractmethod
    def query(self, c: Cursor, env: Env) -> Found:
        """The rows of a query over literals and the catalog. What is not known is said in the result, never raised."""

    # -- logic -------------------------------------------------------------------------------------

    def _or(self, c: Cursor, env: Env) -> Any:
        found = self._and(c, env)
        while c.take("or"):
            other = self._and(c, env)
            found = opposite(both(opposite(found), opposite(other)))
        return found

    def _and(self, c: Cursor, env: Env) -> Any:
        found = self._negated(c, env)
        while c.take("and"):
            found = both(found, self._negated(c, env))
        return found

    def _negated(self, c: Cursor, env: Env) -> Any:
        if c.take("not"):
            return opposite(self._negated(c, env))
        return self._compared(c, env)

    def _compared(self, c: Cursor, env: Env) -> Any:
        left = self._joined(c, env)
        while c:
            negated = c.peek() == "not" and c.peek(1) in ("in", "like", "ilike", "between", "similar")
            if negated:
                c.next()
            sign = c.peek()
            if sign == "is":
                left = self._is(c, left, env)
                continue
            if sign in ("isnull", "notnull"):
                c.next()
                left = is_null(left) if sign == "isnull" else opposite(is_null(left))
                continue
            if sign in _COMPARE:
                c.next()
                left = self._with_right(c, sign, left, env)
                continue
            if sign in _MATCH:
                c.next()
                c.take("to")
                answer = matches(sign, left, self._one_side(c, env))
                if c.take("escape"):
                    c.next()
                    answer = UNKNOWN
            elif sign == "in":
                c.next()
                answer = self._in(c, left, env)
            elif sign == "between":
                c.next()
                c.take("symmetric")
                low = self._joined(c, env)
                c.need("and")
                high = self._joined(c, env)
                answer = both(compare(">=", left, low), compare("<=", left, high))
            else:
                return left
            left = opposite(answer) if negated else answer
        return left

    def _one_side(self, c: Cursor, env: Env) -> Any:
        if c.peek() in ("any", "some", "all"):
            word = c.next().value
            listed = self._operand(c, env)
            self.s.spend(len(listed) if isinstance(listed, list) else 0)
            return (word, listed)
        return self._joined(c, env)

    def _with_right(self, c: Cursor, sign: str, left: Any, env: Env) -> Any:
        right = self._one_side(c, env)
        if isinstance(right, tuple) and len(right) == 2 and right[0] in ("any", "some", "all"):
            return over(right[0], right[1], lambda x: compare(sign, left, x))
        return compare(sign, left, right)

    def _is(self, c: Cursor, left: Any, env: Env) -> Any:
        c.need("is")
        negated = c.take("not")
        if c.take("distinct", "from"):
            other = self._joined(c, env)
            if left is None or other is None:
                answer: Any = UNKNOWN if UNKNOWN in (left, other) else (left is None) != (other is None)
            else:
                answer = opposite(compare("=", left, other))
        elif c.take("null"):
            answer = is_null(left)
        elif c.take("true"):
            answer = UNKNOWN if left is UNKNOWN else left is True
        elif c.take("false"):
            answer = UNKNOWN if left is UNKNOWN else left is False
        else:
            c.next()
            answer = UNKNOWN
        return opposite(answer) if negated else answer

    def _in(self, c: Cursor, left: Any, env: Env) -> Any:
        inside = c.group()
        if inside.peek() in ("select", "values", "with"):
            found = self.query(inside, env)
            listed: list[Any] = [next(iter(r.values()), UNKNOWN) for r in found.rows]
            if found.perhaps or not found.sure:
                listed.append(UNKNOWN)
        else:
            listed = [self.value(part, env) for part in inside.parts()]
        self.s.spend(len(listed))
        return over("any", listed, lambda x: compare("=", left, x))

    # -- operators ---------------------------------------------------------------------------------

    def _joined(self, c: Cursor, env: Env) -> Any:
        left = self._sum(c, env)
        while (
            c
            and c.tokens[c.i].kind == "op"
            and c.peek() not in (*_COMPARE, *_MATCH, ")", ",", ";", "]", "..", ":=")
        ):
            sign = c.next().value
            right = self._sum(c, env)
            if sign == "||":
                left, right = (
                    self.text(v) if isinstance(v, Relation | Space | TypeRef) else v for v in (left, right)
                )
                self._room(left, right)
            left = concatenated(left, right) if sign == "||" else UNKNOWN
        return left

    def _room(self, *values: Any) -> None:
        """Raise OverBudget where these together are too large."""
        characters = sum(len(v) for v in values if isinstance(v, str))
        elements = sum(len(v) for v in values if isinstance(v, list))
        self.s.room(characters, elements)
        self.s.spend((characters + elements) // 200)

    def _sum(self, c: Cursor, env: Env) -> Any:
        left = self._operand(c, env)
        while c.peek() in ("+", "-", "*", "/", "%") and c.tokens[c.i].kind == "op":
            left = counted(c.next().value, left, self._operand(c, env))
        return left

    def _operand(self, c: Cursor, env: Env) -> Any:
        found = self._primary(c, env)
        while c:
            if c.take("::"):
                found = self.cast(found, c)
            elif c.take("["):
                index = self._or(c, env)
                if c.take(":"):
                    self._or(c, env)
                    index = UNKNOWN
                c.need("]")
                found = item(found, index)
            elif c.sees(".") and isinstance(found, dict):
                c.next()
                found = found.get(c.name(), UNKNOWN)
            elif c.take("at", "time", "zone"):
                self._operand(c, env)
                found = UNKNOWN
            elif c.take("collate"):
                c.dotted()
            else:
                return found
        return found

    def _primary(self, c: Cursor, env: Env) -> Any:
        self.s.spend()
        token = c.tokens[c.i] if c else None
        if token is None:
            raise NotUnderstood("an expression ends too early")
        if token.kind == "string":
            c.next()
            return token.value
        if token.kind == "number":
            c.next()
            return int(token.value) if token.value.isdigit() else UNKNOWN
        if token.kind == "param":
            c.next()
            return env.variables.get(token.value, UNKNOWN)
        if c.sees("("):
            return self._parenthesis(c, env)
        if c.any_of("-", "+"):
            found = self._operand(c, env)
            return -found if isinstance(found, int) and c.tokens[c.i - 1].value != "+" else UNKNOWN
        if token.kind == "word":
            if token.value in ("true", "false", "null"):
                c.next()
                return {"true": True, "false": False, "null": None}[token.value]
            if token.value == "array" and c.peek(1) in ("[", "("):
                return self._array(c, env)
            if token.value == "exists" and c.peek(1) == "(":
                c.next()
                return self.query(c.group(), env).any
            if token.value == "case":
                return self._case(c, env)
            if token.value == "cast" and c.peek(1) == "(":
                c.next()
                inside = c.group()
                found = self._or(inside, env)
                inside.need("as")
                return self.cast(found, inside)
            if token.value in ("interval", "date", "timestamp", "timestamptz") and c.peek(1) == " ":
                c.i += 2  # of this moment or not, no statement is built from it
                return UNKNOWN
            if token.value == "row" and c.peek(1) == "(":
                c.next()
                c.group()
                return UNKNOWN
        return self._name(c, env)

    def _parenthesis(self, c: Cursor, env: Env) -> Any:
        inside = c.group()
        if inside.peek() in ("select", "with", "values"):
            found = self.query(inside, env)
            if found.perhaps or not found.sure or len(found.rows) > 1:
                return UNKNOWN
            return next(iter(found.rows[0].values()), None) if found.rows else None
        values = [self.value(part, env) for part in inside.parts()]
        return values[0] if len(values) == 1 else UNKNOWN

    def _array(self, c: Cursor, env: Env) -> Any:
        c.next()
        if c.sees("("):
            found = self.query(c.group(), env)
            if found.perhaps or not found.sure:
                return UNKNOWN
            return [next(iter(r.values()), UNKNOWN) for r in found.rows]
        c.need("[")
        begin, depth = c.i, 1
        while depth:
            sign = c.next().value
            depth += (sign == "[") - (sign == "]")
        inside = Cursor(c.tokens[begin : c.i - 1], c.text)
        return [self._array_element(part, env) for part in inside.parts()]

    def _array_element(self, part: Cursor, env: Env) -> Any:
        if part.sees("["):
            part = Cursor([part.tokens[0]._replace(kind="word", value="array"), *part.tokens], part.text)
        return self.value(part, env)

    def _case(self, c: Cursor, env: Env) -> Any:
        c.need("case")
        subject = None if c.sees("when") else self._or(c, env)
        simple = c.tokens[c.i - 1].value != "case"
        answer: Any = None
        decided = False
        while c.take("when"):
            condition = self._or(c, env)
            if simple:
                condition = compare("=", subject, condition)
            c.need("then")
            found = self._or(c, env)
            if not decided and condition is not False and condition is not None:
                answer, decided = (found if condition is True else UNKNOWN), True
        if c.take("else"):
            found = self._or(c, env)
            answer = answer if decided else found
        c.need("end")
        return answer

    def cast(self, value: Any, c: Cursor) -> Any:
        """A value as the type that comes next; text, numbers and the numbers of the catalog's things are known."""
        kind = c.type(like=False)
        name = kind.name
        if value is UNKNOWN or value is None:
            return value
        if name in NUMBERS and not kind.array and isinstance(value, str):
            return self._numbered(value, name)
        if name in ("regclass", "regnamespace", "regtype", "oid"):
            return value
        if name == "bool":
            return {"true": True, "t": True, "false": False, "f": False}.get(str(value).lower(), UNKNOWN)
        if name in ("int4", "int8", "int2"):
            return int(value) if str(value).lstrip("-").isdigit() else UNKNOWN
        if kind.array:
            if isinstance(value, str) and re.fullmatch(r"\{[^{}\"\\]*\}", value):
                return [v.strip() for v in value[1:-1].split(",")] if value != "{}" else []
            return value if isinstance(value, list) else UNKNOWN
        if name in TEXTS:
            return self.text(value)
        return UNKNOWN

    def _numbered(self, value: str, name: str) -> Any:
        """What a text names, as regclass, regtype or regnamespace."""
        if HOLE in value:
            return UNKNOWN
        if name == "regclass":
            return self.s.relation(Cursor.of(value).qualified())
        if name == "regtype":
            return bare(self.s.type(Cursor.of(value).type()))
        return Space(value.strip('"'))

    def taken(self, value: Any, ref: TypeRef | None) -> Any:
        """A value as a parameter or variable of this type holds it: a name as what it names, and the other way round."""
        if value is UNKNOWN or value is None or ref is None:
            return value
        ref = ref.root
        if ref.array:
            element = TypeRef(ref.type)
            return [self.taken(v, element) for v in value] if isinstance(value, list) else value
        if ref.type.name in NUMBERS and isinstance(value, str):
            return self._numbered(value, ref.type.name)
        if ref.type.name in TEXTS and isinstance(value, Relation | Space | TypeRef):
            return self.text(value)
        return value

    def text(self, value: Any) -> Any:
        """A value as text; HOLE where it is not known, None for NULL."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Relation):
            seen = self.s.find_relation(("", value.name))
            return quoted(value.name) if seen is value else value.label
        if isinstance(value, Space):
            return quoted(value.name)
        if isinstance(value, TypeRef):
            seen_type = self.s.find_type(("", value.type.name))
            full = str(value)
            if seen_type is not None and seen_type.type is value.type:
                return full.removeprefix(f"{quoted(value.type.schema)}.")
            return full
        if isinstance(value, dict) and len(value) == 1:
            return self.text(next(iter(value.values())))
        return HOLE

    # -- names and functions -----------------------------------------------------------------------

    def _name(self, c: Cursor, env: Env) -> Any:
        parts = c.dotted()
        if c.sees("("):
            return self._function(parts, c, env)
        if c.take(".", "*"):
            return UNKNOWN
        if len(parts) == 1:
            if parts[0] == "current_schema":
                return self._current_schema()
            for _, row in reversed(env.items):
                if parts[0] in row:
                    return row[parts[0]]
            for alias, row in reversed(env.items):
                if parts[0] == alias:
                    return next(iter(row.values())) if len(row) == 1 else row
            return env.variables.get(parts[0], UNKNOWN)
        for alias, row in reversed(env.items):
            if parts[-2] == alias:
                return row.get(parts[-1], UNKNOWN)
        record = env.variables.get(parts[0], UNKNOWN)
        return record.get(parts[1], UNKNOWN) if isinstance(record, dict) else UNKNOWN

    def _current_schema(self) -> Any:
        path = [p for p in self.s.search_path if p not in ("pg_catalog", "pg_temp")]
        return path[0] if path else None

    def _function(self, parts: tuple[str, ...], c: Cursor, env: Env) -> Any:
        inside = c.group()
        c_after = c.peek()
        name = parts[-1]
        if c_after in ("over", "filter", "within"):
            c.next()
            c.take("group")
            if c.sees("("):
                c.group()
            return UNKNOWN
        if env.whole is not None and name in AGGREGATES:
            return self._aggregate(name, inside, env)
        if name == "count":
            return UNKNOWN
        listed = list(inside.parts())
        as_array = bool(listed) and listed[-1].take("variadic")
        if as_array:
            listed[-1] = Cursor(listed[-1].tokens[1:], listed[-1].text)
        named = {p.tokens[0].value: p for p in listed if p.peek(1) in (":=", "=>")}
        listed = [p for p in listed if p.peek(1) not in (":=", "=>")]
        arguments = [self.value(p, env) for p in listed]
        if len(parts) == 1 or parts[-2] == "pg_catalog":
            known = FUNCTIONS.get(name)
            if known is not None:
                self._room(*arguments)
                self.s.room(*growth(name, arguments))
                found = known(self.text, arguments)
                self._room(found)
                return found
            if name in ("to_regclass", "to_regtype", "to_regnamespace", "to_regproc", "to_regprocedure"):
                return self._looked_up(name, arguments)
            if name == "current_schema":
                return self._current_schema()
        schema = parts[-2] if len(parts) > 1 else ""
        for function in self.functions((schema, name), len(arguments) + len(named)):
            if function.variadic and not as_array and not named:
                last = len(function.arguments) - 1
                arguments = [*arguments[:last], arguments[last:]]
            for at, own in enumerate(function.names[len(arguments) :] if named else (), len(arguments)):
                default = function.default_texts[at - len(function.names) + len(function.default_texts) :]
                part = named.get(own)
                after = (
                    Cursor(part.tokens[2:], part.text)
                    if part
                    else Cursor.of(default[0] if default else "null")
                )
                arguments.append(self.value(after, env))
            return self.call(function, arguments)
        return UNKNOWN

    def functions(self, name: Name, given: int) -> list[Function]:
        """The user's functions of this name that take so many arguments."""
        return [
            f
            for f in self.s.functions(name)
            if f.body
            and len(f.arguments) - f.defaults - f.variadic <= given
            and (given <= len(f.arguments) or f.variadic)
        ]

    def _looked_up(self, name: str, arguments: list[Any]) -> Any:
        value = arguments[0] if arguments else UNKNOWN
        if not isinstance(value, str) or HOLE in value:
            return None if value is None else UNKNOWN
        if name in ("to_regproc", "to_regprocedure"):
            c = Cursor.of(value)
            own = self.s.functions(c.qualified())
            given = [self.s.type(p.type()) for p in c.group().parts()] if c.sees("(") else None
            same = [
                f for f in own if given is None or [str(a) for a in f.arguments] == [str(g) for g in given]
            ]
            return same[0] if same else None
        if name == "to_regnamespace":
            return Space(value) if value in self.s.catalogue.schemas else None
        try:
            return self._numbered(value, name.removeprefix("to_"))
        except (Refused, MadeElsewhere):
            return None

    def _aggregate(self, name: str, inside: Cursor, env: Env) -> Any:
        rows = env.whole or []
        self.s.spend(len(rows))
        if inside.sees("*"):
            return len(rows)
        distinct = inside.take("distinct")
        inside.take("all")
        first, *more = list(inside.parts())
        by = first.until("order")
        values = [self.value(by, env.with_(*r.items())) for r in rows]
        if UNKNOWN in values:
            return UNKNOWN
        values = [v for v in values if v is not None] if name != "array_agg" else values
        if distinct:
            values = list(dict.fromkeys(values))
        if name == "count":
            return len(values)
        if name == "array_agg":
            return values or None
        if name in ("bool_or", "bool_and"):
            return (any(values) if name == "bool_or" else all(values)) if values else None
        if name == "string_agg":
            separator = self.text(self.value(more[0], env)) if more else ""
            texts = [self.text(v) for v in values]
            self.s.room(sum(map(len, filter(None, texts))) + len(texts) * len(separator or ""))
            return separator.join(texts) if texts and separator is not None else None
        if not values:
            return None
        comparable = all(isinstance(v, int) for v in values) or all(isinstance(v, str) for v in values)
        return (max(values) if name == "max" else min(values)) if comparable else UNKNOWN
