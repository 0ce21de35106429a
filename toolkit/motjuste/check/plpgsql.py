"""DO blocks: the shapes that migrations are written in are followed, IF NOT EXISTS of the catalog and handled errors.

What is decided while it runs (loops, EXECUTE, a condition on data) is not: it is noted, with what it seems to touch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from motjuste.check.catalogue import Place
from motjuste.check.conditions import Conditions
from motjuste.check.cursor import Cursor, NotUnderstood
from motjuste.check.lexer import Piece, downcase, split
from motjuste.check.session import Refused
from motjuste.check.told import touched

if TYPE_CHECKING:
    from motjuste.check.statements import Runner

_RELEVANT = ("create", "alter", "drop", "comment")
_IRRELEVANT_OBJECTS = (
    "role", "user", "policy", "publication", "subscription", "group", "database", "server", "function", "operator", "cast",
    "collation", "language", "event", "default", "system", "statistics", "text", "rule",
)  # fmt: skip
_NOTHING = (
    "null", "raise", "return", "get", "perform", "commit", "rollback", "open", "close", "fetch", "exit", "continue", "assert",
)  # fmt: skip


# ALTER TABLE of one action that changes neither columns nor their types nor keys
_HARMLESS = re.compile(
    r"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?\S+\s+"
    r"(?:alter\s+(?:column\s+)?\S+\s+(?:set|drop)\s+(?:not\s+null|default\b[^;,]*)|owner\s+to\s+\S+"
    r"|(?:enable|disable|force|no\s+force)\s+row\s+level\s+security|validate\s+constraint\s+\S+|replica\s+identity\s+[^,]*)\s*",
    re.IGNORECASE,
)


@dataclass
class Block:
    """BEGIN ... [EXCEPTION WHEN ...] END."""

    body: list[Node] = field(default_factory=list)
    handled: bool = False


@dataclass
class Choice:
    """IF with its branches: (condition, statements); a condition of None is ELSE."""

    branches: list[tuple[Cursor | None, list[Node]]] = field(default_factory=list)


@dataclass
class Loop:
    """Any loop: what is in it."""

    body: list[Node] = field(default_factory=list)


@dataclass
class Step:
    """One statement, its text and line."""

    text: str
    line: int


Node = Block | Choice | Loop | Step


def do_block(runner: Runner, c: Cursor) -> None:
    """DO [LANGUAGE x] 'body'."""
    s = runner.s
    language, body, at = "plpgsql", "", 0
    while c:
        if c.take("language"):
            language = c.next().value.lower()
        else:
            token = c.next()
            if token.kind == "string":
                body, at = token.value, token.at
                opening = token.raw.find(body) if body else 0
                at += max(opening, 0)
    if language != "plpgsql":
        raise NotUnderstood(f"a DO block in {language}")
    line = s.at(at).line
    stream = _Stream(body, line)
    tree = stream.block()
    _Walker(runner).walk(tree)


class _Stream:
    """The tokens of a body with the lines they are on, cut into statements as the grammar of PL/pgSQL asks for."""

    def __init__(self, body: str, line: int) -> None:
        self.body = body
        self.line = line
        self.c = Cursor.of(body)

    def block(self) -> Block:
        """[<<label>>] [DECLARE ...] BEGIN ... END."""
        c = self.c
        if c.sees("<<"):
            c.i += 3
        if c.take("declare"):
            while c and not c.sees("begin"):
                self.skip()
        c.need("begin")
        found = Block()
        found.body = self.statements("end", "exception")
        if c.take("exception"):
            found.handled = True
            while c.take("when"):
                c.until("then")
                c.need("then")
                self.statements("when", "end")
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
        if c.sees("begin") or c.sees("declare"):
            return self.block()
        if c.sees("<<"):
            c.i += 3
            return self.statement()
        if c.take("if"):
            choice = Choice()
            condition: Cursor | None = c.until("then")
            while True:
                c.take("then")
                choice.branches.append((condition, self.statements("elsif", "elseif", "else", "end")))
                if c.any_of("elsif", "elseif"):
                    condition = c.until("then")
                elif c.take("else"):
                    condition = None
                else:
                    break
            c.need("end")
            self.skip()
            return choice
        if c.sees("case"):
            c.until("then")
            loop = Loop()
            while c.take("then"):
                loop.body += self.statements("when", "else", "end")
                if c.take("else"):
                    loop.body += self.statements("end")
                    break
                c.until("then", "end")
            c.need("end")
            self.skip()
            return loop
        if c.peek() in ("for", "foreach", "while", "loop"):
            c.until("loop")
            c.need("loop")
            loop = Loop(self.statements("end"))
            c.need("end")
            self.skip()
            return loop
        begin = c.here
        part = c.until(";")
        end = c.here
        if not part.tokens:
            if not c.take(";"):
                raise NotUnderstood(f"the block at {c.shown()}")
            return Step("null", self.line)
        c.take(";")
        return Step(self.body[begin:end].rstrip(), self.line + self.body.count("\n", 0, begin))


class _Walker:
    """Runs the statements of a block on the session."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.s = runner.s
        self.file = runner.s.place.file
        self.conditions = Conditions(runner.s)

    def walk(self, node: Node) -> None:
        """Run a node. Raises Refused where a statement fails and nothing in the block handles it."""
        if isinstance(node, Block):
            try:
                for child in node.body:
                    self.walk(child)
            except Refused:
                if not node.handled:
                    raise
        elif isinstance(node, Choice):
            self.choose(node)
        elif isinstance(node, Loop):
            self.unsure(node.body, "a loop or CASE")
        else:
            self.step(node)

    def choose(self, node: Choice) -> None:
        """The branch whose condition holds; where that cannot be told, each, as far as it fits."""
        sure = True
        for condition, body in node.branches:
            answer = True if condition is None else self.conditions.holds(condition)
            if answer is None:
                sure = False
                self.unsure(body, "a condition that only the running database answers")
            elif answer:
                if sure:
                    for child in body:
                        self.walk(child)
                else:
                    self.unsure(body, "")
                return

    def unsure(self, body: list[Node], why: str) -> None:
        """Run what may not run, or not once: what exists is not made again."""
        relevant = [step for step in _steps(body) if _matters(step.text)]
        if relevant and why:
            names = tuple(dict.fromkeys(n for step in relevant for n in touched(step.text)))
            self.s.note(f"{why} decides of statements in a DO block", names[:5], what="DO")
        self.s.lenient += 1
        try:
            for step in relevant:
                try:
                    self.step(step)
                except Refused:
                    continue
        finally:
            self.s.lenient -= 1

    def step(self, step: Step) -> None:
        """Run one statement of a block."""
        s = self.s
        first = downcase((re.match(r"[A-Za-z_]\w*", step.text) or [""])[0])
        place, last, lines = s.place, s.last, s.lines
        s.place = Place(self.file, step.line)
        s.last = step.line + step.text.count("\n")
        s.lines = tuple(m.start() for m in re.finditer("\n", step.text))
        try:
            if first == "execute":
                self.execute(step)
            elif first == "perform":
                self.runner.statement("select" + step.text[len("perform") :])
            elif first in _NOTHING or first in ("insert", "update", "delete", "merge", "with", "truncate"):
                return
            elif first == "select" or _assignment(step.text):
                self.conditions.assign(Cursor.of(step.text))  # SELECT ... INTO here fills a variable
            else:
                self.runner.statement(step.text)
        finally:
            s.place, s.last, s.lines = place, last, lines

    def execute(self, step: Step) -> None:
        """EXECUTE of a plain string is read; of anything else noted."""
        c = Cursor.of(step.text)
        c.next()
        if len(c.tokens) == 2 and c.tokens[1].kind == "string":
            text = c.string()
            pieces: Iterator[Piece] = split(text, step.line)
            for piece in pieces:
                self.runner.statement(piece.text)
            return
        strings = " ".join(t.value for t in c.tokens if t.kind == "string")
        if re.search(r"\b(create|alter|drop)\b", strings, re.I) or not strings:
            self.s.note("EXECUTE builds its statement while it runs", touched(strings), what="EXECUTE")


def _assignment(text: str) -> bool:
    return bool(re.match(r"[A-Za-z_][\w.\[\]\"]*\s*(?::=|=)", text))


def _steps(nodes: list[Node]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Step):
            yield node
        elif isinstance(node, Choice):
            for _, body in node.branches:
                yield from _steps(body)
        else:
            yield from _steps(node.body)


def _matters(text: str) -> bool:
    words = [downcase(w) for w in re.findall(r"[A-Za-z_]+", text[:120])]
    if not words:
        return False
    if _HARMLESS.fullmatch(text):
        return False
    if words[0] in _RELEVANT:
        kinds = [w for w in words[1:] if w not in ("or", "replace")]
        return bool(kinds) and kinds[0] not in _IRRELEVANT_OBJECTS
    return words[0] == "execute"
