"""Rules about what copies the notes of a watched column: other tables, materialized views, histories."""

from __future__ import annotations

from collections.abc import Iterator

from motjuste.schema_check.rules.context import Context, Found, toml_exempt, uncovered

_HOW = {
    "like": "made LIKE its table", "inherits": "inherited from it", "copy": "filled from it",
    "detached": "detached from its table, and without its triggers",
}  # fmt: skip


def copy_not_covered(context: Context) -> Iterator[Found]:
    """A table or materialized view holds a copy of a watched column and is not covered.

    LIKE, INHERITS, CREATE TABLE AS, SELECT INTO, INSERT ... SELECT, a partition that was detached: the notes, or the next ones, stand a
    second time where no trigger looks, as they are or inside a text, an array or JSON that is made of them. A
    materialized view keeps old text until REFRESH and takes no trigger.

    Bad:    create table crm.client_2025 as select * from crm.client;
    Better: the same, and the copy watched, or exempt with reason, owner and end; not copied where it is not needed.
    """
    for seen in context.columns:
        origin = seen.made.origin if seen.made else ""
        known = context.coverage.covers(seen) or seen.partition or seen.label in context.histories
        source = (
            context.source(seen)
            if context.takes(seen) and seen.column.relkind in "rpm" and not known
            else None
        )
        if source is None:
            continue
        kept = "kept in a materialized view until its next REFRESH"
        how = kept if seen.column.relkind == "m" else _HOW.get(origin, _HOW["copy"])
        found = uncovered(seen, context, f"{seen.label} is a copy of {source.label}, which is watched: {how}")
        if seen.made is not None and seen.made.filled is not None:
            found = found._replace(place=seen.made.filled)
        if seen.column.relkind == "m":
            entry = toml_exempt(seen, context)
            found = found._replace(
                help=f"leave the column out, or exempt it in {context.policy_name}:\n{entry}"
            )
        yield found


def history_not_covered(context: Context) -> Iterator[Found]:
    """A history or audit table takes the notes of a watched column and is not covered.

    When a note is corrected or redacted, its history keeps the old words; so does an audit of whole rows in jsonb.

    Bad:    create table crm.client_history (..., commentaire text);  filled by a trigger on crm.client
    Better: leave the note out of the history; or watch its column too; or exempt it with reason, owner and end.
    """
    for label, source in context.histories.items():
        seen = context.by_label[label]
        if not context.coverage.covers(seen):
            yield uncovered(seen, context, f"{label} keeps the history of {source.label}, which is watched")
