"""`motjuste review export` and `import`: a review made in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import click

from motjuste.cli.common import dsn_option, force_option, reading_options, say
from motjuste.cli.desk import BATCH, FILE_HELP, Desk, desk_of, summary
from motjuste.db import findings
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration.plan import chunks
from motjuste.model import Finding
from motjuste.review import sheet
from motjuste.review.note import Decided, by_note
from motjuste.review.sheet import Row
from motjuste.review.writer import STAYS

SHOWN = 50  # problems printed; a wrong column makes thousands


@click.command("export")
@dsn_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--show-text", is_flag=True, help="With the notes, the marked words and the proposals.")
@click.option(
    "--category", "categories", multiple=True, metavar="CODE", help="Only this category; may be repeated."
)
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(["block", "watch"]), help="Only this level."
)
@click.option(
    "--relation", "relations", multiple=True, metavar="TABLE", help="Only this table (schema.table)."
)
@force_option
@reading_options
def export_(
    dsn: str | None,
    file: Path,
    show_text: bool,
    categories: tuple[str, ...],
    levels: tuple[str, ...],
    relations: tuple[str, ...],
    force: bool,
    reads: dict[str, bool],
) -> None:
    """Write the open findings to a CSV file, readable by you alone, to be decided in a spreadsheet.

    A sheet that was filled in is not replaced. Fill in `decision` (accept, edit, mask, erase, dismiss or tolerate), and where needed `new_text`, `reason` and
    `until`; then `motjuste review import`.

    \b
    Example: motjuste review export a-relire.csv --show-text
    """
    private.claim(file, force=force)
    with desk_of(dsn, None, None, reads, look=True) as desk:
        names = [findings.relation_name(desk.conn, r) for r in relations]
        found = findings.to_review(desk.conn, categories=categories, levels=levels, relations=names)
        if not found:
            raise ConfigError(desk.said("nothing_to_export"), hint=desk.said("widen_export"))
        with private.drafts(force=force) as draft:
            draft(file, sheet.lines(desk.notes(by_note(found)), desk.writer, text=show_text))
            desk.require_readable()
    desk.tell("exported", count=len(found) - desk.unreadable, file=file)
    if show_text:
        desk.tell("in_clear", file=file)


@click.command("import")
@dsn_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--decisions", "target", type=click.Path(path_type=Path, dir_okay=False), help=FILE_HELP)
@click.option("--reviewer", help="Who decides [default: the database role].")
@click.option("--redo", is_flag=True, help="Replace what was decided before.")
@reading_options
def import_(
    dsn: str | None,
    file: Path,
    target: Path | None,
    reviewer: str | None,
    redo: bool,
    reads: dict[str, bool],
) -> None:
    """Take over the decisions of a CSV file, as `export` wrote it and a spreadsheet saved it.

    Every row is checked first: a finding that is unknown or decided otherwise, a note that changed, a wording that
    holds a finding, two rows that exclude each other. Where one is wrong nothing is taken over.

    \b
    Example: motjuste review import a-relire.csv
    """
    read = sheet.read(private.read(file), date.today())
    problems = read.problems
    with desk_of(dsn, target, reviewer, reads) as desk:
        rows = {row.finding: row for row in read.rows}
        found = {f.id: f for f in findings.by_id(desk.conn, list(rows))}
        problems += sheet.checked(read.rows, found)
        before = list(_decided_otherwise(desk, rows, found))
        problems += [(line, f"{what}; --redo replaces it") for line, what in before if not redo]
        notes = by_note(f for f in found.values() if f.note_digest == rows[f.id].digest)
        made: list[Decided] = []
        mixed = 0
        for note in desk.notes(notes):
            whole = [rows[f.id].line for f in note.findings if f.id in rows and rows[f.id].answer.key == "x"]
            if whole and not redo and any(v.action in STAYS for v in note.earlier.values()):
                problems.append((whole[0], "its note has a passage that is to stay; --redo erases it"))
            session, refused = sheet.settle(note, rows, desk.writer)
            problems += refused
            if session.changes():
                made.append(desk.decide(note))
                desk.count(note)
                mixed += note.result != note.text and any(v.action in STAYS for v in note.verdicts.values())
        desk.require_readable()
        gone = {f.id for group in notes for f in group} - {
            given.id for note in made for given in note.findings
        }
        problems += [
            (rows[n].line, "its note changed or is gone") for n in gone if not _said(problems, rows[n].line)
        ]
        if problems:
            _tell(desk, file, problems)
        if not made:
            raise ConfigError(desk.said("no_decision", file=file), hint=desk.said("fill_in"))
        with desk.conn.transaction():  # all of it, or nothing
            if sum(bool(kept.refused) for batch in chunks(made, BATCH) for kept in desk.keep(batch)):
                raise ConfigError(desk.said("meanwhile", file=file), hint=desk.said("import_again"))
    summary(desk, 0)
    if redo and before:
        desk.tell("redone", count=len(before), file=file)
    if mixed:
        desk.tell("mixed", count=mixed)


def _decided_otherwise(
    desk: Desk, rows: dict[int, Row], found: dict[int, Finding]
) -> Iterator[tuple[int, str]]:
    for number, f in found.items():
        status, who = desk.standing(f)
        if status != "open":
            spoken = partial(desk.spoken.say, "screen")
            yield rows[number].line, f"already {spoken(status)} by {who or spoken('someone')}"


def _said(problems: list[tuple[int, str]], line: int) -> bool:
    return any(at == line for at, _ in problems)


def _tell(desk: Desk, file: Path, problems: list[tuple[int, str]]) -> None:
    """Print what is wrong, line by line, and give up."""
    ordered = sorted(set(problems))
    for line, what in ordered[:SHOWN]:
        say(f"{file}:{line}: {desk.spoken.of(what)}")
    if len(ordered) > SHOWN:
        desk.tell("more", count=len(ordered) - SHOWN)
    raise ConfigError(desk.said("not_taken", file=file, count=len(ordered)), hint=desk.said("mend"))
