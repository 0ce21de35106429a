"""What goes when something is dropped: its columns, keys, indexes and sequences, and with CASCADE what was made of it."""

from __future__ import annotations

from motjuste.schema_check.catalogue import Column, Function, Relation, Type
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
        if isinstance(thing, Relation):
            queue += [c for c in thing.children if c.partition or cascade]
            if cascade:
                queue += [*thing.columns, *([thing.row_type] if thing.row_type else [])]
                queue += [r for r in s.catalogue.relations.values() if any(n is thing for n in r.needs)]
            _keys_to(s, thing)
            s.forget(thing)
        elif isinstance(thing, Column):
            if (
                thing.relation is not None
                and thing in thing.relation.columns
                and id(thing.relation) not in gone
            ):
                _drop_column(s, thing.relation, thing)
            if cascade:
                queue += [r for r in s.catalogue.relations.values() if any(n is thing for n in r.needs)]
        elif isinstance(thing, Type):
            s.catalogue.types.pop((thing.schema, thing.name), None)
            if cascade:
                queue += [
                    c
                    for r in s.catalogue.relations.values()
                    if r.kind in "rpfc"
                    for c in r.columns
                    if c.type and c.type.type is thing
                ]
                queue += [r for r in s.catalogue.relations.values() if r.of_type is thing]
                queue += [
                    t for t in s.catalogue.types.values() if t.base is not None and t.base.type is thing
                ]
                queue += [r for r in s.catalogue.relations.values() if any(n is thing for n in r.needs)]
        elif isinstance(thing, Function) and cascade:
            queue += [r for r in s.catalogue.relations.values() if any(n is thing for n in r.needs)]


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
    going.discard(None)
    relations = any(isinstance(x, Relation) for x in going)
    types = any(isinstance(x, Type) for x in going)
    for other in s.catalogue.relations.values():
        needed = other.needs and any(n in going for n in other.needs)
        if relations and not needed:
            needed = any(p in going for p in other.parents)
            needed = needed or any(k.target in going for k in other.constraints.values() if k.kind == "f")
        if types and not needed:
            needed = other.of_type in going
            needed = needed or (
                other.kind in "rpfc"
                and any(c.type is not None and c.type.type in going for c in other.columns)
            )
        if needed and other not in going:
            raise Refused(f"{other.label} depends on it")
    domains = (
        (t for t in s.catalogue.types.values() if t.base is not None and t not in going) if types else ()
    )
    if any(t.base.type in going for t in domains if t.base is not None):
        raise Refused("a domain depends on it")


def _keys_to(s: Session, relation: Relation) -> None:
    """Foreign keys to a relation that is gone are gone."""
    for other in s.catalogue.relations.values():
        for name in [n for n, k in other.constraints.items() if k.kind == "f" and k.target is relation]:
            del other.constraints[name]


def _drop_column(s: Session, relation: Relation, column: Column) -> None:
    relation.columns.remove(column)
    for name in [n for n, k in relation.constraints.items() if column in k.columns]:
        drop_constraint(s, relation, name)
    for other in list(s.catalogue.relations.values()):
        if other.owner is column or (
            other.kind == "i" and other.owner is relation and column.name in other.index_columns
        ):
            s.catalogue.relations.pop(other.key, None)
        for name in [
            n for n, k in other.constraints.items() if k.target is relation and column in k.target_columns
        ]:
            del other.constraints[name]


def drop_constraint(s: Session, relation: Relation, name: str) -> None:
    """Remove a constraint and its index, and the foreign keys that were on it."""
    constraint = relation.constraints.pop(name)
    for column in constraint.columns if constraint.kind != "c" else []:
        column.changed.append(s.place)
    if constraint.index is not None:
        s.catalogue.relations.pop(constraint.index.key, None)
    if constraint.kind in "pu":
        for other in s.catalogue.relations.values():
            for key in [
                n
                for n, k in other.constraints.items()
                if k.kind == "f" and k.target is relation and {*k.target_columns} == {*constraint.columns}
            ]:
                if not any(
                    {*k.columns} == {*constraint.columns}
                    for k in relation.constraints.values()
                    if k.kind in "pu"
                ):
                    del other.constraints[key]


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
