"""Rules about a comment-like column that nothing covers, by how it came to be."""

from __future__ import annotations

from collections.abc import Iterator

from motjuste.schema_check.catalogue import quoted
from motjuste.schema_check.coverage import relation_label
from motjuste.schema_check.rules.context import Context, Found, attach_line, uncovered, what
from motjuste.schema_check.seen import Seen


def _plain(context: Context, seen: Seen) -> bool:
    """Whether no more telling rule speaks of this column."""
    return not (seen.label in context.histories or (context.takes(seen) and context.source(seen) is not None))


def uncovered_column(context: Context) -> Iterator[Found]:
    """A comment-like column is neither watched nor exempt.

    A free-text column that nobody watches fills with what a note may not say, and three years later it takes a scan, a
    review and a redaction. The score is the one of `motjuste discover`: type, names of column and table, comment.

    Bad:    alter table crm.client add column notes text;
    Better: the same, then select motjuste.attach('crm.client', 'notes', 'flag');
            or [[watch]] in motjuste.toml; or [[exempt]] with reason, owner and end where it is about things.
    """
    renamed = context.left_behind
    for seen in context.uncovered:
        widened = seen.made is not None and seen.made.origin == "widened"
        if _plain(context, seen) and not widened and seen.label not in renamed:
            yield uncovered(seen, context, f"nobody watches {what(seen)}")


def column_widened(context: Context) -> Iterator[Found]:
    """A column was widened into a comment column.

    A code of thirty characters holds no note; the same column as text does, and applications soon use it so.

    Bad:    alter table crm.client alter column remarque type text;
    Better: the same, and the column watched, or exempt with reason, owner and end.
    """
    for seen in context.uncovered:
        if seen.made is not None and seen.made.origin == "widened" and _plain(context, seen):
            yield uncovered(seen, context, f"became wide enough for notes: {what(seen)}")


def rename_left_policy(context: Context) -> Iterator[Found]:
    """A table or column was renamed and the policy still names the old one.

    The policy then watches a name that does not exist, and the renamed column is watched by nobody. Triggers that
    motjuste.attach made name the column too: after a rename they no longer find it.

    Bad:    alter table crm.client rename column commentaire to remarque;  with relation, column unchanged in motjuste.toml
    Better: the same migration detaches the old name, attaches the new one, and the entry of motjuste.toml follows.
    """
    for label, (old, place) in context.left_behind.items():
        seen = context.by_label[label]
        said = f"{old} is now {label}, and {context.policy_name} still names {old}"
        now = f'relation = "{seen.relation}", column = "{seen.column.name}"'
        attached = f"and where it is attached: {attach_line(seen, context.config.mode)}"
        yield Found(place, said, f"in {context.policy_name}: {now} in place of {old}\n{attached}", label)
    for label, event in context.coverage.attached.items():
        seen = context.by_label[label]
        made, relation = seen.made, context.relation(seen)
        since = context.session.events[context.session.events.index(event) :]
        later = [e for e in since if e.kind == "rename" and (e.target is made or e.target is relation)]
        if later:
            old = f"{relation_label(event.relation)}.{quoted(event.column)}"
            said = f"{label} was attached as {old}; its triggers name what was renamed"
            yield Found(later[-1].place, said, f"after the rename: {attach_line(seen, event.detail)}", label)
