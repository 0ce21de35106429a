"""The body of a DO block or function, cut into blocks, choices, loops and statements as the grammar of PL/pgSQL asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.lexer import downcase

_RELEVANT = ("create", "alter", "drop", "comment")
_IRRELEVANT_OBJECTS = (
    "role", "user", "policy", "publication", "subscription", "group", "database", "server", "function", "procedure", "operator",
    "cast", "collation", "language", "event", "default", "system", "statistics", "text", "rule", "tablespace",
)  # fmt: skip

# ALTER TABLE of one action that changes neither columns nor their types nor keys, CREATE INDEX and the like
HARMLESS = re.compile(
    r"\s*(?:alter\s+(?:foreign\s+|materialized\s+)?(?:table|view|sequence)\s+(?:if\s+exists\s+)?(?:only\s+)?\S+\s+"
    r"(?:alter\s+(?:column\s+)?\S+\s+(?:set|drop)\s+(?:not\s+null|default\b[^;,]*+|statistics\b.*|storage\b.*)|owner\s+to\s+\S+"
    r"|(?:enable|disable|force|no\s+force)\s+row\s+level\s+security|validate\s+constraint\s+\S+|replica\s+identity\s+[^,]*+"
    r"|set\s+\([^)]*\)|add\s+constraint\s+\S+\s+check\b.*)"
    r"|(?:create\s+(?:unique\s+)?|drop\s+|alter\s+|re)index\b.*"
    r"|create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\b.*"
    r"|(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:function|procedure|role|user|policy|publication|subscription|rule|server)\b.*"
    r"|comment\s+on\s+(?!column).*|alter\s+(?:default|role|system)\b.*"
    r"|(?:grant|revoke|insert|update|delete|select|with|truncate|notify|listen|refresh|analyze|vacuum|set|lock|copy|merge|drop\s+owned|explain|cluster)\b.*)"
    r"\s*+;?\s*+",
    re.IGNORECASE | re.DOTALL,
)


@dataclass
class Block:
    """[DECLARE ...] BEGIN ... [EXCEPTION WHEN ...] END; `handlers`: the conditions' names and what is done."""

    body: list[Node] = field(default_factory=list)
    declared: list[Cursor] = field(default_factory=list)
    handlers: list[tuple[tuple[str, ...], list[Node]]] = field(default_factory=list)
    label: str = ""


@dataclass
class Choice:
    """IF with its branches: (condition, statements); a condition of None is ELSE."""

    branches: list[tuple[Cursor | None, list[Node]]] = field(default_factory=list)


@dataclass
class Loop:
    """A loop: its head without LOOP, and what is in it."""

    head: Cursor
    body: list[Node] = field(default_factory=list)
    label: str = ""


@dataclass
class Step:
    """One statement, its text and line."""

    text: str
    line: int


Node = Block | Choice | Loop | Step


class Stream:
    """The tokens of a body with the lines they are on, cut into statements as the grammar of PL/pgSQL asks for."""

    def __init__(self, body: str, line: int) -> None:
        self.body = body
        self.line = line
        self.c = Cursor.of(body)

    def label(self) -> str:
        """<<label>>; '' where there is none."""
        if not self.c.take("<<"):
            return ""
        name = self.c.name()
        self.c.need(">>")
        return name

    def block(self, label: str = "") -> Block:
        """[<<label>>] [DECLARE ...] BEGIN ... END."""
        c = self.c
        found = Block(label=label or self.label())
        if c.take("declare"):
            while c and not c.sees("begin"):
                found.declared.append(c.until(";"))
                c.take(";")
        c.need("begin")
        found.body = self.statements("end", "exception")
        if c.take("exception"):
            while c.take("when"):
                names = c.until("then")
                c.need("then")
                words = tuple(
                    t.value for t in names.tokens if t.kind == "word" and t.value not in ("or", "sqlstate")
                )
                found.handlers.append((words or ("others",), self.statements("when", "end")))
        c.need("end")
        self.skip()
        return found

    def skip(self) -> None:
        """Past the next semicolon."""
        self.c.until(";")
        self.c.take(";")

    def statements(self, *ends: str) -> list[Node]:
        """The statements up to one of these words."""
        found: list[Node] = []
        while self.c and self.c.peek() not in ends:
            found.append(self.statement())
        return found

    def statement(self) -> Node:
        """The statement that comes next."""
        c = self.c
        label = self.label()
        if c.sees("begin") or c.sees("declare"):
            return self.block(label)
        if c.take("if"):
            return self.choice()
        if c.take("case"):
            return self.case()
        if c.peek() in ("for", "foreach", "while", "loop"):
            head = c.until("loop")
            c.need("loop")
            found = Loop(head, self.statements("end"), label)
            c.need("end")
            self.skip()
            return found
        begin = c.here
        part = c.until(";")
        end = c.here
        if not part.tokens:
            if not c.take(";"):
                raise NotUnderstood(f"the block at {c.shown()}")
            return Step("null", self.line)
        c.take(";")
        return Step(self.body[begin:end].rstrip(), self.line + self.body.count("\n", 0, begin))

    def choice(self) -> Choice:
        """IF ... END IF, after IF."""
        c = self.c
        found = Choice()
        condition: Cursor | None = c.until("then")
        while True:
            c.take("then")
            found.branches.append((condition, self.statements("elsif", "elseif", "else", "end")))
            if c.any_of("elsif", "elseif"):
                condition = c.until("then")
            elif c.take("else"):
                condition = None
            else:
                break
        c.need("end")
        self.skip()
        return found

    def case(self) -> Choice:
        """CASE ... END CASE, after CASE; `CASE x WHEN a, b` asks whether x is in (a, b)."""
        c = self.c
        subject = c.until("when").tokens
        found = Choice()
        while c.take("when"):
            condition = c.until("then")
            if subject:
                sign = subject[0]._replace(kind="op", value="(")
                end = sign._replace(value=")")
                word = sign._replace(kind="word", value="in")
                condition = Cursor([sign, *subject, end, word, sign, *condition.tokens, end], condition.text)
            c.need("then")
            found.branches.append((condition, self.statements("when", "else", "end")))
        if c.take("else"):
            found.branches.append((None, self.statements("end")))
        c.need("end")
        self.skip()
        return found


def is_assignment(text: str) -> bool:
    return bool(re.match(r"[A-Za-z_\"][\w.\[\]\"]*\s*(?::=|=)", text))


def assigned(text: str) -> list[str]:
    """The variables that a statement sets: INTO of a query, x := ..., GET DIAGNOSTICS x = ..."""
    if is_assignment(text):
        return [downcase(re.match(r"[\w\"]+", text)[0])]  # type: ignore[index]
    c = Cursor.of(text)
    if c.take("get"):
        return [
            c.tokens[i - 1].value for i in range(c.i + 1, len(c.tokens)) if c.tokens[i].value in ("=", ":=")
        ]
    while c:
        c.until("into")
        if c.take("into"):
            before = c.tokens[c.i - 2].value if c.i > 1 else ""
            if before in ("insert", "merge"):
                continue
            c.take("strict")
            names: list[str] = []
            while c.is_name():
                names.append(".".join(c.dotted()))
                if not c.take(","):
                    break
            return names
    return []


def steps_of(nodes: list[Node]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Step):
            yield node
        elif isinstance(node, Choice):
            for _, body in node.branches:
                yield from steps_of(body)
        else:
            yield from steps_of(node.body)
            if isinstance(node, Block):
                for _, body in node.handlers:
                    yield from steps_of(body)


def matters(text: str) -> bool:
    words = [downcase(w) for w in re.findall(r"[A-Za-z_]+", text[:120])]
    if not words or HARMLESS.fullmatch(text):
        return False
    if words[0] in _RELEVANT:
        kinds = [w for w in words[1:] if w not in ("or", "replace")]
        return bool(kinds) and kinds[0] not in _IRRELEVANT_OBJECTS
    return words[0] in ("execute", "perform", "call")
