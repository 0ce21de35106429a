"""Views, materialized views, and the rule that makes a view of a table."""

from __future__ import annotations

import re

from motjuste.schema_check import queries
from motjuste.schema_check.catalogue import TEMPORARY, Relation
from motjuste.schema_check.cursor import Cursor
from motjuste.schema_check.session import Refused, Session, shown
from motjuste.schema_check.tables import filled


def create_view(s: Session, c: Cursor, *, replace: bool, temporary: bool, recursive: bool) -> None:
    """CREATE VIEW, after the word VIEW."""
    name = c.qualified()
    names = c.list_of_names() if c.sees("(") else []
    if c.take("with"):
        c.group()
    c.need("as")
    query = re.sub(r"\bwith\s+(?:local\s+|cascaded\s+)?check\s+option\s*$", "", c.rest(), flags=re.IGNORECASE)
    if recursive:
        own, listed = shown(("", name[1])), ", ".join(shown(("", n)) for n in names)
        query = f"with recursive {own} ({listed}) as ({query}) select {listed} from {own}"
    result = queries.analyse(s, query)
    # a view of a temporary table is temporary
    temporary = temporary or any(isinstance(n, Relation) and n.temporary for n in result.needs)
    key = s.creation_schema(name, temporary=temporary)
    old = s.catalogue.relations.get(key)
    if old is not None and not (replace and old.kind == "v"):
        if s.lenient:
            return
        raise Refused(f"relation {shown(key)} is there already")
    view = Relation(*key, "v", s.place, temporary=key[0] == TEMPORARY)
    filled(s, view, result, names, "view")
    if old is None:
        s.catalogue.add(view)
        return
    # replaced in place: what was made of it stays, with its columns and their comments
    for column, before in zip(view.columns, old.columns, strict=False):
        before.type, before.source = column.type, column.source
    for extra in view.columns[len(old.columns) :]:
        extra.relation = old
        old.columns.append(extra)
    old.known, old.needs = view.known, view.needs


def create_materialized_view(s: Session, c: Cursor) -> None:
    """CREATE MATERIALIZED VIEW, after these words."""
    quietly = c.if_not_exists() or bool(s.lenient)
    key = s.creation_schema(c.qualified())
    names = c.list_of_names() if c.sees("(") else []
    c.until("as")
    c.need("as")
    if s.is_there(key, quietly=quietly):
        return
    s.catalogue.add(filled(s, Relation(*key, "m", s.place), queries.analyse(s, c.rest()), names, "copy"))


def rule(s: Session, c: Cursor) -> None:
    """CREATE RULE: one called _RETURN makes a view of a table."""
    if c.name() != "_RETURN":
        return
    c.until("to")
    c.need("to")
    view = s.relation(c.qualified(), "rv")
    c.until("do")
    c.need("do")
    c.take("instead")
    result = queries.analyse(s, c.rest())
    view.kind, view.columns = "v", []
    filled(s, view, result, [], "view")
