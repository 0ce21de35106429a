"""Scanning: every row read, findings stored once, proof left; what bad input gets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from motjuste.db import connection, reading
from motjuste.db.connection import Connection
from motjuste.matcher import Matcher
from motjuste.model import Pack
from motjuste.scan import Place, Tally

BAD = "Client alcoolique, rappeler lundi."
CLEAN = "Rappeler lundi matin."


@pytest.fixture
def conn(installed: str) -> Iterator[Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        yield conn


def scan(dsn: str, pack: Pack, place: Place) -> Tally:
    with connection.connect(dsn) as writer, connection.connect(dsn) as reader:
        return reading.scan(reader, writer, Matcher(pack), place, lambda tally: None)


def command(dsn: str, *args: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "motjuste", "scan", *args],
        capture_output=True, text=True, env={**os.environ, "MOTJUSTE_DSN": dsn}, cwd="/",
    )  # fmt: skip


def test_every_row_of_many_chunks_is_read_once(
    conn: Connection, installed: str, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_PAGES", 3)
    conn.execute("create table client (id int primary key, note text)")
    conn.execute(
        "insert into client select i, case when i %% 50 = 0 then %s else %s end from generate_series(1, 5000) as i",
        [BAD, CLEAN],
    )
    conn.execute("delete from client where id % 7 = 0")
    tally = scan(installed, pack, Place("public.client", "note"))
    exist = conn.execute("select count(*), count(*) filter (where note = %s) from client", [BAD]).fetchone()
    assert (tally.rows_read, tally.notes_with_findings) == exist
    assert tally.rows_that_exist == tally.rows_read
    keys = conn.execute("select (row_key ->> 'id')::int from motjuste.finding order by 1").fetchall()
    assert keys == conn.execute("select id from client where note = %s order by 1", [BAD]).fetchall()


def test_scanning_again_stores_nothing_twice_and_closes_what_is_gone(
    conn: Connection, installed: str, pack: Pack
) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s), (4, %s)", [BAD, BAD, BAD, CLEAN])
    place = Place("public.client", "note")
    scan(installed, pack, place)
    conn.execute("update motjuste.finding set status = 'dismissed' where row_key = '{\"id\": 1}'")
    conn.execute("update client set note = %s where id = 2", [CLEAN])
    scan(installed, pack, place)
    rows = conn.execute("select row_key ->> 'id', status from motjuste.finding order by 1").fetchall()
    assert rows == [("1", "dismissed"), ("2", "corrected"), ("3", "open")]
    proofs = conn.execute(
        "select relation, rows_read, rows_that_exist, notes_with_findings from motjuste.scan order by id"
    ).fetchall()
    assert proofs == [("public.client", 4, 4, 3), ("public.client", 4, 4, 2)]


def test_scan_and_trigger_give_one_finding(conn: Connection, installed: str, pack: Pack) -> None:
    conn.execute('create table "Bloc;Note" (a int, b uuid, note jsonb, primary key (b, a))')
    conn.execute("select motjuste.attach('\"Bloc;Note\"', 'note', 'flag', 'texte')")
    conn.execute(
        "insert into \"Bloc;Note\" values (1, gen_random_uuid(), jsonb_build_object('texte', %s::text))",
        [BAD],
    )
    before = conn.execute("select * from motjuste.finding").fetchall()
    scan(installed, pack, Place('public."Bloc;Note"', "note", "texte"))
    assert len(before) == 1 and conn.execute("select * from motjuste.finding").fetchall() == before


def test_partitions_children_views_and_tables_without_key(
    conn: Connection, installed: str, pack: Pack
) -> None:
    conn.execute("create table visite (le date, note text) partition by range (le)")
    conn.execute("create table v1 partition of visite for values from ('2026-01-01') to ('2026-02-01')")
    conn.execute("create table v2 partition of visite default")
    conn.execute(
        "insert into visite values ('2026-01-05', %s), ('2026-03-05', %s), ('2026-03-06', null)", [BAD, BAD]
    )
    conn.execute("create table parent (id int, note text); create table child () inherits (parent)")
    conn.execute("insert into parent values (1, %s); ", [BAD])
    conn.execute("insert into child values (2, %s)", [BAD])
    conn.execute("create view seen as select * from parent")
    for relation, read in (("public.visite", 3), ("public.parent", 2), ("public.seen", 2)):
        tally = scan(installed, pack, Place(relation, "note"))
        assert (tally.rows_read, tally.notes_with_findings) == (read, 2), relation


def test_no_note_in_what_is_printed_or_stored(conn: Connection, installed: str) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, 'Client alcoolique MARQUEUR')")
    done = command(installed, "public.client.note")
    assert done.returncode == 1
    assert "public.client.note" in done.stdout and "sante" in done.stdout
    stored = str(conn.execute("select to_jsonb(f) from motjuste.finding as f").fetchall())
    for place in (done.stdout, done.stderr, stored):
        assert "MARQUEUR" not in place and "alcoolique" not in place.lower()


def test_bad_input_is_said_plainly(conn: Connection, installed: str, dsn: str) -> None:
    conn.execute("create table client (id int primary key, note text)")
    for args, message in [
        ((), "nothing to scan"),
        (("public.client.nope",), "no column"),
        (("public.client.note",), "no row was read"),
    ]:
        done = command(installed, *args)
        assert done.returncode == 2 and message in done.stderr and "help:" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert command(installed, "public.client.note", "--allow-empty").returncode == 0
    assert "not installed" in command(dsn, "public.client.note").stderr
    done = command("host=/nowhere dbname=x")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "help:" in done.stderr


def test_notes_that_are_hard_to_read(conn: Connection, installed: str, pack: Pack) -> None:
    conn.execute("create table client (id int primary key, note text)")
    notes = ["x" * 10_000_000, "شكرا " * 50 + BAD, "😀" * 100 + BAD, "alcoo\u0301lique", "\x01\x02", ""]
    for n, note in enumerate(notes):
        conn.execute("insert into client values (%s, %s)", [n, note])
    tally = scan(installed, pack, Place("public.client", "note"))
    assert tally.rows_read == len(notes) and tally.notes_with_findings == 3


def test_second_reading_is_stored_and_outlives_a_plain_scan(conn: Connection, installed: str) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("create table no_key (note text)")
    conn.execute(
        "insert into client values (1, %s), (2, %s), (3, 'Tête de con dans la cuvette.')", [BAD, CLEAN]
    )
    conn.execute("insert into no_key values (%s), (%s)", [BAD, BAD])

    def certainties() -> list[tuple[str | None, str | None]]:
        return conn.execute(
            "select row_key ->> 'id', certainty from motjuste.finding order by relation, row_key, start"
        ).fetchall()

    command(installed, "public.client.note")
    assert {c for _, c in certainties()} == {None}
    conn.execute(
        "update motjuste.finding set status = 'dismissed', reason = 'r' where row_key = '{\"id\": 1}'"
    )
    done = command(installed, "--second-reading", "public.client.note", "public.no_key.note")
    assert done.returncode == 1 and "certain" in done.stdout, done.stderr
    rated = certainties()
    assert ("1", "certain") in rated and (None, "certain") in rated
    assert None not in {c for _, c in rated}
    assert conn.execute("select status from motjuste.finding where row_key = '{\"id\": 1}'").fetchall() == [
        ("dismissed",)
    ]
    assert command(installed, "public.client.note", "public.no_key.note").returncode == 1
    assert certainties() == rated
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("update motjuste.finding set certainty = 'sure'")
