"""A server at work: installs, attachments, pushes of rules and dumps beside sessions that write."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from conftest import Cluster, few, finder
from motjuste import assets
from motjuste.config import Config, Watch
from motjuste.db import connection, install, push, watching
from motjuste.db.connection import Connection
from motjuste.db.patience import give_way, patiently
from motjuste.db.states import states
from motjuste.errors import DatabaseError
from motjuste.model import Pack
from motjuste.scanning.scan import Place
from watched import BAD, CLEAN, attach, failures, findings, open_keys, workshop

pytestmark = pytest.mark.few_rules


@pytest.fixture
def pack() -> Pack:
    """What motjuste ships in the test."""
    return assets.pack()


REFUSED = "Note refusée"


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute("create table client (id int primary key, note text)")
        yield conn


@contextmanager
def writers(dsn: str, *statements: str) -> Iterator[list[str]]:
    """Sessions that run these statements over and over (%(n)s: a number of its own); the errors that they met."""
    errors: list[str] = []
    done = threading.Event()

    def work(number: int, statement: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            n = number * 1_000_000
            while not done.is_set():
                n += 1
                try:
                    conn.execute(statement.encode(), {"n": n, "bad": BAD})
                except psycopg.Error as exc:
                    errors.append(str(exc))
                time.sleep(0.002)

    threads = [threading.Thread(target=work, args=x) for x in enumerate(statements, 1)]
    for thread in threads:
        thread.start()
    try:
        yield errors
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_attach_detach_and_modes_beside_writers(conn: Connection, shared: str) -> None:
    conn.execute("create table t.visite (id int primary key, note text)")
    insert = "insert into t.{} values (%(n)s, 'Rappeler le ' || %(n)s)"
    both = "with x as (insert into t.client values (-%(n)s, 'x') returning id) insert into t.visite select id, 'x' from x"
    with writers(shared, insert.format("client"), insert.format("visite"), both) as errors:
        for mode in ("flag", "block", "mask", "warn"):
            for table in ("client", "visite"):
                patiently(lambda t=table, m=mode: attach(conn, m, t), lambda _: None, attempts=5)  # type: ignore[misc]
        conn.execute("select motjuste.detach('client', 'note')")
        attach(conn, "flag")
    assert errors == [] and failures(conn) == []
    assert conn.execute("select count(*) > 0 from client").fetchone() == (True,)


def test_no_note_slips_through_once_attach_is_through(conn: Connection, shared: str) -> None:
    with psycopg.connect(shared) as writer:
        writer.execute("insert into t.client values (1, %s)", [BAD])  # holds attach back
        waiting = threading.Thread(target=attach, args=(conn, "flag"))
        waiting.start()
        writer.commit()
        waiting.join()
        writer.execute("insert into t.client values (2, %s)", [BAD])
    assert open_keys(conn) == [{"id": 2}]


def test_a_locked_table_is_waited_for_in_short_attempts(conn: Connection, shared: str) -> None:
    said: list[str] = []
    with psycopg.connect(shared) as holder:
        holder.execute("insert into t.client values (1, 'Rien')")

        def try_once() -> None:
            watching.attach(conn, Place("t.client", "note"), "flag", lock_timeout="50ms")

        def let_go(message: str) -> None:
            said.append(message)
            holder.commit()

        patiently(try_once, let_go, attempts=3)
        assert len(said) == 1 and "trying again in 1 s (1 of 3)" in said[0]
        holder.execute("insert into t.client values (2, 'Rien')")
        with pytest.raises(psycopg.errors.LockNotAvailable), conn.transaction():
            conn.execute("set local lock_timeout = '50ms'")
            conn.execute("select motjuste.detach('t.client', 'note')")
        with pytest.raises(DatabaseError, match=r"holds a lock .* changed nothing"):
            patiently(
                lambda: watching.detach(conn, Place("t.client", "note"), lock_timeout="50ms"),
                said.append,
                attempts=1,
            )
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (1,)


def test_a_writer_that_takes_the_tables_the_other_way_round_is_not_ended(
    conn: Connection, shared: str
) -> None:
    conn.execute("create table visite (id int primary key, note text)")
    config = Config(watches=(Watch("t.client", "note"), Watch("t.visite", "note")))
    gave_way = threading.Event()
    with psycopg.connect(shared) as writer:
        writer.execute("insert into t.visite values (1, 'Rien')")

        def both() -> None:
            with connection.connect(shared) as other:
                patiently(
                    lambda: watching.attach_all(other, config, lock_timeout="1h"),
                    lambda _: gave_way.set(),
                    attempts=3,
                )

        waiting = threading.Thread(target=both)
        waiting.start()
        assert gave_way.wait(10)
        writer.execute("insert into t.client values (1, 'Rien')")
        writer.commit()
        waiting.join()
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (2,)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [("0", "500ms"), ("1h", "500ms"), ("100ms", "100ms")],
    ids=["for ever", "more", "less"],
)
def test_who_holds_what_others_wait_for_waits_no_longer_than_asked(
    conn: Connection, asked: str, waits: str
) -> None:
    for give_way_now in (
        lambda: give_way(conn),
        lambda: conn.execute("select motjuste.locking('lock table t.client in share row exclusive mode')"),
    ):
        with conn.transaction(force_rollback=True):
            conn.execute("select set_config('lock_timeout', %s, true)", [asked])
            conn.execute("lock table t.client in share row exclusive mode")
            give_way_now()
            assert conn.execute("show lock_timeout").fetchone() == (waits,)


def test_an_install_beside_writers_and_beside_another(installed: str, pack: Pack) -> None:
    config = Config(watches=(Watch("t.client", "note", mode="flag"), Watch("t.visite", "note", mode="flag")))
    with connection.connect(installed) as conn:
        conn.execute("create schema t; create table t.client (id int primary key, note text)")
        conn.execute("create table t.visite (id int primary key, note text)")
        attach(conn, "flag", "t.client")
        insert = "insert into t.{} values (%(n)s, %(bad)s)"
        both = "with x as (insert into t.client values (-%(n)s, 'x') returning id) insert into t.visite select id, 'x' from x"
        with writers(installed, insert.format("client"), insert.format("visite"), both) as errors:
            conn.execute("comment on schema motjuste is 'motjuste schema 1 older'")
            other = psycopg.connect(installed, autocommit=True)

            def install(on: Connection) -> None:
                patiently(
                    lambda: watching.install_all(on, finder(pack), config, lock_timeout="10s"),
                    lambda _: None,
                    attempts=3,
                )

            second = threading.Thread(target=install, args=(other,))
            second.start()
            install(conn)
            second.join()
            other.close()
        assert errors == [] and failures(conn) == []
        assert {s.state for s in states(conn)} <= {"installed", "never scanned"}
        conn.execute("insert into t.visite values (0, %s)", [BAD])
        missed = conn.execute("""
            select count(*) from t.client as c where c.note ~ 'alcoolique' and not exists (
                select from motjuste.finding as f where f.relation = 't.client' and f.row_key = jsonb_build_object('id', c.id))
        """).fetchone()
        assert missed == (0,)


# -- rules alone -----------------------------------------------------------------------------------------


@pytest.mark.few_rules(False)
def test_a_push_is_seen_whole_or_not_at_all(installed: str, pack: Pack) -> None:
    two = "Client alcoolique. Quel connard."
    answers: set[tuple[str, ...]] = set()
    done = threading.Event()

    def look() -> None:
        with psycopg.connect(installed, autocommit=True) as other:
            while not done.wait(0.01):
                rows = other.execute("select category from motjuste.check(%s)", [two]).fetchall()
                answers.add(tuple(sorted(r[0] for r in rows)))

    with workshop(installed) as conn:
        conn.execute("create table client (id int primary key, note text)")
        attach(conn, "flag")
        lookers = [threading.Thread(target=look) for _ in range(2)]
        for thread in lookers:
            thread.start()
        try:
            with psycopg.connect(installed) as slow, slow.transaction():
                assert install.push(slow, finder(few(pack, "sante-alcool")))
                started = time.monotonic()
                # before the commit: the rules of before, at once
                conn.execute("insert into client values (1, %s)", [two])
                waited = time.monotonic() - started
            conn.execute("insert into client values (2, %s)", [two])
            changed = push.pushed(conn, finder(few(pack, "sante-alcool", "injure-grossiere")))
        finally:
            done.set()
            for thread in lookers:
                thread.join()
        assert answers <= {("injure", "sante"), ("sante",)} and len(answers) == 2
        assert waited < 5
        rows = conn.execute(
            "select row_key ->> 'id', array_agg(category order by category) from motjuste.finding group by 1 order by 1"
        ).fetchall()
        assert rows == [("1", ["injure", "sante"]), ("2", ["sante"])]
        assert changed is not None and changed.gone == [] and changed.new == ["injure-grossiere"]


@pytest.mark.few_rules(False)
@pytest.mark.first_server
def test_a_push_says_what_it_changes_and_changes_nothing_when_dry(installed: str, pack: Pack) -> None:
    before = few(pack, "sante-alcool", "sante-operation")
    [operation] = few(pack, "sante-operation").rules
    after = replace(before, rules=(replace(operation, level="watch"),), digest="after", version="next")
    with workshop(installed) as conn:
        conn.execute("create table client (id int primary key, note text)")
        assert push.pushed(conn, finder(before)) is not None
        attach(conn, "flag")
        conn.execute("insert into client values (1, %s)", [BAD])
        change = push.pushed(conn, finder(after), dry_run=True)
        assert change == push.Change(new=[], gone=["sante-alcool"], releveled=["sante-operation"], orphans=1)
        assert install.holds(conn, finder(before))
        assert push.pushed(conn, finder(before)) is None
        # what a rule that is gone found stays visible
        assert push.pushed(conn, finder(after)) == change
        assert conn.execute("select rule_id from motjuste.open_findings").fetchall() == [("sante-alcool",)]
        conn.execute("insert into client values (2, %s)", [BAD])
        conn.execute("update client set note = 'Rien' where id = 1")
        assert findings(conn) == [({"id": 1}, "corrected")]


def test_a_push_needs_the_schema_of_this_motjuste(installed: str, pack: Pack) -> None:
    with pytest.raises(DatabaseError, match="another version"), connection.connect(installed) as conn:
        conn.execute("comment on schema motjuste is 'motjuste schema 1 older'")
        push.pushed(conn, finder(pack))


# -- dump and restore ------------------------------------------------------------------------------------


def test_dump_and_restore(installed: str, cluster: Cluster, pack: Pack) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("""
            create schema crm;
            create table crm.client (x int, id timestamptz primary key, note text);
            alter table crm.client drop column x; -- column numbers differ after a restore
            create table crm.visite (id int, note text) partition by range (id);
            create table crm.visite_1 partition of crm.visite for values from (0) to (1000);
        """)
        attach(conn, "block", "crm.client", always=True)
        attach(conn, "flag", "crm.visite")
        conn.execute("insert into crm.visite values (1, %s)", [BAD])
        before = conn.execute("select * from motjuste.finding").fetchall()
    tools = cluster.server.bin_dir
    name = cluster.create("C")
    target = cluster.server.dsn(name)
    try:
        dump = subprocess.run([tools / "pg_dump", "-Fc", "-d", installed], capture_output=True, check=True)
        subprocess.run(
            [tools / "pg_restore", "--exit-on-error", "--no-owner", "-d", target],
            input=dump.stdout,
            capture_output=True,
            check=True,
        )
        with psycopg.connect(target, autocommit=True) as conn:
            assert {s.always for s in states(conn)} == {True, False}
            assert {s.state for s in states(conn)} <= {"installed", "never scanned"}
            assert conn.execute("select * from motjuste.finding").fetchall() == before
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute("insert into crm.client values (now(), %s)", [BAD])
            conn.execute("insert into crm.client values (now(), %s)", [CLEAN])
            conn.execute("update crm.visite set note = 'Rien'")
            assert [f[1] for f in findings(conn)] == ["corrected"]
            # which column was renamed cannot be told before an installation has seen the table here
            conn.execute("alter table crm.client rename column note to remarque")
            with pytest.raises(psycopg.Error, match="after a restore"):
                conn.execute("insert into crm.client values (now(), %s)", [BAD])
            conn.execute("alter table crm.client rename column remarque to note")
            install.install(
                conn, finder(pack)
            )  # a view that was dumped may read otherwise than one that was made
            assert not install.install(conn, finder(pack))
            assert {s.state for s in states(conn)} <= {"installed", "never scanned"}
            conn.execute("alter table crm.client rename column note to remarque")
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute("insert into crm.client values (now(), %s)", [BAD])
            install.uninstall(conn)
            left = conn.execute("select count(*) from pg_trigger where tgname ~ 'motjuste'").fetchone()
            assert left == (0,)
    finally:
        cluster.drop(name)
