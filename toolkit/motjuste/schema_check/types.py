"""CREATE TYPE, CREATE DOMAIN and what ALTER makes of them."""

from __future__ import annotations

from motjuste.schema_check.alter import alter_action
from motjuste.schema_check.catalogue import Relation, Type, TypeRef
from motjuste.schema_check.columns import add_column, column_definition
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.session import Refused, Session, shown


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
            add_column(relation, column)
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
    s.require_schema(schema)
    if (schema, name) in s.catalogue.types:
        raise Refused(f"type {schema}.{name} is there already")
    del s.catalogue.types[own.schema, own.name]
    own.schema, own.name = schema, name
    s.catalogue.types[schema, name] = own
