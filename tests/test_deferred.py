"""Deferred checks: a write leaves its row's key in a queue, and who works it off reads the note as it stands. `test_ways_in.py` has each way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.db.connection import Connection
from motjuste.db.working import Done, Worker
from motjuste.errors import DatabaseError
from watched import BAD, CLEAN, attach, checking, failures, findings, open_keys, settle, states, workshop

REFUSED = "Note refusée"
ToWatch = "Cliente en instance de divorce"  # recorded in mode block, not refused
Work = Callable[[], int]


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn, checking("work()"):
        conn.execute("create table client (id int primary key, note text, agent text)")
        yield conn


@pytest.fixture(params=["work()", "motjuste work"])
def either(conn: Connection, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """The same, the queue being worked off in either way."""
    with checking(request.param):
        yield conn


@pytest.fixture
def run(shared: str) -> Callable[..., Result]:
    def run(*args: str) -> Result:
        return CliRunner().invoke(motjuste, list(args), env={"MOTJUSTE_DSN": shared})

    return run


def queued(conn: Connection) -> list[Any]:
    """The row keys in the queue, sorted."""
    rows = conn.execute("select row_key from motjuste.queue order by row_key").fetchall()
    return [key for (key,) in rows]


def work(dsn: str, **options: Any) -> Done:
    """What a worker of ours does with what waits."""
    matcher = assets.matcher()
    worker = Worker(dsn, matcher.find, matcher.pack.digest, **options)
    worker.once()
    worker.close()
    return worker.done


# -- the write -------------------------------------------------------------------------------------------


def test_the_queue_holds_keys_and_no_text(conn: Connection) -> None:
    conn.execute("create table memo (note text); create table named (note text primary key)")
    for table in ("client", "memo", "named"):
        attach(conn, "flag", table)
        conn.execute(
            f"insert into {table} (note) values (%s)".encode()
            if table != "client"
            else b"insert into client values (1, %s)",
            [BAD],
        )
    assert queued(conn) == [{}, {}, {"id": 1}]
    [(whole,)] = conn.execute("select string_agg(q::text, ' ') from motjuste.queue as q").fetchall()
    assert "alcoolique" not in whole
    assert conn.execute("select count(*) from motjuste.finding").fetchone() == (0,)
    assert open_keys(conn) == [{}, {}, {"id": 1}] and queued(conn) == []


def test_a_write_is_queued_once_and_only_where_the_note_changed(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, %s), (3, null)", [CLEAN, CLEAN])
    assert queued(conn) == [{"id": 1}, {"id": 2}]
    settle(conn)
    conn.execute("update client set agent = 'zoe'; update client set note = note")
    assert queued(conn) == []
    conn.execute("update client set note = 'Rien' where id = 1; delete from client where id in (2, 3)")
    assert queued(conn) == [{"id": 1}, {"id": 2}]
    settle(conn)
    conn.execute("update client set id = 7 where id = 1")
    assert queued(conn) == [{"id": 1}, {"id": 7}]


def test_it_is_changed_live_in_both_directions_with_rows_waiting(either: Connection) -> None:
    conn = either
    attach(conn, "flag", deferred=False)
    conn.execute("insert into client values (1, %s)", [BAD])
    assert queued(conn) == [] and open_keys(conn) == [{"id": 1}]
    attach(conn, "flag")
    conn.execute("insert into client values (2, %s), (3, %s)", [BAD, BAD])
    attach(conn, "flag", deferred=False)
    conn.execute("update client set note = 'Rien' where id = 3")
    assert queued(conn) == [{"id": 2}, {"id": 3}]  # what waits is read all the same
    assert open_keys(conn) == [{"id": 1}, {"id": 2}]
    assert states(conn) == {"installed"}


@pytest.mark.parametrize("parts", ["", "partition by range (id)"])
def test_block_refuses_at_once_and_records_later(either: Connection, parts: str) -> None:
    conn = either
    conn.execute(f"create table memo (id int primary key, note text) {parts}".encode())
    if parts:
        conn.execute(
            "create table memo_1 partition of memo for values from (0) to (100); create table memo_2 partition of memo default"
        )
    attach(conn, "block", "memo")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("insert into memo values (1, %s)", [BAD])
    conn.execute(
        "insert into memo values (1, %s), (2, 'Rien')",
        [
            CLEAN,
        ],
    )
    assert queued(conn) == []  # read already: nothing is in it
    conn.execute("insert into memo values (3, %s)", [ToWatch])
    assert queued(conn) == [{"id": 3}] and conn.execute(
        "select count(*) from motjuste.finding"
    ).fetchone() == (0,)
    assert open_keys(conn) == [{"id": 3}]
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("update memo set note = %s where id = 3", [BAD])
    conn.execute("update memo set id = 300 where id = 3")
    assert open_keys(conn) == [{"id": 300}]
    conn.execute("update memo set note = 'Rien' where id = 300")
    assert open_keys(conn) == []


def test_mask_masks_at_once_and_records_later(either: Connection) -> None:
    conn = either
    attach(conn, "mask")
    conn.execute("insert into client values (1, 'NIR 1 85 05 78 006 084 91'), (2, %s)", [BAD])
    assert conn.execute("select note from client where id = 1").fetchone() == ("NIR [donnée retirée]",)
    assert queued(conn) == [{"id": 1}, {"id": 2}]
    assert open_keys(conn) == [{"id": 2}]


def test_warn_is_never_deferred(conn: Connection) -> None:
    with pytest.raises(psycopg.Error, match="nothing of it can be deferred"):
        attach(conn, "warn", deferred=True)
    attach(conn, "flag")
    with pytest.raises(psycopg.Error, match="nothing of it can be deferred"):
        attach(conn, "warn")
    attach(conn, "warn", deferred=False)


def test_transactions_that_are_rolled_back_prepared_or_in_parts(either: Connection) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute(f"begin; insert into client values (1, '{BAD}'); rollback")
    conn.execute(
        f"begin; insert into client values (2, '{BAD}'); savepoint a; insert into client values (3, '{BAD}'); rollback to a; commit"
    )
    assert queued(conn) == [{"id": 2}] and open_keys(conn) == [{"id": 2}]
    [(most,)] = conn.execute("select current_setting('max_prepared_transactions')::int").fetchall()
    if most:
        conn.execute(f"begin; insert into client values (4, '{BAD}'); prepare transaction 'one'")
        assert queued(conn) == []
        conn.execute("commit prepared 'one'")
        assert open_keys(conn) == [{"id": 2}, {"id": 4}]


def test_where_session_replication_role_is_replica(either: Connection) -> None:
    conn = either
    attach(conn, "flag", always=True)
    conn.execute("set session_replication_role = replica")
    conn.execute("insert into client values (1, %s)", [BAD])
    conn.execute(
        "update client set id = 2; insert into client values (3, %s); delete from client where id = 3", [BAD]
    )
    conn.execute("reset session_replication_role")
    assert open_keys(conn) == [{"id": 2}]


@pytest.mark.parametrize("table", ["client", "parted", "keyless"])
def test_a_bypass_is_logged_and_nothing_is_queued(conn: Connection, table: str) -> None:
    conn.execute(
        "create table keyless (id int, note text); create table parted (id int primary key, note text) partition by range (id)"
    )
    conn.execute("create table part partition of parted default")
    attach(conn, "flag", table)
    conn.execute(f"insert into {table} (id, note) values (1, %s)".encode(), [BAD])
    settle(conn)
    conn.execute("insert into motjuste.bypass_role values ('postgres')")
    with conn.transaction():
        conn.execute("set local motjuste.bypass = 'reprise'")
        conn.execute(f"insert into {table} (id, note) values (2, %s)".encode(), [BAD])
        conn.execute(f"update {table} set note = 'Rien' where id = 1".encode())
    assert queued(conn) == []
    assert {f[1] for f in findings(conn)} == {"corrected"}
    assert conn.execute("select count(*) from motjuste.bypass").fetchone() != (0,)


def test_a_column_renamed_or_of_another_type_since(either: Connection) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    conn.execute(
        "alter table client rename note to remarque; alter table client rename id to numero; alter table client rename to fiche"
    )
    conn.execute("insert into fiche values (2, %s)", [BAD])
    conn.execute("select motjuste.refresh()")
    conn.execute("insert into fiche values (3, %s)", [BAD])
    conn.execute("alter table fiche alter numero type bigint")
    assert open_keys(conn) == [{"numero": 1}, {"numero": 2}, {"numero": 3}]
    assert failures(conn) == []


def test_an_error_while_it_is_queued_never_stops_a_write(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("alter table motjuste.queue rename to other")
    try:
        conn.execute("insert into client values (1, %s)", [BAD])
    finally:
        conn.execute("alter table motjuste.other rename to queue")
    assert failures(conn) == [("t.client", "note", "42P01")]


# -- who works it off --------------------------------------------------------------------------------------


def test_a_note_changed_twice_is_read_once_and_one_that_is_gone_closes_its_findings(
    conn: Connection, shared: str
) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s)", [BAD, BAD, BAD])
    assert work(shared) == Done(read=3, findings=3)
    conn.execute(
        "update client set note = 'Rien' where id = 1; update client set note = %s where id = 1", [BAD + " !"]
    )
    conn.execute("delete from client where id = 2; update client set note = null where id = 3")
    assert work(shared) == Done(read=1, findings=1, gone=2)
    assert sorted(f[0]["id"] for f in findings(conn) if f[1] == "corrected") == [1, 2, 3]
    assert open_keys(conn) == [{"id": 1}]


def test_what_was_decided_of_a_note_stays(either: Connection) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, %s)", [BAD, BAD])
    settle(conn)
    conn.execute(
        "update motjuste.finding set status = case row_key ->> 'id' when '1' then 'dismissed' else 'accepted' end, reason = 'x'"
    )
    # written again as it was, and with another key
    conn.execute(
        "update client set note = 'Rien'; update client set note = %s; update client set id = id + 10", [BAD]
    )
    assert sorted((f[0]["id"], f[1]) for f in findings(conn)) == [(11, "dismissed"), (12, "accepted")]


def test_two_at_a_time_never_read_the_same_row(conn: Connection, shared: str) -> None:
    """What one has at hand the other leaves: else the later change of a row could be stored first."""
    attach(conn, "flag")
    conn.execute("insert into client select i, %s from generate_series(1, 100) as i", [BAD])
    with psycopg.connect(shared) as other:
        [(first,)] = other.execute("select motjuste.work(100000)").fetchall()
        assert first == 100
        conn.execute("update client set note = 'Rien' where id = 1")
        assert conn.execute("select motjuste.work(100000)").fetchone() == (0,)
        assert work(shared).rows == 0
        other.commit()
    assert work(shared) == Done(read=1)
    assert len(open_keys(conn)) == 99


def test_each_part_is_one_sessions_only(conn: Connection, shared: str) -> None:
    attach(conn, "flag")
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 200) as i")
    with psycopg.connect(shared) as other:
        other.execute("select * from motjuste.claim(3, 0, 10)").fetchall()
        left = {
            row[0]
            for row in other.execute(
                "select motjuste.bucket(row_key, note_digest) from motjuste.queue"
            ).fetchall()
        }
        assert left == set(range(16))
        work(shared)
        left = {
            row[0]
            for row in conn.execute(
                "select motjuste.bucket(row_key, note_digest) from motjuste.queue"
            ).fetchall()
        }
        assert left == {3}


def test_a_row_that_cannot_be_read_is_told_and_the_others_are_read(either: Connection) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client select i, %s from generate_series(1, 50) as i", [BAD])
    conn.execute(
        'insert into motjuste.queue (watch_id, row_key) select id, \'{"id": "x"}\' from motjuste.watch'
    )
    assert len(open_keys(conn)) == 50 and queued(conn) == []
    assert failures(conn) == [("t.client", "note", "22P02")]


def test_a_note_that_is_too_long_is_told(either: Connection, run: Callable[..., Result]) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client values (1, repeat('x', 1048577)), (2, %s)", [BAD])
    assert open_keys(conn) == [{"id": 2}]
    assert failures(conn) == [("t.client", "note", "MJ003")]
    told = run("status")
    assert told.exit_code == 1 and "too long" in told.stderr


def test_notes_that_fill_the_memory_are_read_in_turns(conn: Connection, shared: str) -> None:
    attach(conn, "flag")
    conn.execute("insert into client select i, repeat('Rien. ', 160000) from generate_series(1, 60) as i")
    [(asked, given)] = conn.execute("""
        select count(*), count(l.note)
        from motjuste.watch as w
        cross join lateral motjuste.live(w.id, array(select row_key from motjuste.queue), array_fill(null::bytea, array[60])) as l
    """).fetchall()
    assert asked == 60 and 10 < given < 30
    conn.execute("update client set note = %s where id > 2", [BAD])
    assert work(shared).read == 60
    assert len(open_keys(conn)) == 58


def test_rules_other_than_ours_are_not_mixed(
    conn: Connection, shared: str, run: Callable[..., Result]
) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    matcher = assets.matcher()
    with pytest.raises(DatabaseError, match="other rules"):
        Worker(shared, matcher.find, "another").once()
    assert queued(conn) == [{"id": 1}]


def test_the_table_of_the_queue_gives_its_room_back(
    conn: Connection, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motjuste.db import working

    monkeypatch.setattr(working, "TIDY", 3000)
    attach(conn, "flag")
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 4000) as i")
    [(before,)] = conn.execute("select pg_relation_size('motjuste.queue')").fetchall()
    assert work(shared, batch=1000).read == 4000
    [(after,)] = conn.execute("select pg_relation_size('motjuste.queue')").fetchall()
    assert before > 100_000 and after == 0


def test_a_snapshot_that_is_held_does_not_have_dead_rows_gone_through_again(
    conn: Connection, shared: str
) -> None:
    """Counted in pages: what the time of a loaded machine says is nothing."""
    attach(conn, "flag")
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 20000) as i")
    [(pages,)] = conn.execute("select pg_relation_size('motjuste.queue') / 8192").fetchall()

    def looked_at() -> int:
        conn.execute("select pg_stat_force_next_flush()")
        conn.execute("select pg_stat_clear_snapshot()")
        [(hits,)] = conn.execute(
            "select heap_blks_hit + heap_blks_read from pg_statio_all_tables where relid = 'motjuste.queue'::regclass"
        ).fetchall()
        return int(hits)

    with psycopg.connect(shared) as holder:
        holder.execute("set transaction isolation level repeatable read; select count(*) from t.client")
        before = looked_at()
        assert work(shared).read == 20000
        # each part goes through the pages once, what is left of it in short pieces; then once more to the end, and the rows are deleted
        assert looked_at() - before < 60 * pages + 20000 * 3


# -- columns that change while rows wait --------------------------------------------------------------------


def test_a_column_detached_with_rows_waiting(conn: Connection, run: Callable[..., Result]) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, %s)", [BAD, CLEAN])
    done = run("detach", "t.client.note")
    assert done.exit_code == 0 and "2 row(s) still waited" in done.stderr
    assert queued(conn) == [] and failures(conn) == [("t.client", "note", "MJ004")] * 2
    caught = run("scan", "--failed")
    assert caught.exit_code == 1, caught.output
    assert open_keys(conn) == [{"id": 1}]
    assert conn.execute("select count(*) from motjuste.failure where closed_at is null").fetchone() == (0,)


def test_one_detached_with_many_rows_is_to_be_scanned(conn: Connection, run: Callable[..., Result]) -> None:
    attach(conn, "flag")
    attach(conn, "flag", column="agent")
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 1001) as i")
    assert run("detach", "t.client.note").exit_code == 0
    assert conn.execute("select row_key, sqlstate from motjuste.failure").fetchall() == [(None, "MJ004")]
    told = run("status")
    assert (
        told.exit_code == 1
        and "waited to be read when it was detached: motjuste scan 't.client.note'" in told.stderr
    )


def test_a_table_or_column_dropped_with_rows_waiting(either: Connection) -> None:
    conn = either
    conn.execute("create table memo (id int primary key, note text)")
    for table in ("client", "memo"):
        attach(conn, "flag", table)
        conn.execute(f"insert into {table} (id, note) values (1, %s)".encode(), [BAD])
        settle(conn)
        conn.execute(f"update {table} set note = note || '!'".encode())
    conn.execute("drop table client; alter table memo drop note")
    settle(conn)
    assert queued(conn) == [] and open_keys(conn) == []
    conn.execute("select motjuste.refresh()")
    assert failures(conn) == []


def test_a_key_replaced_with_rows_waiting_is_told(either: Connection, run: Callable[..., Result]) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s, 'zoe'), (2, %s, 'ali')", [BAD, BAD])
    conn.execute("alter table client drop constraint client_pkey, add primary key (agent)")
    conn.execute("select motjuste.refresh()")
    settle(conn)
    assert queued(conn) == [] and failures(conn) == [("t.client", "note", "MJ005")]
    assert "has another key since: motjuste scan 't.client.note'" in run("status").stderr
    assert run("scan", "t.client.note").exit_code == 1
    assert len(open_keys(conn)) == 2 and run("status").exit_code == 0


def test_a_partition_taken_out_with_rows_waiting(either: Connection) -> None:
    conn = either
    conn.execute("create table memo (id int primary key, note text) partition by range (id)")
    conn.execute("create table memo_1 partition of memo for values from (0) to (10)")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values (1, %s)", [BAD])
    settle(conn)
    conn.execute("insert into memo values (2, %s)", [BAD])
    conn.execute("alter table memo detach partition memo_1")
    settle(conn)
    assert queued(conn) == [] and open_keys(conn) == [{"id": 1}]


def test_what_waited_for_a_part_is_read_with_its_parent(either: Connection) -> None:
    conn = either
    conn.execute("create table memo (id int primary key, note text) partition by range (id)")
    conn.execute("create table memo_1 partition of memo for values from (0) to (10)")
    attach(conn, "flag", "memo_1")
    conn.execute("insert into memo values (1, %s)", [BAD])
    attach(conn, "flag", "memo")
    settle(conn)
    assert conn.execute("select relation, row_key from motjuste.finding").fetchall() == [
        ("t.memo", {"id": 1})
    ]


def test_uninstall_says_what_nobody_will_read(installed: str) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("create table client (id int primary key, note text)")
        conn.execute("select motjuste.attach('client', 'note', deferred => true)")
        conn.execute("insert into client values (1, %s)", [BAD])
        env = {"MOTJUSTE_DSN": installed}
        told = CliRunner().invoke(motjuste, ["uninstall", "--dry-run"], env=env)
        assert "goes: 1 row(s) that wait to be read: nobody will read them" in told.stdout
        assert CliRunner().invoke(motjuste, ["uninstall", "--yes"], env=env).exit_code == 0
        conn.execute("insert into client values (2, %s)", [BAD])


def test_a_new_key_of_the_digests_with_rows_waiting(installed: str) -> None:
    """Rows without a key wait by digests, which nobody knows any more: they are told, and the others read."""
    with psycopg.connect(installed, autocommit=True) as conn, checking("work()"):
        conn.execute("create table client (id int primary key, note text); create table memo (note text)")
        for table in ("client", "memo"):
            attach(conn, "flag", table)
            conn.execute(
                f"insert into {table} (note) values (%s)".encode()
                if table == "memo"
                else b"insert into client values (1, %s)",
                [BAD],
            )
        done = CliRunner().invoke(motjuste, ["rekey", "--yes"], env={"MOTJUSTE_DSN": installed})
        assert done.exit_code == 0, done.output
        assert open_keys(conn) == [{"id": 1}]
        assert failures(conn) == [("public.memo", "note", "MJ004")]
