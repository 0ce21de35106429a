"""Where columns come from: whose history a table keeps, and what a column was called before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from motjuste.schema_check.catalogue import Place, Relation, quoted
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.seen import Seen

if TYPE_CHECKING:
    from motjuste.schema_check.rules.context import Context

_INSERT = re.compile(
    r"\binsert\s+into\s+((?:\"[^\"]+\"|[\w$]+)(?:\s*\.\s*(?:\"[^\"]+\"|[\w$]+))?)", re.IGNORECASE
)
_ROW = re.compile(r"\b(?:old|new)\b", re.IGNORECASE)
_WHOLE_ROW = re.compile(
    r"\b(?:to_jsonb?|row_to_json|hstore|jsonb?_build_object)\s*\(\s*(?:old|new)\b|\b(?:old|new)\b\s*\.\s*\*|\bselect\s+(?:old|new)\b|\b(?:old|new)\s*::\s*text",
    re.IGNORECASE,
)
_SUFFIX = re.compile(
    r"^(?P<of>.+?)s?_(?:histor(?:y|ies)|hist|historique|audit|audits|log|logs|archive|archives|versions?|revisions?|journal)$"
)
_PREFIX = re.compile(r"^(?:histor(?:y|ique)?|hist|audit|archive|log|version|h)_(?P<of>.+?)s?$")
_HOLDS_ROW = ("json", "jsonb", "hstore", "text")


def histories(context: Context) -> dict[str, Seen]:
    """Label -> the watched column whose history it keeps, by triggers that insert and by the table's name."""
    found: dict[str, Seen] = {}
    by_table: dict[tuple[str, str], list[Seen]] = {}
    for seen in context.columns:
        if not seen.partition and seen.column.relkind in "rp":
            by_table.setdefault((seen.column.schema, seen.column.table), []).append(seen)
    for source in context.watched:
        relation = context.relation(source)
        for target, whole in _targets(context, relation) if relation is not None else []:
            for seen in by_table.get(target.key, []) if target is not relation else []:
                rows = whole and seen.column.kind in _HOLDS_ROW and _row_column(seen)
                if rows or seen.column.name == source.column.name:
                    found.setdefault(seen.label, source)
    for (schema, table), columns in by_table.items():
        named = _SUFFIX.match(table) or _PREFIX.match(table)
        if named is None:
            continue
        for source in context.watched:
            of = source.column.table
            if (schema, table) != (source.column.schema, of) and named["of"] in (of, of.removesuffix("s")):
                for seen in columns:
                    if seen.column.name == source.column.name:
                        found.setdefault(seen.label, source)
    return found


def _row_column(seen: Seen) -> bool:
    """Whether a column of a history holds whole rows: jsonb, or text called so."""
    return seen.column.kind != "text" or bool(
        re.search(r"row|data|old|new|record|payload|valeur|ligne|change", seen.column.name)
    )


def _targets(context: Context, relation: Relation) -> Iterator[tuple[Relation, bool]]:
    """(table, whether whole rows) of what the triggers of a table insert into."""
    s = context.session
    for trigger in relation.triggers.values():
        schema, name = trigger.function
        known = s.catalogue.functions
        functions = [
            f for key, made in known.items() if key[1] == name and schema in ("", key[0]) for f in made
        ]
        for function in functions:
            for m in _INSERT.finditer(function.body) if _ROW.search(function.body) else ():
                try:
                    space, table = Cursor.of(m[1]).qualified()
                except NotUnderstood:
                    continue
                tables = [s.catalogue.relations.get((x, table)) for x in (space or "public", relation.schema)]
                target = tables[0] or tables[1]
                if target is not None:
                    yield target, bool(_WHOLE_ROW.search(function.body))


def left_behind(context: Context) -> dict[str, tuple[str, Place]]:
    """Label of a column now -> (label that the policy or an attach still names, place of the last rename)."""
    named = {label for label in context.coverage.watched if label not in context.by_label}
    named |= {e.column for e in context.config.exempts}
    found: dict[str, tuple[str, Place]] = {}
    if not named:
        return found
    for seen in context.columns:
        if context.coverage.covers(seen) or seen.made is None:
            continue
        relation = context.relation(seen)
        tables = [seen.relation]
        if relation is not None:
            tables += [f"{quoted(s)}.{quoted(t)}" for s, t in relation.was]
        columns = [seen.column.name, *seen.made.was]
        for table in tables:
            for column in columns:
                old = f"{table}.{quoted(column)}"
                if old != seen.label and old in named:
                    place = next(
                        (e.place for e in reversed(context.session.events) if e.kind == "rename" and (e.target is seen.made or e.target is relation)),
                        seen.place,
                    )  # fmt: skip
                    found[seen.label] = old, place
    return found
