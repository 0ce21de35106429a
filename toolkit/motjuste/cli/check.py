"""`motjuste check`: no schema change opens a comment column that nobody watches."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from motjuste import __version__, assets, config, discovery, report
from motjuste.check import coverage, rules, seen
from motjuste.check.catalogue import Place
from motjuste.check.layout import TOOLS
from motjuste.check.replay import PLATFORM, Replayed, replay
from motjuste.check.rules.context import Before, Context, attach_line, problem
from motjuste.check.seen import Seen
from motjuste.cli import changes, migrations, policy
from motjuste.cli.common import dsn_option
from motjuste.config import Config
from motjuste.errors import ConfigError
from motjuste.lines import line_of, lines
from motjuste.report import Problem, Report

HEAD = ("score", "column", "type", "policy", "where")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--tool",
    type=click.Choice(TOOLS),
    default="auto",
    show_default=True,
    help="Whose naming and order the files follow.",
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
@click.option("--git-diff", metavar="REF", help="Judge only what the change since REF adds.")
@click.option("--schema", "schemas", multiple=True, metavar="S", help="Only this schema; may be repeated.")
@click.option(
    "--min-score",
    type=click.IntRange(0, 100),
    default=discovery.CLEAR,
    show_default=True,
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
def check(
    paths: tuple[str, ...],
    tool: str,
    dsn: str | None,
    dev_database: str | None,
    embedded: bool,
    compare: bool,
    git_diff: str | None,
    schemas: tuple[str, ...],
    min_score: int,
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
    `migrations` of motjuste.toml. They are replayed without a database, or run on one with --embedded or --dev-database.
    --dsn judges a database as it stands. Every comment-like column must be watched or exempt.

    Exit code 0: all covered; 1: problems; 2: could not check, or no table seen.

    \b
    Example: motjuste check db/migrations
             motjuste check db/migrations --git-diff origin/main --format github
             alembic upgrade head --sql | motjuste check -
    """
    if explain:
        click.echo(_page(explain))
        return
    settings = policy.settings(schemas=schemas)
    paths = paths or settings.migrations_from()
    if not paths and not dsn:
        raise ConfigError(
            "no migrations named",
            hint='motjuste check db/migrations; or migrations = ["db/migrations"] in motjuste.toml; or --dsn for a database',
        )
    if compare and not (embedded or dev_database):
        raise ConfigError(
            "--compare needs a database to compare with", hint="add --embedded or --dev-database DSN"
        )
    gathered = migrations.gather(paths, tool, allow_empty=allow_empty)
    wrapped = bool(set(gathered.tools) - {"psql"})
    builtins = assets.read("sql", "check", "builtins.tsv")
    replayed = replay(
        gathered.sources, builtins, include=migrations.include, tools=gathered.tools, wrapped=wrapped
    )
    static = seen.from_catalogue(replayed.session.catalogue, settings.schemas)
    extra: list[Problem] = []
    columns: Sequence[Seen] = static
    if embedded or dev_database:
        columns, extra = _run(replayed, dev_database, settings, compare=compare, wrapped=wrapped)
    elif dsn:
        columns, extra = _live(dsn, replayed, settings)
    change = changes.since(git_diff) if git_diff else None
    context = _context(gathered, replayed, columns, settings, change, min_score, strict=strict)
    found = [*rules.problems(context), *extra]
    if change is not None:
        found = [p for p in found if _added(p, context, change)]
    tables = len({s.relation for s in columns})
    if not tables and not allow_empty:
        _show_problems(found, form)
        raise ConfigError(
            "no table was seen",
            hint="check the paths and the order of the files; --allow-empty where there may be none",
        )
    made = _report(context, found, gathered, tables, all_columns=all_columns)
    click.echo(report.render(made, form), nl=False)
    if form == "text":
        _show_columns(context, all_columns=all_columns)
    for line in made.summary:
        click.echo(line, err=True)
    if fix or fix_migration:
        _fix(context, found, fix=fix, migration=fix_migration, dry_run=dry_run)
    sys.exit(1 if any(p.severity == "error" for p in found) else 0)


def _page(rule: str) -> str:
    if rule == "all":
        return "\n".join(f"{r.id:26}{r.info.title}" for r in rules.ALL)
    if rule not in rules.BY_ID:
        raise ConfigError(f"no rule {rule!r}", hint=f"one of {', '.join(rules.BY_ID)}")
    return f"{rule}\n\n{rules.BY_ID[rule].page}"


# -- the ways to see the schema ---------------------------------------------------------------------


def _run(
    replayed: Replayed, dev: str | None, settings: Config, *, compare: bool, wrapped: bool
) -> tuple[list[Seen], list[Problem]]:
    """The columns that a database has after the files, and what its server refused."""
    from motjuste.db import shadow
    from motjuste.db.connection import connect

    with _server(dev) as where, shadow.throw_away(where, f"motjuste_check_{os.getpid()}") as dsn:
        failures = shadow.apply(dsn, replayed.pieces, own_server=dev is None, wrapped=wrapped)
        with connect(dsn) as conn:
            rows = shadow.columns(conn)
    wanted = set(settings.schemas)
    model = replayed.session.catalogue
    rows = [r for r in rows if not wanted or r["schema"] in wanted]
    rows = [
        r
        for r in rows
        if not (x := model.relations.get((r["schema"], r["table"]))) or x.extension != PLATFORM
    ]
    exact = seen.from_rows(rows, model)
    problems = [
        problem(
            "statement-not-analysed",
            f.place,
            f"the database refused it: {f.why}",
            "mend the statement or the order of the files",
            last=f.last,
        )
        for f in failures
    ]
    if compare:
        static = seen.from_catalogue(model, settings.schemas)
        problems += [
            problem(
                "statement-not-analysed",
                d.place,
                f"{d.label}: {d.what}",
                "please report it: the two should agree",
                d.label,
            )
            for d in seen.differences(static, exact)
        ]
    elif not failures:
        # what the model did not understand the database has run
        replayed.session.notes = [n for n in replayed.session.notes if n.what == "file"]
    return exact, problems


@contextmanager
def _server(dev: str | None) -> Iterator[str]:
    if dev is not None:
        yield dev
        return
    from motjuste import server

    click.echo("starting a throw-away server ...", err=True)
    with server.run() as running:
        yield running.dsn()


def _live(dsn: str, replayed: Replayed, settings: Config) -> tuple[list[Seen], list[Problem]]:
    """The columns of a database as it stands, and which of its triggers are not in place."""
    from motjuste.db import shadow, watching
    from motjuste.db.connection import connect

    with connect(dsn) as conn:
        wanted = set(settings.schemas)
        rows = [r for r in shadow.columns(conn) if not wanted or r["schema"] in wanted]
        installed = conn.execute("select to_regclass('motjuste.watch') is not null").fetchone()
        states = watching.states(conn) if installed and installed[0] else []
    problems = [
        problem(
            "trigger-removed",
            Place("database", 0),
            f"{state.place.label}: its checks are {state.state}",
            "motjuste install",
            state.place.label,
        )
        for state in states
        if state.state != "installed"
    ]
    for state in states:
        label = config.Watch(state.place.relation, state.place.column)
        replayed.session.event("live", coverage.watch_label(label), detail=state.mode)
    return seen.from_rows(rows, replayed.session.catalogue), problems


# -- judging ----------------------------------------------------------------------------------------


def _context(
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
    name = _shown(settings.source) if settings.source else policy.NAME
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
    """The verify.sql beside each deploy.sql, which says what was reviewed."""
    found = {}
    for source in gathered.sources:
        path = Path(source.name)
        other = path.with_name("verify.sql")
        if path.name == "deploy.sql" and other.is_file():
            found[other.as_posix()] = migrations.read(other.as_posix()).text
    return found


def _before(context: Context, change: changes.Changes) -> Before:
    """The policy and the files as they were before the change."""
    old = Config()
    if context.config.source:
        text = change.before(context.config.source)
        old = config.parse(text, context.config.source) if text is not None else Config()
    covered = coverage.coverage(old, context.columns, context.session.events, context.today)
    redactions = {n: change.before(n) for n, t in context.texts.items() if "written by motjuste" in t[:2000]}
    return Before(
        old,
        frozenset(s.label for s in context.columns if covered.covers(s)),
        {n: t for n, t in redactions.items() if t is not None},
    )


def _policy_lines(settings: Config) -> dict[tuple[str, int], int]:
    if not settings.source:
        return {}
    places = lines(policy.read(Path(settings.source)))
    prefix: tuple[str, ...] = ("tool", "motjuste") if settings.source.endswith("pyproject.toml") else ()
    counted = (("watch", len(settings.watches)), ("exempt", len(settings.exempts)))
    return {(kind, i): line_of(places, (*prefix, kind, i)) for kind, count in counted for i in range(count)}


def _shown(path: str) -> str:
    try:
        return Path(path).resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path


def _added(p: Problem, context: Context, change: changes.Changes) -> bool:
    """Whether the change is what brings a problem: its lines, or a policy that covered the column before."""
    if change.touches(p.path, p.line, p.last):
        return True
    if p.path == context.policy_name:
        return change.touches(p.path, p.line, p.line + 6) or p.rule == "trigger-removed"
    return context.before is not None and p.subject in context.before.covered


# -- telling ----------------------------------------------------------------------------------------


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
            context.coverage.state(s),
            f"{s.place.file}:{s.place.line}" if s.place.line else "-",
        )
        for s in listed
    ]


def _report(
    context: Context,
    found: Sequence[Problem],
    gathered: migrations.Gathered,
    tables: int,
    *,
    all_columns: bool,
) -> Report:
    listed = _listed(context, all_columns=False)
    likely = context.comment_like
    covered = sum(context.coverage.covers(s) for s in likely)
    counts = Counter(p.severity for p in found)
    files = (
        f"{len(gathered.sources)} file(s) ({', '.join(gathered.tools) or 'stdin'}), "
        if gathered.sources
        else ""
    )
    summary = [
        f"{files}{tables} table(s) and view(s), {len(context.columns)} column(s); "
        f"{len(likely)} comment-like (score {context.min_score} and more), {covered} of them covered",
        f"{counts['error']} error(s), {counts['warning']} warning(s)",
    ]
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
        "policy": context.coverage.state(s),
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
    from tabulate import tabulate

    click.echo(
        tabulate(rows, HEAD, disable_numparse=True, colalign=("right", "left", "left", "left", "left"))
    )


# -- mending ----------------------------------------------------------------------------------------

FIXABLE = (
    "uncovered-column",
    "column-widened",
    "copy-not-covered",
    "history-not-covered",
    "rename-left-policy",
)


def _fix(
    context: Context, found: Sequence[Problem], *, fix: bool, migration: Path | None, dry_run: bool
) -> None:
    labels = {p.subject: None for p in found if p.rule in FIXABLE}
    missing = [
        s
        for s in (context.by_label[label] for label in labels if label in context.by_label)
        if s.column.relkind in "rp"
        and s.column.kind in ("text", "varchar", "bpchar", "citext")
        and not context.coverage.covers(s)
    ]
    if not missing:
        click.echo("nothing that --fix could write: no text column of a table is left uncovered", err=True)
        return
    if migration is not None:
        body = "".join(f"{attach_line(s, context.config.mode)}\n" for s in missing)
        text = f"-- Watches the comment columns that earlier migrations open.\n{body}"
        if migration.exists():
            raise ConfigError(
                f"{migration} is there already", hint="name a new migration, the next of its series"
            )
        _write(migration, text, f"{len(missing)} column(s) attached in {migration}", dry_run=dry_run)
    if fix:
        path = policy.find() or Path(policy.NAME)
        text = policy.read(path) if path.exists() else config.TEMPLATE
        watches = [replace(config.watch(s.column), relation=s.relation) for s in missing]
        text = config.add_watches(text, str(path), watches)
        done = f"{len(missing)} column(s) added to {_shown(str(path))}. Next: motjuste install"
        _write(path, text, done, dry_run=dry_run)


def _write(path: Path, text: str, done: str, *, dry_run: bool) -> None:
    if dry_run:
        click.echo(f"dry run: {path} would be\n{text}", err=True)
        return
    policy.write(path, text)
    click.echo(done, err=True)
