"""`motjuste access`: the copy of every note about one person, and the register of such requests."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import cache
from pathlib import Path

import click

from motjuste import printable
from motjuste.access import document, register, removal
from motjuste.access.document import Found, Held, Note, Reason
from motjuste.access.graph import AUTHOR
from motjuste.access.removal import Right
from motjuste.cli import policy
from motjuste.cli.common import dsn_option, force_option, reading_options
from motjuste.cli.requests import extend, past, receive, received_option, register_, subject_option
from motjuste.cli.table import tabulate
from motjuste.db import connection, findings, reading
from motjuste.db import install as installing
from motjuste.db.access import find
from motjuste.db.access import register as stored
from motjuste.db.access.find import Wanted
from motjuste.db.access.search import Progress
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration import decisions
from motjuste.migration.shape import NoteColumn
from motjuste.model import Pack
from motjuste.notes.digest import note_digest
from motjuste.officer import web
from motjuste.scanning.scan import Place

FILES = ("acces.html", "acces.md", "acces.json", "acces.csv")

WHY: dict[Reason, str] = {
    "denied": "this role may not read {}",
    "hangs": "it hangs on {}, which could not be read",
    "error": "the server answered with error {}",
    "code": "not read, since other people's code would run with your rights",
    "filtered": "row-level security may hide rows from this role",
}


@click.group(invoke_without_command=True)
@dsn_option
@subject_option
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to, new or empty."
)
@click.option(
    "--follow",
    multiple=True,
    metavar="KEY",
    help="Of two keys to one table, follow this column's; may be repeated.",
)
@click.option(
    "--leave",
    multiple=True,
    metavar="KEY",
    help="Do not follow this column's key, or any of this table's; may be repeated.",
)
@click.option(
    "--mask", is_flag=True, help="Write third persons masked: the copy to send, once you have read the other."
)
@received_option
@click.option(
    "--erase",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write decisions that empty these notes, for motjuste migrate plan, after the copy was given.",
)
@click.option(
    "--restrict",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write decisions that put these notes out of reach for a time: migrate plan --escrow keeps them.",
)
@force_option
@reading_options
@click.pass_context
def access(
    ctx: click.Context,
    dsn: str | None,
    subjects: tuple[str, ...],
    output: Path | None,
    follow: tuple[str, ...],
    leave: tuple[str, ...],
    mask: bool,
    received: datetime | None,
    erase: Path | None,
    restrict: Path | None,
    force: bool,
    reads: dict[str, bool],
) -> None:
    """Gather every note about one person: the copy that the right of access asks for (GDPR art. 15).

    Follows keys from the person's row down to the tables that reference it, several hops, with their partitions, history and
    archive tables and jsonb keys, in one snapshot. Writes acces.html, .md, .json and .csv to the folder: the notes, third persons
    marked, passages at fault marked, and the proof: tables, keys, rows. Records request and answer in the register.

    --erase and --restrict prepare the person's other rights for the same review as any redaction: motjuste review
    --second-reader, migrate plan, apply, verify.

    Exit code 0: complete; 1: not surely, tables with notes hang on no key, rows name another person too, or notes are under
    restriction; 2: could not run, or a table could not be read (the files say so).

    \b
    Example: motjuste access --subject crm.client=42 --received 2026-11-03 --output demande-42
             motjuste access --subject crm.client=42 --output envoi-42 --mask
             motjuste access register
    """
    ctx.obj = dsn
    if ctx.invoked_subcommand:
        return
    if output is None or not subjects:
        raise ConfigError(
            "access needs a person and a folder",
            hint="motjuste access --subject crm.client=42 --output demande-42; or motjuste access register",
        )
    day = past(received)
    if erase and restrict:
        raise ConfigError("--erase and --restrict exclude each other", hint="restrict now, erase later")
    _check(output, force=force)
    for file in (erase, restrict):
        if file:
            private.claim(file, force=force)
    settings = policy.settings()
    pack = policy.matcher(settings).pack
    with connection.connect(dsn, **reads) as conn:
        found = find.find(conn, Wanted(subjects, follow, leave), settings, _progress())
        if not any(s.columns for s in found.searched) and not found.failed:
            raise _nothing(found)
        given = document.notes(found, policy.matcher(), mask=mask)
        missing = stored.why_not(conn)
        number = None if missing else stored.receive(conn, register.subjects(found.subjects), day)[0]
        held = _held(conn, found, pack)
        _write(output, found, given, pack, held, mask=mask, number=number, force=force)
        if number:
            tables = len(found.searched)
            came, due = stored.answer(conn, number, complete=found.complete, notes=len(given), tables=tables)
            click.echo(f"request {number}, received {came}, due {due}: answer recorded", err=True)
        else:
            click.echo(f"not recorded in the register: {missing}; {stored.HINT}", err=True)
        if erase:
            _remove(conn, found, "erasure", erase, force=force)
        if restrict:
            _remove(conn, found, "restriction", restrict, force=force)
    _tell(found, given, output, mask=mask)
    sys.exit(0 if found.complete else 1 if found.readable else 2)


def _nothing(found: Found) -> ConfigError:
    """The error if no table with notes was reached. For an agent the keys lead to notes that she wrote, not to notes about her."""
    authors = [x.link for x in found.left if x.why == AUTHOR]
    if authors:
        return ConfigError(
            "no table with notes is about this person; keys that say what she wrote were not followed",
            hint=f"if one says about whom a row is: --follow {authors[0].child}.{authors[0].columns[0]}",
        )
    return ConfigError(
        "no table with notes is tied to this person",
        hint="motjuste discover shows the note columns; declare keys with [[link]] in motjuste.toml",
    )


def _check(output: Path, *, force: bool) -> None:
    """Refuse a folder that holds anything else, or a copy that was edited: its rights are narrowed and files of ours replaced."""
    try:
        others = sorted(p.name for p in output.iterdir() if p.name not in FILES) if output.exists() else []
    except OSError as exc:
        raise ConfigError(f"{output}: {exc.strerror}", hint="give a new folder") from exc
    if others:
        raise ConfigError(f"{output} holds other files: {others[0]}", hint="give a new folder")
    for name in FILES:
        private.claim(output / name, force=force)


def _progress() -> Progress:
    if not sys.stderr.isatty():
        return lambda table: None
    return lambda table: click.echo(f"\r\x1b[Ksearching {printable.name(table)}", err=True, nl=False)


def _write(
    output: Path,
    found: Found,
    given: list[Note],
    pack: Pack,
    held: list[Held] | None,
    *,
    mask: bool,
    number: int | None,
    force: bool,
) -> None:
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
        output.chmod(0o700)
    except OSError as exc:
        raise ConfigError(f"{output}: {exc.strerror}", hint="give another --output") from exc
    values = {
        "found": found,
        "notes": given,
        "mask": mask,
        "request": number,
        "third": sum(n.third for n in given),
        "held": held,
        "faulty": sum(bool(n.labels) for n in given),
        "pack_version": pack.version,
    }
    with private.drafts(force=force) as draft:
        draft(output / "acces.html", [web.page("access.html", pack.language, **values)])
        draft(output / "acces.md", [web.page("access.md", pack.language, **values)])
        draft(
            output / "acces.json", [document.as_json(found, given, mask=mask, pack=pack.version, held=held)]
        )
        draft(output / "acces.csv", [document.as_csv(found, given)])


def _held(conn: Connection, found: Found, pack: Pack) -> list[Held] | None:
    """The findings that motjuste stores on these notes; None if this role may not read them."""
    if not installing.is_installed(conn):
        return []
    if not (installing.may(conn, "finding", "select") and reading.may_read_secret(conn)):
        click.echo(
            "the findings on these notes are not in the copy: this role may not read them (motjuste grant --officer)",
            err=True,
        )
        return None
    key = reading.secret(conn)
    notes = [(n.place, n.row_key, note_digest(key, n.text).hex()) for n in found.notes]
    labels = {code: c.label for code, c in pack.categories.items()}
    rows = findings.held(conn, notes)
    return [Held(row[0], row[1], labels.get(row[2], row[2]), *row[3:]) for row in rows]


def _remove(conn: Connection, found: Found, right: Right, file: Path, *, force: bool) -> None:
    key = reading.secret(conn)

    @cache
    def column(place: Place) -> NoteColumn | None:
        return findings.note_column(conn, place.relation, place.column, place.json_key)

    def limit(place: Place) -> int | None:
        known = column(place)
        return known.limit if known else None

    fixed = {n.place: c.fixed for n in found.notes if (c := column(n.place)) and c.fixed}
    notes = [n for n in found.notes if n.place not in fixed]
    made, left = removal.decisions(
        notes, right, conn.info.user, lambda text: note_digest(key, text).hex(), limit
    )
    private.write(file, decisions.write(made), force=force)
    plan = f"motjuste migrate plan {file} --output FOLDER"
    if right == "erasure":
        click.echo(f"{file}: {len(made)} notes to empty; give the copy first, then: {plan}", err=True)
    else:
        click.echo(
            f"{file}: {len(made)} notes to restrict; next: {plan} --escrow age1... --escrow-until DAY\n"
            "to lift it: motjuste migrate restore FOLDER/escrow-NAME.age --identity key.txt --all",
            err=True,
        )
    for place, why in sorted(fixed.items(), key=lambda item: item[0].label):
        click.echo(f"{printable.name(place.label)}: not among them, {why}", err=True)
    for relation in sorted({n.place.relation for n in left}):
        click.echo(f"{printable.name(relation)} has no primary key: see to its notes by hand", err=True)


def _tell(found: Found, given: list[Note], output: Path, *, mask: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    rows = [(s.relation, len(s.path), s.rows, s.notes) for s in found.searched]
    click.echo(tabulate(rows, headers=["table", "keys", "rows", "notes"], disable_numparse=True))
    for column in found.unsure:
        click.echo(
            f"{printable.name(column)} is not declared unique: check that the row is this person's", err=True
        )
    for f in found.failed:
        click.echo(
            f"NOT READ {printable.name(f.relation)}: {printable.name(WHY[f.reason].format(f.detail))}",
            err=True,
        )
    for u in found.untied:
        click.echo(
            f"no key ties {printable.name(u.relation)} ({printable.name(', '.join(u.columns))}) to the person",
            err=True,
        )
        if u.hint:
            click.echo(
                "  perhaps, in motjuste.toml:\n    " + printable.lines(u.hint).replace("\n", "\n    "),
                err=True,
            )
    for s in found.searched:
        if s.aside:
            click.echo(
                f"{printable.name(s.relation)}: {s.aside} rows set aside: {printable.name(', '.join(s.aside_by))} leads to them, and they name another person",
                err=True,
            )
    if found.restricted:
        click.echo(
            f"{found.restricted} notes are under restriction: their text is in the escrow of that plan, and is the person's to read;"
            " to answer: motjuste migrate restore, then access again",
            err=True,
        )
    if found.complete:
        click.echo("complete: every table with notes was searched, or is exempt or left on purpose", err=True)
    else:
        click.echo("the answer is NOT complete; declare keys, look at rows set aside, restore what is restricted, or --leave what is not about the person" if found.readable
                   else "the answer is NOT complete: connect as a role that may read these tables", err=True)  # fmt: skip
    third = sum(n.third for n in given)
    if third and not mask:
        click.echo(
            f"{third} mentions of third persons are marked; read them, then write the copy to send with --mask",
            err=True,
        )
    click.echo(
        f"{output}: {len(given)} notes, in clear: only for those who answer the request and for the person",
        err=True,
    )


for command in (receive, register_, extend):
    access.add_command(command)
