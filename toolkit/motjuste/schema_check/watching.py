"""Calls of motjuste.attach and detach, and writes to motjuste's own tables."""

from __future__ import annotations

import re

from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.session import Session


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
    elif first in ("delete", "update", "truncate") and re.search(
        r"motjuste\"?\s*\.\s*\"?(watch|rule|bypass_role)\b", text, re.I
    ):
        s.event("drop-ours", "motjuste", detail=f"{first}s rows of motjuste's own tables")
    elif first in ("insert",) and re.search(r"motjuste\"?\s*\.\s*\"?bypass_role\b", text, re.I):
        s.event("drop-ours", "motjuste", detail="lets a role bypass the checks")


def attach(s: Session, what: str, c: Cursor) -> None:
    """motjuste.attach('crm.client', 'note', 'block', json_key => 'k')."""
    order = (
        ("relation", "column_name", "mode", "json_key")
        if what == "attach"
        else ("relation", "column_name", "json_key")
    )
    given: dict[str, str] = {}
    for i, part in enumerate(c.parts()):
        name = order[i] if i < len(order) else ""
        if part.peek(1) in ("=>", ":="):
            name = part.name()
            part.next()
        if not part or part.tokens[part.i].kind != "string":
            if name in ("relation", "column_name"):
                s.note(f"motjuste.{what}: its {name} is no literal", what=f"motjuste.{what}")
                return
            continue
        given[name] = part.string()
    relation = (
        s.find_relation(Cursor.of(given.get("relation", "")).qualified()) if given.get("relation") else None
    )
    if relation is None:
        raise NotUnderstood(f"motjuste.{what}: there is no table {given.get('relation', '')}")
    column = s.column(relation, given.get("column_name", ""))
    s.event(
        what, relation.label, column.name, given.get("mode", "flag"), given.get("json_key", ""), target=column
    )
