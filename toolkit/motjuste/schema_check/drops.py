"""DROP and COMMENT ON COLUMN."""

from __future__ import annotations

from collections.abc import Callable

from motjuste.schema_check.catalogue import Function
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.layout import RUNNERS
from motjuste.schema_check.removal import OURS, drop
from motjuste.schema_check.routines import means, signature
from motjuste.schema_check.session import Refused, Session, shown


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
    column.changed.append(s.place)


def _drop_types(s: Session, c: Cursor) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    refs = [(n, s.find_type(n)) for n in c.names()]
    cascade = c.take("cascade")
    for name, ref in refs:
        if ref is None and not quietly:
            raise Refused(f"type {shown(name)} does not exist")
        if ref is not None:
            own = ref.type
            drop(s, [own.relation, own] if own.relation else [own], cascade=cascade)


def _drop_trigger(s: Session, c: Cursor) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    name = c.name()
    c.need("on")
    relation = s.find_relation(c.qualified())
    if relation is None and not quietly:
        raise Refused("the table of the trigger does not exist")
    if relation is not None:
        relation.triggers.pop(name, None)
        s.event("drop-trigger", relation.label, detail=name, target=relation)


def _drop_extensions(s: Session, c: Cursor) -> None:
    c.if_exists()
    names = [name for _, name in c.names()]
    cascade = c.take("cascade")
    for name in names:
        schema = s.catalogue.extensions.pop(name, None)
        s.unknown_extensions.pop(name, None)
        if schema is not None:
            own_types: list[object] = [t for t in s.catalogue.types.values() if t.extension == name]
            own_views: list[object] = [r for r in s.catalogue.relations.values() if r.extension == name]
            drop(s, own_types, cascade=cascade)
            drop(s, own_views, cascade=True)


def _drop_relations(s: Session, c: Cursor, kinds: str) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    names = c.names()
    cascade = c.take("cascade")
    found: list[object] = []
    for name in names:
        relation = s.find_relation(name)
        if name[0] == OURS:
            s.event("drop-ours", OURS, detail=f"drops {shown(name)}")
        runners = relation is None and name[1].lower() in RUNNERS
        if relation is not None and relation.kind in kinds:
            found.append(relation)
        elif not (quietly or runners or name[0] == OURS):
            raise Refused(f"relation {shown(name)} does not exist")
    drop(s, found, cascade=cascade)


def _drop_schema(s: Session, c: Cursor) -> None:
    quietly = c.if_exists() or bool(s.lenient)
    names = [name for _, name in c.names()]
    cascade = c.take("cascade")
    for name in names:
        if name == OURS:
            s.event("drop-ours", OURS, detail="drops the schema motjuste")
        if name not in s.catalogue.schemas:
            if quietly or name == OURS:  # `motjuste install` made it, no migration
                continue
            raise Refused(f"schema {name} does not exist")
        inside: list[object] = [r for r in s.catalogue.relations.values() if r.schema == name]
        inside += [t for t in s.catalogue.types.values() if t.schema == name]
        if inside and not cascade:
            raise Refused(f"schema {name} is not empty")
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
        arguments = signature(s, c)
        schema = name[0] or next((p for p in s.search_path if (p, name[1]) in s.catalogue.functions), "")
        functions = s.catalogue.functions.get((schema, name[1]), [])
        kept = [f for f in functions if not means(f, arguments)]
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
                schema, called = trigger.function
                if any(called == f.name and schema in ("", f.schema) for f in dropped):
                    del relation.triggers[trigger.name]


_RELATIONS = {"table": "rp", "view": "v", "sequence": "S", "index": "i", "foreign": "f", "materialized": "m"}
_OTHERS: dict[str, Callable[[Session, Cursor], None]] = {
    "type": _drop_types, "domain": _drop_types, "schema": _drop_schema, "trigger": _drop_trigger, "extension": _drop_extensions,
    **dict.fromkeys(("function", "procedure", "routine", "aggregate"), _drop_functions),
}  # fmt: skip


def drop_statement(s: Session, c: Cursor) -> bool:
    """DROP, after that word, of something that a column may hang on; whether it was one of those."""
    if word := c.any_of(*_RELATIONS):
        if word == "foreign" and not c.take("table"):
            return True  # a server, a wrapper of data
        if word == "materialized":
            c.need("view")
        if word == "index":
            c.take("concurrently")
        _drop_relations(s, c, _RELATIONS[word])
    elif word := c.any_of(*_OTHERS):
        _OTHERS[word](s, c)
    elif c.take("owned"):
        raise NotUnderstood("DROP OWNED: who owns what is not followed")
    else:
        return False
    return True
