"""Rules about what copies the notes of a watched column: other tables, materialized views, histories."""

from __future__ import annotations

from collections.abc import Iterator

from motjuste.officer.report import Problem
from motjuste.schema_check.rules.context import TAKEN_FROM, Context, problem, watch_or_exempt


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
