"""What goes when something is dropped: its columns, keys, indexes and sequences, and with CASCADE what was made of it."""

from __future__ import annotations

from collections.abc import Callable

from motjuste.schema_check.catalogue import Column, Relation, Type
from motjuste.schema_check.session import Refused, Session

OURS = "motjuste"


def drop(s: Session, things: list[object], *, cascade: bool) -> None:
    """Remove relations, columns, types or schemas' contents, and with `cascade` all that needs them.

    Raises Refused where something else needs them and there is no CASCADE.
    """
    if not cascade:
        _need_none(s, things)
    gone: set[int] = set()
    queue = list(things)
    while queue:
        thing = queue.pop()
        if id(thing) in gone:
            continue
        gone.add(id(thing))
        relations = s.catalogue.relations.values()
        if isinstance(thing, Relation):
            queue += [c for c in thing.children if c.partition or cascade]
            if cascade:
                queue += [*thing.columns, *([thing.row_type] if thing.row_type else [])]
            _drop_keys(s, thing, lambda _: True)
            s.forget(thing)
        elif isinstance(thing, Column):
            if (
                thing.relation is not None
                and thing in thing.relation.columns
                and id(thing.relation) not in gone
            ):
                queue += _made_of(thing)
                _drop_column(s, thing.relation, thing)
        elif isinstance(thing, Type):
            s.catalogue.types.pop((thing.schema, thing.name), None)
            if cascade:
                columns = (c for r in relations if r.kind in "rpfc" for c in r.columns)
                queue += [c for c in columns if c.type and c.type.type is thing]
                queue += [r for r in relations if r.of_type is thing]
                queue += [t for t in s.catalogue.types.values() if t.base and t.base.type is thing]
        if cascade:
            queue += [r for r in relations if any(n is thing for n in r.needs)]


def _made_of(column: Column) -> list[Column]:
    """The columns of its table that are generated from a column."""
    return [c for c in (column.relation.columns if column.relation else []) if column.name in c.made_of]


def _need_none(s: Session, things: list[object]) -> None:
    """Raises Refused where something that stays needs what is to go."""
    going = set(things)
    queue = list(things)
    while queue:
        thing = queue.pop()
        if isinstance(thing, Relation):
            going |= {*thing.columns, thing.row_type}
            inside = [c for c in thing.children if c.partition and c not in going]
            going.update(inside)
            queue += inside
        elif isinstance(thing, Column) and any(other not in going for other in _made_of(thing)):
            raise Refused("a generated column depends on it")
    going.discard(None)
    relations = any(isinstance(x, Relation) for x in going)
    types = any(isinstance(x, Type) for x in going)
    for other in s.catalogue.relations.values():
        needed = other.needs and any(n in going for n in other.needs)
        if relations and not needed:
            needed = any(p in going for p in other.parents)
            needed = needed or any(k.target in going for k in other.constraints.values() if k.kind == "f")
        if types and not needed:
            columns = other.columns if other.kind in "rpfc" else []
            needed = other.of_type in going or any(c.type and c.type.type in going for c in columns)
        if needed and other not in going:
            raise Refused(f"{other.label} depends on it")
    bases = [t.base for t in s.catalogue.types.values() if types and t not in going]
    if any(base and base.type in going for base in bases):
        raise Refused("a domain depends on it")


def _drop_keys(s: Session, target: Relation, to: Callable[[list[Column]], bool]) -> None:
    """Remove the foreign keys that are to a table, and to such columns of it."""
    for other in s.catalogue.relations.values():
        keys = [k for k in other.constraints.values() if k.kind == "f" and k.target is target]
        for key in keys:
            if to(key.target_columns):
                del other.constraints[key.name]


def _drop_column(s: Session, relation: Relation, column: Column) -> None:
    relation.columns.remove(column)
    for name in [n for n, k in relation.constraints.items() if column in k.columns]:
        drop_constraint(s, relation, name)
    for other in list(s.catalogue.relations.values()):
        indexed = other.kind == "i" and other.owner is relation and column.name in other.index_columns
        if other.owner is column or indexed:
            s.catalogue.relations.pop(other.key, None)
    _drop_keys(s, relation, lambda columns: column in columns)


def drop_constraint(s: Session, relation: Relation, name: str) -> None:
    """Remove a constraint and its index, and the foreign keys that were on it."""
    constraint = relation.constraints.pop(name)
    for column in constraint.columns if constraint.kind != "c" else []:
        column.changed.append(s.place)
    if constraint.index is not None:
        s.catalogue.relations.pop(constraint.index.key, None)
    columns = {*constraint.columns}
    others = [k for k in relation.constraints.values() if k.kind in "pu" and {*k.columns} == columns]
    if constraint.kind in "pu" and not others:
        _drop_keys(s, relation, lambda to: {*to} == columns)


def drop_column(s: Session, relation: Relation, name: str, *, cascade: bool, only: bool = False) -> None:
    """Remove a column of a table and, where they have it from there only, of its children."""
    column = s.column(relation, name)
    for child in relation.children:
        inherited = child.column(name)
        if inherited is None:
            continue
        inherited.parents -= 1
        if only:
            inherited.local = True
        elif inherited.parents <= 0 and not inherited.local:
            drop_column(s, child, name, cascade=cascade)
    drop(s, [column], cascade=cascade)
