"""No cell of a CSV file begins a formula, wherever a spreadsheet begins a cell; and what we read back is what we wrote."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motjuste.access import document
from motjuste.access.persons import Own
from motjuste.cli import table
from motjuste.files.spreadsheet import harmless, written
from motjuste.officer import sampling
from motjuste.review import sheet
from motjuste.scanning.scan import Place

SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
texts = st.text(alphabet="=+-@\t\r\n;,|'\" a1\u00a0\uff1d\u2028é", max_size=40) | st.text(max_size=40)


def formulas(text: str) -> list[str]:
    """The parts of a text that a spreadsheet takes for a formula, whichever sign it parts cells by."""
    parts = re.split(r"[;,|\t\r\n\v\f\x85\u2028\u2029]", text)
    return [p for p in parts if p.lstrip(' \u00a0"').startswith(SIGNS)]


@settings(max_examples=2000)
@given(texts)
def test_no_part_of_a_cell_is_a_formula_and_it_reads_back(text: str) -> None:
    made = harmless(text)
    assert formulas(made) == []
    assert made[:1] not in ("\t", "\r")
    assert written(made) == text


@pytest.mark.parametrize("before", ["", ";", ",", "\t", "\n", "\r\n", "a;", 'a; "', "x, ", "|", "\u2028"])
@pytest.mark.parametrize("sign", [*SIGNS, "\t", "\r"])
def test_a_sign_after_each_separator_has_an_apostrophe_before_it(before: str, sign: str) -> None:
    cell = f"{before}{sign}cmd|'/c calc'!A1"
    assert formulas(harmless(cell)) == []
    assert f"'{sign}cmd" in harmless(cell)
    assert written(harmless(cell)) == cell


@settings(max_examples=300)
@given(texts)
def test_a_sheet_that_comes_back_holds_the_wording_that_went_out(text: str) -> None:
    """The reviewer copies a cell of the export into `new_text`."""
    out = io.StringIO()
    made = csv.writer(out)
    made.writerow(["id", "note_digest", "decision", "new_text", "reason", "until"])
    made.writerow(["1", "ab", "edit", harmless(text), "", ""])
    read = sheet.read(out.getvalue(), date(2026, 12, 1))
    assert not read.problems
    assert read.rows[0].answer.text == text


@settings(max_examples=300)
@given(texts, texts)
def test_no_line_of_a_sheet_is_a_formula(text: str, place: str) -> None:
    drawn = sampling.Drawn(place, "note", "", "{}", place, None, text)
    for row in csv.reader(io.StringIO(sampling.sheet(1, [drawn]), newline=""), delimiter=";"):
        assert [f for cell in row for f in formulas(cell)] == []


def test_a_table_as_csv_holds_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    table.show(["name", "count"], [['=1;=2\n::error::x\t@a,"-3', 1], ["ok\r=4", -2]], "csv")
    out = capsys.readouterr().out
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert [f for row in rows for cell in row[:1] for f in formulas(cell)] == []
    assert len(out.splitlines()) == 3
    assert rows[2][1] == "-2"  # a number is a number


def test_the_csv_of_an_access_holds_no_formula() -> None:
    place = Place('crm."=a\n;+b"', "=note")
    stored = document.Stored(place, "{}", "@zoe", "2026-01-01", "bonjour ;=cmd|' /C calc'!A0\n+33 6")
    found = document.Found("b", datetime(2026, 12, 1, tzinfo=UTC), (), Own((), ()), (stored,), ())
    made = document.as_csv(found, [document.Note(stored, (document.Piece(stored.text),))])
    [_, row] = csv.reader(io.StringIO(made.removeprefix("\ufeff"), newline=""), delimiter=";")
    assert [f for cell in row for f in formulas(cell)] == []
    assert written(row[5]) == stored.text
