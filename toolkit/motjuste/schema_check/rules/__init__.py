"""The rules of `motjuste check`: one function each, whose docstring is the rule's page."""

from __future__ import annotations

from collections.abc import Iterator

from motjuste.officer.report import Problem
from motjuste.schema_check.rules import analysis, columns, copies, exemptions, watching
from motjuste.schema_check.rules.context import Context, Found, Rule, problem

ALL = tuple(
    Rule(check)
    for check in (
        columns.uncovered_column,
        columns.column_widened,
        columns.rename_left_policy,
        copies.copy_not_covered,
        copies.history_not_covered,
        watching.weakened_mode,
        watching.trigger_removed,
        exemptions.exemption_stale,
        exemptions.exemption_expired,
        exemptions.exemption_without_reason,
        analysis.redaction_altered,
        analysis.statement_not_analysed,
    )
)
BY_ID = {rule.id: rule for rule in ALL}


def problems(context: Context) -> list[Problem]:
    """What the rules find, less what an ignore comment with a reason switches off, in order of file and line."""
    found = [problem(rule.id, *f) for rule in ALL for f in rule.check(context)]
    used: set[int] = set()
    kept = []
    for p in found:
        takers = [i for i, ignore in enumerate(context.ignores) if ignore.takes(p)]
        used.update(takers)
        if not takers:
            kept.append(p)
        elif p.subject in context.by_label:
            context.ignored[p.subject] = context.ignores[takers[0]]
    kept += [problem("exemption-stale", *f) for f in _unused(context, used)]
    return sorted(dict.fromkeys(kept), key=lambda p: (p.path, p.line, p.rule, p.subject))


def _unused(context: Context, used: set[int]) -> Iterator[Found]:
    """The ignore comments that switch nothing off."""
    for i, ignore in enumerate(context.ignores):
        said = f"motjuste-ignore {ignore.rule}"
        if ignore.rule and ignore.rule not in BY_ID:
            said += ": there is no such rule"
            yield Found(ignore.place, said, "motjuste check --explain all lists them", ignore.rule)
        elif i not in used and ignore.reason:
            yield Found(ignore.place, f"{said} switches nothing off", "take the comment out", ignore.rule)
