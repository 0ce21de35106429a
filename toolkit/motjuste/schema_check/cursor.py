"""Reading the tokens of one statement: keywords, names, lists, and the names of types as the grammar has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from motjuste.schema_check.lexer import NAMES, Token, tokens

_OPENING, _CLOSING = ("(", "["), (")", "]")

# What the grammar calls a type -> the type's own name.
ALIASES = {
    "int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4",
    "boolean": "bool", "decimal": "numeric", "dec": "numeric", "character": "bpchar", "char": "bpchar",
    "nchar": "bpchar",
}  # fmt: skip
SERIAL = {
    "serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2",
    "serial2": "int2",
}  # fmt: skip
_VARYING = {"bit": ("bit", "varbit"), **dict.fromkeys(("character", "char", "nchar"), ("bpchar", "varchar"))}
_FIELDS = ("year", "month", "day", "hour", "minute", "second")


class NotUnderstood(Exception):
    """A statement that is not read: what in it, in words for a person."""


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as it is written: `like` is (table, column) of `table.column%TYPE`, `serial` a column with a sequence."""

    schema: str
    name: str
    mods: tuple[str, ...] = ()
    array: bool = False
    serial: bool = False
    like: tuple[str, ...] = ()


Name = tuple[str, str]  # (schema or '', name)


# a block's text is read once for what it is and again at each run; a cursor changes no token
_kept = lru_cache(maxsize=256)(tokens)
KEPT = 20_000  # characters: the tokens of a longer text take more memory than they are worth


def _tokens(text: str) -> list[Token]:
    return _kept(text) if len(text) <= KEPT else tokens(text)


class Cursor:
    """A place in the tokens of a statement."""

    def __init__(self, found: list[Token], text: str = "") -> None:
        self.tokens = found
        self.text = text
        self.i = 0

    @classmethod
    def of(cls, text: str) -> Cursor:
        """A cursor on the text of a statement."""
        return cls(_tokens(text), text)

    def __bool__(self) -> bool:
        return self.i < len(self.tokens)

    @property
    def here(self) -> int:
        """The position in the text of the token that comes next, or of its end."""
        return self.tokens[self.i].at if self else len(self.text)

    def peek(self, ahead: int = 0) -> str:
        """The word or sign that comes next, '' at the end, and for what is no word or sign a blank."""
        at = self.i + ahead
        if at >= len(self.tokens):
            return ""
        token = self.tokens[at]
        return token.value if token.kind in ("word", "op") else " "

    def kind(self, ahead: int = 0) -> str:
        """The kind of the token that comes next, '' at the end."""
        return self.tokens[self.i + ahead].kind if self.i + ahead < len(self.tokens) else ""

    def again(self) -> Cursor:
        """A cursor of its own on all of it."""
        return Cursor(self.tokens, self.text)

    def tail(self) -> Cursor:
        """A cursor of its own on what is left."""
        return Cursor(self.tokens[self.i :], self.text)

    def sees(self, *words: str) -> bool:
        """Whether these words or signs come next."""
        # the most frequent question of all: no generator, no call
        found, at = self.tokens, self.i
        for word in words:
            if at >= len(found):
                return False
            kind, value, _, _ = found[at]
            if value != word or (kind != "word" and kind != "op"):
                return False
            at += 1
        return True

    def any_of(self, *words: str) -> str:
        """The one of these words that comes next, taken; '' where none does."""
        if self.i < len(self.tokens):
            kind, value, _, _ = self.tokens[self.i]
            if value in words and (kind == "word" or kind == "op"):
                self.i += 1
                return value
        return ""

    def take(self, *words: str) -> bool:
        """Whether these words or signs come next; they are taken if so."""
        found, at = self.tokens, self.i
        for word in words:
            if at >= len(found):
                return False
            kind, value, _, _ = found[at]
            if value != word or (kind != "word" and kind != "op"):
                return False
            at += 1
        self.i = at
        return True

    def need(self, *words: str) -> None:
        """Take these words. Raises NotUnderstood where something else stands there."""
        if not self.take(*words):
            raise NotUnderstood(f"`{' '.join(words)}` expected at {self.shown()}")

    def shown(self) -> str:
        """What comes next, for a message; never more than a word."""
        return f"`{self.tokens[self.i].raw[:40]}`" if self else "its end"

    def next(self) -> Token:
        """The next token, taken. Raises NotUnderstood at the end."""
        if not self:
            raise NotUnderstood("it ends too early")
        self.i += 1
        return self.tokens[self.i - 1]

    def name(self) -> str:
        """A name. Raises NotUnderstood where none stands there."""
        if self.i >= len(self.tokens):
            raise NotUnderstood("it ends too early")
        kind, value, _, _ = self.tokens[self.i]
        if kind != "word" and kind != "quoted":
            raise NotUnderstood(f"a name expected at {self.shown()}")
        self.i += 1
        return value

    def is_name(self) -> bool:
        """Whether a name or word comes next."""
        return self.i < len(self.tokens) and self.tokens[self.i].kind in NAMES

    def dotted(self) -> tuple[str, ...]:
        """The parts of a name with dots."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return tuple(parts)

    def qualified(self) -> Name:
        """A name with or without its schema; a database's name before it is left out."""
        parts = self.dotted()
        return (parts[-2] if len(parts) > 1 else "", parts[-1])

    def relation(self) -> Name:
        """[ONLY] name [*]."""
        self.take("only")
        inside = self.take("(")
        found = self.qualified()
        if inside:
            self.need(")")
        self.take("*")
        return found

    def names(self) -> list[Name]:
        """Qualified names with commas between."""
        found = [self.relation()]
        while self.take(","):
            found.append(self.relation())
        return found

    def string(self) -> str:
        """A string. Raises NotUnderstood where none stands there."""
        token = self.next()
        if token.kind != "string":
            self.i -= 1
            raise NotUnderstood(f"a string expected at {self.shown()}")
        return token.value

    def if_exists(self) -> bool:
        """Whether IF EXISTS comes next; taken."""
        return self.take("if", "exists")

    def if_not_exists(self) -> bool:
        """Whether IF NOT EXISTS comes next; taken."""
        return self.take("if", "not", "exists")

    def group(self, opening: str = "(") -> Cursor:
        """What stands between the parenthesis or bracket that comes next and its end; both are taken."""
        self.need(opening)
        begin, depth, at, found = self.i, 1, self.i, self.tokens
        while depth:
            if at >= len(found):
                self.i = at
                raise NotUnderstood("it ends too early")
            kind, value, _, _ = found[at]
            at += 1
            if kind == "op":
                depth += (value in _OPENING) - (value in _CLOSING)
        self.i = at
        return Cursor(found[begin : at - 1], self.text)

    def parts(self) -> Iterator[Cursor]:
        """What is left, cut at the commas that are in no parentheses."""
        begin, depth = self.i, 0
        found, size = self.tokens, len(self.tokens)
        while self.i < size:
            kind, value, _, _ = found[self.i]
            if kind == "op":
                if value == "," and depth == 0:
                    yield Cursor(found[begin : self.i], self.text)
                    begin = self.i + 1
                depth += (value in _OPENING) - (value in _CLOSING)
            self.i += 1
        if begin < self.i:
            yield Cursor(self.tokens[begin : self.i], self.text)

    def list_of_names(self) -> list[str]:
        """(a, b, c), each a column's name; what follows a name inside the list is left out, and PERIOD before one."""
        found = []
        for part in self.group().parts():
            if len(part.tokens) == 2 and part.tokens[1].is_name:
                part.take("period")
            found.append(part.name())
        return found

    def until(self, *words: str) -> Cursor:
        """What stands before the first of these words that is in no parentheses; the word is not taken."""
        begin, depth = self.i, 0
        while self and not (depth == 0 and self.peek() in words):
            sign = self.peek()
            depth += (sign in _OPENING) - (sign in _CLOSING)
            self.i += 1
        return Cursor(self.tokens[begin : self.i], self.text)

    def rest(self) -> str:
        """The text from here to the end of the statement."""
        return self.text[self.here :]

    # -- types -------------------------------------------------------------------------------------

    def type(self, *, like: bool = True) -> TypeName:
        """A type. Raises NotUnderstood where none stands there. `like`: name%TYPE is one; after a cast % divides."""
        self.take("setof")
        found = self._simple_type(like=like)
        while self.sees("[") or self.sees("array"):
            if not self.take("array"):
                self.group("[")
            found = replace(found, array=True)
        return found

    def _simple_type(self, *, like: bool) -> TypeName:
        quoted = self.kind() == "quoted"
        parts = self.dotted()
        if like and self.take("%"):
            self.need("type")
            return TypeName("", "", like=parts)
        if len(parts) > 1:
            return TypeName(parts[-2], parts[-1], self._mods())
        name = parts[0]
        if quoted:
            return TypeName("", name, self._mods())
        if name == "national":
            name = self.name()
        if name == "double":
            self.need("precision")
            return TypeName("", "float8")
        if name in _VARYING:
            fixed, varying = _VARYING[name]
            if self.take("varying"):
                return TypeName("", varying, self._mods())
            return TypeName("", fixed, self._mods() or ("1",))
        if name in ("time", "timestamp"):
            mods = self._mods()
            if self.take("with", "time", "zone"):
                name += "tz"
            else:
                self.take("without", "time", "zone")
            return TypeName("", name, mods)
        if name == "interval":
            return TypeName("", name, self.interval_fields())
        if name == "float":
            mods = self._mods()
            return TypeName("", "float4" if mods and int(mods[0]) <= 24 else "float8")
        if name in SERIAL:
            return TypeName("", SERIAL[name], serial=True)
        mods = self._mods()
        name = ALIASES.get(name, name)
        if name == "numeric" and len(mods) == 1:
            mods = (mods[0], "0")
        return TypeName("", name, mods)

    def _mods(self) -> tuple[str, ...]:
        if not self.sees("("):
            return ()
        return tuple("".join(t.value for t in part.tokens) for part in self.group().parts())

    def interval_fields(self) -> tuple[str, ...]:
        """What follows INTERVAL: a precision, or fields as in `year to month`."""
        mods = self._mods()
        if self.peek() not in _FIELDS:
            return mods
        words = [self.name()]
        if self.take("to"):
            words += ["to", self.name()]
        precision = self._mods()
        return (" ".join(words), *precision)
