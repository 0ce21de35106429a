"""What expressions and queries of a block are worth as far as the files alone tell: literals, variables and the catalog.

Three-valued logic as in SQL, and beside it UNKNOWN for what only the running database knows. A text that is known in part
holds HOLE where the rest would stand.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from motjuste.schema_check import logic
from motjuste.schema_check.catalogue import Function, Relation, TypeRef, quoted
from motjuste.schema_check.cursor import Cursor, Name, NotUnderstood, TypeName
from motjuste.schema_check.functions import FUNCTIONS, growth
from motjuste.schema_check.grammar import COMPARISONS, Grammar
from motjuste.schema_check.lexer import Token
from motjuste.schema_check.resolve import bare
from motjuste.schema_check.rows import UNKNOWN, Row, Space
from motjuste.schema_check.session import MadeElsewhere, Refused, Session

AGGREGATES = frozenset(("count", "array_agg", "string_agg", "bool_or", "bool_and", "max", "min"))
NUMBERS = ("regclass", "regtype", "regnamespace")  # types of a thing's number, written as its name
TEXTS = ("text", "varchar", "name", "bpchar", "citext")
_MATCH = ("like", "ilike", "~", "~*", "!~", "!~*", "~~", "!~~", "~~*", "similar")


@dataclass
class Found:
    """The rows of a query; `sure` is False where there may be others, `perhaps` where one of them may not be there."""

    rows: list[Row] = field(default_factory=list)
    sure: bool = True
    perhaps: bool = False

    @property
    def complete(self) -> bool:
        """Whether these are the rows, all of them."""
        return self.sure and not self.perhaps

    @property
    def values(self) -> list[Any]:
        """The first column."""
        return [next(iter(r.values()), UNKNOWN) for r in self.rows]

    @property
    def value(self) -> Any:
        """The one value that these are, NULL where there is none."""
        if not self.complete or len(self.rows) > 1:
            return UNKNOWN
        return self.values[0] if self.rows else None

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


class Answers(Grammar[Any, Env]):
    """Answers on a session; `call_function` runs a function of the user's."""

    def __init__(self, s: Session, call_function: Callable[[Function, list[Any]], Any]) -> None:
        self.s = s
        self.call_function = call_function

    def value(self, c: Cursor, env: Env) -> Any:
        """What a whole expression is worth; UNKNOWN where it is not understood."""
        try:
            return super().part(c.again(), env)
        except Refused:
            raise
        except NotUnderstood:
            return UNKNOWN

    part = value  # what is not understood in a list is UNKNOWN alone

    @abstractmethod
    def query(self, c: Cursor, env: Env) -> Found:
        """The rows of a query over literals and the catalog. What is not known is said in the result, never raised."""

    # -- expressions -------------------------------------------------------------------------------

    def operand(self, c: Cursor, env: Env) -> Any:
        self.s.spend()
        if c.kind() == "param":
            return env.variables.get(c.next().value, UNKNOWN)
        return super().operand(c, env)

    def literal(self, token: Token) -> Any:
        if token.kind == "string":
            return token.value
        return int(token.value) if token.value.isdigit() else UNKNOWN

    def constant(self, word: str, mods: tuple[str, ...]) -> Any:
        if word == "current_schema":
            return next((p for p in self.s.search_path if p not in ("pg_catalog", "pg_temp")), None)
        return {"true": True, "false": False, "null": None}.get(word, UNKNOWN)

    def prefix(self, sign: str, value: Any) -> Any:
        if sign == "not":
            return logic.opposite(value)
        return -value if sign == "-" and isinstance(value, int) else UNKNOWN

    def operator(self, sign: str, left: Any, right: Any) -> Any:
        if sign == "and":
            return logic.both(left, right)
        if sign == "or":
            return logic.opposite(logic.both(logic.opposite(left), logic.opposite(right)))
        if sign == "is distinct from":
            if left is None or right is None:
                return UNKNOWN if UNKNOWN in (left, right) else (left is None) != (right is None)
            return logic.opposite(logic.compare("=", left, right))
        if sign in COMPARISONS:
            return logic.compare(sign, left, right)
        if sign in _MATCH:
            return logic.matches(sign, left, right)
        if sign == "||":
            left, right = (
                self.text(v) if isinstance(v, Relation | Space | TypeRef) else v for v in (left, right)
            )
            self._room(left, right)
            return logic.concatenated(left, right)
        return logic.counted(sign, left, right) if sign in ("+", "-", "*", "/", "%") else UNKNOWN

    def quantified(self, sign: str, left: Any, word: str, listed: Any) -> Any:
        self.s.spend(len(listed) if isinstance(listed, list) else 0)
        return logic.over(word, listed, lambda x: self.operator(sign, left, x))

    def test(self, left: Any, what: str) -> Any:
        if what == "null":
            return logic.is_null(left)
        if what not in ("true", "false") or left is UNKNOWN:
            return UNKNOWN
        return left is (what == "true")

    def case(self, branches: list[tuple[Any, Any]], otherwise: Any) -> Any:
        for condition, taken in branches:
            if condition is not False and condition is not None:
                return taken if condition is True else UNKNOWN
        return otherwise

    def subquery(self, how: Literal["one", "exists", "array", "list"], c: Cursor, env: Env) -> Any:
        found = self.query(c, env)
        if how == "list":
            return found.values if found.complete else [*found.values, UNKNOWN]
        if how == "array":
            return found.values if found.complete else UNKNOWN
        return found.any if how == "exists" else found.value

    def array(self, values: list[Any]) -> Any:
        return values

    def row(self, values: list[tuple[Any, Cursor]]) -> Any:
        return UNKNOWN

    def subscript(self, left: Any, inside: list[Cursor], env: Env) -> Any:
        for index in inside:
            left = logic.item(left, self.value(index, env))
        return left

    def field(self, left: Any, name: str) -> Any:
        return left.get(name, UNKNOWN) if isinstance(left, dict) else UNKNOWN

    def column(self, parts: tuple[str, ...], env: Env) -> Any:
        *table, name = parts
        for alias, row in reversed(env.items):
            if name in row if not table else table[-1] == alias:
                return row.get(name, UNKNOWN)
        if table:
            return self.field(env.variables.get(parts[0], UNKNOWN), parts[1])
        for alias, row in reversed(env.items):
            if name == alias:
                return next(iter(row.values())) if len(row) == 1 else row
        return env.variables.get(name, UNKNOWN)

    # -- types -------------------------------------------------------------------------------------

    def cast(self, value: Any, written: TypeName) -> Any:
        """A value as of a type; text, numbers and the numbers of the catalog's things are known."""
        name = written.name
        if value is UNKNOWN or value is None:
            return value
        if name in NUMBERS and not written.array and isinstance(value, str):
            return self._numbered(value, name)
        if name in (*NUMBERS, "oid"):
            return value
        if name == "bool":
            return {"true": True, "t": True, "false": False, "f": False}.get(str(value).lower(), UNKNOWN)
        if name in ("int4", "int8", "int2"):
            return int(value) if str(value).lstrip("-").isdigit() else UNKNOWN
        if written.array:
            if isinstance(value, str) and re.fullmatch(r"\{[^{}\"\\]*\}", value):
                return [v.strip() for v in value[1:-1].split(",")] if value != "{}" else []
            return value if isinstance(value, list) else UNKNOWN
        return self.text(value) if name in TEXTS else UNKNOWN

    def _room(self, *values: Any) -> None:
        """Raise OverBudget where these together are too large."""
        characters = sum(len(v) for v in values if isinstance(v, str))
        elements = sum(len(v) for v in values if isinstance(v, list))
        self.s.room(characters, elements)
        self.s.spend((characters + elements) // 200)

    def _numbered(self, value: str, name: str) -> Any:
        """What a text names, as regclass, regtype or regnamespace."""
        if logic.HOLE in value:
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
        return logic.HOLE

    # -- functions ---------------------------------------------------------------------------------

    def call(self, parts: tuple[str, ...], c: Cursor, env: Env) -> Any:
        inside = c.group()
        name, schema = parts[-1], "".join(parts[-2:-1])
        if c.any_of("over", "filter", "within"):
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
            listed[-1] = listed[-1].tail()
        named = {p.tokens[0].value: Cursor(p.tokens[2:], p.text) for p in listed if p.peek(1) in (":=", "=>")}
        arguments = [self.value(p, env) for p in listed if p.peek(1) not in (":=", "=>")]
        if schema in ("", "pg_catalog"):
            known = FUNCTIONS.get(name)
            if known is not None:
                self._room(*arguments)
                self.s.room(*growth(name, arguments))
                found = known(self.text, arguments)
                self._room(found)
                return found
            if name in ("to_regclass", "to_regtype", "to_regnamespace", "to_regproc", "to_regprocedure"):
                return self._looked_up(name, arguments)
        for function in self.functions((schema, name), len(arguments) + len(named)):
            if function.variadic and not as_array and not named:
                last = len(function.arguments) - 1
                arguments = [*arguments[:last], arguments[last:]]
            for at, own in enumerate(function.names[len(arguments) :] if named else (), len(arguments)):
                default = function.default_texts[at - len(function.names) + len(function.default_texts) :]
                after = named.get(own) or Cursor.of(default[0] if default else "null")
                arguments.append(self.value(after, env))
            return self.call_function(function, arguments)
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
        if not isinstance(value, str) or logic.HOLE in value:
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
