"""`motjuste check --fix`: the missing entries of the policy, or a migration that attaches the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from motjuste import config, printable
from motjuste.cli import policy
from motjuste.cli.check_context import shown
from motjuste.cli.common import say
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.officer.report import Problem
from motjuste.schema_check.rules.context import Context, attach_line
from motjuste.schema_check.seen import LISTS

FIXABLE = (
    "uncovered-column",
    "column-widened",
    "copy-not-covered",
    "history-not-covered",
    "rename-left-policy",
)


def mend(
    context: Context, found: Sequence[Problem], *, fix: bool, migration: Path | None, dry_run: bool
) -> None:
    labels = {p.subject: None for p in found if p.rule in FIXABLE}
    missing = [
        s
        for s in (context.by_label[label] for label in labels if label in context.by_label)
        if s.column.relkind in "rp"
        and s.column.kind in ("text", "varchar", "bpchar", "citext", *LISTS)
        and not context.coverage.covers(s)
    ]
    if not missing:
        say("nothing that --fix could write: no text column of a table is left uncovered")
        return
    if migration is not None:
        body = "".join(f"{attach_line(s, context.config.mode)}\n" for s in missing)
        text = f"-- Watches the comment columns that earlier migrations open.\n{body}"
        if migration.exists() or migration.is_symlink():
            raise ConfigError(
                f"{migration} is there already", hint="name a new migration, the next of its series"
            )
        _write(migration, text, f"{len(missing)} column(s) attached in {migration}", dry_run=dry_run)
    if fix:
        path = policy.find() or Path(policy.NAME)
        text = policy.read(path) if path.exists() else config.TEMPLATE
        watches = [replace(config.watch(s.column), relation=s.relation, json_key="") for s in missing]
        text = config.add(text, str(path), watches)
        done = f"{len(missing)} column(s) added to {shown(str(path))}. Next: motjuste install"
        before = policy.read(path) if path.exists() else None
        if dry_run:
            whole = "" if before is not None else ", which would be made from the template of `motjuste init`"
            say(f"dry run: to {shown(str(path))}{whole}, this would be added; nothing in it would change")
            click.echo(
                printable.lines(text.removeprefix(config.TEMPLATE if before is None else before)), err=True
            )
            return
        policy.write(path, text)
        say(done)


def _write(path: Path, text: str, done: str, *, dry_run: bool) -> None:
    """Write a new file; one that somebody made meanwhile is not replaced."""
    if dry_run:
        click.echo(printable.lines(f"dry run: {path} would be\n{text}"), err=True)
        return
    private.write(path, text, shared=True)
    say(done)
