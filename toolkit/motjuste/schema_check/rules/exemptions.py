"""Rules about the exemptions themselves: a policy that no longer fits the schema protects nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from motjuste.schema_check.coverage import exempt_matches, watch_label
from motjuste.schema_check.rules.context import Context, Found

_NO_REASON = re.compile(
    r"^\W*(?:\.{2,}|todo|tbd|fixme|x+|-+|n/?a|none|aucune?|reason|raison|<reason>)?\W*$", re.IGNORECASE
)


def exemption_stale(context: Context) -> Iterator[Found]:
    """An exemption, or a watch, names a column that is not there or needs none.

    It hides nothing today; it hides the next column of that name tomorrow. The same for an ignore comment that
    switches nothing off.

    Bad:    [[exempt]] column = "crm.produit.description"  when the column was dropped last year
    Better: take the entry out.
    """
    for index, exempt in enumerate(context.config.exempts):
        column, help_, said = exempt.column, "take the entry out", ""
        matched = [s for s in context.columns if exempt_matches(exempt, s)]
        if not matched:
            said = f"exempt {column}: there is no such column"
        elif not any(_needs(context, s.label) for s in matched):
            score = matched[0].column.score
            said = f"exempt {column}: it is not comment-like (score {score}) and copies no watched column"
        elif matched[0].label in context.coverage.watched:
            said, help_ = f"{column} is exempt and watched", "keep one of the two"
        if said:
            yield Found(context.policy_place("exempt", index), said, help_, column)
    renamed = {old for old, _ in context.left_behind.values()}
    for index, watch in enumerate(context.config.watches):
        label = watch_label(watch)
        if label not in context.by_label and label not in renamed:
            said = f"watch {label}: there is no such column"
            yield Found(
                context.policy_place("watch", index), said, "take the entry out, or mend its name", label
            )


def _needs(context: Context, label: str) -> bool:
    seen = context.by_label[label]
    if seen in context.comment_like or label in context.histories:
        return True
    return seen.made is not None and context.source(seen) is not None


def exemption_expired(context: Context) -> Iterator[Found]:
    """An exemption is past its end.

    An end date makes someone look again. From that day on the column counts as uncovered.

    Bad:    until = 2025-06-30
    Better: look at what the column holds now; then watch it, or give the exemption a new end.
    """
    for index, exempt in enumerate(context.config.exempts):
        if exempt.until < context.today:
            said = f"exempt {exempt.column} ended on {exempt.until} (owner: {exempt.owner})"
            help_ = "watch the column, or after a look at it give this entry a later `until`"
            yield Found(context.policy_place("exempt", index), said, help_, exempt.column)


def exemption_without_reason(context: Context) -> Iterator[Found]:
    """An exemption or an ignore comment says no reason.

    Without a reason nobody can judge it later. Such a comment switches nothing off.

    Bad:    -- motjuste-ignore uncovered-column
    Better: -- motjuste-ignore uncovered-column: text of the catalogue, written by marketing
    """
    for ignore in context.ignores:
        if not ignore.reason:
            said = f"motjuste-ignore {ignore.rule} without a reason switches nothing off"
            if not ignore.rule:
                said = "this comment is not written as one that switches a rule off, and switches nothing off"
            yield Found(
                ignore.place, said, f"-- motjuste-ignore {ignore.rule or 'RULE'}: <reason>", ignore.rule
            )
    for index, exempt in enumerate(context.config.exempts):
        for name, value in (("reason", exempt.reason), ("owner", exempt.owner)):
            if _NO_REASON.match(value):
                said = f"exempt {exempt.column}: {name} = {value!r} says nothing"
                yield Found(context.policy_place("exempt", index), said, f"say the {name}", exempt.column)
