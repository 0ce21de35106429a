"""Scans that are killed, stopped or cut off go on where they were; and the journal that makes it so."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from flow import wait_until
from motjuste import server
from motjuste.cli.main import motjuste
from motjuste.db import executors
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError, MotjusteError
from motjuste.model import Match
from motjuste.scanning.journal import Head, Journal
from motjuste.scanning.scan import Hit, Outcome, Part, Place, Scope, Skip, Source
from scanning import MANY, Scan, after_first_part

pytestmark = [pytest.mark.first_server, pytest.mark.few_rules]  # says nothing of a server's version

BAD = "Client alcoolique, rappeler lundi."
ROWS = 12_000
# parts of a tenth of the table, so that a scan is always in the middle of some
MOTJUSTE = (
    "from motjuste.cli.main import run; from motjuste.db import reading\n"
    "if __name__ == '__main__':\n    reading.PART_BYTES = 400_000\n    run()"
)


@pytest.fixture(autouse=True)
def processes(few_shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are started have the same rules as this one."""
    monkeypatch.setenv("PYTHONPATH", str(few_shipped))


@pytest.fixture
def conn(installed: str) -> Iterator[Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        fill(conn)
        yield conn


def fill(conn: Connection) -> None:
    conn.execute("create table client (id int primary key, note text)")
    conn.execute(
        "insert into client select i, case when i %% 100 = 0 then %s else rpad('RAS', 300) end from generate_series(1, %s) as i",
        [BAD, ROWS],
    )
    conn.execute("analyze client")


def start(dsn: str, state: Path, *args: str, stderr: Any = subprocess.PIPE) -> subprocess.Popen[str]:
    """A scan in a process of its own; its journal is `state`."""
    command = [sys.executable, "-c", MOTJUSTE, "scan", "--state", str(state), *args]
    environ = {**os.environ, "MOTJUSTE_DSN": dsn}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environ)


def parts_done(state: Path) -> int:
    return state.read_bytes().count(b'\n{"part": ') if state.exists() else 0


def rows_touched(conn: Connection) -> int:
    """How many rows of the table the server has given out so far."""
    conn.execute("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
    return int(
        conn.execute("select seq_tup_read from pg_stat_user_tables where relname = 'client'").fetchall()[0][0]
    )


def check(conn: Connection, done: subprocess.Popen[str], state: Path) -> None:
    """The scan ended well, and all of it is stored, once."""
    out, err = done.communicate(timeout=120)
    assert done.returncode == 1, err
    assert f"{ROWS}" in out.split("\n")[2]
    stored = conn.execute("select count(*), count(distinct row_key) from motjuste.finding").fetchone()
    assert stored == (ROWS // 100, ROWS // 100)
    proofs = conn.execute("select rows_read, rows_that_exist, skipped from motjuste.scan").fetchall()
    assert proofs == [(ROWS, ROWS, [])]
    assert not state.exists()


@pytest.mark.first_server
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_scan_goes_on(conn: Connection, installed: str, tmp_path: Path, jobs: str) -> None:
    state = tmp_path / "journal"
    begun = rows_touched(conn)
    scan = start(installed, state, "public.client.note", "--jobs", jobs, "--max-rows-per-second", "8000")
    wait_until(lambda: parts_done(state) >= 5, 30)
    os.kill(scan.pid, signal.SIGKILL)
    scan.communicate()
    assert not conn.execute("select from motjuste.scan").fetchall()
    assert len(json.loads(state.read_bytes().splitlines()[1])["parts"]) >= 9
    with state.open("ab") as journal:
        journal.write(b'{"part": 99, "read"')  # what a crash in the middle of a write leaves
    check(conn, start(installed, state, "--resume"), state)
    # each part is counted and read, the table read once more for what changed; beside that only what was at hand is read again
    assert 3 * ROWS <= rows_touched(conn) - begun < 3.6 * ROWS


@pytest.mark.first_server
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_stopped_scan_says_how_to_go_on(
    conn: Connection, installed: str, tmp_path: Path, by: signal.Signals
) -> None:
    state = tmp_path / "journal"
    jobs = ("--jobs", "2") if by == signal.SIGINT else ()
    scan = start(installed, state, "public.client.note", *jobs, "--max-rows-per-second", "2000")
    wait_until(lambda: parts_done(state), 30)
    scan.send_signal(by)
    out, err = scan.communicate(timeout=60)
    assert scan.returncode == 2 and not out
    assert f"motjuste scan --resume --state {state}" in err and "Traceback" not in err
    check(conn, start(installed, state, "--resume"), state)


@pytest.mark.first_server
def test_a_scan_in_several_processes_answers_ctrl_c_at_once(
    conn: Connection, installed: str, tmp_path: Path
) -> None:
    # what a long part does: the server sends nothing for a minute and a half
    conn.execute("create view slow as select id, note from client where id = 1 and pg_sleep(90) is not null")
    state = tmp_path / "journal"
    places = ("public.client.note", "public.slow.note")
    scan = start(installed, state, *places, "--read-views", "--jobs", "2")
    asleep = "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    wait_until(lambda: bool(conn.execute(asleep).fetchall()), 60)
    done = parts_done(state)
    scan.send_signal(signal.SIGINT)
    assert scan.stderr is not None
    told = select.select([scan.stderr], [], [], 15)[0] and scan.stderr.readline() + scan.stderr.readline()
    assert told and "stopping" in told
    _, err = scan.communicate(timeout=20)  # a minute, when the part at hand was waited for
    assert scan.returncode == 2 and "stopped: " in err and "--resume" in err and "Traceback" not in err
    wait_until(lambda: not conn.execute(asleep).fetchall(), 5)  # the server does not go on for nobody
    assert parts_done(state) >= done
    conn.execute("create or replace view slow as select id, note from client where false")
    out, err = start(installed, state, "--resume", "--read-views").communicate(timeout=120)
    assert f"{ROWS}" in out.split("\n")[2], err
    assert not state.exists()


def test_what_stops_a_scan_waits_until_its_processes_are_started() -> None:
    started = False
    with pytest.raises(KeyboardInterrupt), executors._signals_held():
        signal.raise_signal(signal.SIGINT)
        started = True
    assert started


@pytest.mark.first_server
def test_a_terminal_shows_a_bar(conn: Connection, installed: str, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 200))  # the bar is as wide as the terminal
    with os.fdopen(theirs, "wb") as terminal:
        scan = start(
            installed,
            tmp_path / "journal",
            "public.client.note",
            "--max-rows-per-second",
            "5000",
            stderr=terminal,
        )
    shown = b""
    with suppress(OSError):  # what a terminal's reader is told when nobody writes any more
        while more := os.read(ours, 1000):
            shown += more
    os.close(ours)
    out, _ = scan.communicate(timeout=60)
    assert scan.returncode == 1 and f"{ROWS}" in out
    last = shown.replace(b"\r", b"\n").split(b"\n")
    steps = [line for line in last if b"rows/s" in line]
    assert len(steps) > 3 and all(b"finding(s), public.client.note" in line for line in steps)
    # rows, and the time that is left, once it is known
    assert any(re.search(rb"\d+/12000 .*\d\d:\d\d:\d\d", line) for line in steps), steps


@pytest.mark.first_server
def test_cut_connections_are_made_again(conn: Connection, installed: str, tmp_path: Path) -> None:
    state = tmp_path / "journal"
    scan = start(installed, state, "public.client.note", "--max-rows-per-second", "8000")
    wait_until(lambda: parts_done(state), 30)
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name like 'motjuste%'"
    )
    assert conn.execute(cut).fetchall()
    check(conn, scan, state)


def test_server_that_restarts_is_waited_for(tmp_path: Path) -> None:
    state, output = tmp_path / "journal", tmp_path / "findings.jsonl"
    with server.run() as running:
        with psycopg.connect(running.dsn(), autocommit=True) as conn:
            fill(conn)
        where = ("public.client.note", "--output", str(output), "--format", "json")
        scan = start(running.dsn(), state, *where, "--jobs", "2", "--max-rows-per-second", "8000")
        wait_until(lambda: parts_done(state), 30)
        server.restart(running)
        out, err = scan.communicate(timeout=120)
    assert scan.returncode == 1, err
    [column] = json.loads(out)["columns"]
    assert (column["rows_read"], column["rows_that_exist"], column["skipped"]) == (ROWS, ROWS, [])
    found = [json.loads(line)["row_key"]["id"] for line in output.read_text().splitlines()]
    assert sorted(found) == list(range(100, ROWS + 1, 100))
    assert not state.exists()


@pytest.mark.first_server
def test_killed_worker_is_replaced(conn: Connection, installed: str, tmp_path: Path) -> None:
    state = tmp_path / "journal"
    scan = start(installed, state, "public.client.note", "--jobs", "2", "--max-rows-per-second", "8000")
    wait_until(lambda: parts_done(state), 30)
    [worker, *_] = [int(p) for p in Path(f"/proc/{scan.pid}/task/{scan.pid}/children").read_text().split()
                    if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]  # fmt: skip
    os.kill(worker, signal.SIGKILL)
    check(conn, scan, state)


@pytest.mark.first_server
def test_resume_refuses_other_rules_databases_and_options(
    conn: Connection, installed: str, dsn: str, tmp_path: Path
) -> None:
    state = tmp_path / "journal"
    scan = start(installed, state, "public.client.note", "--max-rows-per-second", "1000")
    wait_until(lambda: state.exists() and state.stat().st_size, 30)

    def refused(*args: str) -> str:
        done = CliRunner().invoke(
            motjuste, ["scan", "--state", str(state), *args], env={"MOTJUSTE_DSN": installed}
        )
        assert done.exit_code
        return done.exception.message if isinstance(done.exception, MotjusteError) else done.output

    assert "another scan is at work" in refused("public.client.note")
    scan.send_signal(signal.SIGINT)
    scan.communicate()
    lines = state.read_text().splitlines()
    head = json.loads(lines[0])
    state.write_text("\n".join([json.dumps(head | {"pack": "other"}), *lines[1:]]) + "\n")
    assert "rules changed" in refused("--resume")
    state.write_text("\n".join([json.dumps(head | {"oid": 1}), *lines[1:]]) + "\n")
    assert "was of database" in refused("--resume")
    assert "leave out" in refused("--resume", "--sample", "9")
    assert "one of them" in refused("--resume", "--anew")
    state.write_text("no journal\n")
    assert "no journal of this version" in refused("--resume")
    assert "no journal of this version" in refused("public.client.note", "--anew")
    assert state.read_text() == "no journal\n"


def test_a_new_scan_drops_no_other_unasked(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scan goes on, another one wants --anew; what was read stays until then."""
    with psycopg.connect(scan.dsn, autocommit=True) as conn:
        conn.execute(MANY)

    def stopped(*args: str) -> Path:
        with monkeypatch.context() as patch:
            after_first_part(patch, lambda: os.kill(os.getpid(), signal.SIGINT))
            done = scan("public.client.note", *args)
        assert done.exit_code == 2 and "stopped: 1 of" in done.stderr, done.output
        [journal] = Path("state").rglob("scan-*.jsonl")
        return journal

    journal = stopped("--sample", "4000")
    before = journal.read_bytes()
    for other in (
        ("public.client.note",),
        ("public.client.note", "--sample", "9"),
        ("--sample", "4000", "public.client.note", "--dry-run"),
    ):
        error = scan.refused(*other)
        assert "it would drop the scan of " in error.message and "1 of" in error.message, error
        assert "--resume" in str(error.hint) and "--anew" in str(error.hint)
        assert journal.read_bytes() == before
    done = scan("public.client.note", "--anew")
    assert "dropped: the scan of " in done.stderr and done.exit_code == 1
    assert not journal.exists()

    stopped()
    again = scan("public.client.note")
    assert again.exit_code == 1 and "going on with the scan of " in again.stderr and "1 of" in again.stderr
    assert not journal.exists()

    stopped()
    with journal.open("ab") as stream:
        stream.write(b"garbage\n{}\n")
    assert "damaged" in scan.refused("public.client.note").message and journal.exists()
    assert scan("public.client.note", "--anew").exit_code == 1
    assert "going on" not in scan("public.client.note").stderr


# -- the journal ------------------------------------------------------------------------------------


HEAD = Head(
    "run", "2026-01-01T00:00:00+00:00", "db", 1, "digest", (Source(Place("a.b", "c"), ("id",)),), Scope(("le", "1")), True, 7
)  # fmt: skip
HIT = Hit('{"id": 1}', b"\x01\xff", (Match(1, 2, "r", "sante", "block"),), ("likely",), "é")


def test_journal_gives_back_what_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal.start(path, HEAD)
    journal.plan(
        [Part(0, 0, "a.b", end=3), Part(1, 0, "a.b", first=3, storage="x"), Part(2, 0, "a.b", first=9)]
    )
    first = Outcome(0, 5, 6, (HIT,), (Skip("a.b", "why", "42501"),), 1, ('{"id": 2}',))
    journal.add(first)
    journal.add(Outcome(2, 5, 5))
    journal.reset([journal.parts[2]])
    journal.publish(0)
    journal.close()
    with path.open("ab") as stream:
        stream.write(b'{"part": 1, "read": 5')
    again = Journal.resume(path)
    assert again.head == HEAD
    assert [p.number for p in again.pending()] == [1] and again.pending()[0].storage == "x"
    assert (again.done, again.skipped, again.published, again.findings) == ({0}, {0}, {0}, 1)
    assert list(again.outcomes(0)) == [first]
    again.add(Outcome(1, 4, 4))
    assert [o.part for o in again.outcomes(0)] == [0, 1]
    assert again.next_number == 3
    assert path.stat().st_mode & 0o777 == 0o600
    again.remove()
    assert not path.exists()


def test_a_journal_is_for_one_scan_at_a_time(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path / "j", HEAD)
    with pytest.raises(ConfigError, match="another scan"):
        Journal.resume(tmp_path / "j")
    journal.close()
    Journal.resume(tmp_path / "j").close()
    with pytest.raises(ConfigError, match="no scan to resume"):
        Journal.resume(tmp_path / "absent")


@pytest.mark.parametrize("line", [b"garbage\n", b"\xff\xfe\n", b"3\n", b'{"part": 0}\n'])
def test_a_damaged_journal_says_where(tmp_path: Path, line: bytes) -> None:
    Journal.start(tmp_path / "j", HEAD).close()
    with (tmp_path / "j").open("ab") as stream:
        stream.write(line + b'{"reset": []}\n')
    with pytest.raises(ConfigError, match="damaged at line 2"):
        Journal.resume(tmp_path / "j")
