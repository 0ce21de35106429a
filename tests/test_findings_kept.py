"""What is kept of a finding, and for how long: it tells a category of a person, and goes with the note."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conftest import Cluster, few, finder
from flow import Bench, Ran
from motjuste import config
from motjuste.config import KEPT
from motjuste.db import connection, watching
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError
from motjuste.model import Pack
from watched import BAD, CLEAN, attach, findings, open_keys, workshop

PARTS = """
    create table client (id int, part int, note text, agent text, primary key (id, part)) partition by list (part);
    create table client_1 partition of client for values in (1);
    create table client_2 partition of client for values in (2);
"""


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute("create table client (id int primary key, note text, agent text)")
        conn.execute("truncate motjuste.tally")
        yield conn
        conn.execute("delete from motjuste.retention")
        for status, keep in KEPT.items():
            conn.execute("insert into motjuste.retention values (%s, %s)", [status, keep])


def told(conn: Connection) -> list[str]:
    """What our tables say of a category, an author or a place in a note, beside a row or a digest."""
    rows = conn.execute(
        "select to_jsonb(f) from motjuste.finding as f where f.row_key <> '{}' and f.status not in ('open', 'accepted', 'tolerated')"
    )
    return [
        f"{name}: {value}"
        for (row,) in rows
        for name, value in row.items()
        if name in ("rule_id", "category", "level", "start", "length", "certainty", "author", "reason")
        and value is not None
    ]


def tally(conn: Connection) -> list[tuple[Any, ...]]:
    """(category, status, how many) of the findings that are counted only."""
    return conn.execute(
        "select category, status, sum(findings)::int from motjuste.tally group by 1, 2 order by 1, 2"
    ).fetchall()


def dismiss(conn: Connection) -> None:
    conn.execute(
        "update motjuste.finding set status = 'dismissed', reason = 'homonyme', decided_by = 'dpo', decided_at = now()"
        " where status = 'open'"
    )


@pytest.mark.parametrize("mode", ["flag", "warn"])
def test_a_note_takes_with_it_what_was_found_in_it(conn: Connection, mode: str) -> None:
    attach(conn, mode, author_column="agent")
    conn.execute("insert into client select n, %s, 'zoe' from generate_series(1, 4) as n", [BAD])
    conn.execute(
        "update motjuste.finding set status = 'tolerated', reason = 'utile' where row_key = '{\"id\": 3}'"
    )
    conn.execute("drop role if exists app; create role app; grant usage on schema t to app")
    conn.execute("grant select, insert, update, delete on client to app")
    with psycopg.connect(conn.info.dsn, autocommit=True) as app:
        app.execute("set session authorization app")
        app.execute("update t.client set note = %s where id = 1", [CLEAN])
        app.execute("delete from t.client where id in (2, 3)")
    conn.execute("drop owned by app; drop role app")
    assert findings(conn) == [
        ({"id": 1}, "corrected"), ({"id": 2}, "corrected"), ({"id": 3}, "corrected"), ({"id": 4}, "open"),
    ]  # fmt: skip
    assert told(conn) == [] and tally(conn) == [("sante", "corrected", 3)]
    # counted as before
    assert conn.execute("select found, open, notes from motjuste.count_by_rule").fetchall() == [(4, 1, 1)]
    assert conn.execute("select found, open, notes from motjuste.count_by_column").fetchall() == [(4, 1, 1)]
    assert conn.execute("select found, open, notes from motjuste.count_by_month").fetchall() == [(4, 1, 1)]
    assert conn.execute("select author, found from motjuste.count_by_author").fetchall() == [("zoe", 1)]
    # and the count names neither row, author nor day
    names = conn.execute("select jsonb_object_keys(to_jsonb(t)) from motjuste.tally as t").fetchall()
    assert not {n for (n,) in names} & {"row_key", "note_digest", "author", "found_at", "closed_at", "start"}


def test_all_ways_that_a_note_goes(conn: Connection, shared: str) -> None:
    conn.execute("create table autre (note text, agent text)")
    attach(conn, "flag", author_column="agent")
    attach(conn, "flag", "autre", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    conn.execute("insert into autre values (%s, 'zoe')", [BAD])
    conn.execute("update autre set note = null")
    conn.execute("truncate client")
    assert [f[1] for f in findings(conn)] == ["corrected", "corrected"] and told(conn) == []
    conn.execute("insert into client values (1, %s, 'zoe'), (2, %s, 'zoe')", [BAD, BAD])
    dismissed = "update motjuste.finding set status = 'dismissed' where row_key = '{\"id\": 2}'"
    conn.execute(dismissed)
    conn.execute("alter table client drop column note")
    conn.execute("select motjuste.refresh()")
    assert told(conn) == [] and open_keys(conn) == []
    assert conn.execute("select count(*) from motjuste.finding where rule_id is not null").fetchone() == (0,)
    conn.execute("drop table autre; select motjuste.refresh()")
    assert sum(n for _, _, n in tally(conn)) == 4


def test_nothing_is_dropped_before_the_end_of_the_transaction(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    before = conn.execute("select * from motjuste.finding").fetchall()
    for end in ("rollback", "savepoint"):
        with conn.transaction() as outer, conn.transaction() as inner:
            conn.execute("update client set note = %s", [CLEAN])
            assert [f[1] for f in findings(conn)] == ["corrected"]
            raise psycopg.Rollback(outer if end == "rollback" else inner)
        assert conn.execute("select * from motjuste.finding").fetchall() == before
    # corrected and put back: it never went
    with conn.transaction():
        conn.execute("update client set note = %s", [CLEAN])
        conn.execute("update client set note = %s", [BAD])
    assert conn.execute("select * from motjuste.finding").fetchall() == before and tally(conn) == []
    # put back later, it is found again, and what was left of the first one gives way
    conn.execute("update client set note = %s", [CLEAN])
    conn.execute("update client set note = %s", [BAD])
    assert findings(conn) == [({"id": 1}, "open")]
    # an application that has constraints checked at once loses nothing but the memory of the finding
    with conn.transaction():
        conn.execute("set constraints all immediate")
        conn.execute("update client set note = %s", [CLEAN])
        conn.execute("update client set note = %s", [BAD])
    assert findings(conn) == [({"id": 1}, "open")] and told(conn) == []


@pytest.mark.parametrize("mode", ["flag", "block"])
def test_a_row_that_changes_partition_keeps_its_findings(conn: Connection, mode: str) -> None:
    conn.execute("drop table client;" + PARTS)
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, 1, %s, 'zoe'), (2, 1, %s, 'zoe')", [BAD, BAD + " Oui."])
    conn.execute(
        "update motjuste.finding set status = 'dismissed', reason = 'r' where row_key ->> 'id' = '2'"
    )
    attach(conn, mode)
    # the key changes as well: it is another row, of the same note
    conn.execute("update client set part = 2")
    rows = conn.execute(
        "select row_key ->> 'part', status, category, author from motjuste.finding where rule_id is not null order by id"
    ).fetchall()
    assert ("2", "open", "sante", "zoe") in rows and told(conn) == []
    # what was judged a false alarm is none in its new place either
    assert [r[1] for r in rows].count("open") == 1 and tally(conn) in ([], [("sante", "corrected", 1)])
    conn.execute("alter table client drop constraint client_pkey")
    conn.execute("select motjuste.refresh()")
    conn.execute("truncate client, motjuste.finding")


def test_a_dismissal_outlives_its_row_without_naming_it(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe'), (2, %s, 'zoe'), (3, %s, 'zoe')", [BAD] * 3)
    dismiss(conn)
    conn.execute("update client set note = %s where id = 1", [CLEAN])
    assert told(conn) != []  # of the rows that still hold it
    conn.execute("delete from client where id > 1")
    assert told(conn) == []
    [(key, status, category, author, reason)] = conn.execute(
        "select row_key, status, category, author, reason from motjuste.finding"
    ).fetchall()
    assert (key, status, category, author, reason) == ({}, "dismissed", "sante", None, "homonyme")
    # the same words, judged already, in whatever row
    conn.execute("update client set note = %s where id = 1", [BAD])
    conn.execute("insert into client values (9, %s, 'tom')", [BAD])
    assert open_keys(conn) == []
    conn.execute("insert into client values (10, %s, 'tom')", [BAD + " Et joueur."])
    assert open_keys(conn) == [{"id": 10}]


def test_a_dismissal_within_a_transaction_that_rewrites_the_row(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    dismiss(conn)
    with conn.transaction():
        conn.execute("delete from client")
        conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    assert findings(conn) == [({"id": 1}, "dismissed")]
    assert conn.execute("select author, closed_at from motjuste.finding").fetchall() == [("zoe", None)]


def test_a_full_disk_or_a_bad_table_at_the_end_leaves_the_write_and_purge_does_it(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    conn.execute("alter table motjuste.tally rename to gone")
    try:
        conn.execute("update client set note = %s", [CLEAN])
    finally:
        conn.execute("alter table motjuste.gone rename to tally")
    assert conn.execute("select note from client").fetchall() == [(CLEAN,)] and told(conn) != []
    conn.execute("select motjuste.purge()")
    assert told(conn) == [] and tally(conn) == [("sante", "corrected", 1)]


# -- how long ----------------------------------------------------------------------------------------


def test_purge_drops_what_is_too_old_and_counts_it(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client select n, %s || n, 'zoe' from generate_series(1, 12) as n", [BAD])
    old, young = "now() - interval '100 days'", "now() - interval '80 days'"
    for first, status in ((1, "open"), (3, "accepted"), (5, "dismissed"), (7, "tolerated")):
        for number, age in ((first, old), (first + 1, young)):
            conn.execute(
                f"update motjuste.finding set status = %s, decided_at = {age}, found_at = {age}"
                f" where (row_key ->> 'id')::int = %s",
                [status, number],
            )
    conn.execute("update motjuste.finding set until = current_date + 1 where row_key ->> 'id' = '7'")
    conn.execute("delete from client where id > 8")
    conn.execute(
        f"update motjuste.finding set closed_at = {old}, found_at = {old} where (row_key ->> 'id')::int in (9, 10)"
    )
    conn.execute("update motjuste.finding set status = 'redacted' where (row_key ->> 'id')::int in (10, 11)")
    conn.execute("update motjuste.retention set keep = '90 days'")
    assert dict(conn.execute("select status, findings from motjuste.purge()").fetchall()) == {
        "open": 1, "accepted": 1, "dismissed": 1, "corrected": 1, "redacted": 1,
    }  # fmt: skip
    assert [k["id"] for k, _ in findings(conn)] == [2, 4, 6, 7, 8, 11, 12]
    assert tally(conn) == [("sante", "corrected", 4), ("sante", "dismissed", 1)]
    # a second time changes nothing, and one sum is one line
    assert conn.execute("select * from motjuste.purge()").fetchall() == []
    assert tally(conn) == [("sante", "corrected", 4), ("sante", "dismissed", 1)]
    lines = conn.execute(
        "select count(*), count(distinct (month, status, rule_id)) from motjuste.tally"
    ).fetchone()
    assert lines and lines[0] == lines[1]


def test_purges_beside_each_other_and_beside_writers_count_once(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("insert into client select n, %s from generate_series(1, 40) as n", [BAD])
    with psycopg.connect(conn.info.dsn) as other:
        conn.execute("delete from client where id <= 10")
        other.execute("delete from t.client where id > 10 and id <= 20")
        conn.execute("select motjuste.purge()")
        other.commit()
        other.execute("select motjuste.purge()")
        conn.execute("delete from client where id > 20 and id <= 30")
        other.commit()
    conn.execute("select motjuste.purge()")
    assert tally(conn) == [("sante", "corrected", 30)] and len(open_keys(conn)) == 10


def test_the_policy_says_how_long(conn: Connection, pack: Pack, tmp_path: Path) -> None:
    text = '[retention]\nopen = "2y"\ndismissed = "6 months"\ncorrected = "0d"\nredacted = "1 week"\n'
    policy = config.parse(text, str(tmp_path / "motjuste.toml"))
    assert policy.retention == (
        ("open", "2 years"), ("dismissed", "6 months"), ("corrected", "0 days"), ("redacted", "1 weeks"),
    )  # fmt: skip
    conn.execute(watching.policy_statement(policy).encode())
    kept = dict(conn.execute("select status, keep::text from motjuste.retention").fetchall())
    assert kept == {
        "open": "2 years", "accepted": "2 years", "dismissed": "6 mons", "tolerated": "2 years",
        "corrected": "00:00:00", "redacted": "7 days",
    }  # fmt: skip
    # without a policy file nothing is said
    assert watching.policy_statement(config.Config()) == ""
    # not named any more: the default again
    conn.execute(watching.policy_statement(config.parse("", "motjuste.toml")).encode())
    assert conn.execute(
        "select keep::text from motjuste.retention where status = 'corrected'"
    ).fetchone() == ("90 days",)
    defaults = conn.execute(
        "select status, keep = k.value::interval from motjuste.retention join jsonb_each_text(%s) as k on k.key = status",
        [json.dumps(KEPT)],
    )
    assert {row[1] for row in defaults} == {True}
    for wrong in (
        'open = "2"',
        "open = 2",
        'gone = "2y"',
        'open = "-2y"',
        'open = "2y; drop table x"',
        'open = ""',
    ):
        with pytest.raises(ConfigError):
            config.parse(f"[retention]\n{wrong}\n", "motjuste.toml")
    for wrong in ('"0MB"', '"1GB"', "1", '"many"', '"1000MB"', '"10B"'):
        with pytest.raises(ConfigError, match="max_note"):
            config.parse(f"max_note = {wrong}\n", "motjuste.toml")


def test_the_command_and_a_timer_of_a_managed_service(
    cluster: Cluster, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the role that installed motjuste, which is no superuser; others may not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "motjuste.toml").write_text(
        '[retention]\ncorrected = "0d"\n[[watch]]\nrelation = "t.client"\ncolumn = "note"\n'
    )
    name = cluster.create("C")
    with psycopg.connect(cluster.server.dsn(name), autocommit=True) as admin:
        admin.execute("drop role if exists boss; drop role if exists app")
        admin.execute("create role boss login; create role app login")
        admin.execute(f"alter database {name} owner to boss")
    try:
        dsn = cluster.server.dsn(name, "boss")
        with connection.connect(dsn) as conn:
            conn.execute("create schema t; create table t.client (id int primary key, note text)")
            conn.execute(
                "grant usage on schema t to app; grant select, insert, update, delete on t.client to app"
            )
            policy = config.parse((tmp_path / "motjuste.toml").read_text(), "motjuste.toml")
            watching.install_all(conn, finder(few(pack, "sante-alcool")), policy)
            with psycopg.connect(cluster.server.dsn(name, "app"), autocommit=True) as app:
                app.execute("insert into t.client values (1, %s)", [BAD])
                assert open_keys(conn) == [{"id": 1}]
                app.execute("delete from t.client")
                assert told(conn) == [] and [f[1] for f in findings(conn)] == ["corrected"]
                for statement in (
                    "select motjuste.purge()",
                    "select motjuste.settle()",
                    "select * from motjuste.tally",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        app.execute(statement.encode())
            bench = Bench(dsn, tmp_path, conn)
            dry = bench.run("purge", "--dry-run")
            assert dry.code == 0 and "dry run" in dry.output and len(findings(conn)) == 1
            ran = bench.run("purge")
            assert ran.code == 0 and "corrected" in ran.output
            assert findings(conn) == [] and tally(conn) == [("sante", "corrected", 1)]
    finally:
        cluster.drop(name)


# -- what still works without them -------------------------------------------------------------------


def test_a_redacted_note_is_told_of_in_counts_and_can_be_restored(client: Bench) -> None:
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    client.planned("client.note")
    assert client.apply().code == 0
    assert told(client.conn) == []
    assert client.column("select distinct status from motjuste.finding") == ["redacted"]
    assert client.verify().code == 0
    report = client.run("report", "--format", "json")
    assert '"redacted": 3' in report.output
    statistics = (
        client.review("--statistics")
        if "--statistics" in client.run("review", "--help").output
        else Ran(0, "")
    )
    assert statistics.code == 0
    # the same decisions once more: the notes are known though their rules are not
    again = client.run(
        "migrate", "plan", str(client.decisions), "--output", str(client.folder / "again"), "--name", "encore"
    )
    assert again.code == 0, again.output


def test_a_scan_drops_what_it_does_not_see_again(client: Bench) -> None:
    assert client.run("scan", "client.note").code == 1
    client.conn.execute(
        "update motjuste.finding set status = 'dismissed', author = 'zoe' where row_key ->> 'id' = '3'"
    )
    client.conn.execute("delete from client")
    client.conn.execute("insert into client values (4, 'Rappeler lundi.')")
    assert client.run("scan", "client.note").code == 0
    assert told(client.conn) == []
    assert sorted(client.column("select status from motjuste.finding")) == [
        "corrected",
        "corrected",
        "dismissed",
    ]


def test_a_decision_of_a_note_that_was_corrected_meanwhile_can_be_planned(client: Bench) -> None:
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    assert client.run("scan", "client.note").code == 1
    assert client.review("--accept-all").code == 0
    client.conn.execute("update client set note = 'Rien.' where id = 2")
    assert client.plan(client.decisions).code == 0
    ran = client.apply()
    assert "changed since review" in ran.output
    assert client.column("select note from client order by id") == [
        "Rappeler lundi.",
        "Rien.",
        "Rappeler lundi.",
        "Rappeler lundi.",
    ]


def test_the_copy_for_a_person_says_what_motjuste_keeps(client: Bench) -> None:
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    assert client.run("scan", "client.note").code == 1
    client.conn.execute(
        "update client set note = 'Rien.' where id = 1; update client set note = note || ' Et joueur.' where id = 1"
    )
    ran = client.run("access", "--subject", "client.id=2", "--output", str(client.folder / "copie"))
    assert ran.code in (0, 1), ran.output
    for name in ("acces.html", "acces.md"):
        text = (client.folder / "copie" / name).read_text()
        assert "Ce que l’outil de contrôle conserve lui-même" in text and "à examiner" in text
        assert "art. 9" in text
    held = json.loads((client.folder / "copie" / "acces.json").read_text())["held_by_motjuste"]
    assert [(h["table"], h["column"], h["key"], h["status"]) for h in held] == [
        ("public.client", "note", {"id": 2}, "open")
    ]
    assert "alcool" not in json.dumps(held, ensure_ascii=False)
    client.conn.execute("update client set note = 'Rien de plus.' where id = 2")
    client.run("access", "--subject", "client.id=2", "--output", str(client.folder / "copie"))
    held = json.loads((client.folder / "copie" / "acces.json").read_text())["held_by_motjuste"]
    assert [(h["category"], h["status"]) for h in held] == [(None, "corrected")]
    assert "effacée" in (client.folder / "copie" / "acces.html").read_text()
