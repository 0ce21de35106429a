"""Sampling: the interval, the sheet, and draws from real tables that favour no row."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

import browser
from motjuste.db import connection
from motjuste.db import sampling as stored
from motjuste.db.catalog import date_columns
from motjuste.db.sampling import Wanted
from motjuste.errors import ConfigError, DatabaseError
from motjuste.officer import sampling
from motjuste.officer.sampling import Drawn, Marked
from motjuste.scanning.scan import Place

pytestmark = pytest.mark.first_server  # says nothing of a server's version

CHI2_9_999 = 27.88  # the 99.9th percentile of chi-square with nine degrees of freedom


@pytest.mark.parametrize(
    ("faulty", "read", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (3, 60, 0.0171, 0.1370),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval(faulty: int, read: int, low: float, high: float) -> None:
    assert sampling.wilson(faulty, read) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def marked(
    day: date | None, compliant: bool = True, column: str = "crm.appel.note", sample: int = 1
) -> Marked:
    return Marked("Lyon", column, day, compliant, sample)


def test_rates_by_team_and_quarter_said_plainly() -> None:
    marks = [marked(date(2026, 7, 1), n >= 3) for n in range(60)] + [marked(date(2026, 6, 30))]
    whole, before, after = sampling.rates(marks)
    assert (whole.period, whole.read, whole.faulty) == ("ensemble", 61, 3)
    assert (before.period, before.read, before.faulty) == ("2026-T2", 1, 0)
    assert (after.period, after.read, after.faulty, after.said) == ("2026-T3", 60, 3, "entre 2 % et 14 %")


def test_columns_and_samples_of_different_times_are_not_added_up() -> None:
    july, june = date(2026, 7, 1), date(2026, 6, 1)
    by_column = [marked(july), marked(july, compliant=False, column="crm.client.note")]
    assert [(r.column, r.period, r.read, r.faulty) for r in sampling.rates(by_column)] == [
        ("crm.appel.note", "2026-T3", 1, 0), ("crm.client.note", "2026-T3", 1, 1),
    ]  # fmt: skip
    later = [marked(june), marked(july), marked(july, sample=2), marked(None, sample=2)]
    assert [(r.period, r.read) for r in sampling.rates(later)] == [
        ("2026-T2", 1),
        ("2026-T3", 2),
        ("sans date", 1),
    ]


def test_slots_are_as_likely_in_tables_of_any_size() -> None:
    drawn = Counter(s[0] for s in islice(sampling.slots([10, 0, 30], 5, random.Random(1)), 4000))
    assert set(drawn) == {0, 2}
    assert 2850 < drawn[2] < 3150  # 3000 expected, standard deviation 27


def note(text: str, stratum: str = "Lyon") -> Drawn:
    return Drawn("crm.client", "note", "", '{"id": 1}', stratum, date(2026, 7, 1), text)


def filled(sheet: str, *marks: str) -> str:
    rows = list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"), newline=""), delimiter=";"))
    for row, mark in zip(rows[1:], marks, strict=True):
        row[6:9] = mark.split(",") if mark else ["", "", ""]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue()


def test_a_sheet_comes_back_as_marks() -> None:
    sheet = sampling.sheet(4, [note("Rappeler ; lundi\nmatin"), note("RAS"), note("x")])
    found = sampling.marks(filled(sheet, "oui,OUI,non", "", "o,n,oui"), "s.csv")
    assert [(m.sample, m.number, m.objective, m.relevant, m.clean) for m in found] == [
        (4, 1, True, True, False),
        (4, 3, True, False, True),
    ]
    assert [m.compliant for m in found] == [False, False]


@pytest.mark.parametrize("text", ["=2+3", "+33 6", "-rappeler", "@lea", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert list(csv.reader(io.StringIO(sampling.sheet(1, [note(text)])), delimiter=";"))[1][5] == f"'{text}"


def test_each_wrong_line_of_a_sheet_is_named() -> None:
    sheet = sampling.sheet(1, [note("a"), note("b"), note("c")])
    with pytest.raises(ConfigError) as error:
        sampling.marks(filled(sheet, "oui,oui,peut-être", "oui,,oui", "oui,oui,oui"), "s.csv")
    assert [line.split(" ")[0] for line in error.value.message.split("\n")] == ["s.csv:2:", "s.csv:3:"]
    with pytest.raises(ConfigError, match="no column tirage"):
        sampling.marks("a;b\n1;2\n", "s.csv")


@pytest.fixture
def conn(installed: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("create table client (id int primary key, agent text, jour date, note text)")
        yield conn


def test_draws_favour_no_row_of_a_big_table(
    conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # long notes first, short ones last; some rows deleted, some updated so that they stand elsewhere
    monkeypatch.setattr(stored, "SMALL", 0)
    monkeypatch.setattr(stored, "BATCH", 500)
    monkeypatch.setattr(stored, "ENOUGH", 0)
    conn.execute(
        "insert into client select i, 'a', '2026-01-01', repeat('x', 1 + (3000 - i) / 3) from generate_series(1, 3000) as i"
    )
    conn.execute("delete from client where id % 5 = 0")
    conn.execute("update client set note = note || 'y' where id % 7 = 0")
    ids = [i for (i,) in conn.execute("select id from client order by id")]
    tenth = {i: n * 10 // len(ids) for n, i in enumerate(ids)}
    drawn: Counter[int] = Counter()
    for seed in range(200):
        found = stored.draw(conn, Wanted(Place("public.client", "note"), "column", 10, seed), None)
        keys = [int(n.row_key.split(":")[1].rstrip("}")) for n in found.notes]
        assert len(set(keys)) == 10
        drawn.update(tenth[k] for k in keys)
    expected = 200 * 10 / 10
    chi2 = sum((drawn[n] - expected) ** 2 / expected for n in range(10))
    assert chi2 < CHI2_9_999, drawn


def test_a_big_table_is_not_read_whole_and_each_team_has_its_number(conn: psycopg.Connection) -> None:
    conn.execute(
        "insert into client select i, 'a' || i % 4, '2026-01-01', repeat('Client rappelé. ', 20) from generate_series(1, 100000) as i"
    )
    conn.execute("analyze client")
    wanted = Wanted(Place("public.client", "note"), "author", 20, 3, "agent")
    conn.execute("select pg_stat_force_next_flush()")
    before = conn.execute("select seq_scan from pg_stat_user_tables where relname = 'client'").fetchone()
    found = stored.draw(conn, wanted, None)
    assert Counter(n.stratum for n in found.notes) == dict.fromkeys(("a0", "a1", "a2", "a3"), 20)
    assert found.pages_read < found.pages
    assert stored.draw(conn, wanted, None) == found
    assert stored.draw(conn, Wanted(wanted.place, "author", 20, 4, "agent"), None) != found
    conn.execute("select pg_stat_force_next_flush()")
    after = conn.execute("select seq_scan from pg_stat_user_tables where relname = 'client'").fetchone()
    assert after == before


def test_the_day_of_a_note_is_no_birthday_nor_due_date(conn: psycopg.Connection) -> None:
    conn.execute(
        "create table relance (id int, echeance date, date_naissance date, fin_contrat date, date_fin date, maj date, defini date)"
    )
    assert date_columns(conn, "public.relance") == ["maj", "defini"]


def test_a_rare_team_is_said_to_fall_short_and_whole_finds_it(
    conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "SMALL", 0)
    monkeypatch.setattr(stored, "LEAST_BUDGET", 2000)
    conn.execute(
        "insert into client select i, case when i % 400 = 0 then 'rare' else 'a' end, '2026-01-01', 'Client rappelé' from generate_series(1, 4000) as i"
    )
    wanted = Wanted(Place("public.client", "note"), "author", 10, 3, "agent")
    assert set(stored.draw(conn, wanted, None).short) <= {"rare"}
    found = stored.draw(conn, wanted, None, whole=True)
    assert Counter(n.stratum for n in found.notes) == {"a": 10, "rare": 10}
    assert found.short == {}


def test_since_blank_notes_and_partitions(conn: psycopg.Connection) -> None:
    conn.execute("create table appel (id int, jour date, note text) partition by range (jour)")
    for year in (2025, 2026):
        conn.execute(
            f"create table appel_{year} partition of appel for values from ('{year}-01-01') to ('{year + 1}-01-01')"
        )
    conn.execute(
        "insert into appel select i, date '2025-06-01' + i, case when i % 2 = 0 then ' ' else 'Rappelé' end from generate_series(1, 400) as i"
    )
    wanted = Wanted(Place("public.appel", "note"), "column", 300, 1, "", "jour", date(2026, 1, 1))
    days = {n.written_on for n in stored.draw(conn, wanted, None).notes}
    expected = conn.execute("select jour from appel where jour >= '2026-01-01' and note <> ' '").fetchall()
    assert days == {d for (d,) in expected}


def test_a_day_beyond_the_calendar_is_none(conn: psycopg.Connection, installed: str, tmp_path: Path) -> None:
    conn.execute(
        "insert into client values (1, 'a', 'infinity', 'x'), (2, 'a', '-infinity', 'x'), (3, 'a', '0044-03-15 BC', 'x'),"
        " (4, 'a', '20000-01-01', 'x'), (5, 'a', '2026-01-01', 'x')"
    )
    conn.execute("select motjuste.attach('client', 'note')")
    done = command(installed, tmp_path, "--size", "9", "--date", "jour", "--output", "t.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8-sig")), delimiter=";"))
    assert sorted(row[4] for row in rows[1:]) == ["", "", "", "", "2026-01-01"]


def test_what_is_no_date_is_not_read_as_one(conn: psycopg.Connection, installed: str, tmp_path: Path) -> None:
    """The server's error would quote the text."""
    conn.execute("insert into client values (1, 'Zorglubine', '2026-01-01', 'Zorglubine')")
    conn.execute("select motjuste.attach('client', 'note')")
    for column in ("note", "agent", "id"):
        done = command(installed, tmp_path, "--date", column, "--output", "t.csv")
        assert done.returncode == 2
        assert f"public.client.{column} is no date" in done.stderr and "Zorglubine" not in done.stderr


def test_an_error_of_the_server_quotes_no_value(conn: psycopg.Connection, installed: str) -> None:
    for query in (
        "select 'Zorglubine \"et\" Zorglubine'::date", "select 'Zorglubine'::int", "select '2026-99-99 Zorglubine'::timestamp",
        "select array['Zorglubine']::text::int[]", "select 'Zorglubine'::inet", "select to_date('Zorglubine', 'YYYY')",
    ):  # fmt: skip
        with pytest.raises(DatabaseError) as caught, connection.connect(installed) as ours:
            ours.execute(query)
        assert "Zorglubine" not in f"{caught.value.message} {caught.value.hint}", query


def test_a_column_of_another_type_by_now_keeps_no_sample_from_the_others(
    conn: psycopg.Connection, installed: str, tmp_path: Path
) -> None:
    conn.execute(
        "alter table client add fiche jsonb; insert into client values (1, 'a', '2026-01-01', 'x', '{\"note\": \"x\"}')"
    )
    conn.execute(
        "select motjuste.attach('client', 'note'), motjuste.attach('client', 'fiche', json_key => 'note')"
    )
    conn.execute("alter table client alter fiche type text using 'x'")
    done = command(installed, tmp_path, "--output", "t.csv")
    assert done.returncode == 0, done.stderr
    assert "public.client.fiche->>note: left out: public.client.fiche is text" in done.stderr
    done = command(installed, tmp_path, "--column", "public.client.fiche->>note", "--output", "t2.csv")
    assert done.returncode == 2 and "public.client.fiche is text" in done.stderr


def command(dsn: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "motjuste", "sample", *args],
        capture_output=True, text=True, env={**os.environ, "MOTJUSTE_DSN": dsn}, cwd=folder,
    )  # fmt: skip


def test_from_the_draw_to_the_rate(
    conn: psycopg.Connection, installed: str, tmp_path: Path, chromium: Any
) -> None:
    conn.execute(
        "insert into client select i, '=lea', date '2026-01-01' + i, 'Zorglubine <b>' || i from generate_series(1, 50) as i"
    )
    conn.execute("select motjuste.attach('client', 'note', author_column => 'agent')")
    done = command(installed, tmp_path, "--size", "12", "--seed", "5", "--output", "tirage.html")
    assert done.returncode == 0, done.stderr
    assert "Zorglubine" not in done.stdout + done.stderr
    for name in ("tirage.html", "tirage.csv"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    browser.assert_fit(chromium, tmp_path / "tirage.html")
    kept = conn.execute("select to_jsonb(n)::text from motjuste.sample_note as n").fetchall()
    assert len(kept) == 12
    assert not any("Zorglubine" in row for (row,) in kept)

    sheet = tmp_path / "tirage.csv"
    sheet.write_text(
        filled(sheet.read_text(encoding="utf-8"), *["oui,oui,oui"] * 10, "non,oui,oui", ""), encoding="utf-8"
    )
    first = command(installed, tmp_path, "import", "tirage.csv", "--reviewer", "dpo")
    assert (first.returncode, first.stderr) == (
        0,
        "11 notes marked, 0 were already. Next: motjuste sample rate\n",
    )
    again = command(installed, tmp_path, "import", "tirage.csv")
    assert (again.returncode, again.stderr) == (
        0,
        "0 notes marked, 11 were already. Next: motjuste sample rate\n",
    )
    sheet.write_text(
        sheet.read_text(encoding="utf-8").replace("non,oui,oui", "oui,oui,oui").replace("non;oui", "oui;oui"),
        encoding="utf-8",
    )
    other = command(installed, tmp_path, "import", "tirage.csv")
    assert other.returncode == 2
    assert "has other marks already, by dpo" in other.stderr
    rate = command(installed, tmp_path, "rate", "--format", "csv")
    assert rate.returncode == 0
    assert rate.stdout.splitlines()[0] == "équipe,colonne,période,lus,non conformes,taux (95 %)"
    lines = [line.split(",") for line in rate.stdout.splitlines()[1:]]
    assert [line[:4] for line in lines] == [["", "public.client.note", "2026-T1", "11"]]
    command(installed, tmp_path, "--per", "author", "--size", "1", "--output", "autre.csv")
    sheet = tmp_path / "autre.csv"
    sheet.write_text(filled(sheet.read_text(encoding="utf-8"), "oui,oui,oui"), encoding="utf-8")
    command(installed, tmp_path, "import", "autre.csv")
    rate = command(installed, tmp_path, "rate", "--format", "csv")
    assert rate.stdout.splitlines()[1].startswith("'=lea,public.client.note")  # no formula


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("--output", "t.csv"), "no column is watched"),
        (("--output", "t.pdf"), "needs a sheet"),
        (("--since", "2100-01-01", "--output", "t.csv"), "in the future"),
        (("--per", "team", "--output", "t.csv"), "no team is declared"),
        (("--column", "public.client.gone", "--output", "t.csv"), "no column"),
        (("--column", "public.client.note", "--output", "t.csv"), "no note to draw from"),
        (("rate",), "no note is marked"),
        (("import", "gone.csv"), "no such file"),
    ],
)  # fmt: skip
def test_bad_input_is_said_plainly(
    conn: psycopg.Connection, installed: str, tmp_path: Path, args: tuple[str, ...], what: str
) -> None:
    done = command(installed, tmp_path, *args)
    assert done.returncode == 2
    assert what in done.stderr
    assert "Traceback" not in done.stderr
