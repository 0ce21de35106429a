"""CREATE TABLE, and CREATE FOREIGN TABLE, in all their forms but AS SELECT's query, which queries.py reads."""

from __future__ import annotations

from motjuste.schema_check import columns, queries
from motjuste.schema_check.catalogue import TEMPORARY, Column, Relation
from motjuste.schema_check.columns import ConstraintSpec
from motjuste.schema_check.cursor import Cursor, Name, NotUnderstood
from motjuste.schema_check.lexer import clip
from motjuste.schema_check.scope import Output
from motjuste.schema_check.session import Refused, Session

_LIKE_ALL = frozenset(("comments", "constraints", "defaults", "generated", "identity", "indexes", "storage"))


def create_table(s: Session, c: Cursor, *, temporary: bool = False, foreign: bool = False) -> None:
    """CREATE [TEMP] TABLE, after the word TABLE."""
    quietly = c.if_not_exists() or bool(s.lenient)
    name = c.qualified()
    key = s.creation_schema(name, temporary=temporary)
    if s.is_there(key, quietly=quietly):
        return
    relation = Relation(*key, "f" if foreign else "r", s.place, temporary=key[0] == TEMPORARY)
    keys: list[ConstraintSpec] = []
    sequences: list[Column] = []
    if c.take("partition", "of"):
        _partition(s, c, relation, keys)
    elif c.take("of"):
        row = s.find_type(c.qualified())
        if row is None or row.type.relation is None:
            raise Refused("the type after OF is no composite type")
        relation.of_type = row.type
        relation.columns = [columns.copied(col, s.place, "created") for col in row.type.relation.columns]
        for column in relation.columns:
            column.relation = relation
        keys += _option_list(c)
    elif c.sees("(") and _names_only(c):
        create_as(s, c, relation, c.list_of_names())
        return
    elif c.sees("("):
        for part in c.group().parts():
            _element(s, part, relation, keys, sequences)
        if c.take("inherits"):
            own, relation.columns = relation.columns, []
            for parent in c.group().parts():
                columns.inherit_columns(s, relation, s.relation(parent.qualified(), "rpf"), "inherits")
            _merge(relation, own)
    elif c.peek() in ("as", "using", "with", "on", "tablespace"):
        create_as(s, c, relation, [])
        return
    else:
        raise NotUnderstood(f"the columns expected at {c.shown()}")
    _storage(c, relation)
    s.catalogue.add(relation)
    for column in sequences:
        columns.add_sequence(s, relation, column)
    # the server makes the primary key first
    for spec in sorted(keys, key=lambda k: "pu".find(k.kind) % 3):
        columns.add_constraint(s, relation, spec)
    if relation.partition:
        for inherited in relation.parents[0].constraints.values():
            if inherited.kind in "puf":
                columns.inherit_key(s, relation, inherited)


def _names_only(c: Cursor) -> bool:
    """Whether the list that comes next holds names only, as before AS SELECT."""
    parts = list(c.tail().group().parts())
    return bool(parts) and all(len(p.tokens) == 1 and p.is_name() for p in parts)


def _element(
    s: Session, part: Cursor, relation: Relation, keys: list[ConstraintSpec], sequences: list[Column]
) -> None:
    """One entry of a table's list: a column, a constraint or LIKE."""
    place = s.at(part.here)
    if part.take("like"):
        _like(s, part, relation, keys, sequences)
    elif columns.is_constraint(part):
        keys += columns.table_constraint(part)
    else:
        name = part.name()
        column, specs, sequence = columns.column_definition(s, part, name, place)
        columns.add_column(relation, column)
        keys += specs
        if sequence:
            sequences.append(column)


def _like(
    s: Session, c: Cursor, relation: Relation, keys: list[ConstraintSpec], sequences: list[Column]
) -> None:
    source = s.relation(c.qualified(), "rpvmfc")
    options: set[str] = set()
    while c:
        including = c.any_of("including", "excluding") == "including"
        word = c.name()
        chosen = _LIKE_ALL if word == "all" else {word}
        options = options | chosen if including else options - chosen
    if not source.known:
        raise NotUnderstood(f"the columns of {source.label} are not known")
    for column in source.columns:
        comment, generated = "comments" in options, "generated" in options
        made = columns.add_column(
            relation, columns.copied(column, s.place, "like", comment=comment, generated=generated)
        )
        owned = (r for r in s.catalogue.relations.values() if r.owner is column)
        if "identity" in options and any(r.kind == "S" for r in owned):
            sequences.append(made)
    if "constraints" in options:
        checks = (k for k in source.constraints.values() if k.kind == "c")
        keys += [ConstraintSpec("c", k.name, [x.name for x in k.columns], says=k.says) for k in checks]
    if "indexes" in options:
        copied_keys = (k for k in source.constraints.values() if k.kind in "pu")
        keys += [ConstraintSpec(k.kind, columns=[x.name for x in k.columns]) for k in copied_keys]


def _option_list(c: Cursor) -> list[ConstraintSpec]:
    """The constraints in the list of a typed table or a partition, which names columns that are there: none without a list."""
    found: list[ConstraintSpec] = []
    for part in c.group().parts() if c.sees("(") else ():
        if columns.is_constraint(part):
            found += columns.table_constraint(part)
        else:
            found += columns.column_constraints(part, Column(part.name(), None))[0]
    return found


def _storage(c: Cursor, relation: Relation) -> None:
    """What may follow the columns: how the table is stored and partitioned. Raises NotUnderstood for anything else."""
    while c:
        if c.take("partition", "by"):
            relation.kind = "p"
            c.name()
            c.group()
        elif c.take("with") or c.take("options"):
            c.group()
        elif c.any_of("using", "tablespace", "server"):
            c.name()
        elif c.take("on", "commit"):
            c.any_of("preserve", "delete", "drop")
            c.take("rows")
        elif not c.take("without", "oids"):
            raise NotUnderstood(f"what follows the columns at {c.shown()}")


def _merge(relation: Relation, own: list[Column]) -> None:
    """The table's own columns after the inherited ones; one of the same name is the same column."""
    for column in own:
        inherited = relation.column(column.name)
        if inherited is None:
            relation.columns.append(column)
            column.relation = relation
        else:
            inherited.local, inherited.type, inherited.place = True, column.type, column.place


def _partition(s: Session, c: Cursor, relation: Relation, keys: list[ConstraintSpec]) -> None:
    parent = s.relation(c.qualified(), "p")
    relation.partition = True
    columns.inherit_columns(s, relation, parent, "partition")
    keys += _option_list(c)
    if not c.take("default"):
        c.need("for", "values")
        c.until("partition", "server", "using", "with", "tablespace", "options")


def create_as(s: Session, c: Cursor, relation: Relation, names: list[str]) -> None:
    """CREATE TABLE ... AS, and what stands before AS."""
    c.until("as")
    c.need("as")
    if c.sees("execute"):
        raise NotUnderstood("CREATE TABLE AS EXECUTE: the prepared query is not looked up")
    s.catalogue.add(filled(s, relation, queries.analyse(s, c.rest()), names, "copy"))


def filled(s: Session, relation: Relation, result: queries.Result, names: list[str], origin: str) -> Relation:
    """The relation with the columns of a query, under other names where there are some. What is not known of them is noted."""
    found = list(result.columns)
    if not result.known and not found:
        found = [Output(n, None, None) for n in names]
    for i, out in enumerate(found):
        name = clip(names[i]) if i < len(names) else out.name
        if relation.column(name) is not None:
            raise Refused(f"column {name} appears twice in {relation.label}")
        column = Column(name, out.type, s.place, origin=origin, source=out.source, relation=relation)
        column.texts = out.texts
        relation.columns.append(column)
    relation.known = result.known or bool(names)
    if relation.kind in "vm":
        relation.needs = result.needs
    for why in result.unknown:
        s.note(why, (relation.label,))
    return relation


def select_into(s: Session, name: Name, query: str, *, temporary: bool) -> None:
    """SELECT ... INTO name ..., the query without its INTO."""
    key = s.creation_schema(name, temporary=temporary)
    s.is_there(key)
    relation = Relation(*key, "r", s.place, temporary=key[0] == TEMPORARY)
    s.catalogue.add(filled(s, relation, queries.analyse(s, query), [], "copy"))
