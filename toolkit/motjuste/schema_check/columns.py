"""The parts of CREATE TABLE and ALTER TABLE: column definitions, constraints and LIKE, read and then added."""

from __future__ import annotations

from dataclasses import dataclass, field

from motjuste.schema_check.budget import COLUMNS
from motjuste.schema_check.catalogue import Column, Constraint, Place, Relation, TypeRef, object_name
from motjuste.schema_check.cursor import Cursor, Name, NotUnderstood, TypeName
from motjuste.schema_check.session import Refused, Session

_CONSTRAINTS = ("primary", "unique", "foreign", "check", "exclude", "constraint")
# what may stand after a column's type beside its constraints, and what ends a default
_AFTER_TYPE = (
    "not", "null", "no", "inherit", "deferrable", "initially", "deferred", "immediate", "enforced", "valid", "match", "full",
    "partial", "simple", "on", "delete", "update", "action", "restrict", "cascade", "set", "default", "nulls", "distinct", "using",
    "index", "include", "stored", "virtual",
)  # fmt: skip
_OPENS = (
    *_CONSTRAINTS, "not", "null", "references", "generated", "collate", "default", "storage", "compression", "deferrable",
    "initially", "with", "options",
)  # fmt: skip
_SUBJECT = {"p": "pkey", "u": "key", "f": "fkey", "x": "excl"}


@dataclass
class ConstraintSpec:
    """A constraint as it is written; `index`: the name of USING INDEX, `says`: the expression of a CHECK."""

    kind: str
    name: str = ""
    columns: list[str] = field(default_factory=list)
    target: Name | None = None
    target_columns: list[str] = field(default_factory=list)
    index: str = ""
    says: str = ""


def is_constraint(c: Cursor) -> bool:
    """Whether a table's constraint comes next and not a column."""
    word = c.peek()
    if word == "exclude":
        return c.peek(1) in ("using", "(")
    if word == "not":
        return c.peek(1) == "null"
    return word in _CONSTRAINTS


def table_constraint(c: Cursor) -> list[ConstraintSpec]:
    """The constraint that comes next; none for NOT NULL."""
    name = c.name() if c.take("constraint") else ""
    if c.take("primary", "key") or c.take("unique"):
        kind = "p" if c.tokens[c.i - 1].value == "key" else "u"
        if c.take("nulls"):
            c.take("not")
            c.need("distinct")
        if c.take("using", "index"):
            return [ConstraintSpec(kind, name, index=c.name())]
        return [ConstraintSpec(kind, name, c.list_of_names())]
    if c.take("foreign", "key"):
        found = ConstraintSpec("f", name, c.list_of_names())
        c.need("references")
        return [_references(c, found)]
    if c.take("exclude"):
        return [ConstraintSpec("x", name)]
    if c.take("check"):
        return [_check(c, name)]
    c.need("not", "null")
    return []


def _check(c: Cursor, name: str) -> ConstraintSpec:
    """A CHECK, after that word."""
    c = c.group()
    return ConstraintSpec("c", name, _names(c), says=" ".join(t.raw for t in c.tokens))


def _names(c: Cursor) -> list[str]:
    """The names in an expression that may be columns."""
    after = [*(t.value for t in c.tokens[1:]), ""]
    found = (t.value for t, sign in zip(c.tokens, after, strict=True) if t.is_name and sign not in ("(", "."))
    return list(dict.fromkeys(found))


def names_values(says: str, *, cast: bool) -> bool:
    """Whether the expression of a CHECK lists values; `cast`: its column is read as text, so that one value is a list too."""
    if not says or "length" in says.lower():
        return False
    c = Cursor.of(says)
    while c:
        if c.take("not", "in"):
            continue
        if c.take("in"):
            if c.sees("(") and (cast or len(list(c.group().parts())) > 1):
                return True
        elif c.take("=", "any"):
            return True
        elif c.take("="):
            if cast:
                return True
        else:
            c.next()
    return False


def _references(c: Cursor, spec: ConstraintSpec) -> ConstraintSpec:
    spec.target = c.qualified()
    if c.sees("("):
        spec.target_columns = c.list_of_names()
    return spec


def column_definition(
    s: Session, c: Cursor, name: str, place: Place
) -> tuple[Column, list[ConstraintSpec], bool]:
    """(column, its constraints, whether it has a sequence) of what follows a column's name."""
    written = c.type()
    column = Column(name, _type(s, written, name), place)
    specs, identity = column_constraints(c, column)
    return column, specs, written.serial or identity


def column_constraints(c: Cursor, column: Column) -> tuple[list[ConstraintSpec], bool]:
    """(constraints, whether it is an identity) of what follows a column's type."""
    specs: list[ConstraintSpec] = []
    identity, named = False, ""
    while c:
        if c.take("constraint"):
            named = c.name()
            continue
        if c.take("primary", "key"):
            specs.append(ConstraintSpec("p", named, [column.name]))
        elif c.take("unique"):
            specs.append(ConstraintSpec("u", named, [column.name]))
        elif c.take("references"):
            specs.append(_references(c, ConstraintSpec("f", named, [column.name])))
        elif c.take("check"):
            specs.append(_check(c, named))
        elif c.take("generated", "always") or c.take("generated", "by", "default"):
            c.need("as")
            if c.take("identity"):
                identity = True
            else:
                column.generated, column.made_of = True, _names(c.group())
        elif c.take("set", "default"):
            continue  # ON DELETE
        elif c.take("default"):
            _past_default(c)
        elif c.take("collate"):
            c.dotted()
        elif c.any_of("storage", "compression", "tablespace"):
            c.next()
        elif c.any_of("with", "options"):
            continue
        elif c.sees("("):
            c.group()  # of a sequence, or storage parameters
        elif not c.any_of(*_AFTER_TYPE):
            raise NotUnderstood(f"what follows the type of {column.name} at {c.shown()}")
        named = ""
    return specs, identity


def _type(s: Session, written: TypeName, name: str) -> TypeRef | None:
    """The type of a new column. One that is not there hides no other column of the table: it is noted, and not known."""
    try:
        return s.type(written)
    except Refused as exc:
        if s.blocks:
            raise  # a block may handle it
        s.note(f"{exc}: column {name} is taken as of a type that was made before", refused=True)
        return None


def _past_default(c: Cursor) -> None:
    """Past the expression of a DEFAULT: to the next word that opens a constraint, in no CASE."""
    cases = 0
    while True:
        cases += c.sees("case") - (c.sees("end") and cases > 0)
        if c.peek() in ("(", "["):
            c.group(c.peek())
        else:
            c.next()
        if not c or (cases == 0 and c.peek() in _OPENS):
            return


def add_column(relation: Relation, column: Column) -> Column:
    """Put a column at the end of a relation. Raises Refused where it is there, or there is no room for it."""
    if relation.column(column.name) is not None:
        raise Refused(f"column {column.name} of {relation.label} is there already")
    if len(relation.columns) >= COLUMNS:
        raise Refused(f"{relation.label} has {COLUMNS:,} columns")
    column.relation = relation
    relation.columns.append(column)
    return column


def add_sequence(s: Session, relation: Relation, column: Column) -> None:
    """The sequence of a serial or identity column."""
    name = s.catalogue.free_name(relation.schema, relation.name, column.name, "seq")
    sequence = Relation(relation.schema, name, "S", s.place, owner=column, temporary=relation.temporary)
    s.catalogue.add(sequence)


def add_constraint(s: Session, relation: Relation, spec: ConstraintSpec, *, only: bool = False) -> None:
    """Add a constraint under the name that the server gives it, and its index. Partitions get it too, unless `only`."""
    index: Relation | None = None
    columns = spec.columns
    if spec.index:
        index = s.relation((relation.schema, spec.index), "i")
        columns = index.index_columns
        name = spec.name or spec.index
        if name != index.name:
            s.catalogue.move(index, index.schema, name)
    elif spec.kind == "f":
        name = spec.name or _free_constraint(s, relation, "_".join(columns), "fkey")
    elif spec.kind == "c":
        columns = [n for n in columns if relation.column(n) is not None]
        middle = columns[0] if len(columns) == 1 else ""
        name = spec.name or _free_constraint(s, relation, middle, "check")
    else:
        middle = "" if spec.kind == "p" else "_".join(columns)
        name = spec.name or s.catalogue.free_name(relation.schema, relation.name, middle, _SUBJECT[spec.kind])
    if name in relation.constraints:
        raise Refused(f"constraint {name} of {relation.label} is there already")
    if spec.kind in "pux" and index is None:
        key = relation.schema, name
        s.is_there(key)
        index = Relation(
            *key, "i", s.place, owner=relation, index_columns=columns, temporary=relation.temporary
        )
        s.catalogue.add(index)
    target = s.relation(spec.target) if spec.target else None
    target_columns: list[Column] = []
    if target is not None:
        names = spec.target_columns or list(target.primary_key)
        target_columns = [s.column(target, n) for n in names]
    found = [s.column(relation, n) for n in columns]
    s.catalogue.constraint_names.add(name)
    relation.constraints[name] = Constraint(name, spec.kind, found, target, target_columns, index, spec.says)
    for child in relation.children if not only else []:
        if spec.kind == "c":
            inherit_check(s, child, relation.constraints[name])
        elif spec.kind in "puf" and child.partition:
            inherit_key(s, child, relation.constraints[name])


def _free_constraint(s: Session, relation: Relation, middle: str, label: str) -> str:
    number, name = 0, object_name(relation.name, middle, label)
    while name in s.catalogue.constraint_names and any(
        name in r.constraints for r in s.catalogue.relations.values() if r.schema == relation.schema
    ):
        number += 1
        name = object_name(relation.name, middle, f"{label}{number}")
    return name


def inherit_key(s: Session, child: Relation, key: Constraint) -> None:
    """A partition gets the keys of its table, unless it has that key already."""
    names = [c.name for c in key.columns]
    if any(k.kind == key.kind and [c.name for c in k.columns] == names for k in child.constraints.values()):
        return
    if all(child.column(n) for n in names):
        spec = ConstraintSpec(key.kind, columns=names)
        if key.target is not None:
            spec.name = key.name if key.name not in child.constraints else ""
            spec.target, spec.target_columns = key.target.key, [c.name for c in key.target_columns]
        add_constraint(s, child, spec)


def inherit_check(s: Session, child: Relation, check: Constraint) -> None:
    """A child gets the CHECK constraints of its parent, under their names."""
    if check.name not in child.constraints:
        names = [c.name for c in check.columns]
        add_constraint(s, child, ConstraintSpec("c", check.name, names, says=check.says))


def inherited(column: Column, place: Place, origin: str) -> Column:
    """A parent's column as its child has it."""
    found = copied(column, place, origin, generated=True)
    found.local, found.parents = False, 1
    return found


def inherit_columns(s: Session, child: Relation, parent: Relation, origin: str) -> None:
    """The columns that a child has from a parent: merged where it has one of that name."""
    for column in parent.columns:
        own = child.column(column.name)
        if own is None:
            add_column(child, inherited(column, s.place, origin))
        else:
            own.parents += 1
            own.source = own.source or column
            if origin == "inherits" and own.origin == "created":
                own.origin = origin
    child.parents.append(parent)
    parent.children.append(child)
    for check in [k for k in parent.constraints.values() if k.kind == "c"]:
        inherit_check(s, child, check)


def copied(
    column: Column, place: Place, origin: str, *, comment: bool = False, generated: bool = False
) -> Column:
    """A column like another."""
    return Column(
        column.name,
        column.type,
        place,
        comment=column.comment if comment else "",
        generated=column.generated and generated,
        origin=origin,
        source=column,
        made_of=list(column.made_of) if generated else [],
    )
