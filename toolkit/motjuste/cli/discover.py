"""`motjuste init` and `motjuste discover`: the policy file, and the columns that belong in it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import click

from motjuste import config, discovery, printable
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, reading_options, say
from motjuste.cli.table import tabulate
from motjuste.config import Config, Exempt, Undecided
from motjuste.db import catalog, discovering, reading
from motjuste.db.connection import Connection, connect
from motjuste.discovery.kin import KINDS
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import Column
from motjuste.scanning.scan import PATH, Place


@click.command()
@click.option("--force", is_flag=True, help="Write over a motjuste.toml that is there.")
def init(force: bool) -> None:
    """Write motjuste.toml, the policy file, with every setting explained.

    \b
    Example: motjuste init && motjuste discover --write
    """
    path = Path(policy.NAME)
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already", hint="edit it, or motjuste init --force")
    policy.write(path, config.TEMPLATE)
    click.echo(f"{path} written. Next: motjuste discover --write")


@click.command()
@dsn_option
@click.option("--schema", "schemas", multiple=True, metavar="S", help="Only this schema; may be repeated.")
@click.option(
    "--min-score",
    type=click.IntRange(0, 100),
    default=discovery.SHOWN,
    show_default=True,
    help="Show the columns that reach this score.",
)
@click.option(
    "--write",
    is_flag=True,
    help=f"Add columns to the policy file: from {discovery.CLEAR} on as watched, the others as undecided.",
)
@click.option(
    "--owner", metavar="NAME", help="With --write: who answers for exempting views of watched columns."
)
@click.option(
    "--check",
    is_flag=True,
    help="Say what changed since the policy was written; exit code 1 where something did.",
)
@click.option(
    "--budget",
    type=click.FloatRange(0),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="Time for reading samples of the content; 0: names and statistics only.",
)
@reading_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def discover(
    dsn: str | None,
    schemas: tuple[str, ...],
    min_score: int,
    write: bool,
    owner: str | None,
    check: bool,
    budget: float,
    reads: dict[str, bool],
    form: str,
) -> None:
    """Find the columns that hold notes: text columns scored from 0 to 100, with the reasons.

    Types, names, comments, constraints, statistics and a small sample of the content are looked at; no value is shown
    or kept. The content of views and foreign tables is looked at with --read-views only. Rows are the planner's estimate.

    Exit code 0: done; 1: with --check, something changed; 2: could not run, or this role may not read all of the content.

    \b
    Example: motjuste discover --schema crm --write
             motjuste discover --check
    """
    path = policy.find()
    current = policy.settings(schemas=schemas)
    with connect(dsn, **reads) as conn:
        columns = discovering.discover(conn, current.schemas, budget, say)
        gone = _gone(conn, current) if check else []
        role = conn.info.user
    if not columns:
        where = ", ".join(current.schemas) or "this database"
        raise ConfigError(
            f"no text column in {where}", hint="check the database and the schemas, and that tables exist"
        )
    ranked = sorted((c for c in columns if c.score >= min_score), key=lambda c: (-c.score, c.label))
    if check:
        code = _check(ranked, gone, current)
        _require_read(columns, role, budget, **reads)
        sys.exit(code)
    if form == "json":
        click.echo(printable.lines(_as_json(ranked, current)))
    else:
        _as_tables(ranked, current)
    say(f"{len(columns)} text column(s) read, {len(ranked)} reach {min_score}.")
    for column in [c for c in columns if c.keys_unknown]:
        say(
            f"{printable.name(column.label)}: its keys could not be read, or there are too many; name those that hold notes: "
            f"motjuste scan '{printable.name(column.label)}->>key'"
        )
    if write:
        _write(path or Path(policy.NAME), ranked, current, owner)
    elif any(not _state(c, current) for c in ranked) and form == "text":
        say("Next: motjuste discover --write adds them to the policy")
    _require_read(columns, role, budget, **reads)


def _require_read(
    columns: list[Column], role: str, budget: float, *, read_views: bool, trust_owner: bool
) -> None:
    """Raise DatabaseError where the content was to be looked at and this role may not read all of it."""
    tables = discovering.unread(columns, views=read_views) if budget else []
    if tables:
        named = ", ".join(map(printable.name, tables[:5])) + (
            f" and {len(tables) - 5} more" if len(tables) > 5 else ""
        )
        raise DatabaseError(
            f"role {role} may not read {named}: these were judged by names and statistics alone",
            hint=f"grant select on them to {role}, or do without the content: --budget 0",
        )


def _write(path: Path, ranked: list[Column], current: Config, owner: str | None) -> None:
    new = [c for c in ranked if not _state(c, current)]
    watched = [c for c in new if c.score >= discovery.CLEAR and _may_be_watched(c)]
    views = [c for c in new if c.relkind in ("v", "m")]
    exempt = [c for c in views if c.copy_of and owner]
    doubts = [c for c in new if c not in watched and c not in views]
    next_year = date.today() + timedelta(days=365)
    text = config.add(
        policy.read(path) if path.exists() else config.TEMPLATE,
        str(path),
        [replace(config.watch(c), author=c.author, subject=c.subject) for c in watched],
        [Exempt(c.label, f"{c.copy_of}, which is what counts", owner or "", next_year) for c in exempt],
        [
            Undecided(c.label, "; ".join(filter(None, (f"score {c.score}", c.copy_of, *c.reasons))))
            for c in doubts
        ],
    )
    policy.write(path, text)
    shown = path.name if path.parent == Path.cwd() else path
    say(f"{len(watched)} column(s) added to {shown}. Next: motjuste install")
    if exempt:
        say(f"{len(exempt)} view(s) exempt until {next_year}, for {owner}")
    if doubts:
        say(f"{len(doubts)} column(s) listed as undecided: make each a [[watch]] or an [[exempt]]")


def _may_be_watched(column: Column) -> bool:
    """Whether a trigger can watch it, and it is no copy that another one's triggers fill."""
    return (
        column.relkind in catalog.TABLES
        and not column.copy_of
        and column.kind not in ("json", "xml")
        and not column.keys_unknown
        and not column.kind.endswith("[]")
        and not column.json_key.startswith(PATH)
    )


def _gone(conn: Connection, current: Config) -> list[tuple[str, str]]:
    """What the policy names and no table has any more, with what the policy says of it."""
    gone = [
        (w.label, "watched")
        for w in current.watches
        if not reading.is_there(conn, Place(w.relation, w.column, w.json_key))
    ]
    others = [(e.column, "exempt") for e in current.exempts]
    others += [(u.column, "undecided") for u in current.undecided]
    return gone + [(label, state) for label, state in others if not reading.is_there(conn, label)]


def _check(ranked: list[Column], gone: list[tuple[str, str]], current: Config) -> int:
    """Print what is new in the database and what the policy names in vain; the exit code."""
    new = [
        (c.label, c.score, c.copy_of or ", ".join(c.reasons))
        for c in ranked
        if not _state(c, current) and c.relkind not in ("v", "m")
    ]
    if new:
        click.echo(tabulate(new, ["new column", "score", "reasons"], disable_numparse=True))
    if gone:
        click.echo(("\n" if new else "") + tabulate(gone, ["gone", "policy"], disable_numparse=True))
    say(
        f"{len(new)} new, {len(gone)} gone, {len(current.undecided)} undecided; "
        f"{len(current.watches)} watched, {len(current.exempts)} exempt."
    )
    if new:
        say("motjuste discover --write adds what is new to the policy")
    return 1 if new or gone else 0


def _state(column: Column, current: Config) -> str:
    """What the policy says of this column: watched, exempt, undecided or nothing yet."""
    if config.is_exempt(current, column):
        return "exempt"
    if config.is_watched(current, column):
        return "watched"
    return "undecided" if config.is_undecided(current, column) else ""


def _as_tables(columns: list[Column], current: Config) -> None:
    head = ["column", "type", "rows", "score", "policy", "reasons"]
    rows = [
        [c.label, c.kind, f"~{c.rows:,}", c.score, _state(c, current) or "-", ", ".join(c.reasons)]
        for c in columns
        if not _aside(c)
    ]
    align = ("left", "left", "right", "right", "left", "left")
    click.echo(tabulate(rows, head, disable_numparse=True, colalign=align if rows else None))
    aside = [
        [c.label, _aside(c), f"~{c.rows:,}", c.score, _state(c, current) or "-"] for c in columns if _aside(c)
    ]
    if aside:
        click.echo()
        click.echo(
            tabulate(
                aside,
                ["also read by a scan, not watched", "what", "rows", "score", "policy"],
                disable_numparse=True,
            )
        )
    beside = [
        [c.label, c.author or "-", c.moment or "-", c.subject or "-"]
        for c in columns
        if not _aside(c) and (c.author or c.subject)
    ]
    if beside:
        click.echo()
        click.echo(tabulate(beside, ["column", "who wrote it", "when", "about whom"], disable_numparse=True))


def _aside(column: Column) -> str:
    """What makes it a column that no trigger of its own watches, '' for the others."""
    if column.copy_of or column.relkind in KINDS:
        return column.copy_of or KINDS[column.relkind]
    if column.kind.endswith("[]"):
        return f"{column.kind}: watched as one note where you say so"
    return "" if _may_be_watched(column) else f"{column.kind}: no trigger reads it"


def _as_json(columns: list[Column], current: Config) -> str:
    return json.dumps(
        [
            {
                "column": c.label,
                "schema": c.schema,
                "table": c.table,
                "name": c.name,
                "json_key": c.json_key,
                "type": c.kind,
                "relation": KINDS.get(c.relkind, "table"),
                "copy_of": c.copy_of,
                "key": list(c.key),
                "rows": c.rows,
                "score": c.score,
                "policy": _state(c, current),
                "reasons": list(c.reasons),
                "author": c.author,
                "moment": c.moment,
                "subject": c.subject,
            }
            for c in columns
        ],
        ensure_ascii=False,
        indent=2,
    )
