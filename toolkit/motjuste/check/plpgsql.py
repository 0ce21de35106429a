"""DO blocks: the shapes that migrations are written in are followed, IF NOT EXISTS of the catalog and handled errors.

What is decided while it runs (loops, EXECUTE, a condition on data) is not: it is noted, with what it seems to touch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from motjuste.check.catalogue import Place
from motjuste.check.cursor import Cursor, NotUnderstood
from motjuste.check.lexer import Piece, Token, downcase, split
from motjuste.check.session import Refused, Session

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
        self.outer = runner.s.place

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
            answer = True if condition is None else holds(self.s, condition)
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
            from motjuste.check.statements import touched

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
                return  # SELECT ... INTO here fills a variable
            else:
                self.runner.statement(step.text)
        finally:
            s.place, s.last, s.lines = place, last, lines

    def execute(self, step: Step) -> None:
        """EXECUTE of a plain string is read; of anything else noted."""
        from motjuste.check.statements import touched

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
    if words[0] in _RELEVANT:
        kinds = [w for w in words[1:] if w not in ("or", "replace")]
        return bool(kinds) and kinds[0] not in _IRRELEVANT_OBJECTS
    return words[0] == "execute"


# -- conditions ------------------------------------------------------------------------------------


def holds(s: Session, condition: Cursor) -> bool | None:
    """Whether a condition on the catalog holds; None where only the running database knows."""
    c = Cursor(condition.tokens, condition.text)
    answer = _or(s, c)
    return None if c else answer


def _or(s: Session, c: Cursor) -> bool | None:
    found = _and(s, c)
    while c.take("or"):
        other = _and(s, c)
        found = True if found or other else None if found is None or other is None else False
    return found


def _and(s: Session, c: Cursor) -> bool | None:
    found = _not(s, c)
    while c.take("and"):
        other = _not(s, c)
        found = False if found is False or other is False else None if found is None or other is None else True
    return found


def _not(s: Session, c: Cursor) -> bool | None:
    if c.take("not"):
        answer = _not(s, c)
        return None if answer is None else not answer
    if c.take("exists"):
        return _exists(s, c.group())
    if c.take("true"):
        return True
    if c.take("false"):
        return False
    if c.sees("(") and not _compared(c):
        inside = c.group()
        answer = _or(s, inside)
        return None if inside else answer
    if c.take("to_regclass", "(") or c.take("pg_catalog", ".", "to_regclass", "("):
        name = c.string() if c and c.tokens[c.i].kind == "string" else ""
        c.until(")")
        c.need(")")
        if name and c.take("is"):
            negated = c.take("not")
            c.need("null")
            there = s.find_relation(Cursor.of(name).qualified()) is not None
            return there if negated else not there
    c.until("and", "or")
    return None


def _compared(c: Cursor) -> bool:
    """Whether the parenthesis that comes next is one side of a comparison."""
    probe = Cursor(c.tokens, c.text)
    probe.i = c.i
    probe.group()
    return probe.peek() not in ("", "and", "or", ")")


# column of the catalog -> what its value names
_SAYS = {
    "table_name": "table", "tablename": "table", "relname": "table", "viewname": "table", "matviewname": "table",
    "column_name": "column", "attname": "column", "table_schema": "schema", "schemaname": "schema", "nspname": "schema",
    "schema_name": "schema", "constraint_schema": "schema", "typname": "type", "conname": "constraint",
    "constraint_name": "constraint", "extname": "extension", "udt_name": "type", "domain_name": "type",
    "domain_schema": "schema", "attrelid": "table", "conrelid": "table", "oid": "table", "indexname": "table",
    "sequence_name": "table", "sequence_schema": "schema", "constraint_type": "", "table_catalog": "", "contype": "",
    "relkind": "", "attisdropped": "", "typtype": "", "attnum": "",
}  # fmt: skip


def _exists(s: Session, c: Cursor) -> bool | None:
    """EXISTS (SELECT ... FROM a table of the catalog WHERE name = 'literal' AND ...)."""
    c.until("from")
    if not c.take("from"):
        return None
    c.until("where")
    if not c.take("where"):
        return None
    said: dict[str, str] = {}
    while True:
        clause = c.until("and", "or")
        if c.sees("or"):
            return None
        pair = _pair(s, clause)
        if pair is None:
            return None
        what, value = pair
        if what:
            said[what] = value
        if not c.take("and"):
            break
    if c:
        return None
    return _there(s, said)


def _pair(s: Session, clause: Cursor) -> tuple[str, str] | None:
    """(what, name) of `t.relname = 'x'`; ('', '') of a join or of what decides nothing here; None of anything else."""
    tokens = [t for t in clause.tokens if not (t.kind == "op" and t.value in ("(", ")"))]
    equal = next((i for i, t in enumerate(tokens) if t.kind == "op" and t.value == "="), None)
    words = [t.value for t in tokens]
    if equal is None:
        return ("", "") if "attisdropped" in words or "attnum" in words else None
    left, right = tokens[:equal], tokens[equal + 1 :]
    if right and right[0].kind != "string" and left and left[0].kind == "string":
        left, right = right, left
    name = left[-1].value if left and left[-1].kind in ("word", "quoted") else ""
    if any(t.value == "::" for t in left) and len(left) > 2:
        name = left[-3].value
    if name == "lower" or not right:
        return None
    if right[0].kind == "string":
        value = right[0].value
        what = _SAYS.get(name)
        if what is None:
            return None
        if any(t.value in ("regclass", "regtype", "regnamespace") for t in right):
            return _by_registry(s, name, value, right)
        return what, value
    if right[0].value in ("current_schema", "current_catalog", "current_database"):
        path = [p for p in s.search_path if p not in ("pg_catalog", "pg_temp")]
        return ("schema", path[0]) if right[0].value == "current_schema" and path else ("", "")
    joined = len(right) >= 3 and right[1].value == "." and len(left) >= 3
    return ("", "") if joined else None


def _by_registry(s: Session, name: str, value: str, right: list[Token]) -> tuple[str, str] | None:
    kinds = {t.value for t in right}
    if "regnamespace" in kinds:
        return "schema", value
    if "regtype" in kinds:
        return "type", value
    relation = s.find_relation(Cursor.of(value).qualified())
    return ("relation", relation.label if relation else "") if name in ("attrelid", "conrelid", "oid") else None


def _there(s: Session, said: dict[str, str]) -> bool | None:
    schema = said.get("schema", "")
    relations = [
        r
        for r in s.catalogue.relations.values()
        if (not schema or r.schema == schema)
        and ("table" not in said or r.name == said["table"])
        and ("relation" not in said or r.label == said["relation"])
    ]
    if "constraint" in said:
        if not any(t in said for t in ("table", "relation", "schema")):
            return any(said["constraint"] in r.constraints for r in s.catalogue.relations.values()) or None
        return any(said["constraint"] in r.constraints for r in relations) or None
    if "column" in said:
        return any(r.column(said["column"]) for r in relations if r.kind in "rpvmf")
    if "type" in said:
        return any(n == said["type"] and (not schema or sch == schema) for sch, n in s.catalogue.types)
    if "extension" in said:
        return said["extension"] in s.catalogue.extensions
    if "table" in said or "relation" in said:
        return bool(relations)
    return schema in s.catalogue.schemas if schema else None
