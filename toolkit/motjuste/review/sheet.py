"""The round trip through a spreadsheet: findings out as CSV, decisions in, checked row by row."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from motjuste.files.spreadsheet import harmless, written
from motjuste.model import Finding
from motjuste.printable import name
from motjuste.review.note import Note
from motjuste.review.session import ACTIONS, Answer, Session
from motjuste.review.words import words
from motjuste.review.writer import Writer

KNOWN = (
    "id", "relation", "column", "json_key", "row_key", "note_digest",
    "rule", "category", "level", "certainty", "start", "length",
)  # fmt: skip
SHOWN = ("note", "words", "proposal")
ASKED = ("decision", "new_text", "reason", "until")
DECISIONS = {**{action: key for key, action in ACTIONS.items()}, "edit": "e"}


def lines(notes: Iterable[Note], writer: Writer, *, text: bool) -> Iterator[str]:
    """The lines of the CSV file: a finding each, the notes' text only where asked for; the first line names the columns."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow([*KNOWN, *(SHOWN if text else ()), *ASKED])
    for note in notes:
        session = Session([note], writer)
        for f in note.findings:
            shown = (note.text, note.words(f), session.outcome(note, f, Answer("a"))) if text else ()
            known = (
                f.id, *map(name, note.id[:4]), f.note_digest, f.rule, f.category, f.level, f.certainty or "", f.start, f.length,
            )  # fmt: skip
            sheet.writerow([harmless(str(cell)) for cell in (*known, *shown)] + [""] * len(ASKED))
        yield out.getvalue()
        out.seek(0)
        out.truncate()


@dataclass(frozen=True)
class Row:
    """A decision of the file, with its line, its finding and the digest of the note."""

    line: int
    finding: int
    digest: str
    answer: Answer


@dataclass
class Sheet:
    """The content of a file: decisions, and errors by line."""

    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def read(text: str, today: date) -> Sheet:
    """The decisions of a CSV file as a spreadsheet may have saved it: with commas, semicolons or tabs, in any order."""
    found = Sheet()
    first = text.removeprefix("\ufeff").split("\n", 1)[0]
    comma = max(",;\t", key=first.count)
    reader = csv.DictReader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=comma, strict=True
    )
    try:
        missing = {"id", "note_digest", "decision"} - set(reader.fieldnames or ())
    except csv.Error as exc:
        found.problems.append((1, f"not CSV: {exc}"))
        return found
    if missing:
        found.problems.append((1, f"no column {', '.join(sorted(missing))}"))
        return found
    seen: dict[int, int] = {}
    try:
        for record in reader:
            line = reader.line_num
            try:
                row = _row(line, record, today, day_first=comma == ";")
            except ValueError as exc:
                found.problems.append((line, str(exc)))
                continue
            if row is None:
                continue
            if row.finding in seen:
                found.problems.append((line, f"the same finding as line {seen[row.finding]}"))
                continue
            seen[row.finding] = line
            found.rows.append(row)
    except csv.Error as exc:
        found.problems.append((reader.line_num, f"not CSV: {exc}"))
    return found


def _row(line: int, record: Mapping[str, str | None], today: date, *, day_first: bool) -> Row | None:
    """The decision of a line, None where it holds none. Raises ValueError with what is wrong."""
    cells = {
        k: (v or "") if k == "new_text" else (v or "").strip()
        for k, v in record.items()
        if isinstance(v, str | None)
    }
    word = cells["decision"].lower()
    if not word:
        return None
    if word not in DECISIONS:
        raise ValueError(f"decision {word!r} is none of {', '.join(DECISIONS)}")
    if not cells["id"].isdecimal():
        raise ValueError("id is not a number")
    key, until = DECISIONS[word], None
    if key in "dt" and not cells.get("reason"):
        raise ValueError(f"{word} needs a reason")
    if key == "t":
        try:
            until = _day(cells.get("until", ""), day_first)
        except ValueError:
            raise ValueError("until is not a date like 2027-01-31") from None
        if until <= today:
            raise ValueError("until is not a day to come")
    if key != "e" and cells.get("new_text"):
        raise ValueError(f"new_text belongs to the decision edit, not {word}")
    # what was copied out of the other columns has the apostrophes that the export put there
    reason, new_text = (written(cells.get(column, "")) for column in ("reason", "new_text"))
    answer = Answer(key, reason, until, new_text)
    return Row(line, int(cells["id"]), cells.get("note_digest", ""), answer)


def _day(said: str, day_first: bool) -> date:
    # a spreadsheet writes the day as its country does; those that separate by semicolons put the day first
    if day_first and "/" in said:
        return datetime.strptime(said, "%d/%m/%Y").date()
    return date.fromisoformat(said)


def checked(rows: Iterable[Row], found: Mapping[int, Finding]) -> Iterator[tuple[int, str]]:
    """Errors that only the findings show: unknown ones, and rows of one note that exclude each other."""
    notes: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        finding = found.get(row.finding)
        if finding is None:
            yield row.line, f"finding {row.finding} is unknown, closed, or not asked for"
        elif finding.note_digest != row.digest:
            yield row.line, f"finding {row.finding} is of another text: note_digest differs"
        else:
            notes[finding.relation, finding.column, finding.note_digest + str(finding.row_key)].append(row)
    for group in notes.values():
        whole = next((r for r in group if r.answer.key in "ex"), None)
        for row in group:
            if whole and row is not whole and (row.answer.key, row.answer.text) != (whole.answer.key, whole.answer.text) \
                    and row.answer.key not in "dt":  # fmt: skip
                yield row.line, f"it excludes line {whole.line}, which settles the whole note"


def settle(note: Note, rows: Mapping[int, Row], writer: Writer) -> tuple[Session, list[tuple[int, str]]]:
    """Apply the answers of its rows to a note. Returns the session, and the refusals by line."""
    session = Session([note], writer, words(writer.matcher.pack.language))
    refused, whole = [], False
    # what is dismissed or tolerated first: a wording of the reviewer's own may keep those words
    for finding in sorted(note.findings, key=lambda f: f.id not in rows or rows[f.id].answer.key not in "dt"):
        row = rows.get(finding.id)
        if row is None or (whole and row.answer.key in "ex"):
            continue
        whole = row.answer.key in "ex"
        why = session.settle(note, finding, row.answer)
        if why:
            refused.append((row.line, why))
    return session, refused
