"""What a scan cannot read: it is named, and the rest is read; what bad input gets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from motjuste.cli.main import motjuste
from motjuste.db import reading, worker
from motjuste.db.connection import Connection
from motjuste.db.worker import Spec
from motjuste.errors import MotjusteError
from motjuste.model import Pack
from motjuste.rulepack.overrides import Choices
from motjuste.scanning.scan import Part, Place, Scope, Source
from scanning import BAD, MANY, Scan, after_first_part, open_ids

pytestmark = pytest.mark.first_server  # says nothing of a server's version


@pytest.fixture
def conn(installed: str) -> Iterator[Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        yield conn


def test_a_foreign_server_that_is_away_stops_nothing_else(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY + "create extension postgres_fdw")
    conn.execute("create server loin foreign data wrapper postgres_fdw options (host '/nowhere')")
    conn.execute("create user mapping for postgres server loin options (user 'postgres')")
    conn.execute("create foreign table loin (id int, note text, doc jsonb) server loin")
    monkeypatch.setattr(worker, "PATIENCE", (0.01,))
    done = scan("public.loin.note", "public.client.note", "--read-views", "--format", "json")
    assert isinstance(done.exception, MotjusteError)
    away, client = json.loads(done.stdout)["columns"]
    assert [s["why"] for s in away["skipped"]] == ['could not connect to server "loin"']
    assert (client["rows_read"], client["findings"]) == (5000, 100)
    found = CliRunner().invoke(motjuste, ["discover", "--dsn", scan.dsn])
    assert found.exit_code == 0, found.exception
    assert "public.loin.doc: its keys" in found.stderr


def test_a_range_of_keys_that_takes_too_long_costs_only_itself(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEY_ROWS", 1000)
    conn.execute(
        MANY + "create function slow(i int, t text) returns text language plpgsql stable as"
        " $$ begin if i = 2500 then perform pg_sleep(30); end if; return t; end $$;"
        "create view lente as select id, slow(id, note) as note from client"
    )
    done = scan(
        "public.lente.note",
        "--read-views",
        "--by-key",
        "id",
        "--statement-timeout",
        "1.5",
        "--format",
        "json",
    )
    [column] = json.loads(done.stdout)["columns"]
    assert (column["rows_read"], column["findings"]) == (4000, 80)
    assert [(s["what"], s["state"]) for s in column["skipped"]] == [("public.lente, part 2", "57014")]


def test_a_table_without_rights_is_named_and_the_rest_is_read(conn: Connection, scan: Scan) -> None:
    conn.execute(
        MANY + "create table autre (id int primary key, note text); insert into autre values (1, 'x')"
    )
    conn.execute("create role peu login; grant select on client to peu; select motjuste.grant_reader('peu')")
    refused = scan.refused("public.client.note", user="peu")
    assert "role peu may not write" in refused.message and "--output" in refused.hint
    conn.execute("grant select on all tables in schema motjuste to peu")
    assert "role peu may not write" in scan.refused("public.client.note", user="peu").message
    assert scan.column("public.client.note", "--output", "f.jsonl", user="peu")["findings"] == 100
    conn.execute(
        "grant all on all tables in schema motjuste to peu; grant execute on all functions in schema motjuste to peu"
    )
    both = ("public.autre.note", "public.client.note")
    try:
        done = scan(*both, user="peu")
        assert done.exit_code == 1 and isinstance(done.exception, MotjusteError)
        assert "permission denied for table autre" in done.stdout
        # nobody could count its rows
        assert re.search(r"^public.autre.note +0 +~\d+ ", done.stdout, re.MULTILINE)
        assert re.search(r"^public.client.note +5000 +5000 ", done.stdout, re.MULTILINE)
        assert re.search(r"^total +5000 +~\d+ ", done.stdout, re.MULTILINE)
        assert len(open_ids(conn)) == 100
        assert scan(*both, "--skip-unreadable", user="peu").exit_code == 1
        report = scan("--report", "--format", "json")
        shown = {p["relation"]: p for p in json.loads(report.stdout)}
        assert report.exit_code == 1
        assert shown["public.client"]["complete"] and not shown["public.autre"]["complete"]
        assert shown["public.autre"]["skipped"][0]["why"] == "permission denied for table autre"
    finally:
        conn.execute("drop owned by peu; drop role peu")


def test_rights_on_some_columns_are_enough_and_a_schema_without_any_is_named(
    conn: Connection, scan: Scan
) -> None:
    """Pages want a right to the table: what is granted by columns is read whole. One table out of reach stops no other."""
    conn.execute(MANY + 'create schema "Fermé"; create table "Fermé".t (note text)')
    conn.execute("create role etroit login; grant select (id, note) on client to etroit")
    try:
        both = ("public.client.note", '"Fermé".t.note', "--output", "f.jsonl")
        done = scan(*both, "--format", "json", user="etroit")
        assert isinstance(done.exception, MotjusteError)
        client, closed = json.loads(done.stdout)["columns"]
        assert (client["rows_read"], client["rows_that_exist"], client["findings"]) == (5000, 5000, 100)
        assert [s["why"] for s in closed["skipped"]] == ["permission denied for schema Fermé"]
        since = scan.column(both[0], *both[2:], "--since", "id", "4001", user="etroit")
        assert (since["rows_read"], since["rows_that_exist"]) == (1000, 5000)
    finally:
        conn.execute("drop owned by etroit; drop role etroit")


def test_a_table_that_others_have_locked_is_named_and_the_rest_is_read(
    conn: Connection, scan: Scan, installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY + "create table verrou as table client; analyze verrou")
    monkeypatch.setattr(worker, "PATIENCE", (0.01,))
    monkeypatch.setattr(reading, "LOCK", "50ms")
    with psycopg.connect(installed) as other:
        other.execute("lock table verrou in access exclusive mode")
        done = scan("public.verrou.note", "public.client.note", "--format", "json")
    assert isinstance(done.exception, MotjusteError)
    locked, client = json.loads(done.stdout)["columns"]
    assert [s["why"] for s in locked["skipped"]] == ["another session holds a lock on it"]
    assert (locked["rows_read"], client["rows_read"], client["findings"]) == (0, 5000, 100)


def test_rights_on_a_partitioned_table_are_enough(conn: Connection, scan: Scan) -> None:
    conn.execute("create table v (n int, note text) partition by list (n)")
    for n in (1, 2):
        conn.execute(f"create table v{n} partition of v for values in ({n})")
        conn.execute(f"insert into v select {n}, %s from generate_series(1, {500 * n})", [BAD])
    conn.execute("create role peu login; grant select on v to peu")
    try:
        found = scan.column("public.v.note", "--output", "f.jsonl", user="peu")
        assert (found["rows_read"], found["notes_with_findings"]) == (1500, 1500)
    finally:
        conn.execute("drop owned by peu; drop role peu")


def test_rows_hidden_by_a_policy_are_no_sweep(conn: Connection, scan: Scan) -> None:
    conn.execute(
        MANY
        + "create role peu login; grant select on client to peu; alter table client enable row level security"
    )
    conn.execute("create policy p on client using (id < 10)")
    try:
        done = scan("public.client.note", "--output", "f.jsonl", user="peu")
        assert isinstance(done.exception, MotjusteError)
        assert "row-level security" in done.stdout
    finally:
        conn.execute("drop owned by peu; drop role peu")


def test_a_column_that_vanishes_is_named(
    conn: Connection, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute(MANY)
    after_first_part(monkeypatch, lambda: conn.execute("alter table client drop column note"))
    done = scan("public.client.note", "--format", "json")
    [column] = json.loads(done.stdout)["columns"]
    assert column["skipped"] == [
        {"what": "public.client", "why": "column x.note does not exist", "state": "42703"}
    ]
    assert 0 < column["rows_read"] < column["rows_that_exist"]


def test_a_watched_table_that_is_gone_does_not_stop_the_others(conn: Connection, scan: Scan) -> None:
    conn.execute(MANY + "create table autre (id int primary key, note text)")
    for table in ("client", "autre"):
        conn.execute(f"select motjuste.attach('{table}', 'note')")
    conn.execute("alter table autre rename column note to remarque")
    done = scan()
    assert isinstance(done.exception, MotjusteError)
    assert "column x.note does not exist" in done.stdout and len(open_ids(conn)) == 100


def test_what_takes_too_long_is_named_and_the_rest_is_read(conn: Connection, scan: Scan) -> None:
    conn.execute(MANY)
    # the reading of one row hangs
    conn.execute(
        "create function slow(i int, t text) returns text language plpgsql as"
        " $$ begin if i = 2500 then perform pg_sleep(30); end if; return t; end $$"
    )
    conn.execute("create view lente as select id, slow(id, note) as note from client")
    conn.execute("insert into client values (9000, null)")
    timeout = ("--statement-timeout", "1.5")
    done = scan("public.lente.note", "public.client.note", "--read-views", *timeout, "--format", "json")
    slow, fast = json.loads(done.stdout)["columns"]
    assert slow["skipped"][0]["why"] == "the statement took too long, or was cancelled"
    assert (fast["rows_read"], fast["skipped"]) == (5001, [])


def test_a_value_that_cannot_be_read_costs_one_page_and_is_not_quoted(conn: Connection, scan: Scan) -> None:
    conn.execute("create table t (id int primary key, doc json)")
    conn.execute(
        "insert into t select i, json_build_object('note', %s::text) from generate_series(1, 2000) as i",
        [BAD],
    )
    conn.execute('update t set doc = \'{"note": "MARQUEUR \\u0000"}\' where id = 1000')
    done = scan("public.t.doc->>note", "--format", "json")
    [column] = json.loads(done.stdout)["columns"]
    assert [s["state"] for s in column["skipped"]] == ["22P05"]
    assert ", page " in column["skipped"][0]["what"] and "MARQUEUR" not in done.stdout
    assert 2000 > column["rows_read"] > 1800 and column["rows_that_exist"] == 2000


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "WIN1252", "LATIN9"])
def test_bytes_of_another_encoding_are_read(cluster: Any, scan: Scan, encoding: str, tmp_path: Path) -> None:
    name = f"bytes_{encoding.lower()}"
    cluster.execute(
        psycopg.sql.SQL(f"create database {name} template template0 encoding '{encoding}' locale 'C'")
    )
    other = Scan(cluster.server.dsn(name))
    try:
        with psycopg.connect(other.dsn, autocommit=True, client_encoding=encoding) as conn:
            conn.execute("create table t (id text primary key, note text)")
            conn.execute(
                b"insert into t values ('\xe9', 'Il a \xe9t\xe9 condamn\xe9 pour vol.'), ('2', 'Il est raciste.')"
            )
            if encoding == "WIN1252":
                conn.execute(b"insert into t values ('3', 'Il est raciste \x81.')")
        found = other.column("public.t.note", "--output", "f.jsonl")
    finally:
        cluster.drop(name)
    recoded = {"SQL_ASCII": 1, "WIN1252": 2, "LATIN9": 0}[encoding]
    assert found["notes_with_findings"] == found["rows_read"] == 2 + (encoding == "WIN1252")
    assert found["notes_recoded"] == recoded
    starts = {
        tuple(json.loads(line)["row_key"].items()): json.loads(line)["start"]
        for line in Path("f.jsonl").read_text().splitlines()
    }
    assert starts[("id", "é"),] in (5, 9)


@pytest.mark.first_server
def test_bad_input_is_said_plainly(conn: Connection, scan: Scan) -> None:
    conn.execute("create table client (id int primary key, note text)")
    for args, message in [
        ((), "nothing to scan"),
        (("--report",), "nothing was scanned"),
        (("public.client.nope",), "no column"),
        (("public.client.note",), "no row was read"),
        (("--resume",), "no scan to resume"),
        (("public.client.note", "--output", "/nowhere/f.jsonl"), "/nowhere/f.jsonl"),
        (("public.client.note", "--state", "/proc/x/y"), "cannot write /proc/x/y"),
        (("public.client.note", "--cluster", "tcp://127.0.0.1:9"), "no Dask scheduler answers"),
    ]:
        assert message in scan.refused(*args).message
    assert scan("public.client.note", "--allow-empty").exit_code == 0
    assert scan("public.client.note", "--resume").exit_code == 2


@pytest.mark.first_server
def test_worker_refuses_another_database_key_and_rules(conn: Connection, scan: Scan, pack: Pack) -> None:
    conn.execute(MANY)
    database, oid = conn.execute(
        "select current_database()::text, oid::bigint from pg_database where datname = current_database()"
    ).fetchall()[0]
    key = b"k" * 32
    spec = Spec(database, oid, "fr", Choices(), pack.digest, worker.fingerprint(key), False, Scope(), 3)
    part = Part(0, 0, "public.client")
    source = Source(Place("public.client", "note"), ("id",))
    worker.start(scan.dsn, key)
    try:
        assert worker.work(spec, source, part).rows_read == 5000
        for other, message in [
            (replace(spec, oid=1), "leads to database"),
            (replace(spec, key="another"), "key of the digests"),
            (replace(spec, key="another"), "key of the digests"),  # also the second time
            (replace(spec, pack="another"), "other rules"),
            (replace(spec, snapshot="00000003-0000001B-1"), "snapshot of this scan is gone"),
        ]:
            with pytest.raises(MotjusteError, match=message):
                worker.work(other, source, part)
    finally:
        worker.close()
        worker.start(None, b"")
