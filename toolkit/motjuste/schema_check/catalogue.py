"""The schema as a server would have it: relations, columns, types, constraints, triggers and functions.

Things are known by identity, as a server knows them by number: who holds a table or a type still holds it
after it was renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from motjuste.schema_check.lexer import NAME_BYTES
from motjuste.schema_check.words import RESERVED

Key = tuple[str, str]  # schema, name
TEMPORARY = "pg_temp"

# How format_type writes the types that have a name of their own in the standard.
_SHOWN = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying", "varbit": "bit varying",
    "timestamp": "timestamp{} without time zone", "timestamptz": "timestamp{} with time zone",
    "time": "time{} without time zone", "timetz": "time{} with time zone", "char": '"char"',
}  # fmt: skip


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


NOWHERE = Place("", 0)


@dataclass(eq=False, slots=True)
class Type:
    """A type: `kind` is pg_type.typtype; `base` is what a domain is of, `element` what a range or multirange is of."""

    schema: str
    name: str
    kind: str = "b"
    base: TypeRef | None = None
    relation: Relation | None = None
    extension: str = ""


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type with its modifiers, or an array of it."""

    type: Type
    mods: tuple[str, ...] = ()
    array: bool = False

    def __str__(self) -> str:
        return shown_type(self)

    @property
    def root(self) -> TypeRef:
        """The type under the domains."""
        found = self
        while not found.array and found.type.kind == "d" and found.type.base is not None:
            found = found.type.base
        return found


@cache
def quoted(name: str) -> str:
    """A name as SQL reads it, in quotes where it needs them."""
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


# The modifiers of PostGIS, as it writes them whatever they were written as.
_SHAPES = {
    name.lower(): name
    for name in (
        "Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
        "CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve", "MultiSurface", "PolyhedralSurface", "Triangle", "Tin",
    )
}  # fmt: skip


def _spatial(name: str, mods: tuple[str, ...]) -> tuple[str, ...]:
    """(shape, number of the reference system) of a geometry or geography; () where they say nothing."""
    shape, dimensions = re.fullmatch(r"(.*?)(zm?|m)?", "".join(mods[0].lower().split())).groups("")  # type: ignore[union-attr]
    written = _SHAPES.get(shape, mods[0]) + (dimensions.upper() if shape in _SHAPES else "")
    system = mods[1] if len(mods) > 1 else "4326" if name == "geography" else "0"
    if system in ("0", "-1"):
        return () if written == "Geometry" else (written,)
    return written, system


def shown_type(ref: TypeRef) -> str:
    """The type as format_type writes it where only pg_catalog is on the search path."""
    t, mods = ref.type, ref.mods
    if mods and t.extension and t.name in ("geometry", "geography"):
        mods = _spatial(t.name, mods)
    end = "[]" if ref.array else ""
    listed = f"({','.join(mods)})" if mods else ""
    if t.schema != "pg_catalog":
        return f"{quoted(t.schema)}.{quoted(t.name)}{listed}{end}"
    if t.name in ("bpchar", "bit") and mods:
        return f"{'character' if t.name == 'bpchar' else 'bit'}{listed}{end}"
    if t.name == "bit":
        return '"bit"' + end
    if t.name == "interval" and mods:
        if mods[0][0].isdigit():
            return f"interval{listed}{end}"
        return f"interval {mods[0]}" + (f"({mods[1]})" if mods[1:] else "") + end
    form = _SHOWN.get(t.name, t.name)
    if "{}" in form:
        return form.format(listed) + end
    return form + listed + end


@dataclass(eq=False, slots=True)
class Column:
    """A column: `origin` says how it came to be, `source` what it is a copy of, `texts` the columns whose text is in it, `filled` where an INSERT put it there, `was` the names it had,
    `changed` where its name, type, comment or keys were changed, `made_of` the columns that it is generated from."""

    name: str
    type: TypeRef | None
    place: Place = NOWHERE
    comment: str = ""
    generated: bool = False
    local: bool = True
    parents: int = 0
    origin: str = "created"
    source: Column | None = None
    texts: tuple[Column, ...] = ()
    filled: Place | None = None
    relation: Relation | None = None
    was: list[str] = field(default_factory=list)
    changed: list[Place] = field(default_factory=list)
    made_of: list[str] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Constraint:
    """A primary key (p), unique (u), foreign key (f), CHECK (c) or exclusion (x) of these columns.

    `says` is what a CHECK was written as.
    """

    name: str
    kind: str
    columns: list[Column]
    target: Relation | None = None
    target_columns: list[Column] = field(default_factory=list)
    index: Relation | None = None
    says: str = ""


@dataclass(eq=False, slots=True)
class Trigger:
    """A trigger: what it calls, whether it is on ('O'), off ('D'), and where that was last said."""

    name: str
    function: Key
    place: Place
    enabled: str = "O"


@dataclass(eq=False, slots=True)
class Relation:
    """A table (r), partitioned table (p), view (v), materialized view (m), foreign table (f), sequence (S), index (i).

    `needs` is what it is made of: what it cannot outlive without CASCADE.
    """

    schema: str
    name: str
    kind: str
    place: Place = NOWHERE
    columns: list[Column] = field(default_factory=list)
    parents: list[Relation] = field(default_factory=list)
    children: list[Relation] = field(default_factory=list)
    partition: bool = False
    temporary: bool = False
    constraints: dict[str, Constraint] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    needs: list[object] = field(default_factory=list)
    owner: Relation | Column | None = None
    index_columns: list[str] = field(default_factory=list)
    row_type: Type | None = None
    of_type: Type | None = None
    extension: str = ""
    known: bool = True  # False where its columns could not be found out
    was: list[Key] = field(default_factory=list)
    changed: list[Place] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """Schema and name."""
        return self.schema, self.name

    @property
    def label(self) -> str:
        """The name as SQL reads it."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def constrained(self) -> set[Column]:
        """The columns that are part of a primary, unique or foreign key."""
        return {c for k in self.constraints.values() if k.kind in "puf" for c in k.columns}

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the columns of the primary key, in order."""
        return next(
            (tuple(c.name for c in k.columns) for k in self.constraints.values() if k.kind == "p"), ()
        )


@dataclass(eq=False, slots=True)
class Function:
    """A function of the user's: `out` is what a row of its result holds, () where it returns one value.

    `names` are those of the arguments that are given, `default_texts` the defaults of the last of them.
    """

    schema: str
    name: str
    arguments: tuple[TypeRef | None, ...]
    returns: TypeRef | None
    place: Place
    out: tuple[tuple[str, TypeRef | None], ...] = ()
    defaults: int = 0
    variadic: bool = False
    aggregate: bool = False
    body: str = ""
    language: str = ""
    names: tuple[str, ...] = ()
    default_texts: tuple[str, ...] = ()


class Catalogue:
    """What exists at one moment."""

    def __init__(self) -> None:
        self.schemas: dict[str, Place] = {
            "public": NOWHERE,
            "pg_catalog": NOWHERE,
            "information_schema": NOWHERE,
        }
        self.relations: dict[Key, Relation] = {}
        self.made: set[str] = set()  # the names that relations ever had
        self.types: dict[Key, Type] = {}
        self.functions: dict[Key, list[Function]] = {}
        self.extensions: dict[str, str] = {}
        self.temporary: set[Relation] = set()
        self.constraint_names: set[str] = set()  # all that there ever were: a name that is not here is free

    def snapshot(self) -> list[tuple[object, dict[str, Any]]]:
        """What each thing says of itself now, for `restore`."""
        things: list[object] = [self, *self.types.values()]
        for relation in self.relations.values():
            things += [
                relation,
                *relation.columns,
                *relation.constraints.values(),
                *relation.triggers.values(),
            ]
        found = []
        for thing in things:
            names = list(vars(thing)) if thing is self else thing.__slots__  # type: ignore[attr-defined]
            said = {n: getattr(thing, n) for n in names}
            found.append(
                (thing, {n: v.copy() if isinstance(v, list | dict | set) else v for n, v in said.items()})
            )
        found[0][1]["functions"] = {key: list(made) for key, made in self.functions.items()}
        return found

    @staticmethod
    def restore(snapshot: list[tuple[object, dict[str, Any]]]) -> None:
        """Put everything back as it was; what was made since is forgotten."""
        for thing, said in snapshot:
            for name, value in said.items():
                setattr(thing, name, value)

    def tables(self) -> Iterator[Relation]:
        """The tables, views and foreign tables, in order of name."""
        for key in sorted(self.relations):
            relation = self.relations[key]
            if relation.kind in "rpvmf" and not relation.temporary:
                yield relation

    def owned_by(self, relation: Relation) -> list[Relation]:
        """The indexes and sequences of a relation and of its columns."""
        owners: list[object] = [relation, *relation.columns]
        return [
            r for r in self.relations.values() if r.owner is not None and any(r.owner is o for o in owners)
        ]

    def add(self, relation: Relation) -> None:
        """Put a relation in; tables and views come with their row type."""
        self.relations[relation.key] = relation
        self.made.add(relation.name)
        if relation.temporary:
            self.temporary.add(relation)
        if relation.kind in "rpvmfc" and relation.row_type is None:
            relation.row_type = Type(relation.schema, relation.name, "c", relation=relation)
        if relation.row_type is not None:
            self.types[relation.key] = relation.row_type
        for column in relation.columns:
            column.relation = relation

    def move(self, relation: Relation, schema: str, name: str) -> None:
        """Give a relation and its row type another name or schema."""
        relation.was.append(relation.key)
        del self.relations[relation.key]
        if relation.row_type is not None:
            self.types.pop(relation.key, None)
            relation.row_type.schema, relation.row_type.name = schema, name
        relation.schema, relation.name = schema, name
        self.add(relation)

    def free_name(self, schema: str, table: str, middle: str, label: str) -> str:
        """The name that the server gives a constraint, index or sequence: ChooseRelationName of PostgreSQL."""
        number, name = 0, object_name(table, middle, label)
        while (schema, name) in self.relations:
            number += 1
            name = object_name(table, middle, f"{label}{number}")
        return name


def object_name(table: str, middle: str, label: str) -> str:
    """table_middle_label, the longer of the first two cut where all is too long: makeObjectName of PostgreSQL."""
    room = NAME_BYTES - len(label.encode()) - 1 - (1 if middle else 0)
    first, second = table.encode(), middle.encode()
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = (first.decode("utf-8", "ignore"), second.decode("utf-8", "ignore"), label)
    return "_".join(p for p in parts if p)
