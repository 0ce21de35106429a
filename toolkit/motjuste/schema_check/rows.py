"""The system catalog as the model has it: the rows of pg_catalog and information_schema that migrations ask for.

A relation stands for its own number (oid), a TypeRef for that of a type, and a `Space` for that of a schema. What the model
does not keep is UNKNOWN in a row; a table of the catalog that it does not keep at all is not in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from motjuste.schema_check.catalogue import Column, Constraint, Relation, TypeRef
from motjuste.schema_check.session import Session


class Unknown:
    """A value that only the running database knows."""

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Space:
    """The number of a schema."""

    name: str


@dataclass(frozen=True)
class Definition:
    """What pg_get_constraintdef gives: not its text, but the words that are in it."""

    words: str


Row = dict[str, Any]
Wanted = Mapping[str, str]  # column of the catalog -> the text that it must equal, as far as that is known

_KINDS = {"r": "BASE TABLE", "p": "BASE TABLE", "v": "VIEW", "f": "FOREIGN"}
_CONSTRAINTS = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK"}


def _relations(s: Session, wanted: Wanted, kinds: str, table: str, schema: str) -> Iterator[Relation]:
    name, space = wanted.get(table), wanted.get(schema)
    known = s.catalogue.relations
    if name is not None:
        found = [known[key] for x in s.catalogue.schemas if (key := (x, name)) in known]
    else:
        found = list(known.values())
    for relation in found:
        if relation.kind in kinds and (space is None or relation.schema == space) and not relation.temporary:
            yield relation


def _tables(kinds: str, schema: str, table: str) -> Callable[[Session, Wanted], Iterator[Row]]:
    def rows(s: Session, wanted: Wanted) -> Iterator[Row]:
        for r in _relations(s, wanted, kinds, table, schema):
            yield {schema: r.schema, table: r.name, "table_type": _KINDS.get(r.kind, "")}

    return rows


def _columns(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in _relations(s, wanted, "rpvf", "table_name", "table_schema"):
        name = wanted.get("column_name")
        for n, column in enumerate(r.columns, 1):
            if name is None or column.name == name:
                yield {
                    "table_schema": r.schema, "table_name": r.name, "column_name": column.name, "ordinal_position": n,
                    "is_generated": "ALWAYS" if column.generated else "NEVER", **_type_words(column.type),
                }  # fmt: skip


def _type_words(ref: TypeRef | None) -> Row:
    if ref is None:
        return {}
    root = ref.root
    if root.array:
        shown = "ARRAY"
    elif root.type.schema == "pg_catalog":
        shown = str(TypeRef(root.type)).replace("bpchar", "character").strip('"')
    else:
        shown = "USER-DEFINED"
    sized = root.mods and root.type.name in ("varchar", "bpchar", "bit", "varbit") and not root.array
    return {
        "data_type": shown,
        "udt_name": ("_" if root.array else "") + root.type.name,
        "udt_schema": root.type.schema,
        "character_maximum_length": int(root.mods[0]) if sized and root.mods[0].isdigit() else None,
    }


def _schemata(s: Session, wanted: Wanted) -> Iterator[Row]:
    for name in list(s.catalogue.schemas):
        yield {"schema_name": name}


def _constraints(s: Session, wanted: Wanted, name: str) -> Iterator[tuple[Relation, Constraint]]:
    asked = wanted.get(name)
    for r in list(s.catalogue.relations.values()):
        if r.constraints and (asked is None or asked in r.constraints):
            for constraint in list(r.constraints.values()):
                if asked is None or constraint.name == asked:
                    yield r, constraint


def _table_constraints(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r, k in _constraints(s, wanted, "constraint_name"):
        if k.kind in _CONSTRAINTS:
            yield {
                "constraint_schema": r.schema, "table_schema": r.schema, "table_name": r.name, "constraint_name": k.name,
                "constraint_type": _CONSTRAINTS[k.kind],
            }  # fmt: skip


def _key_columns(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r, k in _constraints(s, wanted, "constraint_name"):
        for n, column in enumerate(k.columns if k.kind in "puf" else [], 1):
            yield {
                "constraint_schema": r.schema, "table_schema": r.schema, "table_name": r.name, "constraint_name": k.name,
                "column_name": column.name, "ordinal_position": n,
            }  # fmt: skip


def _constraint_columns(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r, k in _constraints(s, wanted, "constraint_name"):
        table = k.target if k.kind == "f" and k.target is not None else r
        for column in k.target_columns if k.kind == "f" else k.columns:
            yield {
                "constraint_schema": r.schema, "table_schema": table.schema, "table_name": table.name,
                "constraint_name": k.name, "column_name": column.name,
            }  # fmt: skip


def _triggers(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in list(s.catalogue.relations.values()):
        for trigger in list(r.triggers.values()):
            yield {
                "trigger_schema": r.schema, "trigger_name": trigger.name, "event_object_schema": r.schema,
                "event_object_table": r.name,
            }  # fmt: skip


def _pg_trigger(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in list(s.catalogue.relations.values()):
        for trigger in list(r.triggers.values()):
            yield {"tgname": trigger.name, "tgrelid": r, "tgisinternal": False, "tgenabled": trigger.enabled}


def _routines(s: Session, wanted: Wanted) -> Iterator[Row]:
    for (schema, name), made in list(s.catalogue.functions.items()):
        for _ in made:
            yield {"routine_schema": schema, "routine_name": name}


def _pg_proc(s: Session, wanted: Wanted) -> Iterator[Row]:
    for (schema, name), made in list(s.catalogue.functions.items()):
        for function in made:
            yield {"oid": function, "proname": name, "pronamespace": Space(schema)}


def _domains(s: Session, wanted: Wanted) -> Iterator[Row]:
    for t in list(s.catalogue.types.values()):
        if t.kind == "d":
            yield {"domain_schema": t.schema, "domain_name": t.name}


def _pg_class(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in _relations(s, wanted, "rpvmfSic", "relname", ""):
        yield {
            "oid": r, "relname": r.name, "relnamespace": Space(r.schema), "relkind": r.kind,
            "relispartition": r.partition,
        }  # fmt: skip


def _pg_namespace(s: Session, wanted: Wanted) -> Iterator[Row]:
    for name in list(s.catalogue.schemas):
        yield {"oid": Space(name), "nspname": name}


def _pg_attribute(s: Session, wanted: Wanted) -> Iterator[Row]:
    asked = wanted.get("attname")
    for r in list(s.catalogue.relations.values()):
        if asked is not None and r.column(asked) is None:
            continue
        for n, column in enumerate(r.columns, 1):
            if asked is None or column.name == asked:
                yield {
                    "attrelid": r, "attname": column.name, "attnum": n, "attisdropped": False,
                    "atttypid": column.type or UNKNOWN, "attgenerated": "s" if column.generated else "",
                }  # fmt: skip


def _pg_type(s: Session, wanted: Wanted) -> Iterator[Row]:
    asked = wanted.get("typname")
    for (schema, name), t in list(s.catalogue.types.items()):
        if asked is None or name == asked:
            yield {"oid": TypeRef(t), "typname": name, "typnamespace": Space(schema), "typtype": t.kind}
    ref = s.builtins.ref(asked) if asked else None
    if ref is not None:
        yield {"oid": ref, "typname": asked, "typnamespace": Space("pg_catalog"), "typtype": ref.type.kind}


def _numbers(relation: Relation | None, columns: list[Column]) -> list[int]:
    return [relation.columns.index(c) + 1 for c in columns if c in relation.columns] if relation else []


def _pg_constraint(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r, k in _constraints(s, wanted, "conname"):
        yield {
            "oid": k, "conname": k.name, "conrelid": r, "contype": k.kind, "confrelid": k.target,
            "connamespace": Space(r.schema), "conkey": _numbers(r, k.columns),
            "confkey": _numbers(k.target, k.target_columns) if k.target else None, "conindid": k.index,
        }  # fmt: skip


def _pg_extension(s: Session, wanted: Wanted) -> Iterator[Row]:
    for name, schema in {**s.catalogue.extensions, "plpgsql": "pg_catalog"}.items():
        yield {"extname": name, "extnamespace": Space(schema)}


def _pg_indexes(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in _relations(s, wanted, "i", "indexname", "schemaname"):
        if isinstance(r.owner, Relation):
            yield {"schemaname": r.schema, "tablename": r.owner.name, "indexname": r.name}


def _pg_index(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in list(s.catalogue.relations.values()):
        if r.kind == "i" and isinstance(r.owner, Relation):
            yield {"indexrelid": r, "indrelid": r.owner}


def _pg_inherits(s: Session, wanted: Wanted) -> Iterator[Row]:
    for r in list(s.catalogue.relations.values()):
        for parent in r.parents:
            yield {"inhrelid": r, "inhparent": parent}


TABLES: dict[str, Callable[[Session, Wanted], Iterator[Row]]] = {
    "information_schema.tables": _tables("rpvf", "table_schema", "table_name"),
    "information_schema.views": _tables("v", "table_schema", "table_name"),
    "information_schema.columns": _columns,
    "information_schema.schemata": _schemata,
    "information_schema.sequences": _tables("S", "sequence_schema", "sequence_name"),
    "information_schema.domains": _domains,
    "information_schema.table_constraints": _table_constraints,
    "information_schema.referential_constraints": _table_constraints,
    "information_schema.key_column_usage": _key_columns,
    "information_schema.constraint_column_usage": _constraint_columns,
    "information_schema.triggers": _triggers,
    "information_schema.routines": _routines,
    "pg_catalog.pg_tables": _tables("rp", "schemaname", "tablename"),
    "pg_catalog.pg_views": _tables("v", "schemaname", "viewname"),
    "pg_catalog.pg_matviews": _tables("m", "schemaname", "matviewname"),
    "pg_catalog.pg_sequences": _tables("S", "schemaname", "sequencename"),
    "pg_catalog.pg_indexes": _pg_indexes,
    "pg_catalog.pg_class": _pg_class,
    "pg_catalog.pg_namespace": _pg_namespace,
    "pg_catalog.pg_attribute": _pg_attribute,
    "pg_catalog.pg_type": _pg_type,
    "pg_catalog.pg_constraint": _pg_constraint,
    "pg_catalog.pg_extension": _pg_extension,
    "pg_catalog.pg_trigger": _pg_trigger,
    "pg_catalog.pg_proc": _pg_proc,
    "pg_catalog.pg_index": _pg_index,
    "pg_catalog.pg_inherits": _pg_inherits,
}
