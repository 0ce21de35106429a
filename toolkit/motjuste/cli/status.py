"""`status`: whether the checks of each column are in place, and who can read it."""

from __future__ import annotations

import json
import sys

import click
from tabulate import tabulate

from motjuste.cli import policy
from motjuste.cli.common import dsn_option, say
from motjuste.cli.scanned import way_out
from motjuste.db import connection, failures
from motjuste.db import install as installing
from motjuste.db.states import State, states, unattached
from motjuste.errors import ConfigError

# what to do about each state, for a column by its label
WAYS_OUT = {
    "missing": "`motjuste install`, or attach it again",
    "partition not covered": "attach it again: tables that inherit are covered when they are there",
    "disabled": "attach it again, or ALTER TABLE ... ENABLE TRIGGER",
    "altered": "someone changed the trigger or its function by hand: attach it again",
    "outdated": "`motjuste install`",
    "not firing for replica": "attach it again with --always",
    "watched twice": "attach its parent table again: one watch for all",
    "column gone": "`motjuste attach` the column that took its place, and detach this one (motjuste.detach)",
    "table gone": "`motjuste install` forgets it",
}


@click.command()
@dsn_option
@click.option("--readers", is_flag=True, help="Also who can read each column, and how they came by it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(dsn: str | None, readers: bool, form: str) -> None:
    """Say of each watched column whether its checks are installed, outdated, altered, disabled or missing.

    Of every partition and every trigger; also whether its rules, and the columns that are watched, are those of
    motjuste.toml. JSON always lists who can read each column. Exit code 0: all installed and every note checked; 1: something is not; 2: could not look, or nothing is watched.

    \b
    Example: motjuste status --readers
             motjuste status --format json
    """
    settings = policy.settings()
    with connection.connect(dsn) as conn:
        found = states(conn)
        current = bool(found) and installing.holds(conn, policy.pack(settings))
        schema = installing.is_current(conn)
        missing = unattached(conn, settings) if found else []
        failed = failures.waiting(conn) if schema else []
    if not found:
        raise ConfigError(
            "no column is watched", hint="motjuste attach schema.table.column, or motjuste install"
        )
    if form == "json":
        found += [State(place, "", "not attached", 0, None, "") for place in missing]
        rows = [
            _row(s, current) | {"not_checked": sum(w.notes for w in failed if w.place == s.place)}
            for s in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _text(found, readers)
    for place in missing:
        say(f"{place.label}: not attached, though motjuste.toml watches it: motjuste install")
    for w in failed:
        say(f"{w.place.label}: {way_out(w)}")
    if not schema:
        say("the schema motjuste was installed by another version of motjuste: motjuste install")
    if not current:
        say("the database has other rules than this motjuste and its motjuste.toml: motjuste install")
    sys.exit(
        0
        if current and schema and not missing and not failed and all(s.state == "installed" for s in found)
        else 1
    )


def _row(s: State, current: bool) -> dict[str, object]:
    return {
        "column": s.place.label,
        "mode": s.mode,
        "state": s.state,
        "parts": [p._asdict() for p in s.parts],
        "rules_current": current,
        "fires_for_replica": s.always,
        "open_findings": s.open_findings,
        "scanned_at": s.scanned_at.isoformat() if s.scanned_at else None,
        "rows_read": s.rows_read or None,
        "readers": [r._asdict() for r in s.readers],
    }


def _text(found: list[State], readers: bool) -> None:
    table = [
        (
            s.place.label,
            s.mode,
            s.state,
            s.open_findings,
            f"{s.scanned_at:%Y-%m-%d %H:%M}" if s.scanned_at else "never",
            s.rows_read,
        )
        for s in found
    ]
    headers = ["column", "mode", "state", "open findings", "last scan", "rows read / existing"]
    click.echo(tabulate(table, headers=headers, disable_numparse=True))
    if readers:
        rows = [(s.place.label, r.role, _login(r.login), r.via, r.member) for s in found for r in s.readers]
        click.echo()
        click.echo(
            tabulate(rows, headers=["column", "role", "may log in", "by", "of table"], disable_numparse=True)
        )
    blind = [s.place.label for s in found if not s.always]
    if blind:
        click.echo(
            f"\nnot seen where session_replication_role is replica (logical replication, some restores):"
            f" {', '.join(blind)}; `motjuste attach --always` sees that too"
        )
    for s in found:
        for state in sorted({p.state for p in s.parts}):
            places = sorted({f"{p.part} on {p.member}" for p in s.parts if p.state == state})
            more = f" and {len(places) - 5} more" if len(places) > 5 else ""
            say(f"{s.place.label}: {state}: {', '.join(places[:5])}{more}: {WAYS_OUT[state]}")


def _login(login: bool | None) -> str:
    return "" if login is None else "yes" if login else "no"
