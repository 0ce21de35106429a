"""One statement after the other: what each is, by its first words, and who reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain, pairwise

from motjuste.schema_check import (
    drops,
    fills,
    indexes,
    plpgsql,
    psql,
    routines,
    schemas,
    settings,
    types,
    views,
    watching,
)
from motjuste.schema_check.alter import alter_relation
from motjuste.schema_check.blocks import HARMLESS
from motjuste.schema_check.budget import STATEMENT
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.lexer import Piece, downcase
from motjuste.schema_check.logic import HOLE
from motjuste.schema_check.plpgsql import Walker
from motjuste.schema_check.removal import OURS
from motjuste.schema_check.session import DEFAULT_PATH, Refused, Session
from motjuste.schema_check.tables import create_table, select_into
from motjuste.schema_check.told import head, touched
from motjuste.schema_check.transactions import rolled_back
from motjuste.schema_check.variables import without_value

_FIRST = re.compile(r"[(\s]*([A-Za-z]+)")
_CALLS = re.compile(r"(?:\"?(\w+)\"?\s*\.\s*)?\"?([\w$]+)\"?\s*\(", re.UNICODE)
_TO_SAVEPOINT = re.compile(r"\bto\b", re.IGNORECASE)
_EXPLAINED = re.compile(
    r"\s*explain\b\s*(?P<options>\([^()]*\)|(?:analy[sz]e\b\s*|verbose\b\s*)*)(?P<statement>.*)",
    re.IGNORECASE | re.DOTALL,
)
_RUN = re.compile(r"\banaly[sz]e\b(?!\s+(?:off|false|0)\b)", re.IGNORECASE)
# a string with a backslash, and what has such strings read otherwise
_BACKSLASH = re.compile(r"(?<![\w$])'[^']*\\")
_ESCAPING = re.compile(
    r"\bstandard_conforming_strings\b\W{1,40}(?:to\b\W{1,40})?(?:off|of|false|fals|fal|fa|f|no|n|0)\b",
    re.IGNORECASE,
)
_INTO = re.compile(r"\binto\b", re.IGNORECASE)

_WRITTEN = re.compile(
    r"\s*(?:insert\s+into|update(?:\s+only)?|delete\s+from(?:\s+only)?|merge\s+into(?:\s+only)?|copy|truncate(?:\s+table)?(?:\s+only)?)"
    r'\s+((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)',
    re.IGNORECASE,
)
_OURS = re.compile(r"\"?motjuste\"?\s*\.", re.IGNORECASE)

# Statements that make, change or drop no table, column, type or trigger.
_DATA = frozenset((
    "insert", "update", "delete", "merge", "values", "table", "truncate", "lock", "analyze", "analyse", "vacuum", "reindex",
    "cluster", "refresh", "grant", "revoke", "start", "commit", "begin", "end", "rollback", "abort", "savepoint", "release",
    "prepare", "deallocate", "declare", "fetch", "move", "close", "listen", "notify", "unlisten", "load", "checkpoint",
    "explain", "show", "security", "reassign", "copy",
))  # fmt: skip
_OTHER_OBJECTS = frozenset((
    "policy", "role", "user", "group", "database", "tablespace", "server", "publication", "subscription", "operator", "cast",
    "collation", "conversion", "language", "statistics", "text", "access", "transform", "event", "trusted", "procedural",
    "default", "system", "large", "rule", "trigger", "function", "procedure", "aggregate", "routine", "extension",
    "constraint", "index", "materialized", "foreign", "sequence", "view",
))  # fmt: skip
_EXTENSION_DDL = frozenset((
    "create_hypertable", "addgeometrycolumn", "dropgeometrycolumn", "dropgeometrytable", "create_parent",
    "create_distributed_table", "create_reference_table", "lo_manage", "audit_table", "add_columnar",
))  # fmt: skip
# Who reads a statement, its first words taken: of any kind, of CREATE, of ALTER.
_READERS: dict[str, Callable[[Session, Cursor], object]] = {
    "comment": drops.comment, "discard": settings.reset, "reset": settings.reset, "set": settings.set_variable,
}  # fmt: skip
_CREATORS: dict[str, Callable[[Session, Cursor], object]] = {
    "aggregate": routines.create_aggregate, "domain": types.create_domain, "extension": schemas.create_extension,
    "index": indexes.create_index, "rule": views.rule, "trigger": routines.create_trigger, "type": types.create_type,
}  # fmt: skip
_CHANGERS: dict[str, Callable[[Session, Cursor], object]] = {
    "domain": types.alter_type, "function": routines.alter_function, "procedure": routines.alter_function,
    "routine": routines.alter_function, "schema": schemas.alter_schema, "trigger": routines.alter_trigger, "type": types.alter_type,
}  # fmt: skip
# What a statement of a shape that no reader foresaw may end in.
_UNFORESEEN = (
    LookupError, ValueError, StopIteration, TypeError, AttributeError, ArithmeticError, RuntimeError, re.error,
)  # fmt: skip


def _called_in(text: str) -> set[str]:
    """The names that stand before a parenthesis."""
    return {downcase(m[2]) for m in _CALLS.finditer(text)}


_called_in_body = lru_cache(10_000)(_called_in)


class Runner:
    """Runs statements on a session, and counts what it saw: analysed, known to change nothing, or not analysed."""

    def __init__(self, session: Session) -> None:
        self.s = session
        self.changing: set[str] = set()  # names of functions that change the schema
        self.told: set[str] = set()  # those of them that triggers call, once it was said

    def run_all(self, pieces: Iterable[tuple[str, Piece]]) -> None:
        """Run the pieces of one file, each with the name of the file it stands in, in a connection of their own."""
        self.s.connect()
        for file, piece in rolled_back(list(pieces)):
            self.run(file, piece)

    def run(self, file: str, piece: Piece) -> None:
        """Run one piece; what is not understood is noted and the rest goes on."""
        s = self.s
        s.place, s.last = Place(file, piece.line), piece.last
        if piece.kind == "bad":
            s.note(piece.text, what="text")
            return
        if piece.kind == "meta":
            psql.meta(s, piece.text)
            return
        s.spend()
        data = piece.text[:6].lower() in ("insert", "update", "delete")
        if data and not self.changing and "motjuste" not in piece.text:
            s.counts["statements"] = s.counts.get("statements", 0) + 1  # most of a large file: data
            self.fill(piece.text)
            return
        if len(piece.text) > STATEMENT:
            s.stop(f"a statement of more than {STATEMENT:,} characters")
        s.lines = tuple(m.start() for m in re.finditer("\n", piece.text))
        if s.escaping and _BACKSLASH.search(piece.text):
            s.note(
                "standard_conforming_strings is off: its strings end elsewhere",
                touched(piece.text),
                what=head(piece.text),
            )
        if "standard_conforming_strings" in piece.text.lower():
            s.escaping = bool(_ESCAPING.search(piece.text))
        try:
            if piece.sent_by.startswith("\\gexec"):
                self.gexec(piece.text)
            else:
                self.statement(piece.text)
            s.counts["statements"] = s.counts.get("statements", 0) + 1
        except NotUnderstood as exc:
            refused = isinstance(exc, Refused) and s.certain(str(exc))
            unset = {} if isinstance(exc, Refused) else without_value(piece.text)
            why = f"no value for {', '.join(list(unset.values())[:5])}" if unset else str(exc)
            s.note(why, touched(piece.text), what=head(piece.text), refused=refused, unset=tuple(unset))
        except RecursionError:
            s.stop("nested too deep")
        except MemoryError:
            s.stop("it asks for more memory than there is")
        except _UNFORESEEN:
            s.note("its grammar is not read", touched(piece.text), what=head(piece.text))

    def fill(self, text: str) -> None:
        """Note what an INSERT copies; where it is not read nothing of the schema is lost."""
        try:
            fills.insert(self.s, text)
        except (NotUnderstood, RecursionError, *_UNFORESEEN):
            return

    def statement(self, text: str) -> None:
        """Run one statement. Raises NotUnderstood where it is not read."""
        self.s.spend(1 + len(text) // 200)
        found = _FIRST.match(text)
        first = downcase(found[1]) if found else ""
        if _OURS.search(text):
            watching.ours(self.s, text, first)
        if first in ("select", "with"):
            self.query(text)
        elif first == "call":
            self.calls(text)
        elif first in _DATA:
            if first in ("begin", "start"):
                self.s.in_transaction = True
            elif first in ("commit", "rollback", "end", "abort") and not _TO_SAVEPOINT.search(text):
                self.s.end_transaction()
            elif first in ("insert", "update", "delete", "merge", "values"):
                self.calls(text)
            elif first == "explain":
                self.explained(text)
            self.fired(text)
        else:
            self.definition(Cursor.of(text))

    def explained(self, text: str) -> None:
        """EXPLAIN ANALYZE runs what it explains: CREATE TABLE ... AS too."""
        m = _EXPLAINED.match(text)
        if m and _RUN.search(m["options"]):
            # so that lines are those of the file
            before = re.sub(r"[^\n]", " ", text[: m.start("statement")])
            self.statement(before + m["statement"])

    def definition(self, c: Cursor) -> None:
        """A statement that is more than data."""
        if word := c.any_of(*_READERS):
            _READERS[word](self.s, c)
        elif c.take("create"):
            self.create(c)
        elif c.take("alter"):
            self.alter(c)
        elif c.take("drop"):
            if not drops.drop_statement(self.s, c):
                _known_object(c)
        elif c.take("do"):
            plpgsql.do_block(self, c)
        elif c.take("import"):
            raise NotUnderstood("IMPORT FOREIGN SCHEMA: what it makes stands on another server")
        elif c.take("execute"):
            raise NotUnderstood("EXECUTE runs a prepared statement")
        else:
            raise NotUnderstood(f"no statement of PostgreSQL begins so: `{c.text[:30].split()[0]}`")

    def create(self, c: Cursor) -> None:
        """CREATE, after that word."""
        s = self.s
        replace = c.take("or", "replace")
        said = set()
        while word := c.any_of(
            "temp", "temporary", "unlogged", "global", "local", "unique", "constraint", "recursive"
        ):
            said.add(word)
        temporary = not said.isdisjoint(("temp", "temporary"))
        if word := c.any_of(*_CREATORS):
            _CREATORS[word](s, c)
        elif c.take("table"):
            create_table(s, c, temporary=temporary)
        elif c.take("view"):
            views.create_view(s, c, replace=replace, temporary=temporary, recursive="recursive" in said)
        elif c.take("materialized", "view"):
            views.create_materialized_view(s, c)
        elif c.take("foreign", "table"):
            create_table(s, c, foreign=True)
        elif c.take("schema"):
            self.schema(c)
        elif c.take("sequence"):
            indexes.create_sequence(s, c, temporary=temporary)
        elif c.any_of("function", "procedure"):
            self.function(c)
        elif c.sees("event", "trigger"):
            self.event_trigger(c)
        else:
            _known_object(c)

    def function(self, c: Cursor) -> None:
        """CREATE FUNCTION: those that change the schema are remembered, for when they are called."""
        made = routines.create_function(self.s, c)
        if made.schema == OURS:
            return
        if routines.changes_schema(made) or self.changing & _called_in_body(made.body):
            new = [made.name]
            while new:
                self.s.spend(1 + len(self.s.catalogue.functions) // 50)
                # what calls it changes the schema too, whichever was made first
                self.changing.update(new)
                made_before = chain.from_iterable(self.s.catalogue.functions.values())
                others = [f for f in made_before if f.name not in self.changing]
                new = [f.name for f in others if _called_in_body(f.body) & set(new)]

    def event_trigger(self, c: Cursor) -> None:
        """CREATE EVENT TRIGGER: one that changes the schema does so at every statement from now on."""
        called = c.tokens[-3].value if len(c.tokens) > 3 else ""
        if called in self.changing:
            why = f"an event trigger calls {called}(), which changes the schema"
            self.s.note(why, what="CREATE EVENT TRIGGER")

    def schema(self, c: Cursor) -> None:
        """CREATE SCHEMA with what stands in the same statement."""
        name = schemas.create_schema(self.s, c)
        if not c:
            return
        path, self.s.path = self.s.path, (name, *self.s.path)
        try:
            starts = [i for i in range(c.i, len(c.tokens)) if c.tokens[i].value in ("create", "grant")]
            for start, end in pairwise([*starts, len(c.tokens)]):
                text = c.text[: c.tokens[end].at] if end < len(c.tokens) else c.text
                part = Cursor(c.tokens[start:end], text)
                if part.take("create"):
                    self.create(part)
        finally:
            self.s.path = path

    def alter(self, c: Cursor) -> None:
        """ALTER, after that word."""
        s = self.s
        if word := c.any_of(*_CHANGERS):
            _CHANGERS[word](s, c)
        elif (
            c.any_of("table", "view", "index") or c.take("materialized", "view") or c.take("foreign", "table")
        ):
            alter_relation(s, c)
        elif c.take("sequence"):
            sequence = alter_relation(s, c)
            if sequence is not None and sequence.kind == "S":
                indexes.own_sequence(s, c, sequence)
        elif c.take("database"):
            self.database(c)
        else:
            _known_object(c)

    def database(self, c: Cursor) -> None:
        """ALTER DATABASE name SET search_path: the default of every later connection."""
        c.next()
        if c.take("set", "search_path"):
            c.next()
            path = tuple(t.value for t in c.tail().tokens if t.value not in (",", ""))
            self.s.database_path = path or DEFAULT_PATH

    def query(self, text: str) -> None:
        """A SELECT at the top: INTO makes a table, set_config sets the search path, a function may change the schema."""
        if _INTO.search(text):
            c = Cursor.of(text)
            before = c.until("into")
            # INSERT INTO inside WITH stands in parentheses or after its verb
            if c and c.tokens[c.i - 1].value not in ("insert", "merge") and c.take("into"):
                temporary = bool(c.any_of("temp", "temporary"))
                c.any_of("unlogged", "local", "global")
                c.take("table")
                name = c.qualified()
                end = before.tokens[-1].at + len(before.tokens[-1].raw)
                query = text[:end] + " " + c.rest()
                select_into(self.s, name, query, temporary=temporary)
                return
        self.calls(text)

    def calls(self, text: str, walker: Walker | None = None) -> bool:
        """What a SELECT or CALL runs beside reading: set_config, and functions that change the schema; whether one does.

        `walker` is the block in which it stands, for its variables.
        """
        if "set_config" in text:
            self.set_config(Cursor.of(text))
        if not (self.changing or self.s.catalogue.extensions) or len(text) > 100_000:
            return False
        called = _called_in(text)
        if known := called & _EXTENSION_DDL:
            self.s.note(f"it calls {min(known)}(), which changes the schema", touched(text), what=head(text))
        if called & self.changing:
            walker = walker or plpgsql.Walker(self)
            query = Cursor.of(text)
            if query.take("call"):
                query.tokens[0] = query.tokens[0]._replace(value="select")
            query.i = 0
            before = walker.ran
            found = walker.answers.query(query, walker.env)
            if walker.ran == before or found.perhaps:
                why = f"it calls {min(called & self.changing)}(), which changes the schema"
                self.s.note(why, touched(text), what=head(text))
        return bool(called & self.changing)

    def fired(self, text: str) -> None:
        """A statement on data fires triggers: one whose function changes the schema is told, the first time."""
        found = _WRITTEN.match(text) if self.changing else None
        relation = self.s.find_relation(Cursor.of(found[1]).qualified()) if found else None
        for trigger in relation.triggers.values() if relation else ():
            if trigger.function[1] in self.changing - self.told and trigger.enabled != "D":
                self.told.add(trigger.function[1])
                why = f"it fires the trigger {trigger.name}, whose function changes the schema"
                self.s.note(why, touched(text), what=head(text))

    def set_config(self, c: Cursor) -> None:
        """The calls of set_config in a statement."""
        while c:
            if c.take("set_config", "("):
                name = c.next().value
                c.take(",")
                if name == "search_path" and c.kind() == "string":
                    value = c.string()
                    c.take(",")
                    settings.set_config(self.s, value, local=c.sees("true"))
                elif name == "session_replication_role" and c.kind() == "string":
                    self.s.event("replica", detail=c.string().lower())
            else:
                c.next()

    def gexec(self, text: str) -> None:
        """A query whose results psql runs as statements."""
        walker = plpgsql.Walker(self)
        found = walker.answers.query(Cursor.of(text), walker.env)
        made = [walker.answers.text(v) for row in found.rows for v in row.values() if v is not None]
        if not found.sure or found.perhaps or any(HOLE in m for m in made):
            if not (found.sure and made and all(HARMLESS.fullmatch(m) for m in made)):
                self.s.note("\\gexec runs statements that a query writes", touched(text), what="\\gexec")
            return
        for statement in made:
            self.statement(statement)


def _known_object(c: Cursor) -> None:
    if c.peek() not in _OTHER_OBJECTS:
        raise NotUnderstood(f"the kind of object at {c.shown()}")
