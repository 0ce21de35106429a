"""The rules of `motjuste check`: one function each, whose docstring is the rule's page."""

from __future__ import annotations

from collections.abc import Iterator

from motjuste.officer.report import Problem
from motjuste.schema_check.rules import analysis, columns, copies, exemptions, watching
from motjuste.schema_check.rules.context import Context, Rule, problem

ALL = (
    Rule("uncovered-column", columns.uncovered_column),
    Rule("column-widened", columns.column_widened),
    Rule("rename-left-policy", columns.rename_left_policy),
    Rule("copy-not-covered", copies.copy_not_covered),
    Rule("history-not-covered", copies.history_not_covered),
    Rule("weakened-mode", watching.weakened_mode),
    Rule("trigger-removed", watching.trigger_removed),
    Rule("exemption-stale", exemptions.exemption_stale),
    Rule("exemption-expired", exemptions.exemption_expired),
    Rule("exemption-without-reason", exemptions.exemption_without_reason),
    Rule("redaction-altered", analysis.redaction_altered),
    Rule("statement-not-analysed", analysis.statement_not_analysed),
)
BY_ID = {rule.id: rule for rule in ALL}


def problems(context: Context) -> list[Problem]:
    """What the rules find, less what an ignore comment with a reason switches off, in order of file and line."""
    found = [p for rule in ALL for p in rule.check(context)]
    used: set[int] = set()
    kept = []
    for p in found:
        takers = [i for i, ignore in enumerate(context.ignores) if ignore.takes(p)]
        used.update(takers)
        if not takers:
            kept.append(p)
        elif p.subject in context.by_label:
            context.ignored[p.subject] = context.ignores[takers[0]]
    kept += _unused(context, used)
    return sorted(dict.fromkeys(kept), key=lambda p: (p.path, p.line, p.rule, p.subject))


def _unused(context: Context, used: set[int]) -> Iterator[Problem]:
    for i, ignore in enumerate(context.ignores):
        if ignore.rule not in BY_ID:
            yield problem(
                "exemption-stale",
                ignore.place,
                f"motjuste-ignore {ignore.rule}: there is no such rule",
                "motjuste check --explain all lists them",
                ignore.rule,
            )
        elif i not in used and ignore.reason:
            yield problem(
                "exemption-stale",
                ignore.place,
                f"motjuste-ignore {ignore.rule} switches nothing off",
                "take the comment out",
                ignore.rule,
            )
