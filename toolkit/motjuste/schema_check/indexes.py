"""Indexes and sequences: they share the names of tables, and what they belong to takes them along."""

from __future__ import annotations

from itertools import count

from motjuste.schema_check.catalogue import TEMPORARY, Relation
from motjuste.schema_check.cursor import Cursor
from motjuste.schema_check.session import Session


def create_index(s: Session, c: Cursor) -> None:
    """CREATE [UNIQUE] INDEX, after the word INDEX."""
    c.take("concurrently")
    quietly = c.if_not_exists() or bool(s.lenient)
    name = "" if c.sees("on") else c.qualified()[-1]
    c.need("on")
    table = s.relation(c.relation(), "rpm")
    if c.take("using"):
        c.name()
    parts = c.group().parts()
    columns = [part.name() if part.is_name() and part.peek(1) != "(" else "expr" for part in parts]
    if c.take("include"):
        c.group()
    if not name:
        middle: list[str] = []
        for column in columns:
            numbered = (f"{column}{number or ''}" for number in count())
            middle.append(next(n for n in numbered if n not in middle))
        name = s.catalogue.free_name(table.schema, table.name, "_".join(middle), "idx")
    if s.is_there((table.schema, name), quietly=quietly):
        return
    key = table.schema, name
    s.catalogue.add(
        Relation(*key, "i", s.place, owner=table, index_columns=columns, temporary=table.temporary)
    )


def create_sequence(s: Session, c: Cursor, *, temporary: bool) -> None:
    """CREATE SEQUENCE, after the word SEQUENCE."""
    quietly = c.if_not_exists() or bool(s.lenient)
    key = s.creation_schema(c.qualified(), temporary=temporary)
    if s.is_there(key, quietly=quietly):
        return
    sequence = Relation(*key, "S", s.place, temporary=key[0] == TEMPORARY)
    s.catalogue.add(sequence)
    own_sequence(s, c, sequence)


def own_sequence(s: Session, c: Cursor, sequence: Relation) -> None:
    """OWNED BY table.column, wherever it stands in what is left."""
    while c:
        if c.take("owned", "by"):
            parts = c.dotted()
            if parts == ("none",):
                sequence.owner = None
            elif len(parts) > 1:
                table = s.relation((parts[-3] if len(parts) > 2 else "", parts[-2]), "rpfv")
                sequence.owner = s.column(table, parts[-1])
        else:
            c.next()
