"""DO blocks and functions that are called: followed as the server would run them, as far as the files alone tell.

Variables, loops over literals and over the catalog, EXECUTE of what is built from them, RETURN and handled errors are
followed. What only the running database decides is not: it is noted, with what it seems to touch.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from motjuste.schema_check import alter, blocks
from motjuste.schema_check.answers import Env
from motjuste.schema_check.blocks import HARMLESS, Block, Choice, Loop, Node, Step, Stream
from motjuste.schema_check.catalogue import Function, Place, TypeRef
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.lexer import downcase, split
from motjuste.schema_check.logic import HOLE
from motjuste.schema_check.questions import Questions
from motjuste.schema_check.rows import UNKNOWN
from motjuste.schema_check.session import Absent, Refused
from motjuste.schema_check.told import touched

if TYPE_CHECKING:
    from motjuste.schema_check.statements import Runner

DEEP = 20  # calls within calls
_ASKED = "a condition that only the running database answers"
LONG = 5_000  # rounds of loops in one statement
FEW = 500  # rounds of a loop that changes no schema
_NOTHING = (
    "null", "commit", "rollback", "open", "close", "move", "assert", "set", "reset", "grant", "revoke",
    "lock", "analyze",
)  # fmt: skip
_DATA = (
    "insert", "update", "delete", "merge", "with", "truncate", "notify", "refresh", "copy", "reindex",
    "vacuum", "call",
)  # fmt: skip


class _Leave(Exception):
    """RETURN, EXIT or CONTINUE; `value` is what RETURN gives, `label` what EXIT or CONTINUE names."""

    def __init__(self, what: str, value: Any = None, label: str = "") -> None:
        super().__init__(what)
        self.what, self.value, self.label = what, value, label


class _Raised(Refused):
    """RAISE EXCEPTION."""


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
                body = token.value
                at = token.at + max(token.raw.find(body), 0)
    if language != "plpgsql":
        raise NotUnderstood(f"a DO block in {language}")
    tree = Stream(body, s.at(at).line).block()
    # a block is a transaction of its own, where there is none
    inside, s.in_transaction = s.in_transaction, True
    s.blocks += 1
    try:
        Walker(runner).run(tree)
    finally:
        s.blocks -= 1
        s.in_transaction = inside
        if not (inside or s.wrapped):
            s.local_path = None


class Walker:
    """Runs a block, or a function, on the session."""

    def __init__(self, runner: Runner, variables: dict[str, Any] | None = None, *, depth: int = 0) -> None:
        self.runner = runner
        self.s = runner.s
        self.file = runner.s.place.file
        self.answers = Questions(runner.s, self.call)
        self.variables = variables if variables is not None else {}
        self.records: set[str] = set()
        self.kinds: dict[str, TypeRef] = {}  # of the variables that are declared with a type that we know
        self.depth = depth
        self.rounds = 0
        self.ran = 0  # functions that were called
        # where a function is called its statements are told of there
        self.fixed = (runner.s.place, runner.s.last, runner.s.lines) if depth else None

    @property
    def env(self) -> Env:
        """The variables, as expressions see them."""
        return Env(self.variables)

    def run(self, block: Block) -> Any:
        """Run a body to its end or its RETURN; what it returns."""
        try:
            self.walk(block)
        except _Leave as left:
            return left.value
        return None

    def call(self, function: Function, arguments: list[Any]) -> Any:
        """Run a function of the user's with these arguments; what it returns."""
        self.s.spend(100 + len(function.body) // 20)
        if self.depth >= DEEP:
            self.s.stop(f"{function.name}() is called more than {DEEP} deep")
        left_out = function.default_texts[len(arguments) - len(function.arguments) :]
        given = [*arguments, *(self.answers.value(Cursor.of(text), Env({})) for text in left_out)]
        given = [self.answers.taken(v, t) for v, t in zip(given, function.arguments, strict=False)]
        variables: dict[str, Any] = {f"${n}": v for n, v in enumerate(given, 1)}
        variables |= {name: v for name, v in zip(function.names, given, strict=False) if name}
        self.ran += 1
        inner = Walker(self.runner, variables, depth=self.depth + 1)
        if function.language == "plpgsql":
            self.s.blocks += 1
            try:
                return inner.run(Stream(function.body, self.s.place.line).block())
            finally:
                self.s.blocks -= 1
        if function.language != "sql":
            return UNKNOWN
        value: Any = UNKNOWN
        for piece in split(function.body):
            if downcase(piece.text[:6]) == "select" and not re.search(r"\binto\b", piece.text, re.IGNORECASE):
                value = inner.answers.query(Cursor.of(piece.text), inner.env).value
            else:
                inner.step(Step(piece.text, self.s.place.line))
        return value

    # -- control -----------------------------------------------------------------------------------

    def walk(self, node: Node) -> None:
        """Run a node. Raises Refused where a statement fails and nothing in the block handles it."""
        if isinstance(node, Block):
            try:
                self.block(node)
            except _Leave as left:
                if left.what != "exit" or not node.label or left.label != node.label:
                    raise
        elif isinstance(node, Choice):
            self.choose(node)
        elif isinstance(node, Loop):
            self.loop(node)
        else:
            self.step(node)

    def walk_all(self, nodes: list[Node]) -> None:
        """Run nodes one after the other. Where it is not sure that a RETURN is passed, the rest is not sure either."""
        for i, node in enumerate(nodes):
            self.walk(node)
            if isinstance(node, Choice) and self.s.lenient == 0 and self.open_return(node):
                self.unsure(nodes[i + 1 :], f"a RETURN before it, on {_ASKED},")
                return

    def open_return(self, node: Choice) -> bool:
        """Whether a branch that may be taken leaves the block."""
        for condition, body in node.branches:
            answer = True if condition is None else self.answers.value(condition, self.env)
            returns = (re.match(r"return\b", s.text, re.IGNORECASE) for s in blocks.steps_of(body))
            if answer is UNKNOWN and any(returns):
                return True
            if answer is True:
                return False
        return False

    def block(self, block: Block) -> None:
        """A block; an error that it handles undoes it whole."""
        for declared in block.declared:
            self.declare(declared)
        if not block.handlers:
            self.walk_all(block.body)
            return
        several = sum(blocks.matters(step.text) for step in blocks.steps_of(block.body)) > 1
        if several:
            self.s.spend(len(self.s.catalogue.relations) + len(self.s.catalogue.types))
        snapshot = self.s.catalogue.snapshot() if several else []
        kept = self.s.path, self.s.local_path, len(self.s.notes), len(self.s.events)
        try:
            self.walk_all(block.body)
        except Refused as exc:
            if several:
                self.s.catalogue.restore(snapshot)
                self.s.path, self.s.local_path = kept[0], kept[1]
                del self.s.notes[kept[2] :], self.s.events[kept[3] :]
            failed = exc
        else:
            return
        handled = self.handler(block, failed)
        if isinstance(failed, Absent):
            self.absent(failed.name, "the error is handled")
        self.walk_all(handled)

    def absent(self, name: str, allowed: str) -> None:
        """Tell of a column that is added to a table of none of the files, whose absence the block allows for."""
        self.s.note(
            f"{name} is in none of these files, a column is added to it, and {allowed}", (name,), what="DO"
        )

    def handler(self, block: Block, failed: Refused) -> list[Node]:
        """What a block does on an error. Raises it where the block does not handle it."""
        there = "already" in str(failed) or "twice" in str(failed)
        own = "raise_" if isinstance(failed, _Raised) else "duplicate_" if there else "undefined_"
        # a condition of another kind may be what the server calls this error
        others = tuple({"raise_", "duplicate_", "undefined_"} - {own})
        for names, body in block.handlers:
            if not all(n.startswith(others) for n in names):
                return body
        raise failed

    def choose(self, node: Choice) -> None:
        """The branch whose condition holds; where that cannot be told, each, as far as it fits."""
        sure = True
        passed: list[Node] = []
        for condition, body in node.branches:
            answer = True if condition is None else self.answers.value(condition, self.env)
            if answer is UNKNOWN:
                sure = False
                self.unsure(body, _ASKED)
            elif answer is True:
                if sure:
                    self.walk_all(body)
                else:
                    self.unsure(body, "")
                break
            else:
                passed += body
        self.passed_over(passed)

    def passed_over(self, body: list[Node]) -> None:
        """Tell of columns that a branch which is not taken adds to a table that only the running database may have."""
        if self.s.lenient:
            return
        for step in blocks.steps_of(body):
            with suppress(NotUnderstood):
                if step.text[:5].lower() == "alter" and (
                    name := alter.absent_widened(self.s, Cursor.of(step.text))
                ):
                    self.absent(name, "a condition asks for it")

    def loop(self, node: Loop) -> None:
        """A loop: round by round where its rows are known."""
        head = node.head.again()
        if not head or head.sees("while"):
            self.repeat(node, head)
            return
        rounds, sure = self.rounds_of(head)
        if rounds is not None and len(rounds) > FEW and not self.changes(node):
            rounds = None  # of data: what it leaves in variables is not known
        if rounds is None or not (sure or self.all_harmless(rounds, node.body)):
            self.unsure(node.body, "a loop")
            return
        self.s.lenient += not sure
        try:
            for values in rounds:
                for name, value in values.items():
                    self.hold(name, value)
                if not self.round(node):
                    break
        finally:
            self.s.lenient -= not sure

    @staticmethod
    def changes(node: Loop) -> bool:
        """Whether a loop holds a statement that may change a column."""
        return any(blocks.matters(step.text) for step in blocks.steps_of(node.body))

    def repeat(self, node: Loop, head: Cursor) -> None:
        """LOOP and WHILE."""
        head.take("while")
        condition = head.tail()
        for _ in range(FEW) if not self.changes(node) else count():
            answer = self.answers.value(condition, self.env) if condition else True
            if answer is UNKNOWN:
                self.unsure(node.body, "a loop")
            if answer is not True or not self.round(node):
                return
        self.unsure(node.body, "a loop")

    def round(self, node: Loop) -> bool:
        """One round; whether the loop goes on."""
        self.s.spend()
        self.rounds += 1
        if self.rounds > LONG:
            if self.changes(node):
                self.s.stop(f"a loop of more than {LONG:,} rounds changes the schema")
            raise NotUnderstood("its loops are too long")
        try:
            self.walk_all(node.body)
        except _Leave as left:
            if left.what == "return" or left.label not in ("", node.label):
                raise
            return left.what != "exit"
        return True

    def all_harmless(self, rounds: list[dict[str, Any]], body: list[Node]) -> bool:
        """Whether no round changes a column, whichever of them run."""
        steps = [step for step in blocks.steps_of(body) if blocks.matters(step.text)]
        for values in rounds:
            self.variables |= values
            if not all(self.harmless(step) for step in steps):
                return False
        return True

    def rounds_of(self, head: Cursor) -> tuple[list[dict[str, Any]] | None, bool]:
        """(what each round of a loop sets, whether each of them runs); None where that is not known."""
        if head.take("foreach"):
            name = head.name()
            if not head.take("in", "array"):
                return None, False
            listed = self.answers.value(head.tail(), self.env)
            return ([{name: v} for v in listed], True) if isinstance(listed, list) else (None, False)
        if not head.take("for"):
            return None, False
        names = [".".join(head.dotted())]
        while head.take(","):
            names.append(".".join(head.dotted()))
        head.need("in")
        reverse = head.take("reverse")
        query = head.tail()
        low = query.until("..")
        if query.take(".."):
            numbers = self.counted(names[0], low, query, reverse=reverse)
            return numbers, numbers is not None
        query = query.again()
        if query.take("execute"):
            text = self.answers.value(query.until("using"), self.env)
            if not isinstance(text, str) or HOLE in text:
                return None, False
            query = Cursor.of(text)
        elif len(query.tokens) == 1 and isinstance(self.variables.get(query.peek()), Cursor):
            query = self.variables[query.peek()]
        found = self.answers.query(query, self.env)
        if not found.sure:
            return None, False
        return [self.fitted(names, row) for row in found.rows], not found.perhaps

    def counted(
        self, name: str, first: Cursor, rest: Cursor, *, reverse: bool
    ) -> list[dict[str, Any]] | None:
        """The rounds of FOR name IN first..last [BY step]; `rest` begins with the last."""
        low = self.answers.value(first, self.env)
        high = self.answers.value(rest.until("by"), self.env)
        step = self.answers.value(rest.tail(), self.env) if rest.take("by") else 1
        if not all(isinstance(v, int) for v in (low, high, step)) or step < 1:
            return None
        numbers = range(low, high - 1, -step) if reverse else range(low, high + 1, step)
        return [{name: n} for n in numbers[: LONG + 1]]

    def fitted(self, names: list[str], row: dict[str, Any] | None) -> dict[str, Any]:
        """Which variables get what of a row: a record the whole, others a column each."""
        if len(names) == 1 and (names[0] in self.records or names[0] not in self.variables):
            return {names[0]: row if row is not None else UNKNOWN}
        values = [*(row or {}).values(), *[UNKNOWN] * len(names)]
        return dict(zip(names, values, strict=False))

    def unsure(self, body: list[Node], why: str) -> None:
        """Run what may not run, or not once: what exists is not made again."""
        steps = list(blocks.steps_of(body))
        for name in (n for step in steps for n in blocks.assigned(step.text)):
            self.variables[name] = UNKNOWN
        relevant = [step for step in steps if blocks.matters(step.text) and not self.harmless(step)]
        if relevant and why:
            names = tuple(dict.fromkeys(n for step in relevant for n in touched(step.text)))
            self.s.note(f"{why} decides of statements in a block", names[:5], what="DO")
        self.s.lenient += 1
        try:
            for step in relevant:
                try:
                    self.step(step)
                except (Refused, _Leave):
                    continue
        finally:
            self.s.lenient -= 1

    def harmless(self, step: Step) -> bool:
        """Whether a step is an EXECUTE that changes no column, whatever its variables hold."""
        text = self.built(step.text)
        if text is None:
            return False
        return HARMLESS.fullmatch(text) is not None or self.drops_a_check(text)

    def drops_a_check(self, text: str) -> bool:
        """Whether a statement drops a CHECK constraint only, or one that is not there."""
        c = Cursor.of(text)
        if HOLE in text or not c.take("alter", "table"):
            return False
        c.if_exists()
        relation = self.s.find_relation(c.relation())
        if relation is None or not c.take("drop", "constraint"):
            return False
        c.if_exists()
        constraint = relation.constraints.get(c.name())
        return (constraint is None or constraint.kind == "c") and not c.sees(",")

    def built(self, text: str) -> str | None:
        """The text that an EXECUTE runs, HOLE where it is not known; None for other statements."""
        c = Cursor.of(text)
        if not c.take("execute"):
            return None
        value = self.answers.text(self.answers.value(c.until("into", "using"), self.env))
        return HOLE if value is None else str(value)

    # -- statements --------------------------------------------------------------------------------

    def declare(self, c: Cursor) -> None:
        """name [CONSTANT] type [NOT NULL] [:= value], name CURSOR FOR query."""
        name = c.name()
        c.take("constant")
        if c.sees("cursor") or c.sees("scroll") or c.sees("no", "scroll"):
            c.until("for", "is")
            if c.any_of("for", "is"):
                self.variables[name] = c.tail()
            return
        if c.take("alias", "for"):
            self.variables[name] = self.variables.get(c.next().value, UNKNOWN)
            return
        kind = c.until(":=", "=", "default")
        if any(t.value in ("record", "rowtype") for t in kind.tokens):
            self.records.add(name)
        value: Any = None
        if c.any_of(":=", "=", "default"):
            value = self.answers.value(c.tail(), self.env)
            array = any(t.value in ("[", "array") for t in kind.tokens)
            if array and isinstance(value, str):
                value = self.answers.cast(value, kind.again().type(like=False))
        self.kinds.pop(name, None)
        with suppress(NotUnderstood):
            self.kinds[name] = self.s.type(kind.type())
        self.hold(name, value)

    def hold(self, name: str, value: Any) -> None:
        """Set a variable, as its type holds the value."""
        self.variables[name] = self.answers.taken(value, self.kinds.get(name))

    def step(self, step: Step) -> None:
        """Run one statement of a block."""
        s = self.s
        s.spend(1 + len(step.text) // 200)
        first = downcase((re.match(r"[A-Za-z_]\w*", step.text) or [""])[0])
        place, last, lines = s.place, s.last, s.lines
        if self.fixed is not None:
            s.place, s.last, s.lines = self.fixed
        else:
            s.place = Place(self.file, step.line)
            s.last = step.line + step.text.count("\n")
            s.lines = tuple(m.start() for m in re.finditer("\n", step.text))
        try:
            self.one(first, step)
        finally:
            s.place, s.last, s.lines = place, last, lines

    def one(self, first: str, step: Step) -> None:
        """Run one statement, by its first word."""
        text = step.text
        if first == "execute":
            self.execute(step)
        elif first in ("return", "exit", "continue"):
            self.leave(first, text)
        elif first == "raise":
            c = Cursor.of(text)
            c.next()
            if c.peek() not in ("notice", "warning", "info", "log", "debug") and not self.s.lenient:
                raise _Raised("it raises an exception")
        elif first == "perform":
            query = "select" + text[len("perform") :]
            if not self.runner.calls(query, self):
                self.variables["found"] = self.answers.query(Cursor.of(query), self.env).any
        elif first == "get":
            self.forget(text)
        elif first in _NOTHING:
            if first in ("set", "reset"):
                self.runner.statement(text)
        elif first in _DATA or first == "fetch":
            if first != "fetch":
                self.runner.calls(text, self)
            self.forget(text)
        elif first == "select" or blocks.is_assignment(text):
            self.assign(text)
        else:
            self.runner.statement(text)

    def leave(self, what: str, text: str) -> None:
        """RETURN [value], EXIT and CONTINUE [label] [WHEN condition]."""
        if self.s.lenient:
            return
        c = Cursor.of(text)
        c.next()
        if what == "return":
            if c.any_of("next", "query"):
                return
            raise _Leave(what, self.answers.value(c.tail(), self.env) if c else None)
        label = "" if c.sees("when") or not c.is_name() else c.name()
        answer = self.answers.value(c.tail(), self.env) if c.take("when") else True
        if answer is UNKNOWN:
            raise NotUnderstood(f"{what.upper()} WHEN of {_ASKED}")
        if answer is True:
            raise _Leave(what, label=label)

    def assign(self, text: str) -> None:
        """x := value, SELECT ... INTO x ..."""
        c = Cursor.of(text)
        if c.sees("select"):
            names = blocks.assigned(text)
            if not names:
                return
            found = self.answers.query(c, self.env)
            self.variables["found"] = found.any
            row = found.rows[0] if found.rows else dict.fromkeys(names)
            for held, value in self.fitted(names, row if found.complete else None).items():
                self.hold(held, value)
            return
        name = ".".join(c.dotted())
        if not c.any_of(":=", "="):
            c.until(":=", "=")
            c.next()
            self.variables[name] = UNKNOWN  # an element of an array
            return
        value = c.tail()
        if any(t.value == "from" for t in value.tokens) and not value.sees("("):
            word = value.tokens[0]._replace(kind="word", value="select")
            self.hold(name, self.answers.query(Cursor([word, *value.tokens], text), self.env).value)
        else:
            self.hold(name, self.answers.value(value, self.env))

    def forget(self, text: str) -> None:
        """What a statement on data puts into variables is not known."""
        for name in blocks.assigned(text):
            self.variables[name] = UNKNOWN
        self.variables["found"] = UNKNOWN

    def execute(self, step: Step) -> None:
        """EXECUTE of what is known is run; of what is known in part noted, where it may change a column."""
        text = self.built(step.text) or HOLE
        self.forget(step.text)
        bounds = re.search(r"\bfor\s+values\b", text, re.IGNORECASE)
        if bounds and HOLE not in text[: bounds.start()]:
            text = text.replace(HOLE, "''")  # a partition's columns do not hang on its bounds
        if HOLE not in text:
            for piece in split(text, step.line):
                self.runner.statement(piece.text)
        elif not HARMLESS.fullmatch(text):
            names = touched(text.replace(HOLE, "?"))
            self.s.note("EXECUTE builds its statement while it runs", names, what="EXECUTE")
