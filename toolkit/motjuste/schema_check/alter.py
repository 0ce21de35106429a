"""ALTER TABLE, and ALTER of views, foreign tables, sequences and indexes, which share its grammar."""

from __future__ import annotations

from motjuste.schema_check import columns
from motjuste.schema_check.catalogue import TEMPORARY, Column, Relation
from motjuste.schema_check.cursor import Cursor, Name, NotUnderstood
from motjuste.schema_check.removal import drop_column, drop_constraint
from motjuste.schema_check.session import Absent, Refused, Session, shown

# Actions that change nothing that is looked at here, by their first words.
_OTHER = (
    "owner", "set", "reset", "cluster", "replica", "force", "no", "validate", "enable", "disable", "not", "of", "depends",
    "refresh", "options",
)  # fmt: skip
_TEXT = ("text", "varchar", "bpchar", "citext")


def alter_relation(s: Session, c: Cursor) -> Relation | None:
    """ALTER TABLE and the like, after the word for its kind; what it was about, None where that is not there."""
    if c.take("all", "in", "tablespace"):
        return None
    quietly = c.if_exists() or bool(s.lenient)
    only = c.sees("only")
    name = c.relation()
    relation = s.find_relation(name)
    if relation is None:
        unseen = not s.lenient and _widens_unseen(s, name, c)
        if not quietly:
            try:
                return s.relation(name)  # which raises
            except Refused as exc:
                raise Absent(str(exc), shown(name)) if unseen else exc from None
        if unseen:
            raise NotUnderstood(f"{name[-1]} is in none of these files, and IF EXISTS adds a column to it")
        return None
    if c.take("rename"):
        _rename(s, c, relation)
    elif c.take("set", "schema"):
        _set_schema(s, relation, c.name())
    elif c.take("attach", "partition"):
        if relation.kind != "i":
            _attach(s, relation, s.relation(c.qualified(), "rpf"))
    elif c.take("detach", "partition"):
        _detach(s, relation, s.relation(c.qualified(), "rpf"))
    elif relation.kind != "S":
        # the server sorts the actions: what drops comes first, then new types, new columns, new keys
        for action in sorted(c.parts(), key=_pass):
            alter_action(s, action, relation, only=only)
    return relation


def _widens_unseen(s: Session, name: Name, actions: Cursor) -> bool:
    """Whether these actions add a column to a table that no file ever made, by hand or by files that are not here: where
    its absence is allowed for, nobody would see the column."""
    return name[-1] not in s.catalogue.made and any(_pass(action) == 2 for action in actions.parts())


def absent_widened(s: Session, c: Cursor) -> str:
    """The table that a statement adds a column to, where no file ever made it; '' otherwise."""
    if not c.take("alter", "table"):
        return ""
    c.if_exists()
    name = c.relation()
    return shown(name) if s.find_relation(name) is None and _widens_unseen(s, name, c) else ""


def _pass(action: Cursor) -> int:
    if action.sees("drop"):
        return 0
    if any(t.kind == "word" and t.value == "type" for t in action.tokens[1:5]) and action.sees("alter"):
        return 1
    if not action.sees("add"):
        return 4
    probe = Cursor(action.tokens[1:], action.text)
    return 3 if columns.is_constraint(probe) else 2


def _own(column: Column) -> Column:
    """The column, where a parent does not rule it."""
    if column.parents > 0:
        raise Refused(f"column {column.name} is inherited")
    return column


def _rename(s: Session, c: Cursor, relation: Relation) -> None:
    if c.take("to"):
        name = c.name()
        s.is_there((relation.schema, name))
        old = relation.label
        s.catalogue.move(relation, relation.schema, name)
        relation.changed.append(s.place)
        constrained = relation.owner if relation.kind == "i" else None
        if isinstance(constrained, Relation) and any(
            k.index is relation for k in constrained.constraints.values()
        ):
            _rename_constraint(s, constrained, relation.was[-1][1], name)
        s.event("rename", old, detail=relation.label, target=relation)
    elif c.take("constraint"):
        old = c.name()
        c.need("to")
        _rename_constraint(s, relation, old, c.name())
    else:
        c.take("column")
        old = c.name()
        c.need("to")
        new = c.name()
        if s.lenient and relation.column(old) is None:
            return
        _own(s.column(relation, old))
        _rename_column(s, relation, old, new)


def _rename_constraint(s: Session, relation: Relation, old: str, new: str) -> None:
    """Rename a constraint, and its index where that still has the old name."""
    constraint = relation.constraints.pop(old, None)
    if constraint is not None:
        constraint.name = new
        relation.constraints[new] = constraint
        s.catalogue.constraint_names.add(new)
        if constraint.index is not None and constraint.index.name != new:
            s.catalogue.move(constraint.index, constraint.index.schema, new)


def _rename_column(s: Session, relation: Relation, old: str, new: str) -> None:
    column = s.column(relation, old)
    if relation.column(new) is not None:
        raise Refused(f"column {new} of {relation.label} is there already")
    column.was.append(old)
    column.name = new
    column.place = s.place
    column.changed.append(s.place)
    s.event("rename", relation.label, old, new, target=column)
    for index in s.catalogue.relations.values():
        if index.kind == "i" and index.owner is relation:
            index.index_columns = [new if n == old else n for n in index.index_columns]
    for other in relation.columns:
        other.made_of = [new if n == old else n for n in other.made_of]
    for child in relation.children:
        if child.column(old) is not None:
            _rename_column(s, child, old, new)


def _set_schema(s: Session, relation: Relation, schema: str) -> None:
    s.require_schema(schema)
    if schema == relation.schema:
        return
    s.is_there((schema, relation.name))
    old = relation.label
    for moved in (*s.catalogue.owned_by(relation), relation):
        s.catalogue.move(moved, schema, moved.name)
    relation.changed.append(s.place)
    s.event("rename", old, detail=relation.label, target=relation)


def _attach(s: Session, parent: Relation, child: Relation) -> None:
    for column in parent.columns:
        own = s.column(child, column.name)
        own.parents += 1
        own.local = False
        own.source = own.source or column
    child.partition = True
    child.parents.append(parent)
    parent.children.append(child)
    for key in list(parent.constraints.values()):
        if key.kind in "puf":
            columns.inherit_key(s, child, key)


def _detach(s: Session, parent: Relation, child: Relation) -> None:
    _leave(parent, child)
    child.partition = False
    for column in child.columns:
        source = parent.column(column.name)
        if source is not None:
            column.origin, column.source, column.place = "detached", source, s.place


def _leave(parent: Relation, child: Relation) -> None:
    if parent not in child.parents:
        raise Refused(f"{child.label} is no child of {parent.label}")
    child.parents.remove(parent)
    parent.children.remove(child)
    for column in parent.columns:
        own = child.column(column.name)
        if own is not None:
            own.parents -= 1
            own.local = own.local or own.parents <= 0


def _of_what(c: Cursor, relation: Relation) -> None:
    """Past the word COLUMN, or ATTRIBUTE of a type and of the tables that follow it: a table's column may have that name."""
    if not ((relation.kind == "c" or relation.of_type) and c.take("attribute")):
        c.take("column")


def alter_action(s: Session, c: Cursor, relation: Relation, *, only: bool = False) -> None:
    """One action of an ALTER TABLE."""
    place = s.at(c.here)
    if c.peek() in ("add", "drop", "inherit") and relation.kind not in "rpfc":
        raise Refused(f"{relation.label} is no table")
    if c.take("add"):
        if columns.is_constraint(c):
            for spec in columns.table_constraint(c):
                if not (s.lenient and spec.name in relation.constraints):
                    columns.add_constraint(s, relation, spec, only=only)
            return
        _of_what(c, relation)
        quietly = c.if_not_exists() or bool(s.lenient)
        name = c.name()
        if quietly and relation.column(name) is not None:
            return
        if relation.partition:
            raise Refused(f"{relation.label} is a partition")
        column, specs, sequence = columns.column_definition(s, c, name, place)
        column.origin = "added"
        _add_column(relation, column, only=only)
        if sequence:
            columns.add_sequence(s, relation, column)
        for spec in specs:
            columns.add_constraint(s, relation, spec)
    elif c.take("drop", "constraint"):
        quietly = c.if_exists() or bool(s.lenient)
        name = c.name()
        if name in relation.constraints:
            drop_constraint(s, relation, name)
    elif c.take("drop"):
        _of_what(c, relation)
        quietly = c.if_exists() or bool(s.lenient)
        name = c.name()
        if quietly and relation.column(name) is None:
            return
        _own(s.column(relation, name))
        drop_column(s, relation, name, cascade=c.take("cascade"), only=only)
    elif c.take("alter", "constraint"):
        return
    elif c.take("alter"):
        _of_what(c, relation)
        if c and c.tokens[c.i].kind == "number":
            return  # ALTER COLUMN 1 SET STATISTICS, of an index
        _alter_column(s, c, relation)
    elif c.take("inherit"):
        _inherit(s, relation, s.relation(c.qualified(), "rpf"))
    elif c.take("no", "inherit"):
        _leave(s.relation(c.qualified(), "rpf"), relation)
    elif c.peek() in ("enable", "disable") and c.peek(1) in ("trigger", "replica", "always"):
        _switch(s, c, relation)
    elif c.peek() not in _OTHER:
        raise NotUnderstood(f"the action at {c.shown()}")


def _add_column(relation: Relation, column: Column, *, only: bool) -> None:
    columns.add_column(relation, column)
    for child in relation.children if not only else []:
        own = child.column(column.name)
        if own is not None:
            own.parents += 1
            own.source = own.source or column
            continue
        origin = "partition" if child.partition else "inherits"
        _add_column(child, columns.inherited(column, column.place, origin), only=False)


def _alter_column(s: Session, c: Cursor, relation: Relation) -> None:
    name = c.name()
    if s.lenient and relation.column(name) is None:
        return
    column = s.column(relation, name)
    if c.take("type") or c.take("set", "data", "type"):
        place = s.at(c.here)
        new = s.type(c.type())
        _own(column)
        for each in _with_children(relation, name):
            if _wider(each, new.root.type.name, new.root.mods):
                each.origin, each.place = "widened", place
            each.type = new
            each.changed.append(place)
    elif c.take("add", "generated"):
        columns.add_sequence(s, relation, column)
    elif c.take("drop", "identity"):
        for other in list(s.catalogue.relations.values()):
            if other.owner is column and other.kind == "S":
                s.catalogue.relations.pop(other.key)
    elif c.take("drop", "expression"):
        for each in _with_children(relation, name):
            each.generated, each.made_of = False, []


def _with_children(relation: Relation, name: str) -> list[Column]:
    found = [c for c in [relation.column(name)] if c is not None]
    for child in relation.children:
        found += _with_children(child, name)
    return found


def _wider(column: Column, kind: str, mods: tuple[str, ...]) -> bool:
    if kind not in _TEXT or column.type is None:
        return False
    old = column.type.root
    if old.type.name not in _TEXT:
        return True
    before = int(old.mods[0]) if old.mods and old.mods[0].isdigit() else 10**9
    after = int(mods[0]) if mods and mods[0].isdigit() else 10**9
    return after > before


def _inherit(s: Session, child: Relation, parent: Relation) -> None:
    for column in parent.columns:
        s.column(child, column.name)
    origins = [(c, c.origin) for c in child.columns]
    columns.inherit_columns(s, child, parent, "inherits")
    for column, origin in origins:
        column.origin = origin


def _switch(s: Session, c: Cursor, relation: Relation) -> None:
    """ENABLE | DISABLE [REPLICA | ALWAYS] TRIGGER name | ALL | USER."""
    state = "O" if c.next().value == "enable" else "D"
    if c.any_of("replica"):
        state = "R"
    elif c.any_of("always"):
        state = "A"
    if not c.take("trigger"):
        return  # a rule
    name = c.name()
    quoted_name = c.tokens[c.i - 1].kind == "quoted"
    everything = name in ("all", "user") and not quoted_name
    for trigger in relation.triggers.values():
        if everything or trigger.name == name:
            trigger.enabled, trigger.place = state, s.place
    if relation.schema != TEMPORARY:
        s.event("switch", relation.label, detail=f"{state} {'*' if everything else name}", target=relation)
