"""`status`: whether the checks of each column are in place, and who can read it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from motjuste import printable
from motjuste.cli import metrics, policy
from motjuste.cli.common import dsn_option, say
from motjuste.cli.scanned import way_out
from motjuste.cli.streams import folded
from motjuste.cli.table import tabulate
from motjuste.db import advice as advising
from motjuste.db import connection, extension, failures
from motjuste.db import evidence as stored
from motjuste.db import install as installing
from motjuste.db.states import OwnReader, Part, State, account, own_readers, states, unattached
from motjuste.db.vouching import REPLACED, Account, Fault
from motjuste.errors import ConfigError
from motjuste.officer import evidence
from motjuste.officer.evidence import Queue

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
    "another column": "its name is another column's since: `motjuste install`, then `motjuste scan`",
    "replica writes not noted": "the table's owner changed the trigger that notes them: `motjuste install`, then `motjuste scan`",
    "diverted": "a rule on the table does something else instead: drop it, or watch where it writes",
}


@click.command()
@dsn_option
@click.option(
    "--readers",
    is_flag=True,
    help="Also who can read each column, and motjuste's own tables, and how they came by it.",
)
@click.option(
    "--fail-on",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    default=["waiting>15m"],
    show_default=True,
    help="Exit 1 where this holds of the rows that wait to be read: waiting>15m (s, m, h: the oldest), waiting>10000 (rows); may be repeated.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "prometheus"]), default="text", show_default=True
)
def status(dsn: str | None, readers: bool, conditions: tuple[str, ...], form: str) -> None:
    """Say of each watched column whether its checks are installed, outdated, altered, disabled or missing.

    Of every partition and every trigger; whether rows were written past them since the last scan; whether the schema
    motjuste, down to each function, view, table and right, and the content of its rules are what this motjuste installs,
    and the watched columns those of motjuste.toml. Of deferred columns, how many rows wait to be read, since when, and who reads
    them. JSON always lists who can read each column; prometheus is a text file for the collector of node_exporter. Exit code 0:
    all installed and every note checked; 1: something is not, or a condition of --fail-on holds; 2: could not look, or nothing
    is watched.

    \b
    Example: motjuste status --readers
             motjuste status --fail-on "waiting>5m" --format json
             motjuste status --format prometheus > /var/lib/node_exporter/motjuste.prom
    """
    asked = [evidence.condition(c) for c in conditions]
    if wrong := [c.text for c in asked if c.measure != "waiting"]:
        raise ConfigError(
            f"--fail-on {wrong[0]!r}: status looks at rows that wait only",
            hint="write waiting>15m; `motjuste report --fail-on` has the other conditions",
        )
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
        queue = stored.queue(conn) if schema else Queue()
        told = (
            advising.told(conn, [(s.place, s.mode, s.deferred) for s in found])
            if schema and form == "text"
            else []
        )
    if not found:
        raise ConfigError(
            "no column is watched", hint="motjuste attach schema.table.column, or motjuste install"
        )
    held = [c.text for c in asked if c.of_queue(queue)]
    ok = current and schema and not missing and not failed and not ours.faults and not held
    well = ok and all(s.state == "installed" for s in found)
    not_checked = {s.place: sum(w.notes for w in failed if w.place == s.place) for s in found}
    if form == "prometheus":
        click.echo(metrics.text(found, not_checked, queue, well=well), nl=False)
    elif form == "json":
        found += [State(place, "", "not attached", 0, None, "") for place in missing]
        rows = [_row(s, current) | {"not_checked": not_checked.get(s.place, 0)} for s in found]
        oldest = {w.column: w.seconds for w in queue.waiting}
        for row in rows:
            row["oldest_seconds"] = oldest.get(str(row["column"]), 0.0)
        rows += [{"column": "", "queue": asdict(w) | {"at_work": w in queue.at_work}} for w in queue.workers]
        rows += [{"object": f.label, "column": f.label, "state": f.state} for f in ours.faults]
        rows += (
            [{"object": "schema motjuste", "column": "motjuste", "readers": [r._asdict() for r in own]}]
            if own
            else []
        )
        click.echo(printable.lines(json.dumps(rows, ensure_ascii=False, indent=2)))
    else:
        _text(found, readers, own, queue)
    for line in told:
        say(line)
    for text in held:
        say(f"{text}: this is so")
    for place in missing:
        say(f"{printable.name(place.label)}: not attached, though motjuste.toml watches it: motjuste install")
    for w in failed:
        say(f"{printable.name(w.place.label)}: {way_out(w)}")
    if not schema:
        say("the schema motjuste was installed by another version of motjuste: motjuste install")
    if found and schema and (slow := _in_sql(found, kernel)):
        say(slow)
    if not current:
        say(
            "the database has other rules than this motjuste and its motjuste.toml: where you changed the policy or updated motjuste,"
            " motjuste rules push"
        )
    for fault in ours.faults:
        if not current and fault.kind == "content of table" and fault.state == "altered":
            continue  # that the rules are others is said above
        say(f"{printable.name(fault.label)}: {fault.state}: {_way_out(fault)}")
    for part in ours.blind:
        say(f"not compared: {part}; ask as the role that installed motjuste, where it may write")
    sys.exit(0 if well else 1)


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
        "deferred": s.deferred,
        "waiting": s.waiting,
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


def _text(found: list[State], readers: bool, own: list[OwnReader], queue: Queue) -> None:
    table = [
        (
            s.place.label,
            f"{s.mode}, deferred" if s.deferred else s.mode,
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
    if queue.rows or any(s.deferred for s in found):
        click.echo("\n" + folded(_queue(queue)))
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
    blind = [printable.name(s.place.label) for s in found if not s.always]
    if blind:
        which = "each column" if len(blind) == len(found) else _some(blind)
        told_blind = (
            "not seen where session_replication_role is replica (logical replication, some restores):"
            f" {which}; `motjuste attach --always` sees that too"
        )
        click.echo("\n" + folded(told_blind))
    states_of = [(s, state) for s in found for state in sorted({p.state for p in s.parts})]
    for s, state in states_of:
        parts = [p for p in s.parts if p.state == state]
        say(f"{printable.name(s.place.label)}: {state}: {_where(parts)}")
    for state in dict.fromkeys(state for _, state in states_of):
        say(f"{state}: {WAYS_OUT[state]}")
    if redact := sum(s.accepted for s in found):
        say(f"{redact} finding(s) accepted and not redacted yet: motjuste migrate plan --output FOLDER")
    if opened := sum(s.open_findings for s in found):
        say(f"{opened} open finding(s): motjuste review, or motjuste serve")


def _some(names: list[str]) -> str:
    """The first of some names, and how many more there are: one line whatever their number."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _queue(queue: Queue) -> str:
    """How many rows wait to be read, and which workers read them."""
    lines = [
        f"{printable.name(w.column)}: {w.rows} row(s) wait to be read, the oldest for {_span(w.seconds)}"
        for w in queue.waiting
    ] or ["no row waits to be read"]
    if queue.at_work:
        rate = f", {queue.rate:,.0f} rows a second" if queue.rate else ""
        lines.append(
            f"{len(queue.at_work)} at work{rate}: {', '.join(printable.name(w.name) for w in queue.at_work)}"
        )
        if queue.rate and queue.rows > queue.rate:
            lines.append(f"at that rate all is read in {_span(queue.rows / queue.rate)}")
    else:
        last = f", the last one {_span(queue.workers[0].seconds)} ago" if queue.workers else ""
        lines.append(f"nobody reads them{last}: run `motjuste work`, or motjuste.work() in pg_cron")
    return "\n".join(lines)


def _span(seconds: float) -> str:
    """A length of time as a person says it."""
    for name, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def _where(parts: list[Part]) -> str:
    """The triggers of a column that are in a state, by name, and the tables whose rows are; of many tables the number."""
    tables = sorted({p.member for p in parts if p.part == "rows"})
    named = sorted({f"{p.part} on {p.member}" for p in parts if p.part != "rows"})
    rows = (
        [f"rows of {tables[0]}" + f" and {len(tables) - 1} more table(s)" * (len(tables) > 1)]
        if tables
        else []
    )
    return _some([*rows, *named])


def _login(login: bool | None) -> str:
    return "" if login is None else "yes" if login else "no"
