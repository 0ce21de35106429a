"""Deferred checks: a write leaves its row's key in a queue, and who works it off reads the note as it stands. `test_ways_in.py` has each way in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from conftest import Cluster, finder
from managed import Managed, managed
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.db import watching
from motjuste.db.advice import Load, advice
from motjuste.db.advice import told as told_of
from motjuste.db.connection import Connection, connect
from motjuste.db.working import Done, Worker
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.scanning.scan import Place
from watched import BAD, CLEAN, attach, checking, failures, findings, open_keys, settle, states, workshop

pytestmark = pytest.mark.few_rules
REFUSED = "Note refusée"
TO_WATCH = "Cliente en instance de divorce"  # recorded in mode block, not refused


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
    worker = Worker(dsn, matcher.find_all, matcher.pack.digest, **options)
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


def test_a_write_does_not_read_the_notes_that_it_queues(conn: Connection) -> None:
    """Counted in pages of the notes that are kept out of line: a DELETE looks at as many as where nothing is watched."""
    conn.execute("create table bare (like client including all)")
    for table in ("client", "bare"):
        conn.execute(
            f"alter table {table} alter note set storage external;"
            f" insert into {table} select i, repeat('Rien. ', 20000) from generate_series(1, 20) as i".encode()
        )
    attach(conn, "flag")

    def looked_at(table: str) -> int:
        conn.execute("select pg_stat_force_next_flush()")
        conn.execute("select pg_stat_clear_snapshot()")
        [(hits,)] = conn.execute(
            "select toast_blks_hit + toast_blks_read from pg_statio_all_tables where relid = %s::regclass",
            [table],
        ).fetchall()
        return int(hits)

    read = {}
    for table in ("client", "bare"):
        before = looked_at(f"t.{table}")
        conn.execute(f"delete from {table}".encode())
        read[table] = looked_at(f"t.{table}") - before
    assert len(queued(conn)) == 20 and 0 < read["client"] <= read["bare"] + 20


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
    conn.execute("insert into memo values (3, %s)", [TO_WATCH])
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
    conn.execute("update client set id = 2")
    conn.execute("insert into client values (3, %s)", [BAD])
    conn.execute("delete from client where id = 3")
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
    conn.execute("update client set note = 'Rien' where id = 1")
    conn.execute("update client set note = %s where id = 1", [BAD + " !"])
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
    conn.execute("update client set note = 'Rien'")
    conn.execute("update client set note = %s", [BAD])
    conn.execute("update client set id = id + 10")
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
        other.execute("select * from motjuste.claim('{3}', 0, 10)").fetchall()
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


def test_parts_with_few_rows_are_read_in_one_transaction(conn: Connection, shared: str) -> None:
    attach(conn, "flag")
    transactions = "select count(distinct found_at) from motjuste.finding where status = 'open'"
    conn.execute("insert into client select i, %s from generate_series(1, 200) as i", [BAD])
    with psycopg.connect(shared) as other:
        other.execute("select * from motjuste.claim('{3}', 0, 10)").fetchall()
        assert 0 < work(shared).read < 200
    assert conn.execute(transactions).fetchone() == (1,)
    work(shared)
    assert conn.execute(transactions).fetchone() == (2,) and len(open_keys(conn)) == 200
    conn.execute("update client set note = 'Rien'")
    assert work(shared, batch=30).read == 200  # more than a batch in all, and in no part
    assert open_keys(conn) == []


def test_a_row_that_cannot_be_read_is_told_and_the_others_are_read(either: Connection) -> None:
    conn = either
    attach(conn, "flag")
    conn.execute("insert into client select i, %s from generate_series(1, 50) as i", [BAD])
    conn.execute(
        'insert into motjuste.queue (watch_id, row_key) select id, \'{"id": "x"}\' from motjuste.watch'
    )
    assert len(open_keys(conn)) == 50 and queued(conn) == []
    assert failures(conn) == [("t.client", "note", "22P02")]


def test_in_pieces_a_row_that_cannot_be_read_does_not_hide_the_others(
    conn: Connection, shared: str, caplog: pytest.LogCaptureFixture
) -> None:
    attach(conn, "flag")
    conn.execute(
        "insert into client select i, case when mod(i, 3) = 0 then %s else %s end from generate_series(1, 50) as i",
        [BAD, CLEAN],
    )
    conn.execute("delete from client where id % 7 = 0")
    conn.execute(
        'insert into motjuste.queue (watch_id, row_key) select id, \'{"id": "x"}\' from motjuste.watch'
    )
    done = work(shared, batch=40)  # ten at a time
    assert open_keys(conn) == [{"id": i} for i in range(1, 51) if i % 3 == 0 and i % 7]
    assert (done.read, done.gone, done.failed, queued(conn)) == (43, 7, 1, [])
    assert caplog.records == []


def test_a_worker_reads_a_note_once(conn: Connection, shared: str) -> None:
    """Counted in pages of the notes that are kept out of line."""
    conn.execute("alter table client alter note set storage external, set (toast.autovacuum_enabled = false)")
    conn.execute("insert into client select i, repeat('Rien. ', 20000) from generate_series(1, 20) as i")
    attach(conn, "flag")

    def looked_at() -> int:
        conn.execute("select pg_stat_force_next_flush()")
        conn.execute("select pg_stat_clear_snapshot()")
        [(hits,)] = conn.execute(
            "select toast_blks_hit + toast_blks_read from pg_statio_all_tables where relid = 'client'::regclass"
        ).fetchall()
        return int(hits)

    before = looked_at()
    conn.execute("select sum(length(note || '')) from client")
    once = looked_at() - before
    conn.execute(
        "insert into motjuste.queue (watch_id, row_key) select w.id, jsonb_build_object('id', c.id) from client as c, motjuste.watch as w"
    )
    before = looked_at()
    assert work(shared).read == 20
    until = time.monotonic() + 10
    while (
        found := looked_at() - before
    ) == 0 and time.monotonic() < until:  # told when the worker's session is gone
        time.sleep(0.05)
    assert 0 < found <= once + 20


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
    assert asked == 60 and 2 < given < 8
    conn.execute("update client set note = %s", [BAD])
    assert work(shared).read == 60
    assert len(open_keys(conn)) == 60


def test_rules_other_than_ours_are_not_mixed(
    conn: Connection, shared: str, run: Callable[..., Result]
) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    matcher = assets.matcher()
    worker = Worker(shared, matcher.find_all, "another")
    with pytest.raises(DatabaseError, match="other rules"):
        worker.once()
    worker.close()
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


@pytest.mark.first_server
def test_what_was_found_before_is_not_gone_through_for_each_batch(conn: Connection, shared: str) -> None:
    """Counted in findings read, with no statistics of them, as where many are found at once."""
    attach(conn, "flag")
    conn.execute("insert into client select i, %s from generate_series(1, 3000) as i", [BAD])

    def read() -> int:
        conn.execute("select pg_stat_clear_snapshot()")
        [(rows,)] = conn.execute(
            "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_all_tables where relid = 'motjuste.finding'::regclass"
        ).fetchall()
        return int(rows)

    before = read()
    found = work(shared).findings
    assert found >= 3000
    assert read() - before < found


def test_nothing_is_stored_of_rows_that_are_clean_and_always_were(conn: Connection, shared: str) -> None:
    attach(conn, "flag")

    def kept() -> int:
        """How often a worker had something to store."""
        matcher = assets.matcher()
        worker = Worker(f"{shared} options='-c track_functions=all'", matcher.find_all, matcher.pack.digest)
        worker.once()
        worker._connected().execute("select pg_stat_force_next_flush()")
        worker.close()
        conn.execute("select pg_stat_clear_snapshot()")
        [(calls,)] = conn.execute(
            "select coalesce(sum(calls), 0) from pg_stat_user_functions where schemaname = 'motjuste' and funcname = 'keep'"
        ).fetchall()
        return int(calls)

    before = kept()
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 200) as i")
    assert kept() == before
    conn.execute("update client set note = %s where id = 7", [BAD])
    assert kept() == before + 1 and open_keys(conn) == [{"id": 7}]
    conn.execute("insert into client values (201, %s)", [CLEAN])
    asked = conn.execute("""
        select l.row_key, l.held
        from motjuste.watch as w
        cross join lateral motjuste.live(w.id, array['{"id": 7}', '{"id": 8}']::jsonb[], null) as l
        order by l.i
    """).fetchall()
    assert asked == [({"id": 7}, True), ({"id": 8}, False)]
    conn.execute("update client set note = 'Rien' where id = 7")
    assert kept() == before + 2 and open_keys(conn) == []
    conn.execute("delete from client where id = 8")
    assert kept() == before + 3  # nobody looked for findings of a row that is gone


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
        and "waited to be read when it was detached, or the digests got another key: motjuste scan 't.client.note'"
        in told.stderr
    )


def test_a_table_or_column_dropped_with_rows_waiting(either: Connection) -> None:
    conn = either
    conn.execute("create table memo (id int primary key, note text)")
    for table in ("client", "memo"):
        attach(conn, "flag", table)
        conn.execute(f"insert into {table} (id, note) values (1, %s)".encode(), [BAD])
    settle(conn)
    conn.execute("update client set note = note || '!'; update memo set note = note || '!'")
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
    conn.execute("insert into memo_1 values (1, %s)", [BAD])
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
        done = CliRunner().invoke(motjuste, ["rekey"], env={"MOTJUSTE_DSN": installed})
        assert done.exit_code == 0, done.output
        assert open_keys(conn) == [{"id": 1}]
        assert failures(conn) == [("public.memo", "note", "MJ004")]


# -- whose rights --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[Managed]:
    with managed(cluster) as found:
        yield found


def test_nobody_forges_hides_or_reads_rows_of_the_queue(house: Managed) -> None:
    with connect(house.dba) as dba:
        watching.attach(dba, Place("crm.client", "note"), "flag", deferred=True)
        watching.grant(dba, "mj_dpo", officer=True)
    for who in (house.app, house.dpo):
        with psycopg.connect(who, autocommit=True) as conn:
            for statement in (
                "select * from motjuste.queue",
                "delete from motjuste.queue",
                "insert into motjuste.queue (watch_id, row_key) values (1, '{}')",
                "truncate motjuste.queue",
                "update motjuste.worker set seen_at = now()",
                "select motjuste.work()",
                "select * from motjuste.claim('{0}', 0, 1)",
                "select motjuste.keep(1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(statement.encode())
    with psycopg.connect(house.app, autocommit=True) as app:
        app.execute("insert into crm.client values (1, %s)", [BAD])
    with psycopg.connect(house.dpo, autocommit=True) as dpo:  # how many wait is for readers to know
        assert dpo.execute("select relation, rows from motjuste.waiting").fetchall() == [("crm.client", 1)]
    with connect(house.dba) as dba:
        assert dba.execute("select motjuste.work()").fetchall() == [(1,)]
        watching.detach(dba, Place("crm.client", "note"))
        dba.execute("truncate motjuste.finding")


def test_nobody_stops_the_work_by_locks_that_anybody_may_take(house: Managed) -> None:
    """Advisory locks are for anybody who may connect, whoever owns what they stand for."""
    with connect(house.dba) as dba:
        watching.attach(dba, Place("crm.client", "note"), "flag", deferred=True)
        watching.grant(dba, "mj_dpo", officer=True)
        with (
            psycopg.connect(house.app, autocommit=True) as app,
            psycopg.connect(house.dpo) as dpo,
            psycopg.connect(house.app, autocommit=True) as writer,
        ):
            app.execute(
                "select pg_advisory_lock(hashtext('motjuste.work'), p) from generate_series(-1, 15) as p"
            )
            app.execute("select pg_advisory_lock(hashtext('motjuste.purge'))")
            # what an officer may lock at all
            dpo.execute("lock table motjuste.retention, motjuste.worker in access share mode")
            for statement in ("select from motjuste.part for update", "lock table motjuste.part"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), dpo.transaction():
                    dpo.execute(statement.encode())
            writer.execute("insert into crm.client values (7, %s)", [BAD])
            dba.execute("set lock_timeout = '2s'")
            assert dba.execute("select motjuste.work()").fetchall() == [(1,)]
            assert dba.execute("select rows_read > 0 from motjuste.worker").fetchall() == [(True,)]
            dba.execute("select motjuste.purge()")
        dba.execute("delete from crm.client")
        watching.detach(dba, Place("crm.client", "note"))
        dba.execute("truncate motjuste.finding, motjuste.queue")


TRAP = """
    create function public.trap() returns int language plpgsql immutable as $$
    begin
        if current_user <> 'mj_other' then
            raise warning 'trapped as %', current_user;
        end if;
        return 1;
    end $$;
"""


@pytest.mark.each_server
@pytest.mark.parametrize("who", ["work()", "motjuste work"])
@pytest.mark.parametrize(
    "deed",
    [
        "create index on t.evil (id) where public.trap() = 1",
        "create index on t.evil ((public.trap()))",
        "create statistics t.s on (id + public.trap()), note from t.evil",
        "create domain t.d as text check (public.trap() = 1); create index on t.evil ((note::t.d))",
        "alter table t.evil enable row level security; alter table t.evil force row level security;"
        " create policy p on t.evil using (public.trap() = 1)",
        "alter table t.evil add check (public.trap() = 1)",
    ],
)
def test_no_code_of_an_owner_runs_with_the_rights_of_who_works_it_off(
    house: Managed, who: str, deed: str
) -> None:
    """The owner of a table is another role than who installed; neither is a superuser."""
    said: list[str] = []
    with psycopg.connect(house.super, autocommit=True) as above:
        above.execute("grant create on schema public to mj_other")
        above.execute("create schema t authorization mj_other")
        above.execute(
            "grant mj_other to mj_dba with inherit true"
            if above.info.server_version >= 160000
            else "grant mj_other to mj_dba"
        )
    try:
        with psycopg.connect(house.super, user="mj_other", autocommit=True) as owner:
            owner.execute("create table t.evil (id int primary key, note text)")
            owner.execute("create table t.good (id int primary key, note text)")
            owner.execute(TRAP)
        with connect(house.dba) as dba:
            for name in ("t.evil", "t.good"):
                watching.attach(dba, Place(name, "note"), "flag", deferred=True)
        with psycopg.connect(house.super, user="mj_other", autocommit=True) as owner:
            owner.execute("insert into t.evil values (1, %s)", [BAD])
            owner.execute("insert into t.good values (1, %s)", [BAD])
            owner.execute(deed.encode())
        with connect(house.dba) as dba:
            dba.add_notice_handler(lambda d: said.append(d.message_primary or ""))
            if who == "work()":
                dba.execute("select motjuste.work()")
            else:
                matcher = finder(house.pack)
                worker = Worker(house.dba, matcher.find_all, matcher.pack.digest)
                worker._connected().add_notice_handler(lambda d: said.append(d.message_primary or ""))
                worker.once()
                worker.close()
                assert ("t.evil.note" in worker.done.left) == ("add check" not in deed)
            assert [s for s in said if "trapped" in s] == []
            found = dba.execute(
                "select relation from motjuste.finding where status = 'open' order by 1"
            ).fetchall()
            assert found == ([("t.good",)] if "add check" not in deed else [("t.evil",), ("t.good",)])
            left = dba.execute("select relation, rows from motjuste.waiting").fetchall()
            assert left == ([("t.evil", 1)] if "add check" not in deed else [])
    finally:
        with psycopg.connect(house.super, autocommit=True) as above:
            above.execute("drop schema t cascade; drop function public.trap() cascade")
        with connect(house.dba) as dba:
            dba.execute("select motjuste.refresh()")
            dba.execute("truncate motjuste.finding, motjuste.queue, motjuste.failure")
        with psycopg.connect(house.super, autocommit=True) as above:
            above.execute("revoke mj_other from mj_dba; revoke create on schema public from mj_other")


# -- what is told ------------------------------------------------------------------------------------------------


def test_status_tells_what_waits_and_who_reads_it(
    conn: Connection, run: Callable[..., Result], shared: str
) -> None:
    attach(conn, "flag")
    assert run("scan", "t.client.note", "--allow-empty").exit_code == 0
    told = run("status")
    assert told.exit_code == 0, told.output
    assert "flag, deferred" in told.stdout and "nobody reads them" in told.stdout
    conn.execute("insert into client values (1, %s), (2, %s)", [BAD, CLEAN])
    told = run("status")
    assert told.exit_code == 0 and "t.client.note: 2 row(s) wait to be read, the oldest for" in told.stdout
    conn.execute("update motjuste.queue set at = at - interval '20 minutes'")
    told = run("status")
    assert (
        told.exit_code == 1
        and "waiting>15m: this is so" in told.stderr
        and "the oldest for 20 min" in told.stdout
    )
    assert run("status", "--fail-on", "waiting>1h").exit_code == 0
    assert run("status", "--fail-on", "waiting>1").exit_code == 1
    wrong = run("status", "--fail-on", "open>0")
    assert isinstance(wrong.exception, MotjusteError) and "report --fail-on" in wrong.exception.hint
    [row] = json.loads(run("status", "--format", "json").stdout)
    assert (row["deferred"], row["waiting"], row["oldest_seconds"] > 1199) == (True, 2, True)
    done = run("work", "--once")
    assert done.exit_code == 0 and done.stdout == "2 note(s) read; 1 finding(s) recorded\n", done.output
    told = run("status")
    assert told.exit_code == 0 and "no row waits to be read" in told.stdout and "1 at work" in told.stdout


def test_metrics(conn: Connection, run: Callable[..., Result]) -> None:
    conn.execute('create table "a ""b\\c" (id int primary key, note text)')
    attach(conn, "flag", '"a ""b\\c"')
    conn.execute('insert into "a ""b\\c" values (1, %s)', [BAD])
    lines = run("status", "--format", "prometheus").stdout.splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    place = '{column="t.\\"a \\"\\"b\\\\c\\".note"}'
    assert samples[f"motjuste_waiting_rows{place}"] == "1" and samples["motjuste_workers"] == "0"
    assert float(samples[f"motjuste_waiting_seconds{place}"]) >= 0
    assert samples[f"motjuste_coverage_ratio{place}"] == "0"
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {name.partition("{")[0] for name in samples} == named


def test_the_proof_of_coverage_counts_what_waits_as_not_read(
    conn: Connection, run: Callable[..., Result]
) -> None:
    conn.execute("insert into client select i, 'Rien' from generate_series(1, 10) as i")
    attach(conn, "flag")
    assert run("scan", "t.client.note").exit_code == 0
    conn.execute("update client set note = 'Autre' where id < 4")
    [row] = json.loads(run("report", "--format", "json").stdout)["coverage"]["columns"]
    assert (row["rows_read"], row["rows_that_exist"], row["waiting"], row["share"]) == (7, 10, 3, 0.7)
    assert "7 / 10" in run("status").stdout
    assert run("report", "--format", "json", "--fail-on", "coverage<100%").exit_code == 1
    assert run("report", "--format", "json", "--fail-on", "waiting>15m").exit_code == 0
    assert run("report", "--format", "json", "--fail-on", "waiting>2").exit_code == 1
    assert "Lignes en attente de lecture" in run("report").stdout
    settle(conn)
    assert run("report", "--format", "json", "--fail-on", "coverage<100%").exit_code == 0


def test_attach_and_the_policy(
    conn: Connection, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("attach", "t.client.note", "--deferred")
    assert done.exit_code == 0 and done.stdout == "t.client.note: watched, mode flag, deferred\n"
    assert "motjuste work" in done.stderr
    assert (
        run("attach", "t.client.note", "--mode", "block").stdout
        == "t.client.note: watched, mode block, deferred\n"
    )
    assert run("attach", "t.client.note", "--at-once").stdout == "t.client.note: watched, mode block\n"
    watch = '[[watch]]\nrelation = "t.client"\ncolumn = "note"\n'
    (tmp_path / "motjuste.toml").write_text(watch + 'check = "deferred"\n')
    said = run("install", "--dry-run").stdout
    assert "t.client.note: would go from mode block to flag, deferred, as motjuste.toml says" in said
    said = run("install").stdout
    assert "t.client.note: watched, mode block -> flag, deferred, as motjuste.toml says" in said
    assert "t.client.note: watched, mode flag, deferred\n" in run("install").stdout
    assert "deferred => true" in run("install", "--sql").stdout
    assert 'says check = "deferred"' in run("attach", "t.client.note", "--at-once").stderr
    for wrong in ('check = "later"', 'check = "deferred"\nmode = "warn"'):
        (tmp_path / "motjuste.toml").write_text(watch + wrong)
        assert isinstance(run("install").exception, MotjusteError)


def test_advice_where_writes_pay_for_what_nobody_waits_for(
    conn: Connection, run: Callable[..., Result]
) -> None:
    assert advice("flag", Load(5, 1.0), deferred=False, label="t.client.note") == ""
    assert advice("flag", Load(5000, 1.0), deferred=True, label="t.client.note") == ""
    told = {
        mode: advice(mode, Load(200, 2.0), deferred=False, label="t.client.note")
        for mode in ("flag", "warn", "block", "mask")
    }
    assert all("200.0 rows a second" in t and "40% of a processor" in t for t in told.values())
    assert all(
        "motjuste attach 't.client.note'" in told[m] and "--deferred" in told[m]
        for m in ("flag", "warn", "mask")
    )
    assert "bypass" in told["block"]
    # the server has just begun to count
    conn.execute(
        "insert into client select i, 'Rien' from generate_series(1, 200000) as i; select pg_stat_force_next_flush()"
    )
    conn.execute("select 1")
    # what was just loaded is no rate
    assert "rows a second are written" not in run("attach", "t.client.note", "--mode", "flag").stderr
    places = [Place("t.client", name) for name in ("note", "agent", "a", "b", "c")]
    flags = [(place, "flag", False) for place in places]
    [said] = told_of(conn, [*flags, (places[0], "flag", True)], settled=0)
    assert said.startswith("t.client.a: about ") and "rows a second are written into its table" in said
    assert said.endswith("(likewise: t.client.agent, t.client.b, t.client.c and 1 more)")
    assert len(told_of(conn, [flags[0], (places[1], "block", False)], settled=0)) == 2
    assert told_of(conn, [(places[0], "flag", True)], settled=0) == []


# -- faults: tests/bench/faults_work.py has many more ---------------------------------------------------------------


@pytest.fixture
def whole(installed: str) -> Iterator[Connection]:
    """As `conn`, with all rules, which processes have."""
    with workshop(installed) as conn, checking("work()"):
        conn.execute("create table client (id int primary key, note text, agent text)")
        yield conn


@pytest.mark.few_rules(False)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_twice(whole: Connection) -> None:
    conn = whole
    attach(conn, "flag")
    conn.execute(
        "insert into client select i, case when i %% 10 = 0 then %s else %s end from generate_series(1, 2000) as i",
        [BAD, CLEAN],
    )
    environ = os.environ | {"MOTJUSTE_DSN": conn.info.dsn}
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "motjuste", "work", "--once"], env=environ, stdout=subprocess.DEVNULL
        )
        [(before,)] = conn.execute("select count(*) from motjuste.queue").fetchall()
        while process.poll() is None and conn.execute("select count(*) from motjuste.queue").fetchall() == [
            (before,)
        ]:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with checking("motjuste work"):
        assert [k["id"] for k in open_keys(conn)] == list(range(10, 2001, 10))
    assert len(findings(conn)) == 200


@pytest.mark.few_rules(False)
@pytest.mark.first_server
def test_a_connection_lost_while_notes_are_read_is_taken_up_again(whole: Connection) -> None:
    conn = whole
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    with connect(conn.info.dsn) as holder:
        holder.execute("begin; lock table t.client in access exclusive mode")
        process = subprocess.Popen(
            [sys.executable, "-m", "motjuste", "work", "--every", "0.1"],
            env=os.environ | {"MOTJUSTE_DSN": conn.info.dsn},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        waiting = """
            select pg_terminate_backend(a.pid) from pg_stat_activity as a
            where a.datname = current_database() and a.application_name = 'motjuste work' and a.wait_event_type = 'Lock'
        """
        while not conn.execute(waiting.encode()).fetchall():
            assert process.poll() is None
            time.sleep(0.05)
        holder.execute("rollback")
    while conn.execute("select count(*) from motjuste.finding").fetchall() == [(0,)]:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "1 note(s) read; 1 finding(s) recorded\n")
    assert "ipeline" not in err


@pytest.mark.few_rules(False)
def test_it_ends_after_what_is_at_hand(whole: Connection) -> None:
    conn = whole
    attach(conn, "flag")
    environ = os.environ | {"MOTJUSTE_DSN": conn.info.dsn, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "motjuste", "work", "--every", "0.1"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    conn.execute("insert into client values (1, %s)", [BAD])
    while conn.execute("select count(*) from motjuste.finding").fetchall() == [(0,)]:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "1 note(s) read; 1 finding(s) recorded\n"), err
    assert queued(conn) == []
