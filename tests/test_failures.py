"""Whatever goes wrong in a check, the note is known by its row and checked later; or the write fails. Nothing is unchecked unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql

from motjuste.cli.main import motjuste
from motjuste.db.connection import Connection
from motjuste.errors import MotjusteError
from watched import BAD, CLEAN, attach, open_keys, workshop

pytestmark = pytest.mark.few_rules
# what PostgreSQL's expressions refuse, in note after note
COMPLEX = "Client alcoolique. " + "a*" * 21875
LONG = "Client alcoolique. " + "Rappeler lundi. " * 70_000  # more than 1 MB
MODES = ("flag", "warn", "mask")


@pytest.fixture
def conn(shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOTJUSTE_DSN", shared)
    with workshop(shared) as conn:
        conn.execute("select motjuste.set_policy(1048576, '{}')")
        conn.execute("create table client (id int primary key, note text)")
        yield conn
        conn.execute("truncate motjuste.scan, motjuste.tally; select setval('motjuste.unrecorded', 1, false)")


def run(*args: str) -> Result:
    """One command, in this process, against the database of the environment."""
    result = CliRunner().invoke(motjuste, list(args))
    if result.exception and not isinstance(result.exception, SystemExit | MotjusteError):
        raise result.exception
    return result


@contextmanager
def app(conn: Connection) -> Iterator[Connection]:
    """A session of an application's role, which has no right on the schema motjuste."""
    conn.execute("""
        drop role if exists app;
        create role app;
        grant usage on schema t to app;
        grant select, insert, update, delete on all tables in schema t to app;
    """)
    with psycopg.connect(conn.info.dsn, autocommit=True, options="-c search_path=t") as other:
        other.execute("set session authorization app")
        yield other
    conn.execute("drop owned by app; drop role app")


@contextmanager
def failing(conn: Connection, word: str = "") -> Iterator[None]:
    """Checks of notes with this word, or of all, end in an error meanwhile."""
    conn.execute("alter function motjuste.found(text[]) rename to really_found")
    conn.execute(
        sql.SQL("""
        create function motjuste.found(notes text[])
            returns table (i int, rule_id text, category text, level text, start int, length int) language plpgsql as $$
        begin
            if array_to_string(notes, ' ') ~ {} then raise division_by_zero; end if;
            return query select * from motjuste.really_found(notes);
        end $$;
        """).format(sql.Literal(word))
    )
    try:
        yield
    finally:
        conn.execute("drop function motjuste.found(text[])")
        conn.execute("alter function motjuste.really_found(text[]) rename to found")


def failures(conn: Connection, what: str = "row_key") -> list[Any]:
    """Something of each failure that is open."""
    rows = conn.execute(f"select {what} from motjuste.failure where closed_at is null order by id".encode())
    return [row[0] if len(row) == 1 else row for row in rows]


def listening(conn: Connection) -> list[str]:
    """What the server tells this session from now on."""
    told: list[str] = []
    conn.add_notice_handler(lambda d: told.append(d.message_primary or ""))
    return told


def counted(conn: Connection) -> int:
    """How many failures could not be recorded."""
    [(n,)] = conn.execute("select case when is_called then last_value else 0 end from motjuste.unrecorded")
    return int(n)


# -- a writer who would switch the check off -----------------------------------------------------------


def test_a_note_that_is_too_complex_for_the_check_is_checked_later(conn: Connection) -> None:
    attach(conn, "flag")
    with app(conn) as writer:
        writer.execute("insert into client values (1, %s), (2, %s)", [COMPLEX, CLEAN])
    assert {k["id"] for k in [*open_keys(conn), *failures(conn)]} == {1}
    waiting = failures(conn)
    assert run("scan", "--failed").exit_code == (1 if waiting else 0)
    assert open_keys(conn) == [{"id": 1}] and failures(conn) == []


@pytest.mark.first_server
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_a_note_whose_check_failed_is_checked_later(conn: Connection, mode: str, kind: str) -> None:
    if kind == "partitioned":
        conn.execute("""
            drop table client;
            create table client (id int primary key, note text) partition by range (id);
            create table client_1 partition of client for values from (0) to (100);
        """)
    attach(conn, mode)
    with failing(conn, "Zébulon"), app(conn) as writer:
        writer.execute("insert into client values (1, %s), (2, %s)", [f"Zébulon. {BAD}", CLEAN])
        writer.execute("insert into client values (3, %s)", [CLEAN])
        writer.execute("update client set note = %s where id = 3", [f"Zébulon. {BAD}"])
    [(digest,)] = conn.execute("select motjuste.digest(note) from client where id = 1")
    assert failures(conn) == [{"id": 1}, {"id": 3}] and open_keys(conn) == []
    assert failures(conn, "note_digest") == [digest, digest]
    status = run("status")
    assert (
        status.exit_code == 1
        and "2 check(s) failed with SQLSTATE 22012: motjuste scan --failed" in status.stderr
    )
    assert json.loads(run("status", "--format", "json").stdout)[0]["not_checked"] == 2
    assert run("scan", "--failed").exit_code == 1
    assert open_keys(conn) == [{"id": 1}, {"id": 3}]
    assert failures(conn) == [] and run("status").exit_code == 0
    # what was caught up with tells of no row any more
    rows = conn.execute("select from motjuste.failure where row_key is not null or note_digest is not null")
    assert rows.fetchall() == []


def test_a_short_lock_timeout_beside_a_twin_row(conn: Connection) -> None:
    conn.execute("create table appel (note text)")  # no key: rows of the same text are one
    attach(conn, "flag", "appel")
    with app(conn) as writer, psycopg.connect(conn.info.dsn) as twin:
        twin.execute("insert into t.appel values (%s)", [BAD])
        writer.execute("set lock_timeout = '20ms'")
        writer.execute("insert into appel values (%s)", [BAD])
        assert failures(conn, "row_key, sqlstate") == [({}, "55P03")]
        twin.rollback()
    assert open_keys(conn) == []
    assert run("scan", "--failed").exit_code == 1
    assert open_keys(conn) == [{}] and failures(conn) == []


@pytest.mark.each_server
@pytest.mark.parametrize("mode", ["flag", "warn", "block"])
def test_an_insert_at_any_depth_of_the_stack(conn: Connection, mode: str) -> None:
    """Deeper and deeper, until the function itself fails: each row is found, recorded or counted, or was not written."""
    attach(conn, mode)
    conn.execute("""
        create function dive(depth int, number int) returns void language plpgsql as $$
        begin
            if depth > 0 then
                perform t.dive(depth - 1, number);
            else
                insert into t.client values (number, 'Client alcoolique, rappeler lundi.');
            end if;
        end $$;
    """)
    outcomes = set()
    with app(conn) as writer:
        writer.execute("set search_path = pg_catalog")

        def dive(depth: int) -> str:
            before = counted(conn)
            try:
                writer.execute("select t.dive(%s, %s)", [depth, depth])
            except psycopg.Error as exc:
                return "refused" if exc.sqlstate == "MJ001" else "failed"
            known = [*open_keys(conn), *failures(conn)]
            if {"id": depth} in open_keys(conn):
                return "found"
            if {"id": depth} in known:
                return "recorded"
            return "counted" if counted(conn) > before else "UNSEEN"

        low, high = 0, 4096
        while high - low > 1:  # the depth from which on nothing works
            middle = (low + high) // 2
            low, high = (low, middle) if dive(middle) == "failed" else (middle, high)
        for depth in range(max(high - 60, 0), high + 3):
            conn.execute("delete from t.client")
            outcomes.add(dive(depth))
        outcomes.add(dive(1))
    assert "UNSEEN" not in outcomes
    if mode == "block":
        assert outcomes == {"refused", "failed"}
    else:
        assert {"found", "failed"} < outcomes  # and what lies between


def test_what_cannot_even_be_recorded_is_counted_until_the_column_is_scanned(conn: Connection) -> None:
    attach(conn, "flag")
    with app(conn) as writer, psycopg.connect(conn.info.dsn) as other:
        other.execute("lock table motjuste.finding, motjuste.failure in access exclusive mode")
        told = listening(writer)
        writer.execute("set lock_timeout = '20ms'")
        writer.execute("insert into client values (1, %s)", [BAD])
        other.rollback()
    assert any("could not be recorded" in m for m in told) and BAD not in str(told)
    assert open_keys(conn) == [] and failures(conn) == []
    status = run("status")
    assert status.exit_code == 1 and "motjuste scan 't.client.note'" in status.stderr
    assert run("scan", "--failed").exit_code == 2  # nothing says which row: it cannot be caught up with alone
    assert run("scan", "--sample", "1", "--allow-empty").exit_code in (0, 1)
    assert run("status").exit_code == 1  # a sample is no scan
    assert run("scan").exit_code == 1
    assert open_keys(conn) == [{"id": 1}] and run("status").exit_code == 0
    conn.execute("create table autre (id int primary key, note text)")
    attach(conn, "flag", "autre")  # what failed before it was watched is not its own
    assert run("status").exit_code == 0


def test_one_line_a_row_however_often_it_is_written(conn: Connection) -> None:
    attach(conn, "flag")
    with failing(conn), app(conn) as writer:
        for n in range(5):
            writer.execute(
                "insert into client values (1, %s) on conflict (id) do update set note = excluded.note",
                [f"{BAD} {n}"],
            )
    assert failures(conn) == [{"id": 1}]
    with app(conn) as writer:
        writer.execute("update client set id = 2")  # nor is it lost under another key
    conn.execute("alter table client rename to clientele")
    conn.execute("select motjuste.refresh()")
    assert failures(conn, "relation, row_key") == [("t.clientele", {"id": 2})]
    assert run("scan", "--failed").exit_code == 1
    assert open_keys(conn) == [{"id": 2}] and failures(conn) == []


def test_notes_after_many_that_fail_are_not_lost(conn: Connection) -> None:
    attach(conn, "flag")
    with failing(conn, "Zébulon"), app(conn) as writer:
        writer.execute(
            "insert into client select n, case when n < 9 then 'Zébulon ' else '' end || %s from generate_series(1, 30) as n",
            [BAD],
        )
    known = [k["id"] for k in [*open_keys(conn), *failures(conn)]]
    assert sorted(known) == list(range(1, 31))
    assert run("scan", "--failed").exit_code == 1
    assert [k["id"] for k in open_keys(conn)] == list(range(1, 31)) and failures(conn) == []


def test_a_load_that_fails_as_a_whole_is_one_line(conn: Connection) -> None:
    attach(conn, "flag")
    with failing(conn), app(conn) as writer:
        writer.execute("insert into client select n, %s from generate_series(1, 3000) as n", [BAD])
        writer.execute("insert into client select n, %s from generate_series(4001, 7000) as n", [BAD])
    lines = failures(conn)
    assert None in lines and len(lines) < 10
    status = run("status")
    assert status.exit_code == 1 and "motjuste scan 't.client.note'" in status.stderr
    assert run("scan", "--failed").exit_code == 2
    assert run("scan", "t.client.note").exit_code == 1
    assert len(open_keys(conn)) == 6000 and failures(conn) == [] and run("status").exit_code == 0


def test_a_scan_closes_only_what_it_saw(conn: Connection) -> None:
    attach(conn, "flag")
    with failing(conn), psycopg.connect(conn.info.dsn) as other:
        other.execute("insert into t.client select n, %s from generate_series(1, 2000) as n", [BAD])
        conn.execute("insert into client values (5000, %s)", [CLEAN])
        assert run("scan").exit_code == 0  # began before the other commits
        other.commit()
    assert failures(conn) == [None] or len(failures(conn)) > 0
    assert run("status").exit_code == 1


def test_a_correction_or_deletion_that_fails_closes_its_findings_later(conn: Connection) -> None:
    attach(conn, "flag", "client")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s)", [BAD] * 3)
    with app(conn) as writer, psycopg.connect(conn.info.dsn) as other:
        other.execute("lock table motjuste.finding in access exclusive mode")
        writer.execute("set lock_timeout = '20ms'")
        writer.execute("update client set note = %s where id = 1", [CLEAN])
        writer.execute("delete from client where id = 2")
        writer.execute("update client set note = null where id = 3")
        other.rollback()
    assert sorted(k["id"] for k in failures(conn)) == [1, 2, 3] and len(open_keys(conn)) == 3
    assert run("scan", "--failed").exit_code == 0
    assert open_keys(conn) == [] and failures(conn) == []


def test_a_key_of_the_digests_that_is_gone_hides_no_row(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("alter table motjuste.secret rename to gone")
    try:
        with app(conn) as writer:
            writer.execute("insert into client values (1, %s)", [BAD])
    finally:
        conn.execute("alter table motjuste.gone rename to secret")
    assert failures(conn, "row_key, note_digest") == [({"id": 1}, None)]
    assert run("scan", "--failed").exit_code == 1
    assert open_keys(conn) == [{"id": 1}] and failures(conn) == []


def test_notes_of_jsonb_lists_and_odd_keys_are_caught_up_with(conn: Connection) -> None:
    conn.execute("""
        create table doc (a numeric, "b ""%c" text, details jsonb, notes text[], agent text, primary key (a, "b ""%c"));
        create table page (url text primary key, note text);
    """)
    conn.execute("select motjuste.attach('doc', 'details', 'flag', 'note', 'agent')")
    attach(conn, "flag", "doc", "notes")
    attach(conn, "flag", "page")
    with failing(conn), app(conn) as writer:
        writer.execute(
            "insert into doc values (1.50, 'x''', jsonb_build_object('note', %(bad)s::text), array[%(clean)s, %(bad)s], 'zoe')",
            {"bad": BAD, "clean": CLEAN},
        )
        writer.execute("insert into page values (repeat('x', 2000), %s)", [BAD])
    assert len(failures(conn)) == 3
    assert run("scan", "--failed", "--format", "json").exit_code == 1
    assert failures(conn) == []
    rows = conn.execute(
        "select column_name, author, row_key::text from motjuste.finding order by 1, 2"
    ).fetchall()
    key = '{"a": 1.50, "b \\"%c": "x\'"}'
    assert rows == [("details", "zoe", key), ("note", None, "{}"), ("notes", None, key)]
    # and it is what a scan and a trigger know them by
    assert run("scan").exit_code == 1
    assert len(open_keys(conn)) == 3


def test_catching_up_says_what_is_left_and_why(conn: Connection) -> None:
    attach(conn, "flag")
    with failing(conn), app(conn) as writer:
        writer.execute("insert into client values (1, %s)", [BAD])
    conn.execute("alter table client rename to renamed")
    done = run("scan", "--failed", "--format", "json")
    assert json.loads(done.stdout)["columns"][0]["gone"] in (0, 1)
    conn.execute("alter table renamed rename to client")
    assert isinstance(run("scan", "--failed", "--sample", "3").exception, SystemExit | MotjusteError)
    nothing = run("scan", "--failed")
    assert nothing.exit_code == 0 and "every note was checked" in nothing.stdout


# -- notes that are too long -------------------------------------------------------------------------


@pytest.mark.first_server
@pytest.mark.parametrize("kind", ["plain", "partitioned", "jsonb"])
def test_a_note_that_is_too_long_is_recorded_or_refused(conn: Connection, kind: str) -> None:
    value, extra = "%s::text", {}
    if kind == "partitioned":
        conn.execute("""
            drop table client;
            create table client (id int primary key, note text) partition by range (id);
            create table client_1 partition of client for values from (0) to (100);
            create table client_2 partition of client for values from (100) to (200);
        """)
    if kind == "jsonb":
        conn.execute("alter table client alter note type jsonb using to_jsonb(note)")
        value, extra = "jsonb_build_object('n', %s::text)", {"json_key": "n"}
    insert = f"insert into client values (%s, {value})".encode()
    update = f"update client set note = {value} where id = 1".encode()
    for mode in MODES:
        attach(conn, mode, **extra)
        with app(conn) as writer:
            told = listening(writer)
            writer.execute(insert, [1, CLEAN])
            writer.execute(update, [LONG])
            writer.execute(insert, [2, LONG])
            # of several, the others are checked
            writer.execute(f"insert into client values (3, {value}), (4, {value})".encode(), [LONG, BAD])
        assert sorted(k["id"] for k in failures(conn)) == [1, 2, 3] and open_keys(conn) == [{"id": 4}]
        assert set(failures(conn, "sqlstate")) == {"MJ003"}
        if mode == "warn":
            long = [m for m in told if "Note non lue dans t.client.note" in m]
            assert len(long) == 3 and "1048576 au plus" in long[0]
        status = run("status")
        assert status.exit_code == 1 and "max_note" in status.stderr
        left = run("scan", "--failed")
        assert left.exit_code == 2 and "too long" in left.stderr and "3 note(s) left" in left.stderr
        # shortened, or gone
        conn.execute(update, [BAD])
        conn.execute("delete from client where id > 1")
        assert run("scan", "--failed").exit_code == 1
        assert failures(conn) == [] and run("status").exit_code == 0
        conn.execute("delete from client")
        conn.execute("truncate motjuste.finding")
    attach(conn, "block", **extra)
    conn.execute(insert, [1, CLEAN])
    with app(conn) as writer:
        for statement, values in ((insert, [2, LONG]), (update, [LONG])):
            with pytest.raises(psycopg.Error, match="Note non lue dans") as caught:
                writer.execute(statement, values)
            assert caught.value.sqlstate == "MJ001" and "alcoolique" not in str(caught.value)
    assert failures(conn) == [] and conn.execute("select count(*) from client").fetchone() == (1,)


def test_a_long_note_from_before_may_change_partition_and_go(conn: Connection) -> None:
    conn.execute("""
        drop table client;
        create table client (id int primary key, note text) partition by range (id);
        create table client_1 partition of client for values from (0) to (100);
        create table client_2 partition of client for values from (100) to (200);
    """)
    conn.execute("insert into client values (1, %s)", [LONG])
    attach(conn, "block")
    with app(conn) as writer:
        writer.execute("update client set id = 101")
        writer.execute("delete from client")


def test_the_policy_says_how_long_a_note_may_be(conn: Connection, tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text(
        'max_note = "2kB"\n[[watch]]\nrelation = "t.client"\ncolumn = "note"\nmode = "block"\n'
    )
    assert run("install").exit_code == 0
    assert "max_note" not in run("status").stderr and run("status").exit_code == 0
    with app(conn) as writer:
        writer.execute("insert into client values (1, %s)", ["Rappeler lundi. " * 127])
        with pytest.raises(psycopg.Error, match="2048 au plus"):
            writer.execute("insert into client values (2, %s)", ["Rappeler lundi. " * 129])
        with pytest.raises(psycopg.Error, match="2048 au plus"):
            writer.execute("insert into client values (2, %s)", ["é" * 1025])  # bytes
    # another length, at once and without attaching again
    conn.execute("select motjuste.set_policy(4096, '{}')")
    conn.execute("insert into client values (2, %s)", ["Rappeler lundi. " * 129])
    assert conn.execute("select distinct state from motjuste.status").fetchall() == [("installed",)]
    # a scan has the length of the policy, and says what it did not read
    done = run("scan", "--format", "json")
    [column] = json.loads(done.stdout)["columns"]
    assert isinstance(done.exception, MotjusteError) and column["rows_read"] == 2
    assert [s["why"] for s in column["skipped"]] == ["1 note(s) longer than 2048 bytes (max_note)"]
    proof = run("scan", "--report")
    assert proof.exit_code == 1 and "max_note" in proof.stdout
    assert run("scan", "--output", "f.jsonl", "--skip-unreadable").exit_code == 0
    assert "max_note" in run("scan", "--output", "f.jsonl", "--report").stdout
    # and so has lint
    (tmp_path / "notes.txt").write_text(f"{BAD}\n{BAD * 80}\n{CLEAN}\n")
    linted = run("lint", "notes.txt", "--format", "jsonl")
    assert [json.loads(line)["id"] for line in linted.stdout.splitlines()] == [1, 3]
    assert "2: not read" in linted.stderr and isinstance(linted.exception, MotjusteError)
    assert "max_note" in run("install", "--sql").stdout


def test_a_long_note_does_not_keep_others_of_its_table_from_being_read_again(conn: Connection) -> None:
    conn.execute("insert into client values (1, %s), (2, %s)", [LONG, BAD])
    attach(conn, "flag")
    assert isinstance(run("scan").exception, MotjusteError)
    assert open_keys(conn) == [{"id": 2}]
