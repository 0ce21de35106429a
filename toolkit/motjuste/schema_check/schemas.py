"""Schemas and extensions: what they are called and what they bring."""

from __future__ import annotations

from motjuste.schema_check.catalogue import Column, Relation, Type
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.session import Refused, Session

_NO_TYPES = frozenset((
    "pg_cron", "pg_net", "pgjwt", "http", "pgaudit", "pg_graphql", "pgtap", "adminpack", "supabase_vault", "pg_repack",
    "sslinfo", "tcn", "moddatetime", "pg_prewarm", "pgstattuple", "amcheck", "xml2", "file_fdw", "plpython3u", "plv8",
    "dict_int", "dict_xsyn", "intagg", "bloom", "pg_buffercache", "pg_visibility", "pgrowlocks", "tsm_system_rows",
    "tsm_system_time", "pg_hint_plan", "pg_partman", "insert_username", "autoinc", "refint",
))  # fmt: skip
_WHOEVER = ("current_role", "current_user", "session_user")


def create_schema(s: Session, c: Cursor) -> str:
    """CREATE SCHEMA; what else stands in the statement, to be run inside the schema."""
    quietly = c.if_not_exists() or bool(s.lenient)
    name = "" if c.sees("authorization") else c.name()
    if c.take("authorization"):
        role = c.next()
        known = role.kind == "quoted" or (role.kind == "word" and role.value not in _WHOEVER)
        if not name and not known:
            raise NotUnderstood(f"a schema of the name of a role that is not known here, {role.raw}")
        name = name or role.value
    if name in s.catalogue.schemas:
        if quietly:
            return name
        raise Refused(f"schema {name} is there already")
    s.catalogue.schemas[name] = s.place
    return name


def alter_schema(s: Session, c: Cursor) -> None:
    """ALTER SCHEMA a RENAME TO b | OWNER TO ..."""
    old = c.name()
    s.require_schema(old)
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
    quietly = c.if_not_exists() or bool(s.lenient)
    name = c.name() if c.is_name() else c.string()
    if name in s.catalogue.extensions:
        if quietly:
            return
        raise Refused(f"extension {name} is there already")
    schema = ""
    while c:
        if c.take("schema"):
            schema = c.name()
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
    for row in known["t"]:
        own[row[0]] = Type(schema, row[0], row[3], extension=name)
        s.catalogue.types[schema, row[0]] = own[row[0]]
    for row in known["f"]:
        made = s.builtins.function(schema, row, own)
        s.catalogue.functions.setdefault((schema, made.name), []).append(made)
    for view, columns in known["v"]:
        relation = Relation(schema, view, "v", s.place, extension=name)
        relation.columns = [Column(n, t, relation=relation) for n, t in s.builtins.columns(columns)]
        s.catalogue.add(relation)
