"""Calls of motjuste.attach and detach, and writes to motjuste's own tables."""

from __future__ import annotations

import re

from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.session import Session

_OUR_TABLES = re.compile(r"motjuste\"?\s*\.\s*\"?(?:watch|rule|bypass_role)\b", re.IGNORECASE)


def ours(s: Session, text: str, first: str) -> None:
    """Calls of motjuste.attach and detach, and writes to motjuste's own tables."""
    if first in ("select", "do", "with", "call"):
        c = Cursor.of(text)
        if first == "do":
            c = Cursor.of(next((t.value for t in c.tokens if t.kind == "string"), ""))
        while c:
            if c.take("motjuste", "."):
                what = c.name() if c.is_name() else ""
                if what in ("attach", "detach") and c.sees("("):
                    attach(s, what, c.group())
            else:
                c.next()
    elif first in ("delete", "update", "truncate") and _OUR_TABLES.search(text):
        s.event("drop-ours", "motjuste", detail=f"{first}s rows of motjuste's own tables")
    elif first == "insert" and re.search(r"motjuste\"?\s*\.\s*\"?bypass_role\b", text, re.I):
        s.event("drop-ours", "motjuste", detail="lets a role bypass the checks")


def attach(s: Session, what: str, c: Cursor) -> None:
    """motjuste.attach('crm.client', 'note', 'block', json_key => 'k')."""
    order = ("relation", "column_name", *(["mode"] if what == "attach" else []), "json_key")
    given: dict[str, str] = {}
    for i, part in enumerate(c.parts()):
        name = order[i] if i < len(order) else ""
        if part.peek(1) in ("=>", ":="):
            name = part.name()
            part.next()
        if part.kind() != "string":
            if name in ("relation", "column_name"):
                s.note(f"motjuste.{what}: its {name} is no literal", what=f"motjuste.{what}")
                return
            continue
        given[name] = part.string()
    table = given.get("relation", "")
    relation = s.find_relation(Cursor.of(table).qualified()) if table else None
    if relation is None:
        raise NotUnderstood(f"motjuste.{what}: there is no table {table}")
    column = s.column(relation, given.get("column_name", ""))
    mode, key = given.get("mode", "flag"), given.get("json_key", "")
    s.event(what, relation.label, column.name, mode, key, target=column)
