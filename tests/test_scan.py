"""Scanning: every row of every kind of table read, findings stored once, proof left."""

from __future__ import annotations

import json
import re
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from motjuste.cli import progress
from motjuste.cli.main import motjuste
from motjuste.db import executors, reading, sweep, worker
from motjuste.db.connection import Connection
from motjuste.errors import MotjusteError
from motjuste.scanning.scan import Part
from scanning import BAD, CLEAN, MANY, Scan, after_first_part, open_ids


@pytest.fixture
def conn(installed: str) -> Iterator[Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        yield conn


# -- every row, of every kind of table -----------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_row_of_many_parts_is_read_once(conn: Connection, scan: Scan, jobs: str) -> None:
    conn.execute(MANY)
    conn.execute("delete from client where id % 7 = 0")
    found = scan.column("public.client.note", "--jobs", jobs)
    exist = conn.execute("select count(*), count(*) filter (where note = %s) from client", [BAD]).fetchone()
    assert (found["rows_read"], found["notes_with_findings"]) == exist
    assert found["rows_that_exist"] == found["rows_read"]
    ids = conn.execute("select id from client where note = %s order by 1", [BAD]).fetchall()
    assert open_ids(conn) == [i for (i,) in ids]


@pytest.mark.first_server
def test_any_executor_may_do_the_work(conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    conn.execute(MANY)
    together = threading.Barrier(3)

    def leave(_: int) -> None:
        together.wait()  # one in each thread
        worker.close()

    @contextmanager
    def threads(jobs: int, dsn: str | None, key: bytes) -> Iterator[ThreadPoolExecutor]:
        worker.start(dsn, key)
        with ThreadPoolExecutor(jobs) as pool:
            yield pool
            list(pool.map(leave, range(jobs)))

    monkeypatch.setattr(executors, "_processes", threads)
    found = scan.column("public.client.note", "--jobs", "3")
    assert (found["rows_read"], found["rows_that_exist"], found["findings"]) == (5000, 5000, 100)


def test_partitions_children_views_and_tables_without_key(conn: Connection, scan: Scan) -> None:
    conn.execute("create table visite (le date, note text) partition by range (le)")
    conn.execute("create table v1 partition of visite for values from ('2026-01-01') to ('2026-02-01')")
    conn.execute("create table v2 partition of visite default")
    conn.execute(
        "insert into visite values ('2026-01-05', %s), ('2026-03-05', %s), ('2026-03-06', null)", [BAD, BAD]
    )
    conn.execute("create table parent (id int, note text); create table child () inherits (parent)")
    conn.execute("insert into parent values (1, %s); ", [BAD])
    conn.execute("insert into child values (2, %s)", [BAD])
    conn.execute(
        "create view seen as select * from parent; create materialized view kept as select * from parent"
    )
    conn.execute("create table empty (note text) partition by list (note)")
    for relation, read in (("visite", 3), ("parent", 2), ("seen", 2), ("kept", 2)):
        found = scan.column(f"public.{relation}.note", "--read-views")
        assert (found["rows_read"], found["rows_that_exist"], found["notes_with_findings"]) == (
            read,
            read,
            2,
        ), relation
    assert "no row was read" in scan.refused("public.empty.note").message


def test_a_temporary_child_of_another_session_stands_in_nobodys_way(
    conn: Connection, scan: Scan, installed: str
) -> None:
    """Only its own session reads it: no trigger can be made on it, nor can it be scanned."""
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, %s)", [BAD])
    with psycopg.connect(installed, autocommit=True) as other:
        other.execute(
            "create temp table x () inherits (public.client); insert into x (id, note) values (2, 'Rien')"
        )
        conn.execute("select motjuste.attach('public.client', 'note')")
        found = scan.column("public.client.note")
        assert (found["rows_read"], found["rows_that_exist"], found["findings"]) == (1, 1, 1)
        assert conn.execute("select distinct state from motjuste.status").fetchall() == [("installed",)]
        assert conn.execute("select state from motjuste.unseen").fetchall() == []
        conn.execute("select motjuste.refresh(), motjuste.detach('public.client', 'note')")


def test_views_and_foreign_tables_are_read_by_ranges_of_a_key(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEY_ROWS", 700)
    conn.execute(
        MANY + "alter table client add le date; update client set le = '2026-01-01'::date + id / 100"
    )
    conn.execute("update client set le = null where id > 4000")
    conn.execute(
        "create view vue as select id, le, note from client; create view sans as select note from client"
    )
    conn.execute(
        "create extension postgres_fdw; create server ici foreign data wrapper postgres_fdw options (host %s, dbname %s);".replace(
            "%s", "'{}'"
        ).format(conn.info.host, conn.info.dbname)
        + "create user mapping for postgres server ici options (user 'postgres');"
        "create foreign table loin (id int, note text) server ici options (schema_name 'public', table_name 'client')"
    )
    parts: list[Part] = []
    note = sweep.Sweep._note
    monkeypatch.setattr(
        sweep.Sweep, "_note", lambda self, part, out: (parts.append(part), note(self, part, out))
    )
    for relation, key, ranges in (("vue", "id", 8), ("vue", "le", 6), ("loin", "id", 8)):
        parts.clear()
        found = scan.column(f"public.{relation}.note", "--read-views", "--by-key", key, "--output", "f.jsonl")
        assert (found["rows_read"], found["rows_that_exist"], found["findings"]) == (5000, 5000, 100), (
            relation
        )
        assert len(parts) == ranges and {p.kind for p in parts} == {"keys"}
    keys = [json.loads(line)["row_key"] for line in Path("f.jsonl").read_text().splitlines()]
    assert sorted(k["id"] for k in keys) == list(range(50, 5001, 50))
    done = scan(
        "public.client.note",
        "public.sans.note",
        "public.vue.note",
        "--read-views",
        "--by-key",
        "id",
        "--format",
        "json",
    )
    assert [c["rows_read"] for c in json.loads(done.stdout)["columns"]] == [5000] * 3
    assert "no view or foreign table" in scan.refused("public.client.note", "--by-key", "id").message


def test_types_that_hold_text(conn: Connection, scan: Scan) -> None:
    conn.execute(
        "create domain libre as varchar(200); create domain liste as text[];"
        "create table t (id int primary key, v varchar(99), d libre, c char(60), a text[], m libre[], l liste, j jsonb, o json, x xml)"
    )
    conn.execute(
        "insert into t values (1, %(n)s::text, %(n)s::text, %(n)s::text, array['ras', %(n)s::text],"
        " array[[%(n)s::text], ['ras']]::libre[], array[%(n)s::text], jsonb_build_object('k', %(n)s::text),"
        " json_build_object('k', %(n)s::text), null), (2, null, null, null, '{}', null, null, '3', '[]', null)",
        {"n": BAD},
    )
    for name in ("v", "d", "c", "a", "m[]", "l", "j->>k", "o->>k"):
        found = scan.column(f"public.t.{name}")
        assert (found["rows_read"], found["rows_that_exist"], found["notes_with_findings"]) == (2, 2, 1), name
    assert scan.column("public.t.x")["rows_read"] == 2  # not every server is built to write xml
    rows = conn.execute("select json_key, count(*) from motjuste.finding group by 1 order by 1").fetchall()
    assert rows == [("", 3), ("[]", 3), ("k", 2)]
    assert "holds no text" in scan.refused("public.t.id").message
    assert "name the key" in str(scan.refused("public.t.j").hint)


def test_texts_further_down_in_documents_are_found_and_read(conn: Connection, scan: Scan) -> None:
    conn.execute("create table appel (id int primary key, doc jsonb)")
    doc = {
        "canal": "tel",
        "visite": {"note": BAD, "le jour": {"remarque": "Il est raciste."}},
        "comments": [{"text": CLEAN, "tags": ["x"]}, {"text": BAD}, {"text": 3}, {"text": BAD}],
    }
    for i in range(1, 31):
        conn.execute(
            "insert into appel values (%s, %s)", [i, json.dumps(doc if i % 10 == 0 else {"canal": "tel"})]
        )
    discovered = CliRunner().invoke(
        motjuste, ["discover", "--format", "json"], env={"MOTJUSTE_DSN": scan.dsn}
    )
    shown = {c["column"] for c in json.loads(discovered.stdout)}
    paths = {
        "public.appel.doc->>$.comments.text": 6,
        "public.appel.doc->>$.visite.note": 3,
        'public.appel.doc->>$.visite."le jour".remarque': 3,
    }
    assert shown == set(paths)
    for label, notes in paths.items():
        found = scan.column(label)
        assert (found["rows_read"], found["rows_that_exist"], found["notes_with_findings"]) == (
            30,
            30,
            notes,
        ), label
        assert found["column"] == label
    stored = conn.execute("select json_key, count(*) from motjuste.finding group by 1 order by 1").fetchall()
    assert stored == [("$.comments.text", 3), ('$.visite."le jour".remarque', 3), ("$.visite.note", 3)]
    assert "no path of SQL/JSON" in scan.refused("public.appel.doc->>$.a.").message
    refused = CliRunner().invoke(
        motjuste, ["attach", "public.appel.doc->>$.visite.note"], env={"MOTJUSTE_DSN": scan.dsn}
    )
    assert isinstance(refused.exception, MotjusteError) and "no trigger" in refused.exception.message
    reviewed = CliRunner().invoke(
        motjuste, ["review", "--accept-all", "--decisions", "d.jsonl"], env={"MOTJUSTE_DSN": scan.dsn}
    )
    assert "une note parmi plusieurs dans sa ligne" in reviewed.output, reviewed.output


def test_elements_of_one_text_are_one_finding(conn: Connection, scan: Scan) -> None:
    conn.execute("create table t (id int primary key, notes text[])")
    conn.execute("insert into t values (1, array[%s, %s, 'Il est raciste.'])", [BAD, BAD])
    found = scan.column("public.t.notes", "--output", "f.jsonl")
    assert (found["rows_read"], found["notes_with_findings"]) == (1, 3)
    assert len(Path("f.jsonl").read_text().splitlines()) == 2
    scan.column("public.t.notes")
    assert len(open_ids(conn)) == 2


def test_a_watched_list_is_read_as_its_triggers_read_it(conn: Connection, scan: Scan) -> None:
    conn.execute("create table t (id int primary key, notes text[])")
    env = {"MOTJUSTE_DSN": scan.dsn}
    for typed in ("public.t.notes", "public.t.notes[]"):
        assert CliRunner().invoke(motjuste, ["attach", typed], env=env).exit_code == 0
    conn.execute("insert into t values (1, array['ras', %s]), (2, '{ras}')", [BAD])
    for typed in ((), ("public.t.notes[]",)):
        assert scan(*typed).exit_code == 1
        found = conn.execute("select column_name, json_key, source from motjuste.finding").fetchall()
        assert found == [("notes", "", "trigger")]
    # its text is that of the whole list: a person decides of it, no update mends it
    review = ["review", "--decisions", "d.jsonl", "--action"]
    refused = CliRunner().invoke(motjuste, [*review, "accept"], env=env)
    assert refused.exit_code == 1 and "elle est de type text[]" in refused.output
    assert CliRunner().invoke(motjuste, [*review, "dismiss", "--reason", "x"], env=env).exit_code == 0
    assert CliRunner().invoke(motjuste, ["detach", "public.t.notes[]"], env=env).exit_code == 0


def test_hard_notes_are_read(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, note text)")
    notes = ["x" * 10_000_000, "شكرا " * 50 + BAD, "😀" * 100 + BAD, "alcoo\u0301lique", "\x01\x02", ""]
    for n, note in enumerate(notes):
        conn.execute("insert into client values (%s, %s)", [n, note])
    found = scan.column("public.client.note")
    assert found["rows_read"] == len(notes) and found["notes_with_findings"] == 3


def test_hostile_names(conn: Connection, scan: Scan) -> None:
    conn.execute('create schema "S %s"; create table "S %s"."T;""é" ("k %s" int primary key, "n"";--" text)')
    conn.execute('insert into "S %%s"."T;""é" values (1, %s)', [BAD])
    found = scan.column('"S %s"."T;""é"."n"";--"')
    assert found["notes_with_findings"] == 1
    assert conn.execute("select row_key from motjuste.finding").fetchall() == [({"k %s": 1},)]


# -- tables that change meanwhile -------------------------------------------------------------------------


def test_names_of_the_system_that_an_application_has_too(conn: Connection, scan: Scan) -> None:
    conn.execute(MANY + "create schema app; create table app.pg_class (note text)")
    conn.execute("create function app.to_regclass(text) returns regclass return 'pg_proc'::regclass")
    trapped = Scan(f"{scan.dsn} options='-c search_path=app,\"pg_catalog\",public'")
    assert trapped.column("client.note")["findings"] == 100
    assert trapped("app.pg_class.note", "--allow-empty").exit_code == 0


def test_rows_written_during_the_scan_are_read_as_they_are_at_its_end(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY)
    conn.execute("delete from client where id between 2 and 40")
    conn.execute("vacuum client")  # room in the first page, which is read first

    def write() -> None:
        conn.execute("update client set note = %s where id in (1, 4999)", [BAD])
        conn.execute("update client set note = %s where id = 50", [CLEAN])
        conn.execute("insert into client values (6000, %s)", [BAD])
        conn.execute("delete from client where id = 100")
        conn.execute("update client set id = 7000 where id = 150")

    after_first_part(monkeypatch, write)
    found = scan.column("public.client.note")
    assert found["rows_again"] == 5
    bad = conn.execute("select id from client where note = %s order by 1", [BAD]).fetchall()
    assert open_ids(conn) == [i for (i,) in bad]


def test_table_written_anew_during_the_scan_is_read_again(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY)
    conn.execute("create index on client (note desc)")

    def rewrite() -> None:
        conn.execute("cluster client using client_note_idx")

    after_first_part(monkeypatch, rewrite)
    found = scan.column("public.client.note")
    assert (found["rows_read"], found["rows_that_exist"], found["notes_with_findings"]) == (5000, 5000, 100)


def test_partitions_that_come_and_go_during_the_scan(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute("create table v (n int, note text) partition by list (n)")
    for n in (1, 2):
        conn.execute(f"create table v{n} partition of v for values in ({n})")
        conn.execute(f"insert into v select {n}, %s from generate_series(1, 500)", [CLEAN])

    def change() -> None:
        conn.execute("drop table v2; create table v3 partition of v for values in (3)")
        conn.execute("insert into v values (3, %s)", [BAD])

    after_first_part(monkeypatch, change)
    found = scan.column("public.v.note")
    assert (found["rows_read"], found["notes_with_findings"], found["skipped"]) == (501, 1, [])


def test_snapshot_shows_one_moment(conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    conn.execute(MANY)
    after_first_part(monkeypatch, lambda: conn.execute("update client set note = %s", [BAD]))
    found = scan.column("public.client.note", "--snapshot", "--jobs", "2")
    assert (found["rows_read"], found["notes_with_findings"], found["rows_again"]) == (5000, 100, 0)


# -- what a scan stores -------------------------------------------------------------------------------


def test_scanning_again_stores_nothing_twice_and_closes_what_is_gone(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s), (4, %s)", [BAD, BAD, BAD, CLEAN])
    scan("public.client.note")
    conn.execute("update motjuste.finding set status = 'dismissed' where row_key = '{\"id\": 1}'")
    conn.execute("update client set note = %s where id = 2", [CLEAN])
    scan("public.client.note")
    rows = conn.execute("select row_key ->> 'id', status from motjuste.finding order by 1").fetchall()
    assert rows == [("1", "dismissed"), ("2", "corrected"), ("3", "open")]
    proofs = conn.execute(
        "select relation, rows_read, rows_that_exist, notes_with_findings from motjuste.scan order by id"
    ).fetchall()
    assert proofs == [("public.client", 4, 4, 3), ("public.client", 4, 4, 2)]


def test_findings_are_stored_beside_writes_and_nobody_waits_in_a_circle(
    conn: Connection, scan: Scan, installed: str
) -> None:
    """Another transaction finds the same notes in the other order: the scan gives way to it, and stores its own afterwards."""
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client select i, %s from generate_series(1, 9) as i", [BAD])
    conn.execute("select motjuste.attach('client', 'note', 'flag')")
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

    def write(number: int) -> None:
        other.execute("delete from client where id = %s", [number])
        other.execute("insert into client values (%s, %s)", [number, BAD])

    def write_on() -> None:
        for _ in range(2000):
            if conn.execute(waiting).fetchall():
                break
            time.sleep(0.01)
        write(5)
        other.commit()

    with psycopg.connect(installed) as other, ThreadPoolExecutor() as threads:
        write(9)
        written = threads.submit(write_on)
        done = scan("public.client.note")
        written.result()
    assert done.exit_code == 1, done.exception
    assert "another session holds a lock" in done.stderr
    assert open_ids(conn) == list(range(1, 10))
    assert not conn.execute("select from motjuste.failure").fetchall()


def test_scan_and_trigger_give_one_finding(conn: Connection, scan: Scan) -> None:
    conn.execute('create table "Bloc;Note" (a int, b uuid, note jsonb, primary key (b, a))')
    conn.execute("select motjuste.attach('\"Bloc;Note\"', 'note', 'flag', 'texte')")
    conn.execute(
        "insert into \"Bloc;Note\" values (1, gen_random_uuid(), jsonb_build_object('texte', %s::text))",
        [BAD],
    )
    before = conn.execute("select * from motjuste.finding").fetchall()
    scan('public."Bloc;Note".note->>texte')
    assert len(before) == 1 and conn.execute("select * from motjuste.finding").fetchall() == before


def test_who_wrote_a_note_is_kept_with_its_finding(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, agent text, note text)")
    conn.execute("insert into client values (1, 'a.durand', %s)", [BAD])
    conn.execute("select motjuste.attach('client', 'note', author_column => 'agent')")
    scan()
    assert conn.execute("select author, source from motjuste.finding").fetchall() == [("a.durand", "scan")]


def test_row_keys_do_not_depend_on_the_session(conn: Connection, scan: Scan) -> None:
    conn.execute("create table t (le timestamptz, d interval, f float8, note text, primary key (le, d, f))")
    conn.execute("insert into t values ('2026-07-01 12:00+02', '1 day 2 hours', 0.1, %s)", [BAD])
    keys = []
    for zone, style, digits in (("Europe/Paris", "iso_8601", "0"), ("America/Lima", "sql_standard", "3")):
        conn.execute(
            f"alter role postgres set timezone = '{zone}'; alter role postgres set intervalstyle = {style}"
        )
        conn.execute(f"alter role postgres set extra_float_digits = {digits}")
        scan("public.t.note", "--output", "f.jsonl")
        keys.append(json.loads(Path("f.jsonl").read_text())["row_key"])
    conn.execute("alter role postgres reset all")
    assert keys[0] == keys[1] == {"le": "2026-07-01T10:00:00+00:00", "d": "1 day 02:00:00", "f": "0.1"}


def test_compare_says_what_is_new_gone_and_unchanged(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s)", [BAD, BAD, CLEAN])
    for target in ((), ("--output", "f.jsonl")):
        conn.execute("update client set note = case id when 3 then %s else %s end", [CLEAN, BAD])
        scan("public.client.note", *target)
        conn.execute("update client set note = case id when 2 then %s else %s end", [CLEAN, BAD])
        for stored in (("--dry-run",), ()):  # what is not stored is new again
            done = scan("public.client.note", "--compare", "--format", "json", *target, *stored)
            assert json.loads(done.stdout)["compared"] == [
                {"column": "public.client.note", "rule": "sante-alcool", "new": 1, "gone": 1, "unchanged": 1}
            ]
    assert open_ids(conn) == [1, 3]
    assert (
        "nothing to compare with" in scan.refused("public.client.note", "--compare", "--output", "x").message
    )


def test_since_and_sample_read_a_part_and_close_nothing(conn: Connection, scan: Scan) -> None:
    conn.execute(
        MANY + "alter table client add le date; update client set le = '2026-01-01'::date + id where id > 100"
    )
    conn.execute("analyze client")
    scan("public.client.note")
    conn.execute("delete from client where id % 100 = 0")
    found = scan.column("public.client.note", "--since", "le", "2026-06-01")
    after = conn.execute("select count(*) from client where le >= '2026-06-01' or le is null").fetchone()
    assert (found["rows_read"], found["rows_that_exist"]) == (after[0] if after else 0, 4950)
    compared = scan("public.client.note", "--sample", "500", "--compare", "--dry-run", "--format", "json")
    assert {c["gone"] for c in json.loads(compared.stdout)["compared"]} == {None}
    sampled = scan.column("public.client.note", "--sample", "500")
    assert 350 < sampled["rows_read"] < 650 and sampled["scope"] == "sample of 500"
    assert len(open_ids(conn)) == 100
    shown = conn.execute("select rows_read from motjuste.scan where scope = ''").fetchall()
    assert shown == [(5000,)]
    assert "no value of" in scan.refused("public.client.note", "--since", "le", "hier").message
    assert "since" in scan.refused("public.client.note", "--since", "nope", "1").message


@pytest.mark.first_server
def test_second_reading_is_stored_and_outlives_a_plain_scan(conn: Connection, scan: Scan) -> None:
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

    scan("public.client.note")
    assert {c for _, c in certainties()} == {None}
    conn.execute(
        "update motjuste.finding set status = 'dismissed', reason = 'r' where row_key = '{\"id\": 1}'"
    )
    done = scan("--second-reading", "public.client.note", "public.no_key.note")
    assert done.exit_code == 1 and "certain" in done.stdout, done.exception
    rated = certainties()
    assert ("1", "certain") in rated and (None, "certain") in rated
    assert None not in {c for _, c in rated}
    assert conn.execute("select status from motjuste.finding where row_key = '{\"id\": 1}'").fetchall() == [
        ("dismissed",)
    ]
    assert scan("public.client.note", "public.no_key.note").exit_code == 1
    assert certainties() == rated
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("update motjuste.finding set certainty = 'sure'")


# -- where findings cannot be stored ------------------------------------------------------------------


@pytest.mark.first_server
def test_findings_go_to_files_where_the_database_is_read_only(
    conn: Connection, scan: Scan, cluster: Any
) -> None:
    conn.execute(MANY)
    conn.execute("create role lecteur login; grant select on client to lecteur")
    conn.execute("alter role lecteur set default_transaction_read_only = on")
    try:
        assert "--output" in str(scan.refused("public.client.note", user="lecteur").hint)
        found = scan.column("public.client.note", "--output", "f.jsonl", "--jobs", "2", user="lecteur")
        assert (found["rows_read"], found["findings"]) == (5000, 100)
        first = Path("f.jsonl").read_text().splitlines()
        assert set(json.loads(first[0])) >= {
            "relation",
            "column",
            "row_key",
            "note_digest",
            "rule",
            "start",
            "length",
        }
        assert not any("alcoolique" in line for line in first)
        for name in ("f.jsonl", "f.jsonl.key", "f.jsonl.proof.json"):
            assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600, name
        assert {p.name for p in Path().iterdir()} - {"state"} == {
            "f.jsonl",
            "f.jsonl.key",
            "f.jsonl.proof.json",
        }
        scan("public.client.note", "--output", "f.jsonl", user="lecteur")
        assert sorted(Path("f.jsonl").read_text().splitlines()) == sorted(first)  # under the same key
        assert scan("--report", "--output", "f.jsonl").exit_code == 0
        # what the database watches is closed to this role: the policy says what to read
        Path("motjuste.toml").write_text('[[watch]]\nrelation = "public.client"\ncolumn = "note"\n')
        assert scan.column("--output", "f.jsonl", user="lecteur")["findings"] == 100
        Path("f.jsonl.key").chmod(0o644)
        assert (
            "read by others"
            in scan.refused("public.client.note", "--output", "f.jsonl", user="lecteur").message
        )
    finally:
        conn.execute("drop owned by lecteur; drop role lecteur")


def test_files_need_no_installation(dsn: str, conn: Connection, scan: Scan) -> None:
    bare = Scan(dsn)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(MANY)
    assert "not installed" in bare.refused("public.client.note").message
    assert bare.column("public.client.note", "--output", "f.jsonl")["findings"] == 100
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute('alter table client rename note to "Le Commentaire"')
    Path("motjuste.toml").write_text('[[watch]]\nrelation = "public.client"\ncolumn = "Le Commentaire"\n')
    assert bare.column("--output", "f.jsonl")["findings"] == 100


# -- what a person reads --------------------------------------------------------------------------------


def test_no_note_in_what_is_printed_or_stored(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute("insert into client values (1, 'Client alcoolique MARQUEUR')")
    done = scan("public.client.note")
    assert done.exit_code == 1
    assert "public.client.note" in done.stdout and "sante" in done.stdout
    stored = str(conn.execute("select to_jsonb(f) from motjuste.finding as f").fetchall())
    for place in (done.stdout, done.stderr, stored):
        assert "MARQUEUR" not in place and "alcoolique" not in place.lower()


def test_report_prints_the_proof(conn: Connection, scan: Scan) -> None:
    conn.execute(MANY + "create table neuve (id int primary key, note text)")
    conn.execute("select motjuste.attach('neuve', 'note')")
    scan("public.client.note")
    for form in ("text", "markdown"):
        done = scan("--report", "--format", form)
        assert done.exit_code == 1  # a watched column was never scanned
        assert "5,000 / 5,000" in done.stdout and "never" in done.stdout and "postgres" in done.stdout
    scan("public.neuve.note", "--allow-empty")
    assert scan("--report").exit_code == 0


@pytest.mark.first_server
def test_lines_say_how_far_a_scan_is_where_there_is_no_terminal(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY + "analyze client")
    monkeypatch.setattr(progress, "LINE_EVERY", 0)
    lines = scan("public.client.note").stderr.splitlines()
    shape = (
        r"public\.client\.note: about [\d,]+ of 5,00\d rows, [\d,]+ rows/s, [\d,]+ s left, \d+ finding\(s\)"
    )
    assert lines.pop().startswith("Next: motjuste review")
    assert len(lines) > 3 and all(re.fullmatch(shape, line) for line in lines), lines


@pytest.mark.first_server
def test_rate_is_kept(conn: Connection, scan: Scan) -> None:
    conn.execute(MANY + "analyze client")
    began = conn.execute("select clock_timestamp()").fetchall()[0][0]
    assert scan.column("public.client.note", "--max-rows-per-second", "3000")["rows_read"] == 5000
    took = conn.execute("select clock_timestamp() - %s", [began]).fetchall()[0][0]
    assert took.total_seconds() > 1
