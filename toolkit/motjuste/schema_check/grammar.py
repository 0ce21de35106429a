"""The grammar of expressions. What an expression is, is said by a child: its type (`expressions.py`) or its value (`answers.py`).

Precedence as in PostgreSQL's manual (Operator Precedence).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, Literal, TypeVar

from motjuste.schema_check.cursor import Cursor, NotUnderstood, TypeName
from motjuste.schema_check.lexer import Token
from motjuste.schema_check.scope import is_query
from motjuste.schema_check.words import NO_COLUMNS

V = TypeVar("V")  # what an expression is to a child
E = TypeVar("E")  # what it sees: the tables of a query, variables

COMPARISONS = ("<", ">", "=", "<=", ">=", "<>", "!=")
# Words that are values, with the types of the last of them.
CONSTANTS = {
    "true": "bool", "false": "bool", "null": "unknown",
    "current_date": "date", "current_time": "timetz", "current_timestamp": "timestamptz", "localtime": "time",
    "localtimestamp": "timestamp", "current_user": "name", "session_user": "name", "user": "name", "current_role": "name",
    "current_catalog": "name", "current_schema": "name", "system_user": "text",
}  # fmt: skip
# How tight what follows an operand binds: all other operators 7, all other words not at all.
_PRECEDENCE = {
    "or": 1, "and": 2, "is": 4, "isnull": 4, "notnull": 4, **dict.fromkeys(COMPARISONS, 5), "not": 6, "in": 6, "like": 6, "ilike": 6,
    "between": 6, "similar": 6, "overlaps": 7, "operator": 7, "+": 8, "-": 8, "*": 9, "/": 9, "%": 9, "^": 10, "at": 11,
    "collate": 12, "[": 14, "::": 15, ".": 16,
}  # fmt: skip
_SIGN, _NOT, _BETWEEN, _OTHER = 13, 3, 6, 7
_ENDS = (")", "]", ",", ";", "(", ":", "=>", ":=", "..")
# Words that are operators before these only.
_BEFORE = {"not": ("in", "like", "ilike", "similar", "between"), "similar": ("to",), "operator": ("(",)}
# Types that may be written in more than one word before the text of a literal.
_LITERALS = ("double", "character", "timestamp", "time", "interval", "bit", "numeric", "varchar")


class Grammar(ABC, Generic[V, E]):
    """Reads expressions by precedence climbing, and asks its child what each thing that it reads is."""

    def expression(self, c: Cursor, env: E, floor: int = 0) -> V:
        """The expression that comes next, of operators that bind tighter than `floor`."""
        left, begin = self.operand(c, env), -1
        while c and c.i != begin:
            begin = c.i
            left = self._followed(c, env, left, floor)
        return left

    def part(self, c: Cursor, env: E) -> V:
        """The expression that all of a cursor holds."""
        found = self.expression(c, env)
        if c:
            raise NotUnderstood(f"the expression at {c.shown()}")
        return found

    # -- what a child says -------------------------------------------------------------------------

    @abstractmethod
    def literal(self, token: Token) -> V:
        """A number, a text, bits or a parameter."""

    @abstractmethod
    def constant(self, word: str, mods: tuple[str, ...]) -> V:
        """One of CONSTANTS, with the precision that a time is asked for."""

    @abstractmethod
    def prefix(self, sign: str, value: V) -> V:
        """An operator before its operand, or NOT."""

    @abstractmethod
    def operator(self, sign: str, left: V, right: V) -> V:
        """An operator between its operands, a sign or words: `and`, `like`, `escape`, `at`, `is distinct from`."""

    @abstractmethod
    def quantified(self, sign: str, left: V, word: str, listed: V | list[V]) -> V:
        """An operator before ANY, SOME or ALL (an array, or a list of `subquery`). IN is = ANY of its list."""

    @abstractmethod
    def test(self, left: V, what: str) -> V:
        """left IS what: null, true, document..."""

    @abstractmethod
    def cast(self, value: V, written: TypeName) -> V:
        """A value as of this type."""

    @abstractmethod
    def case(self, branches: list[tuple[V, V]], otherwise: V) -> V:
        """CASE: conditions with what is taken where they hold."""

    @abstractmethod
    def subquery(self, how: Literal["one", "exists", "array", "list"], c: Cursor, env: E) -> V:
        """A query as a value, as EXISTS or ARRAY asks for it, or as the list that IN or ANY is of."""

    @abstractmethod
    def array(self, values: list[V]) -> V:
        """ARRAY[...]."""

    @abstractmethod
    def row(self, values: list[tuple[V, Cursor]]) -> V:
        """(a, b) and ROW(...): the values, each with the text that it was read from."""

    @abstractmethod
    def subscript(self, left: V, inside: list[Cursor], env: E) -> V:
        """left[1][2:3], `inside` being what stands between the brackets."""

    @abstractmethod
    def field(self, left: V, name: str) -> V:
        """(left).name and (left).*"""

    @abstractmethod
    def column(self, parts: tuple[str, ...], env: E) -> V:
        """A name that is no call: a column, a table's row, a variable; `table.*` too."""

    @abstractmethod
    def call(self, parts: tuple[str, ...], c: Cursor, env: E) -> V:
        """A call of this name, whose parenthesis comes next."""

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, c: Cursor, env: E) -> V:
        """What comes next, without the operators behind it."""
        token = c.next()
        word, after = token.value, c.peek()
        if token.kind in ("number", "string", "bits", "param"):
            return self.literal(token)
        if token.kind == "op":
            return self._sign(c, env, word)
        if token.kind == "word":
            if word == "not":
                return self.prefix("not", self.expression(c, env, _NOT))
            if word in CONSTANTS and after != ".":
                return self.constant(word, tuple(t.value for t in c.group().tokens) if after == "(" else ())
            if word == "case":
                return self._case(c, env)
            if word == "cast" and after == "(":
                inside = c.group()
                value = self.expression(inside, env)
                inside.need("as")
                return self.cast(value, inside.type(like=False))
            if word == "exists" and after == "(":
                return self.subquery("exists", c.group(), env)
            if word == "array" and after in ("[", "("):
                return self._array(c, env)
            if word == "row" and after == "(":
                return self.row([(self.part(p, env), p) for p in c.group().parts()])
            if word == "default":
                raise NotUnderstood("DEFAULT inside an expression")
        c.i -= 1
        if token.kind == "word":
            if (found := _typed_literal(c)) is not None:
                return self.cast(self.literal(found[0]), found[1])
            if word in NO_COLUMNS and after not in ("(", "."):
                raise NotUnderstood(f"an expression expected at {c.shown()}")
        return self._named(c, env)

    def _sign(self, c: Cursor, env: E, sign: str) -> V:
        """What begins with a sign, after that."""
        if sign == "(":
            c.i -= 1
            inside = c.group()
            if is_query(inside):
                return self.subquery("one", inside, env)
            values = [(self.part(p, env), p) for p in inside.parts()]
            return values[0][0] if len(values) == 1 else self.row(values)
        if sign in (*_ENDS, ".", "[", "::", "*"):
            raise NotUnderstood(f"an expression expected at `{sign}`")
        return self.prefix(sign, self.expression(c, env, _SIGN if sign in "+-" else _OTHER))

    def _case(self, c: Cursor, env: E) -> V:
        """CASE, after that word: a condition, or a value with which the subject is compared."""
        subject = [] if c.sees("when") else [self.expression(c, env)]
        branches = []
        while c.take("when"):
            condition = self.expression(c, env)
            c.need("then")
            condition = self.operator("=", subject[0], condition) if subject else condition
            branches.append((condition, self.expression(c, env)))
        otherwise = self.expression(c, env) if c.take("else") else self.constant("null", ())
        c.need("end")
        return self.case(branches, otherwise)

    def _array(self, c: Cursor, env: E) -> V:
        """ARRAY(query), ARRAY[...] and the arrays inside, after ARRAY."""
        if c.sees("("):
            return self.subquery("array", c.group(), env)
        parts = c.group("[").parts()
        return self.array([self._array(p, env) if p.sees("[") else self.part(p, env) for p in parts])

    def _named(self, c: Cursor, env: E) -> V:
        parts = [c.name()]
        while c.take("."):
            if c.take("*"):
                return self.column((*parts, "*"), env)
            parts.append(c.name())
        return self.call(tuple(parts), c, env) if c.sees("(") else self.column(tuple(parts), env)

    # -- operators ---------------------------------------------------------------------------------

    def _followed(self, c: Cursor, env: E, left: V, floor: int) -> V:
        """An operand with the operator that comes next; the operand, where none follows that binds tighter than `floor`."""
        kind, sign, _, _ = c.tokens[c.i]
        if kind == "param" and sign[0] == ":":
            raise NotUnderstood("a variable inside an expression")
        precedence = _PRECEDENCE.get(sign, _OTHER if kind == "op" else 0) if kind in ("op", "word") else 0
        if floor >= precedence or (kind == "op" and sign in _ENDS):
            return left
        if kind == "word":
            return self._word(c, env, left, precedence)
        if sign == "[":
            inside = [c.group("[")]
            while c.sees("["):
                inside.append(c.group("["))
            return self.subscript(left, inside, env)
        c.next()
        if sign == "::":
            return self.cast(left, c.type(like=False))
        if sign == ".":
            return self.field(left, "*" if c.take("*") else c.name())
        return self._binary(c, env, left, sign, precedence)

    def _binary(self, c: Cursor, env: E, left: V, sign: str, precedence: int) -> V:
        """An operator with what follows it: an operand, or ANY, SOME or ALL (...)."""
        if c.peek() in ("any", "some", "all") and c.peek(1) == "(":
            word, inside = c.next().value, c.group()
            listed = self.subquery("list", inside, env) if is_query(inside) else self.part(inside, env)
            return self.quantified(sign, left, word, listed)
        return self.operator(sign, left, self.expression(c, env, precedence))

    def _word(self, c: Cursor, env: E, left: V, precedence: int) -> V:
        """An operator that is a word."""
        if c.peek() in _BEFORE and c.peek(1) not in _BEFORE[c.peek()]:
            return left
        negated = c.take("not")
        word = c.next().value
        if word == "is":
            negated = c.take("not")
            found = self._is(c, env, left)
        elif word in ("isnull", "notnull"):
            found, negated = self.test(left, "null"), word == "notnull"
        elif word == "in":
            inside = c.group()
            query = is_query(inside)
            listed = (
                self.subquery("list", inside, env) if query else [self.part(p, env) for p in inside.parts()]
            )
            found = self.quantified("=", left, "any", listed)
        elif word == "between":
            c.any_of("symmetric", "asymmetric")
            least = self.expression(c, env, _BETWEEN)
            c.need("and")
            most = self.expression(c, env, _BETWEEN)
            found = self.operator("and", self.operator(">=", left, least), self.operator("<=", left, most))
        elif word == "collate":
            c.dotted()
            return left
        elif word == "at":
            if c.take("local"):
                return self.operator("at", left, left)
            c.need("time", "zone")
            return self.operator("at", left, self.expression(c, env, precedence))
        elif word == "operator":
            return self._binary(c, env, left, c.group().tokens[-1].value, precedence)
        else:
            if word == "similar":
                c.need("to")
            found = self._binary(c, env, left, word, precedence)
            if c.take("escape"):
                found = self.operator("escape", found, self.expression(c, env, precedence))
        return self.prefix("not", found) if negated else found

    def _is(self, c: Cursor, env: E, left: V) -> V:
        """IS, after that word and NOT."""
        if c.take("distinct", "from"):
            return self.operator("is distinct from", left, self.expression(c, env, _PRECEDENCE["="]))
        what = c.next().value
        if what in ("document", "normalized", "json"):
            c.any_of("value", "object", "array", "scalar")
            if c.any_of("with", "without"):
                c.take("unique")
                c.take("keys")
        elif what in ("nfc", "nfd", "nfkc", "nfkd"):
            c.need("normalized")
            what = "normalized"
        return self.test(left, what)


def _typed_literal(c: Cursor) -> tuple[Token, TypeName] | None:
    """The text and type of date '2026-01-01', interval '1' day, double precision '1'; None, and nothing taken, for all else."""
    if c.kind(3 if c.peek(1) == "." else 1) != "string" and c.peek() not in _LITERALS:
        return None
    begin = c.i
    try:
        written = c.type(like=False)
        c.string()
    except NotUnderstood:
        c.i = begin
        return None
    text = c.tokens[c.i - 1]
    if written.name == "bit" and c.i - begin == 2:
        written = TypeName("", "bit")  # of any length, as a constant
    if written.name == "interval":
        written = TypeName("", "interval", c.interval_fields() or written.mods)
    return text, written
