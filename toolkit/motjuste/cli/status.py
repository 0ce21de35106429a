"""`status`: whether the checks of each column are in place, and who can read it."""

from __future__ import annotations

import json
import sys

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, say
from motjuste.cli.scanned import way_out
from motjuste.cli.table import tabulate
from motjuste.db import connection, extension, failures
from motjuste.db import install as installing
from motjuste.db.states import OwnReader, Part, State, account, own_readers, states, unattached
from motjuste.db.vouching import REPLACED, Account, Fault
from motjuste.errors import ConfigError

# what to do about each state, for a column by its label
WAYS_OUT = {
    "missing": "`motjuste install`, or attach it again",
    "partition not covered": "attach it again: tables that inherit are covered when they are there",
    "disabled": "attach it again, or ALTER TABLE ... ENABLE TRIGGER",
    "altered": "someone changed the trigger or its function by hand: attach it again",
    "outdated": "`motjuste install`",
    "owner not trusted": "its triggers have a superuser's rights and its owner has not: `motjuste install --as ROLE`, or attach it with"
    " --trust-owner",
    "not masking": "only PostgreSQL's own types are masked: attach it in another mode",
    "not firing for replica": "attach it again with --always",
    "watched twice": "attach its parent table again: one watch for all",
    "column gone": "`motjuste attach` the column that took its place, and detach this one (motjuste.detach)",
    "table gone": "`motjuste install` forgets it",
    "never scanned": "rows from before it was watched: `motjuste scan`",
    "written unseen": "its triggers were off, or are younger than the last scan: `motjuste scan`",
    "written as replica": "where session_replication_role is replica: `motjuste scan`; attach it with --always",
    "attached with rows": "it had rows when it became a part of the table: `motjuste scan`",
    "rewritten": "the column was rewritten, as by ALTER TYPE ... USING: `motjuste scan`",
    "diverted": "a rule on the table does something else instead: drop it, or watch where it writes",
}


@click.command()
@dsn_option
@click.option(
    "--readers",
    is_flag=True,
    help="Also who can read each column, and motjuste's own tables, and how they came by it.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(dsn: str | None, readers: bool, form: str) -> None:
    """Say of each watched column whether its checks are installed, outdated, altered, disabled or missing.

    Of every partition and every trigger; whether rows were written past them since the last scan; whether the schema
    motjuste, down to each function, view, table and right, and the content of its rules are what this motjuste installs,
    and the watched columns those of motjuste.toml. JSON always lists who can read each column. Exit code 0: all installed
    and every note checked; 1: something is not; 2: could not look, or nothing is watched.

    \b
    Example: motjuste status --readers
             motjuste status --format json
    """
    settings = policy.settings()
    with connection.connect(dsn) as conn:
        found = states(conn)
        current = bool(found) and installing.holds(conn, policy.matcher(settings))
        schema = installing.is_current(conn)
        missing = unattached(conn, settings) if found else []
        # what another version made differs, and `install` replaces it
        ours = account(conn, policy.matcher(settings)) if found and schema else Account((), ())
        own = own_readers(conn) if readers else []
        failed = failures.waiting(conn) if schema else []
        kernel = extension.available(conn)
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
        rows += [{"object": f.label, "column": f.label, "state": f.state} for f in ours.faults]
        rows += (
            [{"object": "schema motjuste", "column": "motjuste", "readers": [r._asdict() for r in own]}]
            if own
            else []
        )
        click.echo(printable.lines(json.dumps(rows, ensure_ascii=False, indent=2)))
    else:
        _text(found, readers, own)
    for place in missing:
        say(f"{printable.name(place.label)}: not attached, though motjuste.toml watches it: motjuste install")
    for w in failed:
        say(f"{printable.name(w.place.label)}: {way_out(w)}")
    if not schema:
        say("the schema motjuste was installed by another version of motjuste: motjuste install")
    if found and schema and (slow := _in_sql(found, kernel)):
        say(slow)
    if not current:
        say("the database has other rules than this motjuste and its motjuste.toml: motjuste install")
    for fault in ours.faults:
        say(f"{printable.name(fault.label)}: {fault.state}: {_way_out(fault)}")
    for part in ours.blind:
        say(f"not compared: {part}; ask as the role that installed motjuste, where it may write")
    well = current and schema and not missing and not failed and not ours.faults
    sys.exit(0 if well and all(s.state == "installed" for s in found) else 1)


def _in_sql(found: list[State], kernel: extension.Extension) -> str:
    """What to do where checks run in SQL though the server has the kernel; '' where it has none, or uses it."""
    if kernel == extension.ABSENT or all(s.executor == "kernel" for s in found):
        return ""
    if not kernel.usable:
        return f"the checks run in SQL: {kernel.why}: motjuste kernel build"
    return "the checks run in SQL, and the extension motjuste_kernel is there: motjuste install"


def _way_out(fault: Fault) -> str:
    """What to do about an object of ours."""
    if fault.state == "foreign" and not fault.repair:
        return "nothing of ours: drop it, or move it to another schema"
    if fault.state == REPLACED:
        return "`motjuste rekey` makes the findings known again"
    return "`motjuste install` puts it right"


def _row(s: State, current: bool) -> dict[str, object]:
    return {
        "column": s.place.label,
        "mode": s.mode,
        "state": s.state,
        "parts": [p._asdict() for p in s.parts],
        "executor": s.executor,
        "rules_current": current,
        "fires_for_replica": s.always,
        "open_findings": s.open_findings,
        "accepted_findings": s.accepted,
        "scanned_at": s.scanned_at.isoformat() if s.scanned_at else None,
        "rows_read": s.rows_read or None,
        "readers": [r._asdict() for r in s.readers],
    }


def _text(found: list[State], readers: bool, own: list[OwnReader]) -> None:
    table = [
        (
            s.place.label,
            s.mode,
            s.executor,
            s.state,
            f"{s.open_findings}, {s.accepted} to redact" if s.accepted else s.open_findings,
            f"{s.scanned_at:%Y-%m-%d %H:%M}" if s.scanned_at else "never",
            s.rows_read,
        )
        for s in found
    ]
    headers = ["column", "mode", "executor", "state", "open findings", "last scan", "rows read / existing"]
    click.echo(tabulate(table, headers=headers, disable_numparse=True))
    if readers:
        rows = [(s.place.label, r.role, _login(r.login), r.via, r.member) for s in found for r in s.readers]
        click.echo()
        click.echo(
            tabulate(rows, headers=["column", "role", "may log in", "by", "of table"], disable_numparse=True)
        )
        click.echo()
        told = [(r.role, _login(r.login), r.via, r.tables) for r in own]
        click.echo(
            tabulate(told, headers=["role", "may log in", "by", "reads of motjuste"], disable_numparse=True)
        )
    blind = [s.place.label for s in found if not s.always]
    if blind:
        click.echo(
            f"\nnot seen where session_replication_role is replica (logical replication, some restores):"
            f" {', '.join(map(printable.name, blind))}; `motjuste attach --always` sees that too"
        )
    for s in found:
        for state in sorted({p.state for p in s.parts}):
            places = sorted({_told(p) for p in s.parts if p.state == state})
            more = f" and {len(places) - 5} more" if len(places) > 5 else ""
            say(f"{printable.name(s.place.label)}: {state}: {', '.join(places[:5])}{more}: {WAYS_OUT[state]}")


def _told(part: Part) -> str:
    return f"rows of {part.member}" if part.part == "rows" else f"{part.part} on {part.member}"


def _login(login: bool | None) -> str:
    return "" if login is None else "yes" if login else "no"
