"""Another key for the digests: what was decided of findings outlives it, a restore without the key, and an interruption."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster, finder
from managed import Managed, managed
from motjuste.cli.main import motjuste
from motjuste.db import install, rekey, watching
from motjuste.db.connection import Connection, connect
from motjuste.db.states import account
from motjuste.notes.digest import note_digest
from motjuste.notes.keyed import pads
from motjuste.scanning.scan import Place

BAD = "Client alcoolique"


@pytest.fixture
def house(cluster: Cluster) -> Iterator[Managed]:
    with managed(cluster) as found:
        yield found


@pytest.fixture
def dba(house: Managed) -> Iterator[Connection]:
    with connect(house.dba) as conn:
        conn.execute(
            "create table crm.heap (note text); create table crm.gone (id int primary key, note text)"
        )
        for table in ("client", "heap", "gone"):
            watching.attach(conn, Place(f"crm.{table}", "note"), "flag")
        conn.execute(
            "insert into crm.client select i, %s || ', dossier ' || i from generate_series(1, 5) as i", [BAD]
        )
        conn.execute(
            "insert into crm.heap values (%s); insert into crm.gone values (1, 'Client alcoolique')".replace(
                "%s", f"'{BAD} !'"
            )
        )
        conn.execute("""
            update motjuste.finding set status = 'dismissed', reason = 'r' where row_key = '{"id": 2}' or row_key = '{}';
            update motjuste.finding set status = 'accepted' where row_key = '{"id": 3}';
            alter table crm.client disable trigger user; update crm.client set note = 'Autre' where id = 5;
            alter table crm.client enable trigger user;
            drop table crm.gone
        """)
        yield conn


def wrong(conn: Connection) -> list[Any]:
    """The findings of which the digest is not that of the note that is there."""
    return conn.execute("""
        select f.relation, f.row_key from motjuste.finding as f where f.note_digest not in (
            select motjuste.digest(c.note) from crm.client as c where f.row_key = jsonb_build_object('id', c.id)
            union all select motjuste.digest(h.note) from crm.heap as h where f.relation = 'crm.heap')
        order by 1, f.row_key::text
    """).fetchall()


def decided(conn: Connection) -> list[Any]:
    return conn.execute(
        "select relation, row_key, status, reason from motjuste.finding order by id"
    ).fetchall()


def key(conn: Connection) -> bytes:
    [(found, inner, outer)] = conn.execute("select key, inner_pad, outer_pad from motjuste.secret").fetchall()
    assert (bytes(inner), bytes(outer)) == pads(bytes(found))
    return bytes(found)


LEFT = [("crm.client", {"id": 5}), ("crm.gone", {"id": 1})]


def test_another_key(house: Managed, dba: Connection) -> None:
    before, old = decided(dba), key(dba)
    assert wrong(dba) == LEFT
    lost, unread = rekey.prepare(house.dba, finder(house.pack))
    assert (lost, unread) == (False, ())
    assert key(dba) == old, "nothing changes before all is read"
    # what is written meanwhile is not lost either: it is told
    dba.execute("insert into crm.client values (6, 'Il est en cure')")
    assert rekey.finish(dba, lock_timeout="2s") == (5, 3)
    assert key(dba) != old
    assert decided(dba)[: len(before)] == before
    assert wrong(dba) == [*LEFT[:1], ("crm.client", {"id": 6}), *LEFT[1:]]
    dba.execute("update crm.client set note = 'Rappeler' where id = 2")
    # what was dismissed outlives the note, without its row
    assert (
        dba.execute("select status from motjuste.finding where row_key = '{}'")
        .fetchall()
        .count(("dismissed",))
        == 2
    )
    assert dba.execute("select count(*) from motjuste.rekey").fetchone() == (0,)
    assert account(dba, finder(house.pack)).faults == ()


def test_interrupted_it_goes_on(house: Managed, dba: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    old = key(dba)
    rekey.prepare(house.dba, finder(house.pack))
    [(begun,)] = dba.execute("select next_key from motjuste.secret").fetchall()
    dba.execute(
        "delete from motjuste.rekey where old_digest in (select old_digest from motjuste.rekey limit 2)"
    )
    rekey.finish(dba, lock_timeout="2s", dry_run=True)
    assert key(dba) == old
    rekey.prepare(house.dba, finder(house.pack))
    with psycopg.connect(house.dba) as writer:
        writer.execute("insert into crm.client values (7, %s)", [BAD])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            rekey.finish(dba, lock_timeout="100ms")
        assert key(dba) == old
        writer.rollback()
    assert rekey.finish(dba, lock_timeout="2s") == (5, 2)
    assert key(dba) == bytes(begun) and wrong(dba) == LEFT


def test_a_dump_without_the_key(
    house: Managed, dba: Connection, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = key(dba)
    dump = [cluster.server.bin_dir / "pg_dump", "-d", house.super, "--exclude-table-data=motjuste.secret"]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    assert old.hex() not in text
    full = subprocess.run(dump[:-1], capture_output=True, text=True, check=True).stdout
    assert old.hex() in full, "any other dump carries it"
    name = cluster.create("C")
    try:
        above = psycopg.conninfo.make_conninfo(house.super, dbname=name)
        subprocess.run(
            [cluster.server.bin_dir / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", above],
            input=text, text=True, check=True, capture_output=True,
        )  # fmt: skip
        with connect(above) as conn:
            told = [f"{f.label}: {f.state}" for f in account(conn, finder(house.pack)).faults]
            assert "content of table motjuste.secret: missing" in told
            assert install.install(conn, finder(house.pack))
            assert key(conn) != old
            told = [f"{f.label}: {f.state}" for f in account(conn, finder(house.pack)).faults]
            assert told == ["content of table motjuste.secret: another key than that of the findings"]
            # a note that is found anew meanwhile gives way to what was decided of it
            conn.execute(
                "update crm.client set note = note || '.' where id = 4; update crm.client set note = left(note, -1) where id = 4"
            )
            before = conn.execute(
                "select row_key, status from motjuste.finding where status in ('dismissed', 'accepted') order by row_key::text"
            ).fetchall()
            lost, unread = rekey.prepare(above, finder(house.pack))
            assert lost and not unread
            done, left = rekey.finish(conn, lock_timeout="2s")
            # 1, 2 and 3 by row and rule; the row without a key cannot be known again, nor a note that is another one now
            assert (done, left) == (3, 2)
            assert (
                conn.execute(
                    "select row_key, status from motjuste.finding where status in ('dismissed', 'accepted') order by row_key::text"
                ).fetchall()
                == before
            )
            [(same,)] = conn.execute(
                "select bool_and(f.note_digest = motjuste.digest(c.note)) from motjuste.finding as f"
                " join crm.client as c on f.row_key = jsonb_build_object('id', c.id) where c.id in (1, 2, 3) and f.relation = 'crm.client'"
            ).fetchall()
            assert same and account(conn, finder(house.pack)).faults == ()
    finally:
        cluster.drop(name)


def test_the_command(
    house: Managed, dba: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner(env={"MOTJUSTE_DSN": house.dba})
    done = run.invoke(motjuste, ["rekey"])
    assert done.exit_code == 1 and done.stdout == "5 finding(s) known by the new key\n"
    assert "2 finding(s) not closed" in done.stderr
    with psycopg.connect(house.super, autocommit=True) as above:
        above.execute(
            "alter table crm.heap owner to mj_other; alter schema crm owner to mj_other; grant usage on schema crm to mj_dba"
        )
    old = key(dba)
    refused = run.invoke(motjuste, ["rekey"])
    assert "not every column could be read: nothing was changed" in str(refused.exception)
    assert "not read: crm.heap.note" in refused.stderr
    assert key(dba) == old
    assert note_digest(old, "x") == bytes(dba.execute("select motjuste.digest('x')").fetchall()[0][0])
