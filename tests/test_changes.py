"""Tables that change under their triggers: renames, other types, columns and tables that go; every mode goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from motjuste.db.connection import Connection
from watched import BAD, CLEAN, attach, failures, findings, open_keys, states, workshop

pytestmark = [pytest.mark.first_server, pytest.mark.few_rules]

REFUSED = "Note refusée"
KINDS = {
    "plain": "create table client (id int primary key, note varchar(200), agent text)",
    "partitioned": "create table client (id int primary key, note varchar(200), agent text) partition by range (id);"
    " create table client_0 partition of client for values from (0) to (100)",
    "keyless": "create table client (id int, note varchar(200), agent text)",
}


@pytest.fixture(params=KINDS)
def conn(shared: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute(KINDS[request.param])
        yield conn
        assert failures(conn) == []


def still_watched(conn: Connection, mode: str, table: str, note: str, key: str = "id") -> None:
    """Insert, update and delete through the table as it is now: the checks go on."""
    if mode == "block":
        for statement in (
            f"insert into {table} ({key}, {note}) values (50, %s)",
            f"update {table} set {note} = %s where {key} = 1",
        ):
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute(statement, [BAD])
    else:
        conn.execute(f"insert into {table} ({key}, {note}) values (50, %s)", [BAD + " Encore."])
        conn.execute(f"update {table} set {note} = %s where {key} = 1", [BAD + " Bis."])
        assert len(open_keys(conn)) == 2
        conn.execute(f"update {table} set {note} = 'Rien' where {key} = 1")
        conn.execute(f"delete from {table} where {key} = 50")
        assert open_keys(conn) == []
    conn.execute(f"insert into {table} ({key}, {note}) values (51, %s)", [CLEAN])


RENAMES = [
    ("alter table client rename column note to remarque", "client", "remarque", "id"),
    ('alter table client rename column note to "Re;marque"', "client", '"Re;marque"', "id"),
    ("alter table client rename column id to numero", "client", "note", "numero"),
    ("alter table client rename to acheteur", "acheteur", "note", "id"),
    ("create schema t2; alter table client set schema t2", "t2.client", "note", "id"),
    ("alter table client alter column note type text", "client", "note", "id"),
    ("alter table client alter column note type char(300)", "client", "note", "id"),
]


@pytest.mark.parametrize(
    ("mode", "change", "table", "note", "key"),
    [("flag", *r) for r in RENAMES] + [("block", *r) for r in (RENAMES[0], RENAMES[2], RENAMES[5])],
)
def test_what_was_renamed_or_has_another_type_is_still_watched(
    conn: Connection, mode: str, change: str, table: str, note: str, key: str
) -> None:
    attach(conn, mode)
    conn.execute("insert into client values (1, %s)", [CLEAN])  # the functions are planned in this session
    conn.execute("update client set note = note || ' Vu.'")
    conn.execute(change)
    try:
        still_watched(conn, mode, table, note, key)
        if "rename" in change or "schema" in change:
            assert "outdated" in states(conn) or key == "numero"
        conn.execute("select motjuste.refresh()")
        assert states(conn) == {"installed"}
        conn.execute(f"delete from {table}")
        conn.execute(f"insert into {table} ({key}, {note}) values (1, %s)", [CLEAN])
        still_watched(conn, mode, table, note, key)
    finally:
        conn.execute("drop schema if exists t2 cascade")


def test_findings_follow_the_names(conn: Connection) -> None:
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe'), (2, %s, 'zoe')", [BAD, BAD + " !"])
    conn.execute(
        "update motjuste.finding set status = 'dismissed', reason = 'x' where start = 7 and row_key @> '{\"id\": 1}'"
    )
    conn.execute("""
        alter table client rename to acheteur;
        alter table acheteur rename column note to remarque;
        alter table acheteur rename column id to numero;
        alter table acheteur drop column agent;
    """)
    # what a scan would find again under the new names
    conn.execute("""
        insert into motjuste.finding (relation, column_name, row_key, note_digest, rule_id, category, level, start, length)
        select 't.acheteur', 'remarque', motjuste.renamed_key(row_key, '{"id": "numero"}'), note_digest, rule_id, category,
            level, start, length
        from motjuste.finding
    """)
    conn.execute("select motjuste.refresh()")
    rows = conn.execute("select distinct relation, column_name from motjuste.finding").fetchall()
    assert rows == [("t.acheteur", "remarque")]
    assert len(findings(conn)) == 2 and all(set(f[0]) <= {"numero"} for f in findings(conn))
    conn.execute("update acheteur set remarque = 'Rien'")
    assert open_keys(conn) == [] and states(conn) == {"installed"}


@pytest.mark.parametrize("mode", ["flag", "warn", "block", "mask"])
def test_a_column_that_is_gone(conn: Connection, mode: str) -> None:
    attach(conn, mode)
    conn.execute("insert into client values (1, 'Cliente en instance de divorce'), (2, %s)", [CLEAN])
    conn.execute("alter table client drop column note")
    conn.execute("insert into client values (3)")
    conn.execute("update client set id = 4 where id = 3")
    conn.execute("delete from client where id = 4")
    assert states(conn) == {"column gone"}
    conn.execute("select motjuste.refresh()")
    assert [f[1] for f in findings(conn)] == ["corrected"]
    conn.execute("alter table client add column note text")
    conn.execute("select motjuste.attach('client', 'note', 'flag')")
    conn.execute("insert into client (id, note) values (5, %s)", [BAD])
    assert states(conn) == {"installed"} and len(open_keys(conn)) == 1


def test_a_column_replaced_by_another_of_its_name(conn: Connection) -> None:
    """As a migration that changes a column without locking it for long does."""
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [CLEAN])
    conn.execute("""
        alter table client add column note_new text;
        alter table client rename column note to note_old;
        alter table client rename column note_new to note;
    """)
    conn.execute("insert into client (id, note) values (2, %s)", [BAD])
    assert len(open_keys(conn)) == 1
    conn.execute("alter table client drop column note_old")
    conn.execute("update client set note = 'Rien'")
    assert open_keys(conn) == []


def test_a_table_that_is_gone_and_one_of_its_name(conn: Connection) -> None:
    attach(conn, "block")
    conn.execute("insert into client values (1, 'Cliente en instance de divorce')")
    conn.execute("drop table client; create table client (id int primary key, note text)")
    assert states(conn) == {"table gone"}
    attach(conn, "flag")
    conn.execute("select motjuste.refresh()")
    assert states(conn) == {"installed"}
    assert [f[1] for f in findings(conn)] == ["corrected"]
    left = conn.execute("select count(*) from pg_proc where proname ~ '^(zz_)?motjuste_[0-9]'").fetchone()
    assert left == (4,)


def test_a_key_made_of_other_columns(conn: Connection) -> None:
    conn.execute("create table memo (a int, b int, note text)")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values (1, 2, %s)", [BAD])
    conn.execute("alter table memo add primary key (a, b)")
    assert "outdated" in states(conn)
    conn.execute("insert into memo values (3, 4, %s)", [BAD + " !"])
    conn.execute("select motjuste.refresh()")
    conn.execute("insert into memo values (5, 6, %s)", [BAD])
    assert {"a": 5, "b": 6} in open_keys(conn) and states(conn) == {"installed"}


def places(conn: Connection) -> list[tuple[Any, ...]]:
    """(relation, column, row's number, status) of each finding, in order."""
    return conn.execute(
        "select relation, column_name, (row_key ->> 'id')::int, status from motjuste.finding order by 1, 2, 3"
    ).fetchall()


def test_two_tables_that_change_places(shared: str) -> None:
    with workshop(shared) as conn:
        for n, table in enumerate(("old", "new"), 1):
            conn.execute(f"create table {table} (id int primary key, note text)")
            attach(conn, "flag", table)
            conn.execute(f"insert into {table} values ({n}, %s)", [BAD])
        conn.execute(
            "alter table old rename to aside; alter table new rename to old; alter table aside rename to new"
        )
        conn.execute("insert into new values (3, %s)", [BAD])
        conn.execute("select motjuste.refresh()")
        assert places(conn) == [
            ("t.new", "note", 1, "open"), ("t.new", "note", 3, "open"), ("t.old", "note", 2, "open"),
        ]  # fmt: skip
        assert states(conn) == {"installed"}
        conn.execute("update new set note = 'Rien'")
        assert open_keys(conn) == [{"id": 2}]


def test_a_table_put_aside_for_a_new_one_of_its_name(shared: str) -> None:
    """As a migration does that starts a journal afresh: what is found in the one is not taken for the other's."""
    with workshop(shared) as conn:
        conn.execute("create table journal (id int primary key, note text)")
        attach(conn, "flag", "journal")
        conn.execute("insert into journal values (1, %s)", [BAD])
        conn.execute(
            "alter table journal rename to journal_2026; create table journal (like journal_2026 including all)"
        )
        attach(conn, "flag", "journal")
        conn.execute("insert into journal values (1, %s)", [BAD])
        conn.execute("update journal_2026 set note = 'Rien'")
        assert places(conn) == [("t.journal", "note", 1, "open"), ("t.journal_2026", "note", 1, "corrected")]
        assert states(conn) == {"installed"}


def test_columns_that_take_each_other_s_names(shared: str) -> None:
    with workshop(shared) as conn:
        conn.execute("create table client (id int primary key, note text, note_v2 text)")
        for column in ("note", "note_v2"):
            attach(conn, "flag", column=column)
        conn.execute("insert into client values (1, %s, null), (2, null, %s)", [BAD, BAD])
        conn.execute("alter table client rename note to note_old; alter table client rename note_v2 to note")
        assert "outdated" in states(conn)
        conn.execute("select motjuste.refresh()")
        conn.execute("insert into client values (3, %s, null), (4, null, %s)", [BAD, BAD])
        assert places(conn) == [
            ("t.client", "note", 2, "open"), ("t.client", "note", 4, "open"),
            ("t.client", "note_old", 1, "open"), ("t.client", "note_old", 3, "open"),
        ]  # fmt: skip
        conn.execute(
            "alter table client rename note to x; alter table client rename note_old to note; alter table client rename x to note_old"
        )
        conn.execute("select motjuste.refresh()")
        assert [p[1:3] for p in places(conn)] == [("note", 1), ("note", 3), ("note_old", 2), ("note_old", 4)]
        # the one goes, the other takes its name
        conn.execute("alter table client drop note; alter table client rename note_old to note")
        conn.execute("select motjuste.refresh()")
        assert [p for p in places(conn) if p[3] == "open"] == [
            ("t.client", "note", 2, "open"), ("t.client", "note", 4, "open"),
        ]  # fmt: skip
        assert states(conn) == {"installed"}


def test_a_renamed_column_that_is_watched_again(shared: str) -> None:
    with workshop(shared) as conn:
        conn.execute("create table client (id int primary key, note text)")
        attach(conn, "block")
        conn.execute("insert into client values (1, 'Cliente en instance de divorce')")
        conn.execute("alter table client rename note to remarque")
        conn.execute("select motjuste.attach('client', 'remarque')")  # keeps its mode
        assert conn.execute("select column_name, mode from motjuste.watch").fetchall() == [
            ("remarque", "block")
        ]
        conn.execute("select motjuste.refresh()")
        assert places(conn) == [("t.client", "remarque", 1, "open")] and states(conn) == {"installed"}
