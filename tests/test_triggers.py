"""What happens to a note as it is written: modes flag, warn, block and mask, on every kind of table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from motjuste.db.connection import Connection

pytestmark = pytest.mark.each_server

BAD = "Client alcoolique, rappeler lundi."  # block level
CLEAN = "Rappeler lundi matin."


@pytest.fixture
def conn(installed: str) -> Iterator[Connection]:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("create table client (id int primary key, note text, agent text)")
        yield conn


def attach(conn: Connection, mode: str, relation: str = "client", column: str = "note", **named: str) -> None:
    extra = "".join(f", {name} => '{value}'" for name, value in named.items())
    conn.execute(f"select motjuste.attach('{relation}', '{column}', '{mode}'{extra})")


def findings(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute("select row_key, category, status from motjuste.finding order by id").fetchall()


def test_flag_records_and_says_nothing(conn: Connection) -> None:
    notices: list[str] = []
    conn.add_notice_handler(lambda d: notices.append(d.message_primary or ""))
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe'), (2, %s, 'zoe'), (3, null, null)", [BAD, CLEAN])
    assert findings(conn) == [({"id": 1}, "sante", "open")]
    assert conn.execute("select author, source, start, length from motjuste.finding").fetchone() == (
        "zoe",
        "trigger",
        7,
        10,
    )
    assert notices == []


@pytest.mark.parametrize(
    "write", ["insert into client values (5001, %s, null)", "update client set note = %s where id = 1"]
)
def test_a_session_that_began_without_findings_never_reads_them_all(conn: Connection, write: str) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s, null)", [BAD])
    conn.execute("update client set note = %s where id = 1", [f"{BAD} Merci."])
    conn.execute(
        "insert into client select i, %s || ' ' || i, null from generate_series(2, 1000) as i", [BAD]
    )
    read = "select seq_scan, seq_tup_read from pg_stat_xact_user_tables where relname = 'finding'"
    with conn.transaction():
        conn.execute(write, [f"{BAD} Bien."])
        assert conn.execute(read).fetchall() == [(0, 0)]
    assert len(findings(conn)) == 1002


@pytest.mark.parametrize("note", [f"{BAD} Bien.", BAD], ids=["another", "the same"])
@pytest.mark.parametrize(
    "write", ["insert into client values (1001, %s, null)", "update client set note = %s where id = 1"]
)
def test_many_findings_of_one_text_are_not_read_for_one_more(conn: Connection, write: str, note: str) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s, null)", [f"{BAD} Merci."])
    conn.execute("insert into client select i, %s, null from generate_series(2, 1000) as i", [BAD])
    conn.execute("analyze motjuste.finding")
    with conn.transaction():
        conn.execute(write, [note])
        read = "select seq_scan, idx_tup_fetch < 5 from pg_stat_xact_user_tables where relname = 'finding'"
        assert conn.execute(read).fetchall() == [(0, True)]
    assert len(findings(conn)) == 1001


def test_the_digest_of_a_note_is_made_once_however_much_is_found_in_it(conn: Connection) -> None:
    attach(conn, "flag")
    with conn.transaction():
        conn.execute("set local track_functions = 'all'")
        conn.execute("insert into client values (1, %s, null)", [f"{BAD} " * 5])
        assert len(findings(conn)) == 5
        calls = "select calls from pg_stat_xact_user_functions where schemaname = 'motjuste' and funcname = 'digest'"
        assert conn.execute(calls).fetchall() == [(1,)]


def test_warn_records_and_warns_without_the_text(conn: Connection) -> None:
    notices: list[tuple[str | None, ...]] = []
    conn.add_notice_handler(
        lambda d: notices.append(
            (d.severity_nonlocalized, d.sqlstate, d.message_primary, d.message_detail, d.message_hint)
        )
    )
    attach(conn, "warn")
    conn.execute("insert into client values (1, %s, null)", [BAD])
    assert findings(conn) == [({"id": 1}, "sante", "open")]
    ((severity, state, *said),) = notices
    assert (severity, state) == ("WARNING", "MJ001")
    text = " ".join(filter(None, said))
    assert "public.client.note" in text and "Santé" in text and "8 à 17" in text
    assert "alcoolique" not in text.lower()


def test_block_refuses_the_statement_and_names_rows_without_the_text(conn: Connection) -> None:
    attach(conn, "block")
    with pytest.raises(psycopg.Error) as caught:
        conn.execute(
            "insert into client values (1, %s, null), (2, %s, null), (3, %s, null)", [CLEAN, BAD, BAD]
        )
    assert caught.value.sqlstate == "MJ001"
    d = caught.value.diag
    assert "Santé" in (d.message_primary or "") and "8 à 17" in (d.message_primary or "")
    assert '{"id": 2}' in (d.message_detail or "") and '{"id": 3}' in (d.message_detail or "")
    assert d.message_hint
    everything = " ".join(filter(None, [d.message_primary, d.message_detail, d.message_hint, d.context]))
    assert "alcoolique" not in everything.lower()
    assert conn.execute("select count(*) from client").fetchone() == (0,)
    assert findings(conn) == []
    conn.execute("insert into client values (1, %s, null)", [CLEAN])


def test_block_records_what_is_only_to_watch(conn: Connection) -> None:
    row = conn.execute(
        "select c.rule_id from motjuste.check('Cliente en instance de divorce') as c where c.level = 'watch'"
    ).fetchone()
    assert row, "the example of this test must be of level watch"
    attach(conn, "block")
    conn.execute("insert into client values (1, 'Cliente en instance de divorce', null)")
    assert findings(conn) == [({"id": 1}, "vie_privee", "open")]


def test_mask_replaces_numbers_before_they_are_stored(conn: Connection) -> None:
    attach(conn, "mask")
    conn.execute("insert into client values (1, 'NIR 1 85 05 78 006 084 91 fourni', null)")
    row = conn.execute("select note from client").fetchone()
    assert row is not None and "084" not in row[0] and row[0].endswith("fourni")
    conn.execute("insert into client values (2, %s, null)", [BAD])
    assert findings(conn) == [({"id": 2}, "sante", "open")]


@pytest.mark.parametrize("format", ["text", "csv", "binary"])
def test_copy(conn: Connection, format: str) -> None:
    attach(conn, "flag")
    with conn.cursor().copy(f"copy client (id, note) from stdin (format {format})") as copy:
        if format == "binary":
            copy.set_types(["int4", "text"])
            for n in range(100):
                copy.write_row((n, BAD if n % 10 == 0 else CLEAN))
        else:
            sep = "\t" if format == "text" else ","
            for n in range(100):
                note = BAD if n % 10 == 0 else CLEAN
                copy.write(f'{n}{sep}"{note}"\n' if format == "csv" else f"{n}{sep}{note}\n")
    assert [f[0]["id"] for f in findings(conn)] == list(range(0, 100, 10))


def test_a_correction_closes_the_findings_of_its_note(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s, null), (2, %s, null), (3, %s, null)", [BAD] * 3)
    conn.execute("update client set note = %s where id = 1", [CLEAN])
    conn.execute("delete from client where id = 2")
    conn.execute("update client set id = 30 where id = 3")
    assert findings(conn) == [
        ({"id": 1}, None, "corrected"), ({"id": 2}, None, "corrected"), ({"id": 30}, "sante", "open"),
    ]  # fmt: skip
    conn.execute("update client set note = %s where id = 1", [BAD])
    assert findings(conn)[-1] == ({"id": 1}, "sante", "open")


def test_an_update_that_changes_nothing_is_not_checked(conn: Connection) -> None:
    conn.execute("insert into client values (1, %s, null)", [BAD])
    attach(conn, "block")
    conn.execute("update client set agent = 'zoe'")
    conn.execute("update client set note = note")
    assert findings(conn) == []
    with pytest.raises(psycopg.Error, match="Note refusée"):
        conn.execute("update client set note = note || ' Encore alcoolique.'")


def test_on_conflict_and_merge_log_once(conn: Connection) -> None:
    attach(conn, "flag")
    upsert = "insert into client values (1, %s, null) on conflict (id) do update set note = excluded.note"
    conn.execute(upsert, [CLEAN])
    conn.execute(upsert, [BAD])
    assert findings(conn) == [({"id": 1}, "sante", "open")]
    conn.execute(
        "merge into client as c using (values (1, 'Cliente alcoolique'), (2, 'Alcoolique')) as v (id, note) on c.id = v.id"
        " when matched then update set note = v.note when not matched then insert values (v.id, v.note, null)"
    )
    assert [(f[0]["id"], f[2]) for f in findings(conn)] == [(1, "corrected"), (1, "open"), (2, "open")]


def test_partitions_present_and_future(conn: Connection) -> None:
    conn.execute(
        "create table visite (id int, le date, note text, primary key (id, le)) partition by range (le)"
    )
    conn.execute(
        "create table visite_01 partition of visite for values from ('2026-01-01') to ('2026-02-01')"
    )
    attach(conn, "block", "visite")
    conn.execute(
        "create table visite_02 partition of visite for values from ('2026-02-01') to ('2026-03-01')"
    )
    for table, day in (
        ("visite", "2026-01-05"),
        ("visite_01", "2026-01-05"),
        ("visite", "2026-02-05"),
        ("visite_02", "2026-02-05"),
    ):
        with pytest.raises(psycopg.Error, match="Note refusée"):
            conn.execute(f"insert into {table} values (1, %s, %s)", [day, BAD])
    conn.execute("insert into visite values (1, '2026-01-05', %s)", [CLEAN])
    attach(conn, "flag", "visite")
    conn.execute("update visite set note = %s", [BAD])
    assert findings(conn) == [({"id": 1, "le": "2026-01-05"}, "sante", "open")]
    conn.execute("update visite set le = '2026-02-06'")  # moves to another partition
    assert [(f[0]["le"], f[2]) for f in findings(conn) if f[2] == "open"] == [("2026-02-06", "open")]


def test_jsonb_key_composite_uuid_and_no_key(conn: Connection) -> None:
    conn.execute("create table ticket (a uuid, b text, data jsonb, primary key (a, b))")
    conn.execute("create table memo (note varchar(200))")
    attach(conn, "flag", "ticket", "data", json_key="texte")
    attach(conn, "flag", "memo")
    key = "9b2f3a52-0000-4000-8000-000000000001"
    conn.execute("insert into ticket values (%s, 'é\"x', jsonb_build_object('texte', %s::text))", [key, BAD])
    conn.execute("insert into memo values (%s), (%s)", [BAD, CLEAN])
    assert findings(conn) == [({"a": key, "b": 'é"x'}, "sante", "open"), ({}, "sante", "open")]
    conn.execute("""update ticket set data = '{"texte": "rien", "autre": 1}'""")
    conn.execute("update memo set note = 'corrigé' where note = %s", [BAD])
    assert [f[2] for f in findings(conn)] == ["corrected", "corrected"]


def test_hostile_names(conn: Connection) -> None:
    conn.execute(
        'create schema "S;1"; create table "S;1"."Bloc;Note" ("I""d" int primary key, "x""; drop table y; --" text)'
    )
    conn.execute("select motjuste.attach(%s, %s, 'flag')", ['"S;1"."Bloc;Note"', 'x"; drop table y; --'])
    conn.execute('insert into "S;1"."Bloc;Note" values (7, %s)', [BAD])
    assert findings(conn) == [({'I"d': 7}, "sante", "open")]
    conn.execute("""update "S;1"."Bloc;Note" set "x""; drop table y; --" = 'rien' """)
    assert findings(conn) == [({'I"d': 7}, None, "corrected")]
    conn.execute("select motjuste.attach(%s, %s, 'block')", ['"S;1"."Bloc;Note"', 'x"; drop table y; --'])
    with pytest.raises(psycopg.Error, match="Note refusée"):
        conn.execute('insert into "S;1"."Bloc;Note" values (8, %s)', [BAD])


def test_a_role_without_any_right_on_the_schema(conn: Connection) -> None:
    conn.execute(
        "drop role if exists app; create role app; grant insert, update, select, delete on client to app"
    )
    try:
        for mode in ("flag", "warn", "mask", "block"):
            attach(conn, mode)
            conn.execute("set role app")
            conn.execute("set search_path = pg_temp, public")
            if mode == "block":
                with pytest.raises(psycopg.Error, match="Note refusée"):
                    conn.execute("insert into client values (1, %s, null)", [BAD])
            else:
                conn.execute("insert into client values (1, %s, null)", [BAD])
                conn.execute("update client set note = 'rien'")
                conn.execute("delete from client")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("select * from motjuste.finding")
            conn.execute("reset role")
    finally:
        conn.execute("reset role; drop owned by app; drop role app")
    assert {f[2] for f in findings(conn)} == {"corrected"}


@pytest.mark.parametrize("mode", ["flag", "warn", "mask"])
def test_an_error_inside_the_check_never_stops_a_write(conn: Connection, mode: str) -> None:
    attach(conn, mode)
    conn.execute("alter table motjuste.keyword rename to gone")
    conn.execute("insert into client values (1, %s, null)", [BAD])
    conn.execute("update client set note = note || '!'")
    conn.execute("delete from client where id = 9")
    assert conn.execute("select note from client").fetchone() == (BAD + "!",)
    rows = conn.execute("select distinct relation, column_name, sqlstate from motjuste.failure").fetchall()
    assert rows == [("public.client", "note", "42P01")]


def test_block_fails_closed(conn: Connection) -> None:
    attach(conn, "block")
    conn.execute("alter table motjuste.keyword rename to gone")
    with pytest.raises(psycopg.errors.UndefinedTable):
        conn.execute("insert into client values (1, %s, null)", [CLEAN])


def test_bypass_is_for_listed_roles_and_is_logged(conn: Connection) -> None:
    attach(conn, "block")
    write = "insert into client values (1, %s, null)"
    with pytest.raises(psycopg.Error, match="Note refusée"), conn.transaction():
        conn.execute("set local motjuste.bypass = 'reprise'")
        conn.execute(write, [BAD])
    conn.execute("insert into motjuste.bypass_role values ('postgres')")
    with conn.transaction():
        conn.execute("set local motjuste.bypass = 'reprise du 24/11'")
        conn.execute(write, [BAD])
    assert conn.execute(
        "select relation, column_name, rows, reason, role from motjuste.bypass"
    ).fetchall() == [("public.client", "note", 1, "reprise du 24/11", "postgres")]
    with pytest.raises(psycopg.Error, match="Note refusée"):
        conn.execute("insert into client values (2, %s, null)", [BAD])


def test_other_before_triggers_are_seen(conn: Connection) -> None:
    conn.execute(
        "create function louder() returns trigger language plpgsql as $$ begin new.note := new.note || ' alcoolique'; return new; end $$"
    )
    conn.execute("create trigger louder before insert on client for each row execute function louder()")
    attach(conn, "flag")
    conn.execute("insert into client values (1, 'Client', null)")
    assert findings(conn) == [({"id": 1}, "sante", "open")]


def test_savepoints_and_rollback(conn: Connection) -> None:
    attach(conn, "flag")
    with conn.transaction():
        conn.execute("insert into client values (1, %s, null)", [BAD])
        with pytest.raises(ZeroDivisionError), conn.transaction():
            conn.execute("insert into client values (2, %s, null)", [BAD])
            raise ZeroDivisionError
    assert findings(conn) == [({"id": 1}, "sante", "open")]
