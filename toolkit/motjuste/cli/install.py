"""`install`, `uninstall`: the schema motjuste in a database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import Locks, dsn_option, force_option, lock_options, say
from motjuste.cli.streams import folded
from motjuste.db import advice as advising
from motjuste.db import connection, extension, watching
from motjuste.db import install as installing
from motjuste.db.patience import patiently
from motjuste.errors import ConfigError
from motjuste.files import private

PRINTED = "-"  # in the place of a folder: standard output


@click.command()
@dsn_option
@click.option(
    "--sql",
    "script",
    metavar="[FOLDER]",
    is_flag=False,
    flag_value=PRINTED,
    help="Print the SQL instead of running it, or write it to FOLDER, code and data apart; no database needed.",
)
@click.option("--dry-run", is_flag=True, help="Do it, say what was done, and roll back.")
@click.option(
    "--as",
    "owner",
    metavar="ROLE",
    default="",
    help="The role that is to own all of it, none with a superuser's rights [default: who owns it; at first, who connects].",
)
@click.option("--published", is_flag=True, help="Even where a publication of all tables replicates ours too.")
@force_option
@lock_options
def install(
    dsn: str | None,
    script: str | None,
    dry_run: bool,
    owner: str,
    published: bool,
    force: bool,
    locks: Locks,
) -> None:
    """Install or update the checks, and attach every [[watch]] column of motjuste.toml.

    One transaction; run again, it changes only what is out of date or was altered by hand. An older installation is moved on, and
    what it found stays. Where a table is locked it gives way and tries again. With --as, an installation that is there changes hands.

    \b
    Example: motjuste install --dsn "service=crm" --dry-run
             motjuste install --as motjuste_owner
             motjuste install --sql sql/motjuste && psql -f sql/motjuste/install.sql
    """
    settings = policy.settings()
    matcher = policy.matcher(settings)
    pack = matcher.pack
    if script:
        attach = [watching.policy_statement(settings)]
        attach += [watching.attach_statement(w, settings.mode_of(w)) for w in settings.watches]
        if script == PRINTED:
            click.echo(installing.script(matcher, attach, owner=owner), nl=False)
        else:
            _write(Path(script), installing.script_files(matcher, attach, owner=owner), force=force)
        return
    with connection.connect(dsn) as conn:
        if not published:
            installing.require_unpublished(conn)
        before = installing.installed_version(conn)
        altered = installing.faults(conn).faults if installing.is_current(conn) else ()
        declared = watching.declared(conn)
        other_rules = declared is not None and not installing.holds(conn, matcher)
        by_policy = watching.changes(conn, settings)
        modes = {} if declared is None else watching.modes(conn)
        changed, attached = patiently(
            lambda: watching.install_all(
                conn, matcher, settings, owner=owner, lock_timeout=locks.timeout, dry_run=dry_run
            ),
            say,
            attempts=locks.attempts,
        )
        if changed and not dry_run:
            installing.vacuum(conn)
        left = installing.faults(conn).faults if not dry_run else ()
        same = not dry_run and not changed and declared == watching.declared(conn)
        kernel = extension.available(conn)
        told = [] if dry_run else advising.told(conn, [(p, c.mode, c.deferred) for p, c in attached])
    verb = "would be " if dry_run else ""
    done = (
        "installed"
        if before is None
        else "brought up to date"
        if before == installing.schema_version()
        else f"upgraded from version {before}"
    )
    click.echo(f"schema motjuste: {verb + done if changed else 'already up to date'}"
               f" (pack {pack.language} {pack.version}, {len(pack.rules)} rules)")  # fmt: skip
    click.echo(
        "executor: kernel (motjuste_kernel, in C)" if kernel.usable else f"executor: sql ({kernel.why})"
    )
    for place, mode in attached:
        was, label = modes.get(place, mode.mode), printable.name(place.label)
        if was == mode.mode:
            click.echo(f"{label}: {verb}watched, mode {mode}")
        elif dry_run:
            click.echo(f"{label}: would go from mode {was} to {mode}, as motjuste.toml says")
        else:
            click.echo(f"{label}: watched, mode {was} -> {mode}, as motjuste.toml says")
    if other_rules:
        click.echo(f"rules: {verb}replaced by those of this motjuste and its motjuste.toml")
    for change in by_policy:
        click.echo(folded(printable.name(str(change))))
    if same:
        click.echo("nothing changed")
    for line in told:
        say(line)
    for fault in altered:
        if fault.label not in {f.label for f in left}:
            say(f"{printable.name(fault.label)}: {fault.state}: {verb}put right")
    if any(f.kind == "function" for f in altered):
        say("what was written while a function was not ours may have gone unread: motjuste scan")
    for fault in left:
        say(
            f"{printable.name(fault.label)}: {fault.state}, and left as it is: drop it, or move it to another schema"
        )
    if not attached:
        say("no column is attached: motjuste.toml has no [[watch]]; try `motjuste discover --write`")
    elif dry_run:
        say("dry run: rolled back, nothing was changed. Next: motjuste install")
    elif changed or any(place not in modes for place, _ in attached):
        say("Next: motjuste scan")


def _write(folder: Path, files: dict[str, str], *, force: bool) -> None:
    """Write the script to a folder, all of its files or none."""
    folder.mkdir(parents=True, exist_ok=True)
    with private.drafts(force=force, shared=True) as draft:
        for name, text in files.items():
            draft(folder / name, [text])
    for name, text in files.items():
        click.echo(f"{folder / name}: {text.count(chr(10)):,} lines")
    say(f"Next: psql -f {folder / 'install.sql'}")


@click.command()
@dsn_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="First write the register of requests for access to this file: JSON, a row a line (mode 0600).",
)
@click.option("--decisions", is_flag=True, help="With --export: also what was decided of findings.")
@force_option
@lock_options
def uninstall(
    dsn: str | None,
    yes: bool,
    dry_run: bool,
    export: Path | None,
    decisions: bool,
    force: bool,
    locks: Locks,
) -> None:
    """Remove every trigger and the schema motjuste with all that it holds. The notes stay as they are.

    It says first what goes: findings and decisions, the register of requests for access, samples, proofs, the key of the digests.
    With --export, nothing is removed unless the file is written.

    \b
    Example: motjuste uninstall --dsn "service=crm" --dry-run
             motjuste uninstall --export registre.jsonl --decisions
    """
    if decisions and not export:
        raise ConfigError("--decisions goes with --export", hint="--export FILE --decisions")
    keeps = export and private.claim(export, force=force)
    with connection.connect(dsn) as conn:
        goes = installing.inventory(conn)
        for line in _goes(goes, exported=bool(export), decisions=decisions):
            click.echo(folded(line, sys.stdout if dry_run else sys.stderr), err=not dry_run)
        if dry_run:
            return
        if not yes:
            click.confirm(
                f"Remove motjuste with all of this from database {conn.info.dbname!r}?", abort=True, err=True
            )

        def keep() -> None:
            if export:
                with private.drafts(force=force) as draft:
                    draft(export, installing.kept(conn, decisions=decisions))

        names = patiently(
            lambda: installing.uninstall(conn, lock_timeout=locks.timeout, before=keep),
            say,
            attempts=locks.attempts,
        )
        ours = keeps and keeps.descriptor == 1  # standard output holds the export, and nothing else
        for name in names:
            click.echo(f"{printable.name(name)}: no longer watched", err=bool(ours))
    if export and not (keeps and keeps.passing):
        say(
            f"{export}: keep it, and to yourself: it says who asked for access"
            + (" and what was found" if decisions else "")
        )
    click.echo("schema motjuste: removed", err=bool(ours))


# what a table of ours holds, as the person who removes it knows it
GOES = {
    "watch": "watched column(s)",
    "finding": "finding(s), {decided} of them decided",
    "request": "request(s) for access in the register, {unanswered} not answered",
    "sample": "sample(s) drawn",
    "sample_note": "note(s) of samples with their marks",
    "tally": "count(s) of findings that went before",
    "decision": "decision(s), with what was to be written into notes",
    "scan": "proof(s) of what was scanned",
    "failure": "check(s) that failed, logged",
    "bypass": "bypass(es), logged",
    "bypass_role": "role(s) that may bypass",
    "reader_role": "role(s) with rights on motjuste: {readers}",
    "secret": "key of the digests: no escrow, sheet, decision or findings file of this database can be used again without it",
    "retention": "rule(s) of how long findings are kept",
    "setting": "setting(s)",
    "gap": "mark(s) of rows that no trigger saw",
    "queue": "row(s) that wait to be read: nobody will read them",
    "worker": "process(es) that worked off the queue, noted",
    "written": "mark(s) of what was written beside redactions",
    "rekey": "digest(s) of a change of key under way",
}
OURS = ("key_mark", "part")  # of no use to anybody but us


def _goes(goes: installing.Inventory, *, exported: bool, decisions: bool) -> Iterator[str]:
    """What an uninstallation takes along, a line each."""
    for table, count in goes.triggers.items():
        yield f"goes: {count} trigger(s) on {printable.name(table)}"
    said = {
        "decided": goes.decided,
        "unanswered": goes.unanswered,
        "readers": printable.name(", ".join(goes.readers)),
    }
    for name in sorted(goes.rows.keys() - set(OURS), key=[*GOES, *goes.rows].index):
        what = GOES.get(name, f"row(s) of motjuste.{name}").format(**said)
        kept = exported and (name == "request" or (decisions and name.startswith(("finding", "decision"))))
        yield f"goes: {goes.rows[name]} {what}{' (exported first)' if kept else ''}"
    if goes.rows.get("request") and not exported:
        yield "the register is your proof of what was answered when: --export FILE writes it first"
