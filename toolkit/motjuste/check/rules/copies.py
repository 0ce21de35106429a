"""Rules about what copies the notes of a watched column: other tables, materialized views, histories."""

from __future__ import annotations

import re
from collections.abc import Iterator

from motjuste.check.catalogue import Relation
from motjuste.check.cursor import Cursor, NotUnderstood
from motjuste.check.rules.context import TAKEN_FROM, Context, problem, watch_or_exempt
from motjuste.check.seen import Seen
from motjuste.report import Problem

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


def copy_not_covered(context: Context) -> Iterator[Problem]:
    """A table or materialized view holds a copy of a watched column and is not covered.

    LIKE, INHERITS, CREATE TABLE AS, SELECT INTO, a partition that was detached: the notes, or the next ones, stand a
    second time where no trigger looks. A materialized view keeps old text until REFRESH and takes no trigger.

    Bad:    create table crm.client_2025 as select * from crm.client;
    Better: the same, and the copy watched, or exempt with reason, owner and end; not copied where it is not needed.
    """
    for seen in context.columns:
        origin = seen.made.origin if seen.made else ""
        if (
            context.coverage.covers(seen)
            or seen.partition
            or seen.label in context.histories
            or origin not in TAKEN_FROM
        ):
            continue
        if seen.column.relkind not in "rpm":
            continue
        source = context.source(seen)
        if source is None:
            continue
        how = {
            "like": "made LIKE its table", "inherits": "inherited from it", "copy": "filled from it",
            "detached": "detached from its table, and without its triggers",
        }[origin]  # fmt: skip
        help_ = watch_or_exempt(seen, context)
        if seen.column.relkind == "m":
            how = "kept in a materialized view until its next REFRESH"
            help_ = help_.split("\n")[-1].removeprefix("or ")
        yield problem(
            "copy-not-covered",
            seen.place,
            f"{seen.label} is a copy of {source.label}, which is watched: {how}",
            help_,
            seen.label,
        )


def history_not_covered(context: Context) -> Iterator[Problem]:
    """A history or audit table takes the notes of a watched column and is not covered.

    When a note is corrected or redacted, its history keeps the old words; so does an audit of whole rows in jsonb.

    Bad:    create table crm.client_history (..., commentaire text);  filled by a trigger on crm.client
    Better: leave the note out of the history; or watch its column too; or exempt it with reason, owner and end.
    """
    for label, source in context.histories.items():
        seen = context.by_label[label]
        if not context.coverage.covers(seen):
            yield problem(
                "history-not-covered",
                seen.place,
                f"{label} keeps the history of {source.label}, which is watched",
                watch_or_exempt(seen, context),
                label,
            )


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
            for seen in by_table.get(target.key, []):
                if target is relation:
                    continue
                if seen.column.name == source.column.name or (
                    whole and seen.column.kind in _HOLDS_ROW and _row_column(seen)
                ):
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
        functions = [
            f
            for (sch, n), fs in s.catalogue.functions.items()
            if n == name and schema in ("", sch)
            for f in fs
        ]
        for function in functions:
            if not _ROW.search(function.body):
                continue
            for m in _INSERT.finditer(function.body):
                try:
                    key = Cursor.of(m[1]).qualified()
                except NotUnderstood:
                    continue
                target = s.catalogue.relations.get((key[0] or "public", key[1])) or s.catalogue.relations.get(
                    (relation.schema, key[1])
                )
                if target is not None:
                    yield target, bool(_WHOLE_ROW.search(function.body))
