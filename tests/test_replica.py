"""Scanning a real standby: a streaming replica of a server of ours, read while its primary is written to."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from conftest import few, finder
from motjuste import server
from motjuste.cli.main import motjuste
from motjuste.db import install, reading, watching
from motjuste.db.connection import connect
from motjuste.errors import MotjusteError
from motjuste.model import Pack
from motjuste.scanning.scan import Place
from scanning import after_first_part

BAD = "Client alcoolique, rappeler lundi."
BINARIES = next(f for f in server.bin_dirs().values() if (f / "pg_basebackup").exists())


def run_as_server(folder: Path, *command: object) -> None:
    """Run a program of the server's, under the account that its folder belongs to."""
    owner = pwd.getpwuid(folder.stat().st_uid)
    changed = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, **changed)
    assert done.returncode == 0, done.stderr


@contextmanager
def standby_of(primary: server.Server) -> Iterator[server.Server]:
    """A streaming replica of a server, in a folder beside its data."""
    folder = primary.folder / "standby"
    data = folder / "data"
    backup = (
        primary.bin_dir / "pg_basebackup",
        "-D",
        data,
        "-d",
        primary.dsn(),
        "-R",
        "-c",
        "fast",
        "--no-sync",
    )
    flags = f"-c listen_addresses= -k {folder} -c fsync=off -c max_standby_streaming_delay=0"
    control = (primary.bin_dir / "pg_ctl", "-D", data, "-l", folder / "log", "-o", flags, "-w", "start")
    run_as_server(primary.folder, "mkdir", folder)
    run_as_server(primary.folder, *backup)
    try:
        run_as_server(primary.folder, *control)
        yield server.Server(folder, primary.bin_dir)
    finally:
        server.stop(folder)


class Pair:
    """A primary and its replica, and `motjuste` run on the replica."""

    def __init__(self, conn: psycopg.Connection[Any], replica: server.Server) -> None:
        self.conn, self.dsn = conn, replica.dsn()

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(motjuste, list(args), env={"MOTJUSTE_DSN": self.dsn})

    def catch_up(self) -> None:
        """Wait until the replica has what the primary has."""
        [(written,)] = self.conn.execute("select pg_current_wal_lsn()").fetchall()
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            conn.execute(
                "do $$ begin while pg_last_wal_replay_lsn() < '"
                + written
                + "' loop perform pg_sleep(0.02); end loop; end $$"
            )


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    with (
        server.run(BINARIES) as primary,
        psycopg.connect(primary.dsn(), autocommit=True) as conn,
        standby_of(primary) as replica,
    ):
        conn.execute("set synchronous_commit = local")  # what is committed is sent
        yield Pair(conn, replica)


@pytest.fixture
def pair(servers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    servers.conn.execute("create table client (id int primary key, commentaire text)")
    servers.conn.execute(
        "insert into client select i, case when i %% 50 = 0 then %s else 'Rappeler lundi.' end from generate_series(1, 5000) as i",
        [BAD],
    )
    servers.catch_up()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(reading, "PART_BYTES", 3 * 8192)
    monkeypatch.chdir(tmp_path)
    yield servers
    servers.conn.execute("drop table client")
    servers.catch_up()


def scanned(done: Result) -> dict[str, Any]:
    assert isinstance(done.exception, SystemExit) and done.exit_code == 1, done.exception
    [column] = json.loads(done.stdout)["columns"]
    return dict(column)


def found_ids() -> list[int]:
    return sorted(json.loads(line)["row_key"]["id"] for line in Path("f.jsonl").read_text().splitlines())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_replica_is_scanned_into_files(pair: Pair, jobs: str) -> None:
    done = pair.run(
        "scan", "public.client.commentaire", "--output", "f.jsonl", "--jobs", jobs, "--format", "json"
    )
    column = scanned(done)
    assert (column["rows_read"], column["rows_that_exist"], column["skipped"]) == (5000, 5000, [])
    assert found_ids() == list(range(50, 5001, 50))
    assert pair.run("scan", "--report", "--output", "f.jsonl").exit_code == 0


def test_a_replica_is_discovered(pair: Pair) -> None:
    found = json.loads(pair.run("discover", "--format", "json").stdout)
    assert [c["column"] for c in found] == ["public.client.commentaire"]


def test_what_a_replica_cannot_do_is_said(pair: Pair) -> None:
    for args, message in [
        (("--output", "f.jsonl"), "nothing to scan"),
        (("public.client.commentaire",), "not installed"),
        (
            ("public.client.commentaire", "--output", "f.jsonl", "--snapshot"),
            "a replica cannot share a snapshot",
        ),
    ]:
        done = pair.run("scan", *args)
        assert isinstance(done.exception, MotjusteError) and message in done.exception.message, done.exception
        assert "--output" in done.exception.hint or "--output" in args


def test_rows_that_reach_the_replica_during_the_scan_are_read(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        pair.conn.execute("update client set commentaire = %s where id in (1, 4999)", [BAD])
        pair.conn.execute("update client set commentaire = 'Rappeler.' where id = 50")
        pair.conn.execute("insert into client values (6000, %s)", [BAD])
        pair.conn.execute("vacuum client")  # cancels what the replica reads, which is tried again
        pair.catch_up()

    after_first_part(monkeypatch, write)
    done = pair.run("scan", "public.client.commentaire", "--output", "f.jsonl", "--format", "json")
    assert scanned(done)["rows_again"] >= 4
    assert found_ids() == sorted([1, *range(100, 5001, 50), 4999, 6000])


def test_what_logical_replication_applies_is_seen_where_it_is_asked_for(pack: Pack) -> None:
    """Whatever the mode: a subscriber fires row triggers only, and of those the ones that always do."""
    some = few(pack, "sante-alcool")
    settings = (*server.THROW_AWAY, "-c", "wal_level=logical")
    with server.run(BINARIES, settings=settings) as running:
        dsns = {}
        with psycopg.connect(running.dsn(), autocommit=True) as conn:
            for name in ("publisher", "subscriber"):
                conn.execute(f"create database {name}".encode())
                dsns[name] = running.dsn(name)
        with (
            psycopg.connect(dsns["publisher"], autocommit=True) as there,
            connect(dsns["subscriber"]) as here,
        ):
            here.execute("reset search_path")
            for conn in (there, here):
                conn.execute("create table public.client (id int primary key, note text)")
            install.install(here, finder(some))
            watching.attach(here, Place("public.client", "note"), always=True)
            there.execute("create publication p for table client")
            there.execute("select pg_create_logical_replication_slot('s', 'pgoutput')")
            here.execute(
                f"create subscription s connection '{dsns['publisher']}' publication p"
                " with (create_slot = false, slot_name = 's', copy_data = false)".encode()
            )
            there.execute("insert into client values (1, %s), (2, 'ras'), (3, %s)", [BAD, BAD])
            there.execute("update client set note = %s where id = 2", [BAD])
            there.execute("delete from client where id = 3")
            there.execute("insert into client values (4, 'the end')")
            for _ in range(1000):
                if here.execute("select from client where id = 4").fetchone() is not None:
                    break
                time.sleep(0.02)
            found = here.execute("select row_key ->> 'id', status from motjuste.finding order by 1")
            assert found.fetchall() == [("1", "open"), ("2", "open"), ("3", "corrected")]
            kept = here.execute(
                "select row_key ->> 'id' from motjuste.finding where category is not null order by 1"
            )
            assert kept.fetchall() == [("1",), ("2",)]  # what was corrected tells nothing here either
            here.execute("alter subscription s disable")
            here.execute("alter subscription s set (slot_name = none)")
            here.execute("drop subscription s")
