"""Functions and triggers: what a call gives, what a trigger calls, and which bodies change the schema."""

from __future__ import annotations

import re

from motjuste.schema_check.catalogue import Function, Trigger, TypeRef
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.resolve import bare
from motjuste.schema_check.session import Refused, Session

_DDL = re.compile(
    r"\b(?:execute|create\s+(?:or\s+replace\s+)?(?:temp\w*\s+|unlogged\s+|materialized\s+|foreign\s+)*(?:table|view|type|domain|schema|trigger)"
    r"|alter\s+(?:table|type|view|domain|schema)|drop\s+(?:table|view|type|domain|schema|column|trigger))\b",
    re.IGNORECASE,
)
# What stands behind the first word of an argument that has a type and no name, and types of two words.
_AFTER_ONLY_TYPE = ("", ".", "(", "[", "=", ":=", "%", "default")
_TWO_WORDS = (
    ("double", "precision"), ("character", "varying"), ("char", "varying"), ("bit", "varying"), ("time", "with"),
    ("time", "without"), ("timestamp", "with"), ("timestamp", "without"), ("national", "character"),
)  # fmt: skip


def create_trigger(s: Session, c: Cursor) -> None:
    """CREATE TRIGGER, after the word TRIGGER."""
    name = c.name()
    c.until("on")
    c.need("on")
    relation = s.relation(c.qualified(), "rpvf")
    c.until("execute")
    c.need("execute")
    c.any_of("function", "procedure")
    relation.triggers[name] = Trigger(name, c.qualified(), s.place)


def alter_trigger(s: Session, c: Cursor) -> None:
    """ALTER TRIGGER name ON table RENAME TO, after the word TRIGGER."""
    name = c.name()
    c.need("on")
    relation = s.relation(c.qualified(), "rpvf")
    if c.take("rename", "to") and name in relation.triggers:
        trigger = relation.triggers.pop(name)
        trigger.name = c.name()
        relation.triggers[trigger.name] = trigger


def create_function(s: Session, c: Cursor) -> Function:
    """CREATE FUNCTION or PROCEDURE, after that word."""
    key = s.creation_schema(c.qualified())
    arguments: list[TypeRef | None] = []
    out: list[tuple[str, TypeRef | None]] = []
    names: list[str] = []
    default_texts: list[str] = []
    variadic = False
    for part in c.group().parts():
        mode = part.any_of("in", "out", "inout", "variadic")
        if mode == "in" and part.take("out"):
            mode = "inout"
        if part.sees("*"):
            continue
        name, kind = argument(s, part)
        if mode in ("out", "inout"):
            out.append((name, kind))
        if mode != "out":
            arguments.append(kind)
            names.append(name)
            if part.any_of("default", "=", ":="):
                default_texts.append(" ".join(t.raw for t in part.tokens[part.i :]))
        variadic = variadic or mode == "variadic"
    returns: TypeRef | None = None
    if c.take("returns", "table"):
        out += [(part.name(), _type_or_none(s, part)) for part in c.group().parts()]
    elif c.take("returns"):
        returns = _type_or_none(s, c)
    if len(out) == 1 and returns is None:
        returns = out[0][1]
    language, body = _body(c)
    made = Function(
        *key,
        tuple(arguments),
        returns,
        s.place,
        tuple(out),
        len(default_texts),
        variadic,
        body=body,
        language=language,
        names=tuple(names),
        default_texts=tuple(default_texts),
    )
    others = s.catalogue.functions.setdefault(key, [])
    same = [f for f in others if [str(a) for a in f.arguments] == [str(a) for a in made.arguments]]
    for f in same:
        others.remove(f)
    others.append(made)
    return made


def create_aggregate(s: Session, c: Cursor) -> None:
    """CREATE AGGREGATE, after that word: what it gives is what its final function gives, or else its state."""
    key = s.creation_schema(c.qualified())
    arguments: list[TypeRef | None] = []
    listed = [p for p in c.group().parts() if not p.sees("*")]
    options = listed
    if c.sees("("):
        options = list(c.group().parts())
        for part in listed:
            by = part.until("order")
            if not by:
                break  # ORDER BY comes first: no direct argument
            arguments.append(argument(s, _past_mode(by))[1])
    said = {p.tokens[0].value: Cursor(p.tokens[2:], p.text) for p in options if p.peek(1) == "="}
    old = [said[n] for n in ("basetype",) if n in said]
    arguments += [_type_or_none(s, p) for p in old if not p.sees("*") and p.peek() != " "]
    final = said.get("finalfunc")
    called = s.functions(final.qualified()) if final is not None else []
    state = said.get("stype") or said.get("stype1")
    returns = called[0].returns if called else _type_or_none(s, state) if state is not None else None
    made = Function(*key, tuple(arguments), returns, s.place, aggregate=True)
    s.catalogue.functions.setdefault(key, []).append(made)


def alter_function(s: Session, c: Cursor) -> None:
    """ALTER FUNCTION name [(arguments)] RENAME TO | SET SCHEMA; other changes matter to no column."""
    name = c.qualified()
    arguments = signature(s, c)
    schema = name[0] or next((p for p in s.search_path if (p, name[1]) in s.catalogue.functions), "")
    moved = schema, name[1]
    if c.take("rename", "to"):
        moved = schema, c.name()
    elif c.take("set", "schema"):
        moved = c.name(), name[1]
    if moved == (schema, name[1]):
        return
    functions = s.catalogue.functions.get((schema, name[1]), [])
    for function in [f for f in functions if means(f, arguments)]:
        functions.remove(function)
        function.schema, function.name = moved
        s.catalogue.functions.setdefault(moved, []).append(function)


def signature(s: Session, c: Cursor) -> list[TypeRef | None] | None:
    """The types of the arguments by which a function is named; None where no list of them follows."""
    if not c.sees("("):
        return None
    parts = [p for p in c.group().parts() if not p.sees("out") and not p.sees("*")]
    return [argument(s, _past_mode(p))[1] for p in parts]


def means(f: Function, arguments: list[TypeRef | None] | None) -> bool:
    """Whether a function is named with arguments of these types. Raises NotUnderstood where one is not known."""
    if arguments is None:
        return True
    if len(arguments) != len(f.arguments):
        return False
    pairs = list(zip(f.arguments, arguments, strict=True))
    if any(a is not None and b is not None and str(a) != str(b) for a, b in pairs):
        return False
    if any(a is None or b is None for a, b in pairs):
        raise NotUnderstood(f"the types of the arguments of {f.name} are not known")
    return True


def _past_mode(part: Cursor) -> Cursor:
    part.any_of("in", "inout", "variadic")
    return part


def argument(s: Session, part: Cursor) -> tuple[str, TypeRef | None]:
    """(name, type) of an argument: `int`, `a int`, `a double precision`."""
    start = part.i
    first, after = part.name(), part.peek()
    if after in _AFTER_ONLY_TYPE or (first, after) in _TWO_WORDS:
        part.i = start
        return "", _type_or_none(s, part)
    part.any_of("in", "out", "inout", "variadic")
    return first, _type_or_none(s, part)


def _type_or_none(s: Session, c: Cursor) -> TypeRef | None:
    try:
        return bare(s.type(c.type()))  # a function keeps no modifier: varchar(10) is varchar
    except Refused:
        return None  # a function may be made before what it is about


def _body(c: Cursor) -> tuple[str, str]:
    language, body = "", ""
    while c:
        if c.take("language"):
            language = c.next().value.lower()
        elif c.take("as") and c and c.tokens[c.i].kind == "string":
            body = c.next().value
        elif c.take("begin", "atomic") or c.sees("return"):
            language, body = language or "sql", c.rest()
            break
        elif c:
            c.next()
    return language, body


def changes_schema(function: Function) -> bool:
    """Whether the body of a function makes, changes or drops things, or builds statements."""
    return bool(_DDL.search(function.body))
