"""`motjuste check`: no schema change opens a comment column that nobody watches."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from motjuste import __version__, assets, discovery
from motjuste.cli import (
    changes,
    check_baseline,
    check_context,
    check_exact,
    check_fix,
    check_policy,
    migrations,
    policy,
)
from motjuste.cli.check_guard import GUARD, guarded
from motjuste.cli.common import dsn_option, say
from motjuste.errors import ConfigError
from motjuste.officer import report
from motjuste.officer.report import Problem, Report
from motjuste.schema_check import frames, rules, seen
from motjuste.schema_check.layout import TOOLS
from motjuste.schema_check.replay import Replayed, replay
from motjuste.schema_check.rules.context import Context
from motjuste.schema_check.seen import Seen

FAIL_ON = ("error", "warning", "note", "never")
HEAD = ("score", "column", "type", "policy", "where")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--tool",
    type=click.Choice(TOOLS),
    show_default="auto",
    help="Whose naming and order the files follow.",
)
@click.option(
    "--set",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="What :NAME, ${NAME} or {{ NAME }} stands for in the files; may be repeated.",
)
@dsn_option
@click.option(
    "--dev-database",
    metavar="DSN",
    help="Run the files on a new database of this server, and judge its catalog.",
)
@click.option("--embedded", is_flag=True, help="The same on a throw-away server (extra 'embedded').")
@click.option(
    "--compare", is_flag=True, help="With one of these: say where the files' model and the database differ."
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Tell only what this earlier report (--format json) does not.",
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option("--git-diff", metavar="REF", help="Judge only what the change since REF adds.")
@click.option("--schema", "schemas", multiple=True, metavar="S", help="Only this schema; may be repeated.")
@click.option(
    "--min-score",
    type=click.IntRange(0, 100),
    show_default=str(discovery.CLEAR),
    help="Columns that reach this score must be watched or exempt.",
)
@click.option("--strict", is_flag=True, help="A statement that was not analysed is an error.")
@click.option("--fix", is_flag=True, help="Add the missing [[watch]] entries to the policy file.")
@click.option(
    "--fix-migration",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a new migration that attaches the missing columns.",
)
@click.option("--dry-run", is_flag=True, help="With --fix: show what would be written.")
@click.option("--format", "form", type=click.Choice(report.FORMATS), default="text", show_default=True)
@click.option("--all-columns", is_flag=True, help="List every column in JSON, and every text column in text.")
@click.option("--explain", metavar="RULE", help="Show the page of a rule and stop; `all` lists them.")
@click.option("--allow-empty", is_flag=True, help="Seeing no table at all is not an error.")
@guarded
def check(
    paths: tuple[str, ...],
    tool: str | None,
    variables: tuple[str, ...],
    dsn: str | None,
    dev_database: str | None,
    embedded: bool,
    compare: bool,
    baseline: Path | None,
    fail_on: str,
    git_diff: str | None,
    schemas: tuple[str, ...],
    min_score: int | None,
    strict: bool,
    fix: bool,
    fix_migration: Path | None,
    dry_run: bool,
    form: str,
    all_columns: bool,
    explain: str | None,
    allow_empty: bool,
) -> None:
    """Check that no migration opens a comment column that nobody watches.

    PATHS are migration files, folders, patterns, or - for standard input (Alembic --sql, Django sqlmigrate); without them,
    `migrations` of motjuste.toml; its [check] has defaults. They are replayed without a database, or run on one with --embedded or --dev-database.
    --dsn judges a database as it stands. Every comment-like column must be watched or exempt.

    Exit code 0: all covered; 1: problems; 2: could not check, or not each file, or no table seen.

    \b
    Example: motjuste check db/migrations
             motjuste check db/migrations --git-diff origin/main --format github
             alembic upgrade head --sql | motjuste check -
    """
    if explain:
        click.echo(_page(explain))
        return
    settings = policy.settings(schemas=schemas)
    if not paths:  # the policy is part of what is reviewed: it names what lies beside it
        paths = tuple(settings.migrations_from())
        for path in paths:
            migrations.inside(path, str(policy.find() or policy.NAME))
    if not paths and not dsn:
        raise ConfigError(
            "no migrations named",
            hint='motjuste check db/migrations; or migrations = ["db/migrations"] in motjuste.toml; or --dsn for a database',
        )
    if compare and not (embedded or dev_database):
        raise ConfigError(
            "--compare needs a database to compare with", hint="add --embedded or --dev-database DSN"
        )
    known = check_baseline.read(baseline) if baseline else None
    chosen = check_policy.choices(settings, tool, variables, min_score)
    gathered = migrations.gather(paths, chosen.tool, allow_empty=allow_empty, excluded=chosen.excluded)
    wrapped = bool(set(gathered.tools) - {"psql"})
    builtins = assets.read("sql", "check", "builtins.tsv")
    replayed = replay(
        gathered.sources,
        builtins,
        platform=assets.read("sql", "check", "supabase.sql"),
        include=migrations.include,
        tools=gathered.tools,
        wrapped=wrapped,
        variables=chosen.variables,
        begins=GUARD.begins,
    )
    GUARD.begins("all files together")
    static = seen.merged(seen.from_catalogue(c, settings.schemas) for c in replayed.session.databases)
    extra: list[Problem] = []
    columns: Sequence[Seen] = static
    if embedded or dev_database:
        columns, extra = check_exact.run(replayed, dev_database, settings, compare=compare, wrapped=wrapped)
    elif dsn:
        columns, extra = check_exact.live(dsn, replayed, settings)
    change = changes.since(git_diff) if git_diff else None
    context = check_context.context_of(
        gathered, replayed, columns, settings, change, chosen.min_score, strict=strict
    )
    extra += migrations.unread(gathered, each=change is not None, strict=strict)
    found = [*rules.problems(context), *extra]
    if change is not None:
        found = [p for p in found if check_context.added(p, context, change)]
    if known is not None:
        every, found = len(found), check_baseline.new(found, known)
        say(
            f"{every - len(found)} of {known.total()} problem(s) of {baseline} are still there, and not told again"
        )
    names = {label: s.column.name for label, s in context.by_label.items()}
    found = frames.of_columns(found, names, context.texts, replayed.pieces)
    tables = len({s.relation for s in columns})
    if not tables and not allow_empty:
        _show_problems(found, form)
        raise ConfigError(
            "no table was seen",
            hint="check the paths and the order of the files; --allow-empty where there may be none",
        )
    made = _report(context, found, gathered, replayed, tables, all_columns=all_columns)
    click.echo(report.render(made, form), nl=False)
    if form == "text":
        _show_columns(context, all_columns=all_columns)
    for line in made.summary:
        say(line)
    if fix or fix_migration:
        check_fix.mend(context, found, fix=fix, migration=fix_migration, dry_run=dry_run)
    if gathered.no_text:
        sys.exit(2)
    failing = FAIL_ON[: FAIL_ON.index(fail_on) + 1] if fail_on != "never" else ()
    sys.exit(1 if any(p.severity in failing for p in found) else 0)


def _page(rule: str) -> str:
    if rule == "all":
        return "\n".join(f"{r.id:26}{r.info.title}" for r in rules.ALL)
    if rule not in rules.BY_ID:
        raise ConfigError(f"no rule {rule!r}", hint=f"one of {', '.join(rules.BY_ID)}")
    return f"{rule}\n\n{rules.BY_ID[rule].page}"


def _listed(context: Context, *, all_columns: bool) -> list[Seen]:
    least = -1 if all_columns else min(discovery.SHOWN, context.min_score)
    kept = [s for s in context.columns if s.judged and s.column.score > least - 1]
    return sorted(kept, key=lambda s: (-s.column.score, s.label))


def _rows(context: Context, listed: Sequence[Seen]) -> list[tuple[str, ...]]:
    return [
        (
            str(s.column.score),
            s.label,
            s.type,
            context.state(s),
            f"{s.place.file}:{s.place.line}" if s.place.line else "-",
        )
        for s in listed
    ]


def _report(
    context: Context,
    found: Sequence[Problem],
    gathered: migrations.Gathered,
    replayed: Replayed,
    tables: int,
    *,
    all_columns: bool,
) -> Report:
    listed = _listed(context, all_columns=False)
    likely = context.comment_like
    covered = sum(context.coverage.covers(s) for s in likely)
    ignored = sum(s.label in context.ignored for s in context.uncovered)
    counts = Counter(p.severity for p in found)
    files = (
        f"{len(gathered.sources)} file(s) ({', '.join(gathered.tools) or 'stdin'}), "
        if gathered.sources
        else ""
    )
    summary = [
        f"{files}{tables} table(s) and view(s), {len(context.columns)} column(s); "
        f"{len(likely)} comment-like (score {context.min_score} and more), {covered} of them covered"
        + (f", {ignored} ignored by a comment" if ignored else ""),
        f"{counts['error']} error(s), {counts['warning']} warning(s)",
    ]
    if len(replayed.databases) > 1:
        apart = ", ".join(d for d in replayed.databases if d)
        summary.append(f"databases of their own, since they make tables that others make too: {apart}")
    if gathered.skipped:
        reasons = Counter(gathered.skipped.values())
        summary.append(
            "passed over: " + ", ".join(f"{n} file(s): {why}" for why, n in sorted(reasons.items()))
        )
    facts: dict[str, Any] = {
        "files": [s.name for s in gathered.sources],
        "skipped": dict(sorted(gathered.skipped.items())),
        "order": gathered.tools,
        "statements": context.session.counts.get("statements", 0),
        "min_score": context.min_score,
        "comment_like": [_fact(context, s) for s in listed],
    }
    if all_columns:
        facts["columns"] = [_fact(context, s) for s in sorted(context.columns, key=lambda s: s.label)]
    return Report(
        "motjuste check",
        __version__,
        found,
        {r.id: r.info for r in rules.ALL},
        summary,
        {"tables": tables, **facts},
        HEAD,
        _rows(context, listed),
    )


def _fact(context: Context, s: Seen) -> dict[str, Any]:
    c = s.column
    return {
        "column": s.label,
        "schema": c.schema,
        "table": c.table,
        "name": c.name,
        "type": s.type,
        "relkind": c.relkind,
        "partition": s.partition,
        "generated": s.generated,
        "score": c.score,
        "reasons": list(c.reasons),
        "comment_like": s.judged and c.score >= context.min_score,
        "policy": context.state(s),
        "path": s.place.file,
        "line": s.place.line,
    }


def _show_problems(found: Sequence[Problem], form: str) -> None:
    shown = Report("motjuste check", __version__, found, {r.id: r.info for r in rules.ALL})
    click.echo(report.render(shown, form), nl=False)


def _show_columns(context: Context, *, all_columns: bool) -> None:
    rows = _rows(context, _listed(context, all_columns=all_columns))
    if not rows:
        click.echo("no comment-like column")
        return
    from motjuste.cli.table import tabulate

    click.echo(
        tabulate(rows, HEAD, disable_numparse=True, colalign=("right", "left", "left", "left", "left"))
    )
