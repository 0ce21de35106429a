"""The columns that a check judges, scored as `discover` scores them but without data, from the model or from a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from motjuste import discovery
from motjuste.discovery import kin
from motjuste.model import ELEMENTS, Column
from motjuste.schema_check.catalogue import NOWHERE, Catalogue, Place, Relation, TypeRef, quoted
from motjuste.schema_check.catalogue import Column as Made
from motjuste.schema_check.columns import names_values
from motjuste.schema_check.session import Note

LISTS = ("text[]", "varchar[]", "bpchar[]", "citext[]")
KINDS = ("text", "varchar", "bpchar", "citext", "json", "jsonb", "xml", *LISTS)
SIZED = ("varchar", "bpchar", "varchar[]", "bpchar[]")
OURS = "motjuste"


@dataclass(frozen=True)
class Seen:
    """A column: `column` scored where it may hold a note, `type` as format_type writes it, `made` as the model has it."""

    column: Column
    type: str
    partition: bool = False
    generated: bool = False
    place: Place = NOWHERE
    made: Made | None = None

    @property
    def label(self) -> str:
        """schema.table.column, as SQL reads it."""
        c = self.column
        return f"{quoted(c.schema)}.{quoted(c.table)}.{quoted(c.name)}"

    @property
    def relation(self) -> str:
        """schema.table, as SQL reads it."""
        return f"{quoted(self.column.schema)}.{quoted(self.column.table)}"

    @property
    def judged(self) -> bool:
        """Whether `discover` would look at it in a table: text, lists of it, json, xml; no partition, no generated column."""
        held = self.partition or self.generated
        return self.column.relkind in "rp" and not held and self.column.kind in KINDS


def merged(databases: Iterable[Iterable[Seen]]) -> list[Seen]:
    """The columns of several databases: of two with one name, which a policy cannot tell apart, the one that scores higher."""
    found: dict[str, Seen] = {}
    for columns in databases:
        for s in columns:
            if s.label not in found or s.column.score > found[s.label].column.score:
                found[s.label] = s
    return list(found.values())


def from_catalogue(catalogue: Catalogue, schemas: Iterable[str] = ()) -> list[Seen]:
    """Every column of the model's tables, views and foreign tables."""
    wanted = set(schemas)
    found = []
    for relation in catalogue.tables():
        if relation.extension or relation.schema == OURS or (wanted and relation.schema not in wanted):
            continue
        constrained = relation.constrained
        found += [_seen(relation, made, made in constrained) for made in relation.columns]
    return scored(found)


def _seen(relation: Relation, made: Made, constrained: bool) -> Seen:
    kind = kind_of(made.type)
    column = Column(
        relation.schema,
        relation.name,
        made.name,
        json_key=ELEMENTS if kind in LISTS else "",
        kind=kind,
        relkind=relation.kind,
        key=relation.primary_key,
        size=size_of(made.type),
        comment=made.comment,
        constrained=constrained,
        listed=_listed(relation, made),
    )
    place = made.place if made.place.line else relation.place
    return Seen(column, str(made.type or "?"), relation.partition, made.generated, place, made)


def kind_of(ref: TypeRef | None) -> str:
    """The name of the type under the domains, as pg_type has it; of an array that of its elements with []."""
    if ref is None:
        return ""
    root = ref.root
    return TypeRef(root.type).root.type.name + "[]" if root.array else root.type.name


def _listed(relation: Relation, made: Made) -> bool:
    """Whether a CHECK on this column alone names its values: as the server writes it, = ANY or ::text =, and no length."""
    kind = made.type.root.type.name if made.type is not None else ""
    return any(
        k.kind == "c" and k.columns == [made] and names_values(k.says, cast=kind == "varchar")
        for k in relation.constraints.values()
    )


def size_of(ref: TypeRef | None) -> int:
    """The declared length of a varchar or char, 0 where there is none."""
    root = ref.root if ref is not None else None
    sized = root is not None and root.type.name in ("varchar", "bpchar") and root.mods
    return int(root.mods[0]) if root is not None and sized and root.mods[0].isdigit() else 0


def scored(seen: Sequence[Seen]) -> list[Seen]:
    """The same with the scores of the columns that `discover` would look at."""
    keys = kin.concerned(s.column for s in seen)
    return [_scored(s, keys.get((s.column.schema, s.column.table), "")) if s.judged else s for s in seen]


def _scored(seen: Seen, beside: str) -> Seen:
    return replace(seen, column=discovery.score(seen.column, beside))


def from_rows(
    rows: Iterable[dict[str, object]], model: Catalogue | None = None, notes: Sequence[Note] = ()
) -> list[Seen]:
    """The columns of a database's catalog (sql/queries/schema.sql), with the places that the model knows of.

    What the model does not know was made by a statement that it did not analyse: `notes` has those.
    """
    found = []
    for row in rows:
        schema, table, name = str(row["schema"]), str(row["table"]), str(row["name"])
        kind, size = str(row["kind"]), row["size"]
        key = row["key"]
        column = Column(
            schema,
            table,
            name,
            kind=kind,
            relkind=str(row["relkind"]),
            key=tuple(key) if isinstance(key, list) else (),
            json_key=ELEMENTS if kind in LISTS else "",
            size=size if isinstance(size, int) and kind in SIZED else 0,
            comment=str(row["comment"]),
            constrained=bool(row["constrained"]),
            listed=bool(row["listed"]),
        )
        relation = model.relations.get((schema, table)) if model else None
        made = relation.column(name) if relation else None
        place = made.place if made and made.place.line else relation.place if relation else NOWHERE
        place = place if place.line else _made_by(table, notes)
        partition, generated = bool(row["partition"]), bool(row["generated"])
        found.append(Seen(column, str(row["type"]), partition, generated, place, made))
    return scored(found)


def _made_by(table: str, notes: Sequence[Note]) -> Place:
    """Where a table was made, as far as what was not analysed tells: a statement that names it, else one that names nothing."""
    naming = [n for n in notes if any(t.rpartition(".")[2].strip('"') == table for t in n.touches)]
    made = naming or [n for n in notes if not n.touches and n.what != "file"]
    return made[-1].place if made else Place("database", 0)


@dataclass(frozen=True)
class Difference:
    """A column on which the model and a database differ."""

    label: str
    place: Place
    what: str


def differences(static: Iterable[Seen], exact: Iterable[Seen]) -> list[Difference]:
    """Where the two ways to see the same migrations differ: columns, types, and what the scoring asks."""
    a, b = {s.label: s for s in static}, {s.label: s for s in exact}
    found = [Difference(k, a[k].place, "in the files' model, not in the database") for k in a if k not in b]
    found += [Difference(k, b[k].place, "in the database, not in the files' model") for k in b if k not in a]
    for key in a.keys() & b.keys():
        x, y = a[key], b[key]
        if (x.type, x.partition, x.generated, x.column) != (y.type, y.partition, y.generated, y.column):
            what = f"{_told(x)} in the files' model, {_told(y)} in the database"
            found.append(Difference(key, x.place, what))
    return sorted(found, key=lambda d: d.label)


def _told(s: Seen) -> str:
    words = [s.type, f"relkind {s.column.relkind}"]
    words += ["partition"] if s.partition else []
    words += ["generated"] if s.generated else []
    words += ["in a key"] if s.column.constrained else []
    words += [f"score {s.column.score}"] if s.judged else []
    return ", ".join(words)
