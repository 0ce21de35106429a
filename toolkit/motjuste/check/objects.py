"""Schemas, types, views, indexes, triggers, functions, comments, DROP and SET: what is not a table."""

from __future__ import annotations

import re

from motjuste.check import queries
from motjuste.check.alter import alter_action
from motjuste.check.catalogue import (
    NOWHERE,
    TEMPORARY,
    Column,
    Constraint,
    Function,
    Relation,
    Trigger,
    Type,
    TypeRef,
)
from motjuste.check.columns import add_column, column_definition
from motjuste.check.cursor import Cursor, NotUnderstood
from motjuste.check.removal import OURS, drop
from motjuste.check.session import DEFAULT_PATH, Refused, Session, shown
from motjuste.check.tables import define

_DDL = re.compile(
    r"\b(?:execute|create\s+(?:or\s+replace\s+)?(?:temp\w*\s+|unlogged\s+|materialized\s+|foreign\s+)*(?:table|view|type|domain|schema|trigger)"
    r"|alter\s+(?:table|type|view|domain|schema)|drop\s+(?:table|view|type|domain|schema|column|trigger))\b",
    re.IGNORECASE,
)

# -- schemas and extensions ------------------------------------------------------------------------


def create_schema(s: Session, c: Cursor) -> str:
    """CREATE SCHEMA; what else stands in the statement, to be run inside the schema."""
    quietly = c.if_not_exists() or bool(s.lenient)
    name = "" if c.sees("authorization") else c.name()
    if c.take("authorization"):
        role = c.name()
        name = name or role
    if name in s.catalogue.schemas:
        if quietly:
            return name
        raise Refused(f"schema {name} is there already")
    s.catalogue.schemas[name] = s.place
    return name


def alter_schema(s: Session, c: Cursor) -> None:
    """ALTER SCHEMA a RENAME TO b | OWNER TO ..."""
    old = c.name()
    if old not in s.catalogue.schemas:
        raise Refused(f"schema {old} does not exist")
    if not c.take("rename", "to"):
        return
    new = c.name()
    if new in s.catalogue.schemas:
        raise Refused(f"schema {new} is there already")
    s.catalogue.schemas[new] = s.catalogue.schemas.pop(old)
    for relation in [r for r in s.catalogue.relations.values() if r.schema == old]:
        before = relation.label
        s.catalogue.move(relation, new, relation.name)
        if relation.kind in "rpvmf":
            s.event("rename", before, detail=relation.label, target=relation)
    for made in [t for t in s.catalogue.types.values() if t.schema == old]:
        del s.catalogue.types[old, made.name]
        made.schema = new
        s.catalogue.types[new, made.name] = made
    for key in [k for k in s.catalogue.functions if k[0] == old]:
        functions = s.catalogue.functions.pop(key)
        for f in functions:
            f.schema = new
        s.catalogue.functions[new, key[1]] = functions


def create_extension(s: Session, c: Cursor) -> None:
    """CREATE EXTENSION: the types, functions and views of those that we know; others may bring any type."""
    c.if_not_exists()
    name = c.name() if c.is_name() else c.string()
    if name in s.catalogue.extensions:
        return
    schema = ""
    while c:
        if c.take("schema"):
            schema = c.name()
        elif c.take("version"):
            c.next()
        else:
            c.next()
    schema, _ = s.creation_schema((schema, name))
    if name == "plpgsql":
        return
    s.catalogue.extensions[name] = schema
    known = s.builtins.extensions.get(name)
    if known is None:
        if name not in _NO_TYPES:
            s.unknown_extensions[name] = schema
        return
    own: dict[str, Type] = {}
    for row in known.types:
        own[row[0]] = Type(schema, row[0], row[3], extension=name)
        s.catalogue.types[schema, row[0]] = own[row[0]]
    for row in known.functions:
        s.catalogue.functions.setdefault((schema, row[0]), []).append(
            s.builtins.function(schema, row, name, own)
        )
    for view, columns in known.views:
        relation = Relation(schema, view, "v", s.place, extension=name)
        relation.columns = [Column(n, t, relation=relation) for n, t in s.builtins.columns(columns)]
        s.catalogue.add(relation)


_NO_TYPES = frozenset(
    (
        "pg_cron", "pg_net", "pgjwt", "http", "pgaudit", "pg_graphql", "pgtap", "adminpack", "supabase_vault", "pg_repack",
        "sslinfo", "tcn", "moddatetime", "pg_prewarm", "pgstattuple", "amcheck", "xml2", "file_fdw", "plpython3u", "plv8",
        "dict_int", "dict_xsyn", "intagg", "bloom", "pg_buffercache", "pg_visibility", "pgrowlocks", "tsm_system_rows",
        "tsm_system_time", "pg_hint_plan", "pg_partman", "insert_username", "autoinc", "refint",
    )
)  # fmt: skip

# -- types -----------------------------------------------------------------------------------------


def create_type(s: Session, c: Cursor) -> None:
    """CREATE TYPE AS ENUM | RANGE | (composite), or a base type."""
    name = c.qualified()
    key = s.creation_schema(name)
    if key in s.catalogue.types:
        if s.lenient:
            return
        if s.catalogue.types[key].kind != "shell":
            raise Refused(f"type {shown(key)} is there already")
    if not c:
        s.catalogue.types[key] = Type(*key, "shell")
    elif c.take("as", "enum"):
        s.catalogue.types[key] = Type(*key, "e")
    elif c.take("as", "range"):
        _range(s, c, key)
    elif c.take("as"):
        relation = Relation(*key, "c", s.place)
        for part in c.group().parts():
            place = s.at(part.here)
            column, _, _ = column_definition(s, part, part.name(), place)
            add_column(s, relation, column)
        s.catalogue.add(relation)
    else:
        s.catalogue.types[key] = Type(*key, "b")


def _range(s: Session, c: Cursor, key: tuple[str, str]) -> None:
    subtype: TypeRef | None = None
    multirange: tuple[str, str] | None = None
    for part in c.group().parts():
        word = part.name()
        part.need("=")
        if word == "subtype":
            subtype = s.type(part.type())
        elif word == "multirange_type_name":
            multirange = s.creation_schema(part.qualified())
    if multirange is None:
        bare = key[1].replace("range", "multirange", 1) if "range" in key[1] else key[1] + "_multirange"
        multirange = key[0], bare
    s.catalogue.types[key] = Type(*key, "r", base=subtype)
    s.catalogue.types[multirange] = Type(*multirange, "m", base=subtype)


def create_domain(s: Session, c: Cursor) -> None:
    """CREATE DOMAIN name [AS] type ..."""
    key = s.creation_schema(c.qualified())
    if key in s.catalogue.types:
        if s.lenient:
            return
        raise Refused(f"type {shown(key)} is there already")
    c.take("as")
    s.catalogue.types[key] = Type(*key, "d", base=s.type(c.type()))


def alter_type(s: Session, c: Cursor) -> None:
    """ALTER TYPE or DOMAIN: its name, schema and attributes; values and owner change nothing here."""
    name = c.qualified()
    ref = s.find_type(name)
    if ref is None:
        raise Refused(f"type {shown(name)} does not exist")
    own = ref.type
    if c.take("rename", "to"):
        _move_type(s, own, own.schema, c.name())
    elif c.take("set", "schema"):
        _move_type(s, own, c.name(), own.name)
    elif own.relation is not None and (c.peek() in ("add", "drop", "alter") or c.sees("rename", "attribute")):
        # the tables OF this type follow it
        followers = [r for r in s.catalogue.relations.values() if r.of_type is own]
        if c.take("rename", "attribute"):
            old = c.name()
            c.need("to")
            new = c.name()
            for relation in (own.relation, *followers):
                column = s.column(relation, old)
                column.was.append(old)
                column.name = new
            return
        for action in c.parts():
            for relation in (own.relation, *followers):
                alter_action(s, Cursor(action.tokens, action.text), relation)
    elif c.peek() not in ("owner", "add", "rename", "set", "drop", "validate"):
        raise NotUnderstood(f"the action at {c.shown()}")


def _move_type(s: Session, own: Type, schema: str, name: str) -> None:
    if own.relation is not None:
        s.catalogue.move(own.relation, schema, name)
        return
    if schema not in s.catalogue.schemas:
        raise Refused(f"schema {schema} does not exist")
    if (schema, name) in s.catalogue.types:
        raise Refused(f"type {schema}.{name} is there already")
    del s.catalogue.types[own.schema, own.name]
    own.schema, own.name = schema, name
    s.catalogue.types[schema, name] = own


# -- views and indexes -----------------------------------------------------------------------------


def create_view(s: Session, c: Cursor, *, replace: bool, temporary: bool, recursive: bool) -> None:
    """CREATE VIEW, after the word VIEW."""
    name = c.qualified()
    names = c.list_of_names() if c.sees("(") else []
    if c.take("with"):
        c.group()
    c.need("as")
    query = re.sub(r"\bwith\s+(?:local\s+|cascaded\s+)?check\s+option\s*$", "", c.rest(), flags=re.IGNORECASE)
    if recursive:
        own, listed = shown(("", name[1])), ", ".join(shown(("", n)) for n in names)
        query = f"with recursive {own} ({listed}) as ({query}) select {listed} from {own}"
    result = queries.analyse(s, query)
    # a view of a temporary table is temporary
    temporary = temporary or any(isinstance(n, Relation) and n.temporary for n in result.needs)
    key = s.creation_schema(name, temporary=temporary)
    old = s.catalogue.relations.get(key)
    if old is not None and not (replace and old.kind == "v"):
        if s.lenient:
            return
        raise Refused(f"relation {shown(key)} is there already")
    view = Relation(*key, "v", s.place, temporary=key[0] == TEMPORARY)
    if old is None:
        define(s, view, query, names, "view", result)
        return
    # replaced in place: what was made of it stays, with its columns and their comments
    del s.catalogue.relations[key]
    try:
        define(s, view, query, names, "view", result)
    except NotUnderstood:
        s.catalogue.relations[key] = old
        raise
    row_type = old.row_type
    for column, before in zip(view.columns, old.columns, strict=False):
        before.type, before.source = column.type, column.source
    for extra in view.columns[len(old.columns) :]:
        extra.relation = old
        old.columns.append(extra)
    old.known, old.needs, old.row_type = view.known, view.needs, row_type
    s.catalogue.relations[key] = old
    if row_type is not None:
        s.catalogue.types[key] = row_type


def create_materialized_view(s: Session, c: Cursor) -> None:
    """CREATE MATERIALIZED VIEW, after these words."""
    quietly = c.if_not_exists() or bool(s.lenient)
    key = s.creation_schema(c.qualified())
    names = c.list_of_names() if c.sees("(") else []
    c.until("as")
    c.need("as")
    if key in s.catalogue.relations:
        if quietly:
            return
        raise Refused(f"relation {shown(key)} is there already")
    define(s, Relation(*key, "m", s.place), c.rest(), names, "copy")


def create_index(s: Session, c: Cursor) -> None:
    """CREATE [UNIQUE] INDEX, after the word INDEX."""
    c.take("concurrently")
    quietly = c.if_not_exists() or bool(s.lenient)
    name = "" if c.sees("on") else c.qualified()[-1]
    c.need("on")
    table = s.relation(c.relation(), "rpm")
    if c.take("using"):
        c.name()
    columns = []
    parts = list(c.group().parts())
    for part in parts:
        plain = part.is_name() and part.peek(1) != "("
        columns.append(part.name() if plain else "expr")
    if c.take("include"):
        c.group()
    if not name:
        middle, used = [], set()
        for column in columns:
            candidate, number = column, 0
            while candidate in used:
                number += 1
                candidate = f"{column}{number}"
            used.add(candidate)
            middle.append(candidate)
        name = s.catalogue.free_name(table.schema, table.name, "_".join(middle), "idx")
    if (table.schema, name) in s.catalogue.relations:
        if quietly:
            return
        raise Refused(f"relation {name} is there already")
    s.catalogue.add(
        Relation(
            table.schema, name, "i", s.place, owner=table, index_columns=columns, temporary=table.temporary
        )
    )


def create_sequence(s: Session, c: Cursor, *, temporary: bool) -> None:
    """CREATE SEQUENCE, after the word SEQUENCE."""
    quietly = c.if_not_exists() or bool(s.lenient)
    key = s.creation_schema(c.qualified(), temporary=temporary)
    if key in s.catalogue.relations:
        if quietly:
            return
        raise Refused(f"relation {shown(key)} is there already")
    sequence = Relation(*key, "S", s.place, temporary=key[0] == TEMPORARY)
    s.catalogue.add(sequence)
    own_sequence(s, c, sequence)


def own_sequence(s: Session, c: Cursor, sequence: Relation) -> None:
    """OWNED BY table.column, wherever it stands in what is left."""
    while c:
        if c.take("owned", "by"):
            parts = c.dotted()
            if parts == ("none",):
                sequence.owner = None
            elif len(parts) > 1:
                table = s.relation((parts[-3] if len(parts) > 2 else "", parts[-2]), "rpfv")
                sequence.owner = s.column(table, parts[-1])
        else:
            c.next()


# -- triggers and functions ------------------------------------------------------------------------


def create_trigger(s: Session, c: Cursor) -> None:
    """CREATE TRIGGER, after the word TRIGGER."""
    name = c.name()
    c.until("on")
    c.need("on")
    relation = s.relation(c.qualified(), "rpvf")
    by_row = any(t.value == "row" for t in c.until("execute").tokens)
    c.need("execute")
    c.any_of("function", "procedure")
    function = c.qualified()
    relation.triggers[name] = Trigger(name, function, s.place, by_row=by_row)


def create_function(s: Session, c: Cursor) -> Function:
    """CREATE FUNCTION or PROCEDURE, after that word."""
    key = s.creation_schema(c.qualified())
    arguments: list[TypeRef | None] = []
    out: list[tuple[str, TypeRef | None]] = []
    defaults, variadic = 0, False
    for part in c.group().parts():
        mode = part.any_of("in", "out", "inout", "variadic")
        if mode == "in" and part.take("out"):
            mode = "inout"
        if part.sees("*"):
            continue
        name, kind = _argument(s, part, mode)
        if mode in ("out", "inout"):
            out.append((name, kind))
        if mode != "out":
            arguments.append(kind)
            defaults += bool(part.take("default") or part.take("=") or part.take(":="))
        variadic = variadic or mode == "variadic"
    returns: TypeRef | None = None
    set_of = False
    if c.take("returns"):
        if c.take("table"):
            set_of = True
            for part in c.group().parts():
                name = part.name()
                out.append((name, _type_or_none(s, part)))
        else:
            set_of = c.sees("setof")
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
        defaults,
        variadic,
        set_of,
        body=body,
        language=language,
    )
    others = s.catalogue.functions.setdefault(key, [])
    same = [f for f in others if [str(a) for a in f.arguments] == [str(a) for a in made.arguments]]
    for f in same:
        others.remove(f)
    others.append(made)
    return made


def _argument(s: Session, part: Cursor, mode: str) -> tuple[str, TypeRef | None]:
    """(name, type) of an argument: `int`, `a int`, `a double precision`."""
    start = part.i
    first = part.name()
    if part.peek() == "" or part.peek() in (".", "(", "[", "=", ":=", "%") or part.sees("default"):
        part.i = start
        return "", _type_or_none(s, part)
    if (first, part.peek()) in (
        ("double", "precision"), ("character", "varying"), ("char", "varying"), ("bit", "varying"), ("time", "with"),
        ("time", "without"), ("timestamp", "with"), ("timestamp", "without"), ("national", "character"),
    ):  # fmt: skip
        part.i = start
        return "", _type_or_none(s, part)
    if part.any_of("in", "out", "inout", "variadic"):
        return first, _type_or_none(s, part)
    return first, _type_or_none(s, part)


def _type_or_none(s: Session, c: Cursor) -> TypeRef | None:
    try:
        return s.type(c.type())
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
        else:
            if c:
                c.next()
    return language, body


def changes_schema(function: Function) -> bool:
    """Whether the body of a function makes, changes or drops things, or builds statements."""
    return bool(_DDL.search(function.body))


# -- COMMENT, DROP, SET ----------------------------------------------------------------------------


def comment(s: Session, c: Cursor) -> None:
    """COMMENT ON COLUMN; those on other things say nothing of a column."""
    c.need("on")
    if not c.take("column"):
        return
    parts = c.dotted()
    if len(parts) < 2:
        raise NotUnderstood("a column is named with its table")
    relation = s.relation((parts[-3] if len(parts) > 2 else "", parts[-2]), "rpvmfc")
    column = relation.column(parts[-1])
    c.need("is")
    text = "" if c.take("null") else c.string()
    if column is None:
        if not relation.known:
            return
        raise Refused(f"column {parts[-1]} of {relation.label} does not exist")
    column.comment = text


def drop_statement(s: Session, c: Cursor) -> bool:
    """DROP of something that a column may hang on; whether it was one of those."""
    words = {
        "table": "rp", "view": "v", "sequence": "S", "index": "i", "foreign": "f", "materialized": "m",
    }  # fmt: skip
    word = c.peek()
    if word in words:
        c.next()
        if word == "foreign" and not c.take("table"):
            c.i = len(c.tokens)
            return True
        if word == "materialized":
            c.need("view")
        if word == "index":
            c.take("concurrently")
        _drop_relations(s, c, words[word])
    elif c.any_of("type", "domain"):
        quietly = c.if_exists() or bool(s.lenient)
        refs = [(n, s.find_type(n)) for n in c.names()]
        cascade = c.take("cascade")
        for name, ref in refs:
            if ref is None and not quietly:
                raise Refused(f"type {shown(name)} does not exist")
            if ref is not None:
                own = ref.type
                drop(s, [own.relation, own] if own.relation else [own], cascade=cascade)
    elif c.take("schema"):
        _drop_schema(s, c)
    elif c.take("trigger"):
        quietly = c.if_exists() or bool(s.lenient)
        name = c.name()
        c.need("on")
        relation = s.find_relation(c.qualified())
        if relation is None and not quietly:
            raise Refused("the table of the trigger does not exist")
        if relation is not None:
            relation.triggers.pop(name, None)
            s.event("drop-trigger", relation.label, detail=name, target=relation)
    elif c.any_of("function", "procedure", "routine", "aggregate"):
        _drop_functions(s, c)
    elif c.take("extension"):
        c.if_exists()
        for _, name in c.names():
            schema = s.catalogue.extensions.pop(name, None)
            s.unknown_extensions.pop(name, None)
            if schema is not None:
                own_types: list[object] = [t for t in s.catalogue.types.values() if t.extension == name]
                drop(s, own_types, cascade=c.sees("cascade"))
                drop(s, [r for r in s.catalogue.relations.values() if r.extension == name], cascade=True)
    elif c.take("owned"):
        raise NotUnderstood("DROP OWNED: who owns what is not followed")
    else:
        return False
    return True


def _drop_relations(s: Session, c: Cursor, kinds: str) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    names = c.names()
    cascade = c.take("cascade")
    found: list[object] = []
    for name in names:
        relation = s.find_relation(name)
        if name[0] == OURS:
            s.event("drop-ours", OURS, detail=f"drops {shown(name)}")
        if relation is None or relation.kind not in kinds:
            if not quietly and name[0] != OURS:
                raise Refused(f"relation {shown(name)} does not exist")
        else:
            found.append(relation)
    drop(s, found, cascade=cascade)


def _drop_schema(s: Session, c: Cursor) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    names = [name for _, name in c.names()]
    for name in names:
        if name == OURS:
            s.event("drop-ours", OURS, detail="drops the schema motjuste")
        if name not in s.catalogue.schemas:
            if quietly or name == OURS:  # `motjuste install` made it, no migration
                continue
            raise Refused(f"schema {name} does not exist")
        inside: list[object] = [r for r in s.catalogue.relations.values() if r.schema == name]
        inside += [t for t in s.catalogue.types.values() if t.schema == name]
        drop(s, inside, cascade=True)
        for key in [k for k in s.catalogue.functions if k[0] == name]:
            del s.catalogue.functions[key]
        for extension in [e for e, schema in s.catalogue.extensions.items() if schema == name]:
            del s.catalogue.extensions[extension]
        del s.catalogue.schemas[name]


def _drop_functions(s: Session, c: Cursor) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    dropped: list[Function] = []
    while True:
        name = c.qualified()
        arguments = None
        if c.sees("("):
            arguments = [
                _argument(s, p, p.any_of("in", "variadic"))[1]
                for p in c.group().parts()
                if not p.any_of("out")
            ]
        schema = name[0] or next((p for p in s.search_path if (p, name[1]) in s.catalogue.functions), "")
        functions = s.catalogue.functions.get((schema, name[1]), [])
        kept = [
            f for f in functions
            if arguments is not None and [str(a) for a in f.arguments] != [str(a) for a in arguments]
        ]  # fmt: skip
        if functions and len(kept) == len(functions) and not quietly:
            raise Refused(f"function {shown(name)} does not exist")
        if kept:
            s.catalogue.functions[schema, name[1]] = kept
        elif functions:
            del s.catalogue.functions[schema, name[1]]
        dropped += [f for f in functions if f not in kept]
        if schema == OURS:
            s.event("drop-ours", OURS, detail=f"drops the function motjuste.{name[1]}")
        if not c.take(","):
            break
    if c.take("cascade"):
        drop(s, list(dropped), cascade=True)
        for relation in s.catalogue.relations.values():
            for trigger in list(relation.triggers.values()):
                if any(
                    trigger.function[1] == f.name and trigger.function[0] in ("", f.schema) for f in dropped
                ):
                    del relation.triggers[trigger.name]


def set_variable(s: Session, c: Cursor) -> None:
    """SET [SESSION | LOCAL]: the search path, the role and session_replication_role."""
    scope = c.any_of("session", "local")
    if c.take("schema"):
        _set_path(s, (c.string(),), local=scope == "local")
        return
    if c.any_of("role") or c.take("authorization"):
        name = c.next()
        s.role = "" if name.value in ("none", "default") else name.value
        return
    name_ = ".".join(c.dotted()) if c.is_name() else ""
    if not (c.take("to") or c.take("=")):
        return
    if name_ == "search_path":
        if c.take("default"):
            _set_path(s, s.database_path, local=scope == "local")
            return
        values = [t.value for t in c.tokens[c.i :] if t.value != "," or t.kind == "string"]
        _set_path(s, tuple(values), local=scope == "local")
    elif name_ == "session_replication_role":
        value = c.next().value
        s.event("replica", detail=value.lower())
    elif name_ == "role":
        s.role = c.next().value


def _set_path(s: Session, path: tuple[str, ...], *, local: bool) -> None:
    cleaned = tuple(p for p in path if p)
    if local:
        if not (s.in_transaction or s.wrapped):
            return  # the server warns, and sets nothing
        s.local_path = cleaned
    else:
        s.path, s.local_path = cleaned, None


def set_config(s: Session, value: str, *, local: bool) -> None:
    """set_config('search_path', value, local)."""
    _set_path(s, tuple(p.strip().strip('"') for p in value.split(",")), local=local)


def reset(s: Session, c: Cursor) -> None:
    """RESET and DISCARD."""
    what = c.next().value
    if what in ("search_path", "all"):
        s.path, s.local_path = s.database_path, None
    if what in ("session_replication_role", "all"):
        s.event("replica", detail="origin")
    if what == "role":
        s.role = ""


def default_path(values: list[str]) -> tuple[str, ...]:
    """The search path of a database after ALTER DATABASE ... SET search_path."""
    return tuple(v for v in values if v) or DEFAULT_PATH


def rule(s: Session, c: Cursor) -> None:
    """CREATE RULE: one called _RETURN makes a view of a table."""
    name = c.name()
    if name != "_RETURN":
        return
    c.until("to")
    c.need("to")
    view = s.relation(c.qualified(), "rv")
    c.until("do")
    c.need("do")
    c.take("instead")
    replacement = Relation(view.schema, view.name, "v", s.place)
    define(s, replacement, c.rest(), [], "view")
    view.kind, view.columns, view.needs = "v", replacement.columns, replacement.needs
    s.catalogue.relations[view.key] = view


__all__ = ["NOWHERE", "Constraint"]
