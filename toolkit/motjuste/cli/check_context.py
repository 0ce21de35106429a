"""Builds the context of the rules: the policy with its lines, and the difference that a change makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from motjuste import config
from motjuste.cli import changes, migrations, policy
from motjuste.config import Config
from motjuste.files.lines import line_of, lines
from motjuste.migration import seal
from motjuste.officer.report import Problem
from motjuste.schema_check import coverage
from motjuste.schema_check.replay import Replayed
from motjuste.schema_check.rules.context import Before, Context
from motjuste.schema_check.seen import Seen


def context_of(
    gathered: migrations.Gathered,
    replayed: Replayed,
    columns: Sequence[Seen],
    settings: Config,
    change: changes.Changes | None,
    min_score: int,
    *,
    strict: bool,
) -> Context:
    today = date.today()
    covered = coverage.coverage(settings, columns, replayed.session.events, today)
    for event in replayed.session.events:
        if event.kind == "live":
            covered.watched.setdefault(event.relation, event.detail)
    name = shown(settings.source) if settings.source else policy.NAME
    context = Context(
        replayed.session,
        columns,
        covered,
        settings,
        {s.name: s.text for s in gathered.sources} | _siblings(gathered),
        today,
        min_score,
        strict,
        policy_name=name,
        policy_lines=_policy_lines(settings),
        ignores=replayed.ignores,
    )
    if change is not None:
        context.before = _before(context, change)
    return context


def _siblings(gathered: migrations.Gathered) -> dict[str, str]:
    """The verify.sql of each deploy.sql, which says what was reviewed: beside it, or in Sqitch's folder of that name."""
    found = {}
    for source in gathered.sources:
        path = Path(source.name)
        if path.name == "deploy.sql":
            other = path.with_name("verify.sql")
        elif path.parent.name == "deploy":
            other = path.parent.with_name("verify") / path.name
        else:
            continue
        if other.is_file():
            found[other.as_posix()] = migrations.read(other.as_posix()).text
    return found


def _before(context: Context, change: changes.Changes) -> Before:
    """The policy and the files as they were before the change."""
    old = now = Config()
    if context.config.source:
        now = policy.load(Path(context.config.source))
        text = change.before(context.config.source)
        old = config.parse(text, context.config.source) if text is not None else Config()
    covered = coverage.coverage(old, context.columns, context.session.events, context.today)
    redactions = {n: change.before(n) for n, t in context.texts.items() if seal.about(t)}
    return Before(
        old,
        now,
        frozenset(s.label for s in context.columns if covered.covers(s)),
        {n: t for n, t in redactions.items() if t is not None},
    )


def _policy_lines(settings: Config) -> dict[tuple[str, int], int]:
    if not settings.source:
        return {}
    places = lines(policy.read(Path(settings.source)))
    prefix: tuple[str, ...] = ("tool", "motjuste") if settings.source.endswith("pyproject.toml") else ()
    counted = (("watch", len(settings.watches)), ("exempt", len(settings.exempts)))
    found = {(kind, i): line_of(places, (*prefix, kind, i)) for kind, count in counted for i in range(count)}
    return found | {("check", 0): line_of(places, (*prefix, "check"))}


def shown(path: str) -> str:
    try:
        return Path(path).resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path


def added(p: Problem, context: Context, change: changes.Changes) -> bool:
    """Whether the change causes a problem: by its lines, or because the policy covered the column before."""
    if change.touches(p.path, p.line, p.last):
        return True
    seen = context.by_label.get(p.subject)
    if seen is not None and seen.made is not None:
        relation = context.relation(seen)
        places = [*seen.made.changed, *(relation.changed if relation else [])]
        if any(change.touches(place.file, place.line, place.line) for place in places):
            return True
    if p.path == context.policy_name:
        return change.touches(p.path, p.line, p.line + 6) or p.rule in ("trigger-removed", "weakened-mode")
    return context.before is not None and p.subject in context.before.covered
