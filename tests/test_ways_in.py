"""Every way a note gets into a table: each is seen, in every mode, and none is recorded twice."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import psycopg
import pytest

from motjuste.db import findings as db_findings
from motjuste.db import reading
from motjuste.db.connection import Connection
from watched import (
    BAD,
    CHECKS,
    CLEAN,
    attach,
    checking,
    failures,
    findings,
    open_keys,
    settle,
    states,
    workshop,
)

pytestmark = [pytest.mark.few_rules, pytest.mark.each_server]

CLIENT = "create table client (id int primary key, note text, agent text)"
REFUSED = "Note refusée"


@pytest.fixture(params=[*CHECKS[:2], pytest.param(CHECKS[2], marks=pytest.mark.first_server)])
def conn(shared: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    with workshop(shared) as conn, checking(request.param):
        conn.execute(CLIENT)
        yield conn
        assert failures(conn) == []


# -- statements ------------------------------------------------------------------------------------


def test_insert_of_many_rows_of_a_query_and_with_default_values(conn: Connection) -> None:
    conn.execute(f"alter table client alter note set default '{BAD}'")
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, %s), (3, %s)", [BAD, CLEAN, BAD])
    conn.execute("insert into client select id + 10, note from client")
    conn.execute("insert into client (id) values (20)")
    conn.execute("with x as (insert into client values (21, %s) returning *) select * from x", [BAD])
    assert [k["id"] for k in open_keys(conn)] == [1, 3, 11, 13, 20, 21]
    assert len(findings(conn)) == 6


def test_update_of_the_column_of_another_and_from_another_table(conn: Connection) -> None:
    conn.execute("insert into client values (1, %s), (2, %s), (3, 'Rien')", [CLEAN, BAD])
    attach(conn, "block")
    conn.execute("update client set agent = 'zoe'")
    conn.execute("update client set note = note")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("update client as c set note = d.note from client as d where d.id = 2 and c.id = 1")
    attach(conn, "flag")
    conn.execute("update client as c set note = d.note from client as d where d.id = 2 and c.id <> 2")
    assert [k["id"] for k in open_keys(conn)] == [1, 3]


@pytest.mark.parametrize("mode", ["flag", "block"])
def test_on_conflict_and_merge(conn: Connection, mode: str) -> None:
    attach(conn, mode)
    upsert = "insert into client values (1, %s) on conflict (id) do update set note = excluded.note"
    merge = (
        "merge into client as c using (values (1, %s)) as v (id, note) on c.id = v.id"
        " when matched then update set note = v.note when not matched then insert values (v.id, v.note)"
    )
    conn.execute(upsert, [CLEAN])
    for statement in (upsert, merge):
        if mode == "block":
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute(statement, [BAD])
            assert findings(conn) == []
        else:
            conn.execute(statement, [BAD])
            assert findings(conn) == [({"id": 1}, "open")]
            conn.execute(statement, ["Rien"])
            assert findings(conn) == [({"id": 1}, "corrected")]
    conn.execute("insert into client values (1, %s) on conflict do nothing", [BAD])
    assert open_keys(conn) == []


def test_copy_from_a_table_loaded_in_the_same_transaction(conn: Connection) -> None:
    attach(conn, "flag")
    with conn.transaction():
        conn.execute("truncate client")
        with conn.cursor().copy("copy client (id, note) from stdin (freeze)") as copy:
            copy.write(f"1\t{BAD}\n2\t{CLEAN}\n3\t\\N\n")
    assert findings(conn) == [({"id": 1}, "open")]


def test_prepared_statements_across_a_change_of_mode(conn: Connection) -> None:
    attach(conn, "flag")
    for n in range(1, 8):  # past the five custom plans
        conn.execute("insert into client values (%s, %s)", [n, BAD], prepare=True)
    attach(conn, "block")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("insert into client values (%s, %s)", [8, BAD], prepare=True)
    assert len(findings(conn)) == 7


def test_transactions_of_many_clients_on_one_connection(conn: Connection) -> None:
    """As behind a pooler: what one client set for its transaction is gone for the next."""
    attach(conn, "block")
    conn.execute("insert into motjuste.bypass_role values ('postgres')")
    with conn.transaction():
        conn.execute("set local motjuste.bypass = 'reprise'")
        conn.execute("insert into client values (1, %s)", [BAD])
    conn.execute("discard all")
    conn.execute("set search_path = t")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("insert into client values (2, %s)", [BAD])


def test_savepoints(conn: Connection) -> None:
    attach(conn, "block")
    with conn.transaction():
        conn.execute("insert into client values (1, %s)", [CLEAN])
        with pytest.raises(psycopg.Error, match=REFUSED), conn.transaction():
            conn.execute("insert into client values (2, %s)", [BAD])
        conn.execute("insert into client values (3, %s)", [CLEAN])
    assert conn.execute("select array_agg(id order by id) from client").fetchone() == ([1, 3],)


def test_a_function_that_catches_the_refusal(conn: Connection) -> None:
    attach(conn, "block")
    conn.execute("""
        create function try(note text) returns text language plpgsql as $$
        begin
            insert into client values (1, note);
            return 'stored';
        exception when sqlstate 'MJ001' then
            return 'refused';
        end $$
    """)
    assert conn.execute("select try(%s)", [BAD]).fetchone() == ("refused",)
    assert conn.execute("select try(%s)", [CLEAN]).fetchone() == ("stored",)


def test_truncate_closes_the_findings(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    settle(conn)
    conn.execute("truncate client")
    assert findings(conn) == [({"id": 1}, "corrected")]


# -- views, cascades, other triggers -----------------------------------------------------------------


def test_views_and_instead_of_triggers(conn: Connection) -> None:
    conn.execute("create view simple as select id, note from client")
    conn.execute("create view other as select id, note || '' as note from client")
    conn.execute("""
        create function into_client() returns trigger language plpgsql as $$
        begin insert into client values (new.id, new.note); return new; end $$;
        create trigger instead instead of insert on other for each row execute function into_client();
    """)
    attach(conn, "flag")
    conn.execute("insert into simple values (1, %s)", [BAD])
    settle(conn)
    conn.execute("insert into other values (2, %s)", [BAD])
    settle(conn)
    conn.execute("update simple set note = 'Rien' where id = 1")
    assert findings(conn) == [({"id": 1}, "corrected"), ({"id": 2}, "open")]


@pytest.mark.parametrize("deferred", ["", "deferrable initially deferred"])
def test_cascades_of_foreign_keys(conn: Connection, deferred: str) -> None:
    conn.execute(f"""
        create table visite (client int references client on delete cascade on update cascade {deferred},
            n int, note text, primary key (client, n))
    """)
    conn.execute("insert into client values (1), (2)")
    attach(conn, "flag", "visite")
    conn.execute("insert into visite values (1, 1, %s)", [BAD])
    settle(conn)
    conn.execute("insert into visite values (2, 1, %s)", [BAD])
    settle(conn)
    conn.execute("update client set id = 10 where id = 1")
    conn.execute("delete from client where id = 2")
    assert findings(conn) == [({"client": 10, "n": 1}, "open"), ({"client": 2, "n": 1}, "corrected")]


def test_keys_that_shift_in_one_statement(conn: Connection) -> None:
    conn.execute("drop table client; create table client (id int primary key deferrable, note text)")
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s), (2, 'Rien'), (3, %s)", [BAD, BAD + " !"])
    conn.execute("update client set id = id + 1")
    assert [k["id"] for k in open_keys(conn)] == [2, 4]
    conn.execute("update client set id = 6 - id")
    assert [k["id"] for k in open_keys(conn)] == [2, 4]
    conn.execute("update client set note = 'Rien' where id = 2")
    assert [k["id"] for k in open_keys(conn)] == [4]


def test_a_row_that_takes_the_key_of_one_that_had_the_same_note(conn: Connection) -> None:
    attach(conn, "block")
    conn.execute("insert into client values (1, 'Cliente en instance de divorce')")
    conn.execute("update client set note = 'Rien' where id = 1")
    conn.execute("insert into client values (2, 'Cliente en instance de divorce')")
    conn.execute("delete from client where id = 1")
    conn.execute("update client set id = 1 where id = 2")
    assert findings(conn) == [({"id": 1}, "open")]


def test_before_triggers_that_rewrite_write_elsewhere_or_drop_the_row(conn: Connection) -> None:
    conn.execute("create table journal (id int primary key, note text)")
    conn.execute("""
        create function meddle() returns trigger language plpgsql as $$
        begin
            if new.id < 0 then return null; end if;
            new.note := replace(new.note, 'sobre', 'alcoolique');
            insert into journal values (new.id, new.note) on conflict do nothing;
            return new;
        end $$;
        create trigger a before insert or update on client for each row execute function meddle();
    """)
    attach(conn, "flag")
    attach(conn, "flag", "journal")
    conn.execute("insert into client values (1, 'Client sobre'), (-2, %s)", [BAD])
    assert open_keys(conn) == [{"id": 1}, {"id": 1}]  # one a table
    assert conn.execute("select count(*) from motjuste.finding where status = 'open'").fetchone() == (2,)


def test_a_before_trigger_that_sends_the_row_elsewhere(conn: Connection) -> None:
    conn.execute("""
        create table client_nord () inherits (client);
        create function route() returns trigger language plpgsql as $$
        begin insert into client_nord values (new.*); return null; end $$;
        create trigger route before insert on client for each row execute function route();
    """)
    attach(conn, "flag")
    conn.execute("insert into client values (1, %s)", [BAD])
    assert findings(conn) == [({"id": 1}, "open")]


# -- partitions and children -----------------------------------------------------------------------

VISITE = """
    create table visite (id int, le date, note text, primary key (id, le)) partition by range (le);
    create table visite_01 partition of visite for values from ('2026-01-01') to ('2026-02-01');
"""
FEBRUARY = "create table visite_02 (note text, le date not null, id int not null, primary key (id, le))"


def test_partitions_attached_and_detached(conn: Connection) -> None:
    conn.execute(VISITE)
    attach(conn, "flag", "visite")
    conn.execute(FEBRUARY)
    conn.execute("insert into visite_02 values (%s, '2026-02-05', 1)", [BAD])
    assert findings(conn) == []  # a table like another, so far
    conn.execute(
        "alter table visite attach partition visite_02 for values from ('2026-02-01') to ('2026-03-01')"
    )
    conn.execute("insert into visite_02 values (%s, '2026-02-05', 2)", [BAD])
    conn.execute("insert into visite values (3, '2026-02-05', %s)", [BAD])
    assert [k["id"] for k in open_keys(conn)] == [2, 3]
    assert states(conn) == {"installed"}
    conn.execute("alter table visite detach partition visite_02")
    conn.execute("insert into visite_02 values (%s, '2026-02-05', 4)", [BAD])
    conn.execute("insert into visite_02 values (%s, '2026-02-05', 5)", [CLEAN])
    assert [k["id"] for k in open_keys(conn)] == [2, 3]
    assert states(conn) == {"installed"}


def test_subpartitions_with_hostile_names(conn: Connection) -> None:
    conn.execute("""
        create table "Vi%s ""$1"" x" ("I d" int, zone text, "no%te" text) partition by list (zone);
        create table "p;1" partition of "Vi%s ""$1"" x" for values in ('n') partition by range ("I d");
        create table "p'2" partition of "p;1" for values from (0) to (10);
        create table "p@place@" partition of "Vi%s ""$1"" x" default;
    """)
    attach(conn, "block", '"Vi%s ""$1"" x"', "no%te")
    for table, zone in (('"Vi%s ""$1"" x"', "n"), ('"p;1"', "n"), ('"p\'2"', "n"), ('"p@place@"', "s")):
        statement = f"insert into {table} values (1, '{zone}', '{BAD}')".encode()
        with pytest.raises(psycopg.Error, match=REFUSED):
            conn.execute(statement)
    conn.execute(b"insert into \"p;1\" values (1, 'n', 'Rien')")
    assert states(conn) == {"installed"}


@pytest.mark.parametrize("mode", ["flag", "block"])
def test_a_row_that_changes_partition(conn: Connection, mode: str) -> None:
    conn.execute(VISITE + "create table visite_x partition of visite default")
    conn.execute("insert into visite values (1, '2026-01-05', %s), (2, '2026-01-06', 'Rien')", [BAD])
    attach(conn, mode, "visite")
    # its note was there before: it is no reason to refuse the move
    conn.execute("update visite set le = '2026-03-05' where id = 1")
    assert open_keys(conn) == [{"id": 1, "le": "2026-03-05"}]
    if mode == "block":
        with pytest.raises(psycopg.Error, match=REFUSED):
            conn.execute("update visite set le = '2026-03-06', note = note || ' Alcoolique.'")
        with pytest.raises(psycopg.Error, match=REFUSED):
            conn.execute("insert into visite values (9, '2026-03-05', %s)", [BAD])
    conn.execute("update visite set le = '2026-01-07' where id = 2")
    conn.execute("delete from visite where id = 1")
    assert open_keys(conn) == []


def test_a_partition_watched_on_its_own_then_with_its_parent(conn: Connection) -> None:
    conn.execute(VISITE)
    attach(conn, "flag", "visite_01")
    conn.execute("insert into visite values (1, '2026-01-05', 'Rien')")
    conn.execute("insert into visite_01 values (2, '2026-01-05', %s)", [BAD])
    settle(conn)
    assert conn.execute("select relation from motjuste.finding").fetchall() == [("t.visite_01",)]
    attach(conn, "flag", "visite")
    assert conn.execute("select distinct relation from motjuste.finding").fetchall() == [("t.visite",)]
    with pytest.raises(psycopg.Error, match=r"watched already, with t\.visite"):
        attach(conn, "block", "visite_01")
    attach(conn, "flag", "visite_01")  # holds already
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (1,)
    conn.execute("insert into visite_01 values (3, '2026-01-05', %s)", [BAD])
    assert [k["id"] for k in open_keys(conn)] == [2, 3] and len(findings(conn)) == 2


def test_a_watched_table_that_becomes_a_partition(conn: Connection) -> None:
    conn.execute(VISITE + FEBRUARY)
    attach(conn, "flag", "visite")
    attach(conn, "flag", "visite_02")
    conn.execute(
        "alter table visite attach partition visite_02 for values from ('2026-02-01') to ('2026-03-01')"
    )
    conn.execute("insert into visite_02 values (%s, '2026-02-05', 1)", [BAD])
    conn.execute("insert into visite values (2, '2026-02-05', %s)", [BAD])
    assert len(findings(conn)) == 2
    assert states(conn) == {"installed", "watched twice"}
    attach(conn, "flag", "visite")
    assert states(conn) == {"installed"}


@pytest.mark.parametrize("how", ["a child", "a partition", "a partition whose triggers are off"])
def test_a_weaker_watch_above_takes_no_check_away(conn: Connection, how: str) -> None:
    """What a table comes under is watched too: the triggers of that one are not there, or only record."""
    conn.execute(VISITE + FEBRUARY)
    conn.execute("create table rapport (id int, note text)")
    attach(conn, "flag", "rapport" if how == "a child" else "visite")
    attach(conn, "block", "client" if how == "a child" else "visite_02")
    into = "client (id, note) values (1, %s)"
    if how == "a child":
        conn.execute("alter table client inherit rapport")
        assert states(conn) == {"installed", "partition not covered"}
    else:
        conn.execute(
            "alter table visite attach partition visite_02 for values from ('2026-02-01') to ('2026-03-01')"
        )
        assert states(conn) == {"installed", "watched twice"}
        into = "visite_02 values (%s, '2026-02-05', 1)"
        if how.endswith("off"):
            parent = conn.execute("select id from motjuste.watch where mode = 'flag'").fetchall()[0][0]
            conn.execute(f"alter table visite_02 disable trigger motjuste_{parent}_insert")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute(f"insert into {into}", [BAD])
    with pytest.raises(psycopg.Error, match="Note non lue"):
        conn.execute(f"insert into {into}", ["Rien. " * 200_000])
    conn.execute(f"insert into {into}", [CLEAN])
    assert findings(conn) == []


def test_inheritance_children(conn: Connection) -> None:
    conn.execute("create table client_nord (zone text) inherits (client)")
    attach(conn, "block")
    for table in ("client", "client_nord"):
        with pytest.raises(psycopg.Error, match=REFUSED):
            conn.execute(f"insert into {table} (id, note) values (1, %s)", [BAD])
    attach(conn, "flag")
    conn.execute("insert into client_nord (id, note) values (1, %s)", [BAD])
    settle(conn)
    conn.execute("insert into client (id, note) values (2, %s)", [BAD])
    settle(conn)
    assert conn.execute("select relation, row_key from motjuste.finding order by id").fetchall() == [
        ("t.client", {"id": 1}), ("t.client", {"id": 2}),
    ]  # fmt: skip
    conn.execute("create table client_sud () inherits (client)")
    assert states(conn) == {"installed", "partition not covered"}
    attach(conn, "flag")
    conn.execute("insert into client_sud (id, note) values (3, %s)", [BAD])
    conn.execute("update client set note = 'Rien' where id = 3")
    conn.execute("delete from client where id = 1")
    assert [k["id"] for k in open_keys(conn)] == [2]
    conn.execute("alter table client_sud no inherit client")
    attach(conn, "flag")
    conn.execute("insert into client_sud (id, note) values (4, %s)", [BAD])
    assert [k["id"] for k in open_keys(conn)] == [2]
    conn.execute("select motjuste.detach('client', 'note')")
    assert conn.execute("select count(*) from pg_trigger where tgname ~ 'motjuste'").fetchone() == (0,)


# -- types and keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["varchar(60)", "char(60)", "t.remarque", "text", 'text collate "C"'])
def test_text_types(conn: Connection, kind: str) -> None:
    conn.execute("create domain remarque as varchar(60) check (value <> '')")
    conn.execute(f"create table memo (id int primary key, note {kind})")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values (1, %s), (2, null)", [BAD])
    conn.execute("update memo set note = %s where id = 2", [BAD])
    assert [k["id"] for k in open_keys(conn)] == [1, 2]


def test_a_collation_that_makes_different_notes_equal(conn: Connection) -> None:
    made = "create collation folded (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
    try:
        conn.execute(made)
    except psycopg.errors.FeatureNotSupported:  # a server built without ICU has no such collation to fall for
        conn.execute('create collation folded from "C"')
    conn.execute("create table memo (id int primary key, note text collate folded)")
    attach(conn, "block", "memo")
    conn.execute("insert into memo values (1, 'Vu le garagiste Salaud')")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("update memo set note = 'vu le garagiste salaud'")


def test_citext(conn: Connection) -> None:
    try:
        conn.execute("create extension citext schema t")
    except (
        psycopg.errors.FeatureNotSupported
    ):  # a server without the contributed modules: the key is text then
        conn.execute("create domain citext as text")
    conn.execute("create table memo (id citext primary key, note citext)")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values ('a', %s)", [BAD.upper()])
    conn.execute("update memo set id = 'A'")
    assert findings(conn) == [({"id": "A"}, "open")]


@pytest.mark.parametrize("mode", ["flag", "mask"])
def test_arrays_of_text(conn: Connection, mode: str) -> None:
    conn.execute("create table memo (id int primary key, note text[])")
    attach(conn, mode, "memo")
    conn.execute("insert into memo values (1, array['Rien, \"vu\"', %s]), (2, '{Rien}')", [BAD])
    conn.execute("insert into memo values (3, array['NIR 1 85 05 78 006 084 91, reçu', 'x'])")
    kept = conn.execute("select note from memo where id = 3").fetchone()
    assert kept is not None and kept[0][1] == "x"
    assert ("084" in kept[0][0]) == (mode == "flag")
    assert 1 in [k["id"] for k in open_keys(conn)] and 2 not in [k["id"] for k in open_keys(conn)]


def test_chosen_keys_of_jsonb(conn: Connection) -> None:
    conn.execute("create table memo (id int primary key, data jsonb)")
    attach(conn, "flag", "memo", "data", json_key="no'te")
    attach(conn, "mask", "memo", "data", json_key="b")
    for data in ('{"no\'te": 1}', "[1]", '"x"', "null", "{}", '{"b": null}', None):
        conn.execute("insert into memo values ((select count(*) from memo), %s)", [data])
    conn.execute("insert into memo values (20, jsonb_build_object('no''te', %s::text, 'autre', 1))", [BAD])
    conn.execute("insert into memo values (21, jsonb_build_object('autre', %s::text))", [BAD])
    conn.execute("update memo set data = data || '{\"autre\": 2}' where id = 20")
    conn.execute('insert into memo values (22, \'{"b": "NIR 1 85 05 78 006 084 91"}\')')
    assert [k["id"] for k in open_keys(conn)] == [20]
    assert conn.execute("select data ->> 'b' from memo where id = 22").fetchone() == ("NIR [donnée retirée]",)


def test_generated_columns(conn: Connection) -> None:
    conn.execute("""
        create table memo (id int primary key, a text, b text, note text generated always as (a || ' ' || b) stored)
    """)
    attach(conn, "block", "memo")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("insert into memo values (1, 'Client', 'alcoolique')")
    conn.execute("insert into memo values (1, 'Client', 'sobre')")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("update memo set b = 'alcoolique'")
    with pytest.raises(psycopg.Error, match="nothing can be masked"):
        attach(conn, "mask", "memo")


def test_tables_without_a_key(conn: Connection) -> None:
    conn.execute("create table memo (note text)")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values (%s), (%s), ('Rien'), (%s)", [BAD, BAD, BAD + " !"])
    assert findings(conn) == [({}, "open"), ({}, "open")]
    conn.execute("update memo set note = 'Rien' where note = %s", [BAD])
    assert sorted(f[1] for f in findings(conn)) == ["corrected", "open"]
    conn.execute("delete from memo")
    assert {f[1] for f in findings(conn)} == {"corrected"}


def test_a_key_that_holds_the_note_tells_nothing_of_it(conn: Connection, shared: str) -> None:
    from click.testing import CliRunner

    from motjuste.cli.main import motjuste

    conn.execute(
        "create table memo (id int, note text, primary key (id, note)); create view vue as select * from memo"
    )
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values (1, %s), (2, %s), (3, 'Rien')", [BAD, BAD + " !"])
    scanned = CliRunner().invoke(motjuste, ["scan", "t.memo.note"], env={"MOTJUSTE_DSN": shared})
    assert scanned.exit_code == 1, scanned.output
    assert findings(conn) == [({}, "open"), ({}, "open")]
    conn.execute("update memo set note = 'Corrigée' where id = 1")
    assert sorted(f[1] for f in findings(conn)) == ["corrected", "open"]
    attach(conn, "block", "memo")
    with pytest.raises(psycopg.Error, match=REFUSED) as caught:
        conn.execute("insert into memo values (4, %s)", [BAD])
    assert "alcoolique" not in str(caught.value) + detail(caught)
    by_key = CliRunner().invoke(
        motjuste, ["scan", "t.vue.note", "--by-key", "note"], env={"MOTJUSTE_DSN": shared}
    )
    assert "is the note itself" in str(by_key.exception)
    # what was found under such a key before goes, and is found again
    conn.execute("update motjuste.watch set keys = '{id,note}', key_attnums = '{1,2}'")
    conn.execute("update motjuste.finding set row_key = jsonb_build_object('id', 2, 'note', 'x')")
    assert conn.execute("select distinct state from motjuste.status").fetchall() == [("outdated",)]
    conn.execute("select motjuste.refresh()")
    assert findings(conn) == []
    assert conn.execute("select distinct state from motjuste.status").fetchall() == [("installed",)]


def test_a_key_too_long_for_an_index(conn: Connection, shared: str) -> None:
    """The row is known by the digest of its note; a load, a scan and the rest of a table go on."""
    from click.testing import CliRunner

    from motjuste.cli.main import motjuste

    long = "".join(sha256(b"%d" % n).hexdigest() for n in range(41))  # no compression makes it shorter
    conn.execute("create table page (url text primary key, note text)")
    attach(conn, "block", "page")
    conn.execute("insert into page values (%s, 'Cliente en instance de divorce')", [long])
    settle(conn)
    conn.execute("insert into page values ('b', 'Cliente en instance de divorce')")
    assert findings(conn) == [({}, "open"), ({"url": "b"}, "open")]
    with pytest.raises(psycopg.Error, match=REFUSED) as caught:
        conn.execute("insert into page values (%s, %s)", [long[1:], BAD])
    assert "ligne 1" in detail(caught)
    scanned = CliRunner().invoke(motjuste, ["scan", "t.page.note"], env={"MOTJUSTE_DSN": shared})
    assert scanned.exit_code == 1, scanned.output
    assert findings(conn) == [({}, "open"), ({"url": "b"}, "open")]
    conn.execute(
        "update page set url = 'c' where url = 'b'; update page set url = 'x' || substr(url, 2) where url <> 'c'"
    )
    assert findings(conn) == [({}, "open"), ({"url": "c"}, "open")]
    read = db_findings.live(conn, reading.secret(conn), [(f,) for f in db_findings.to_review(conn)])
    assert [(live.text, live.fixed != "") for live in read] == [
        ("Cliente en instance de divorce", True), ("Cliente en instance de divorce", False),
    ]  # fmt: skip
    conn.execute("update page set note = 'Rien' where url <> 'c'")
    assert findings(conn) == [({}, "corrected"), ({"url": "c"}, "open")]
    conn.execute("update page set note = 'Cliente en instance de divorce' where url <> 'c'")
    settle(conn)
    conn.execute("delete from page where url <> 'c'")
    assert findings(conn) == [({"url": "c"}, "open"), ({}, "corrected")]
    assert conn.execute("select distinct state from motjuste.status").fetchall() == [("installed",)]


def test_keys_are_written_the_same_in_every_session(conn: Connection) -> None:
    conn.execute("""
        create table memo (at timestamptz, for_how_long interval, share float8, raw bytea, d date, note text,
            primary key (at, for_how_long, share, raw, d))
    """)
    attach(conn, "flag", "memo")
    settings = {
        "timezone": "Asia/Tokyo", "intervalstyle": "iso_8601", "extra_float_digits": "-5", "bytea_output": "escape",
        "datestyle": "SQL, DMY",
    }  # fmt: skip
    for name, value in settings.items():
        conn.execute("select set_config(%s, %s, false)", [name, value])
    conn.execute(
        "insert into memo values ('2026-01-02 03:04:05+00', '1 day 2 hours', 0.1234567890123456, '\\xff', '2026-01-02', %s)",
        [BAD],
    )
    key = {
        "at": "2026-01-02T03:04:05+00:00", "for_how_long": "1 day 02:00:00", "share": 0.1234567890123456,
        "raw": "\\xff", "d": "2026-01-02",
    }  # fmt: skip
    assert findings(conn) == [(key, "open")]
    conn.execute("reset all; set search_path = t")
    conn.execute("update memo set note = 'Rien'")
    assert findings(conn) == [(key, "corrected")]


def test_two_columns_of_a_table_with_hostile_names(conn: Connection) -> None:
    conn.execute(
        b'create table "a.b" ("%s" int, "$$" int, "@note_new@" text, "x\'y" text, primary key ("%s", "$$"))'
    )
    attach(conn, "flag", '"a.b"', "@note_new@")
    attach(conn, "block", '"a.b"', "x'y", author_column="$$")
    conn.execute(f"insert into \"a.b\" values (1, 2, '{BAD}', 'Rien')".encode())
    assert findings(conn) == [({"%s": 1, "$$": 2}, "open")]
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute(f"insert into \"a.b\" values (2, 2, 'Rien', '{BAD}')".encode())
    assert states(conn) == {"installed"}


def test_strings_with_backslashes_in_a_session_of_old(conn: Connection) -> None:
    """PostgreSQL 19 leaves this setting on for good; until then an old application may have it off."""
    said: list[str] = []
    conn.add_notice_handler(lambda d: said.append(d.message_primary or ""))
    conn.execute("set escape_string_warning = on; set standard_conforming_strings = off")
    conn.execute(r'create table "a\b" ("i\d" int primary key, "n\t" text)')
    attach(conn, "mask", r'"a\b"', r"n\t")
    conn.execute(r"""insert into "a\b" values (1, 'NIR 1 85 05 78 006 084 91'), (2, 'Client alcoolique')""")
    conn.execute(r"""update "a\b" set "i\d" = 3 where "i\d" = 2""")
    assert findings(conn) == [({r"i\d": 3}, "open")] and states(conn) == {"installed"}
    assert said == []


# -- what is refused, told at once ---------------------------------------------------------------------


def detail(caught: pytest.ExceptionInfo[psycopg.Error]) -> str:
    """The DETAIL of an error."""
    return caught.value.diag.message_detail or ""


def test_a_refused_load_names_its_first_notes_by_key(conn: Connection) -> None:
    attach(conn, "block")
    with (
        pytest.raises(psycopg.Error, match=REFUSED) as caught,
        conn.cursor().copy("copy client (id, note) from stdin") as copy,
    ):
        for n in range(1, 1301):
            copy.write(f"{n}\t{BAD if n % 100 == 0 else CLEAN}\n")
    assert caught.value.sqlstate == "MJ001"
    said = detail(caught)
    assert " 13," in said or " 13." in said
    assert all(f'{{"id": {n}}}' in said for n in range(100, 1001, 100)) and '{"id": 1100}' not in said
    assert "alcoolique" not in said.lower()


def test_a_refused_load_without_a_key_names_lines(conn: Connection) -> None:
    conn.execute("create table memo (note text)")
    attach(conn, "block", "memo")
    with (
        pytest.raises(psycopg.Error, match=REFUSED) as caught,
        conn.cursor().copy("copy memo from stdin") as copy,
    ):
        for n in range(1, 701):
            copy.write(f"{BAD if n in (3, 650) else CLEAN}\n")
    assert "ligne 3 (" in detail(caught) and "ligne 650 (" in detail(caught)


@pytest.mark.parametrize("table", ["keyed", "keyless", "partitioned"])
def test_what_is_refused_row_by_row_says_that_it_names_the_first(conn: Connection, table: str) -> None:
    key = "" if table == "keyless" else "primary key"
    parts = "partition by range (id)" if table == "partitioned" else ""
    conn.execute(f"create table {table} (id int {key}, note text) {parts}".encode())
    if parts:
        conn.execute("create table part partition of partitioned default")
    attach(conn, "block", table)
    conn.execute(f"insert into {table} select i, %s from generate_series(1, 3) as i".encode(), [CLEAN])
    with pytest.raises(psycopg.Error, match=REFUSED) as caught:
        conn.execute(f"update {table} set note = %s where id > 1".encode(), [BAD])
    row = "" if table == "keyless" else '{"id": 2} '
    assert detail(caught).startswith(f"Première note à revoir : {row}(Santé). S'il y en a d'autres")
    assert conn.execute(f"select count(*) from {table} where note = %s".encode(), [BAD]).fetchone() == (0,)


def test_the_server_log_does_not_hold_a_refused_note(conn: Connection, cluster: object) -> None:
    from conftest import Cluster

    assert isinstance(cluster, Cluster)
    attach(conn, "block")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute(f"insert into client values (1, 'Zébulon {BAD}')".encode())
    log = (cluster.server.folder / "log").read_text(errors="replace")
    assert "Zébulon" not in log and REFUSED in log
    assert conn.execute("show log_min_error_statement").fetchone() == ("error",)


def test_scan_and_trigger_know_a_row_by_the_same_key(conn: Connection, shared: str) -> None:
    from click.testing import CliRunner

    from motjuste.cli.main import motjuste

    conn.execute(
        "create table memo (at timestamptz, for_how_long interval, note text, primary key (at, for_how_long))"
    )
    conn.execute("set timezone = 'Asia/Tokyo'; set intervalstyle = 'iso_8601'")
    attach(conn, "flag", "memo")
    conn.execute("insert into memo values ('2026-01-02 03:04:05+00', '1 day', %s)", [BAD])
    dsn = shared + " options='-c TimeZone=America/New_York'"
    scanned = CliRunner().invoke(motjuste, ["scan", "t.memo.note"], env={"MOTJUSTE_DSN": dsn})
    assert scanned.exit_code == 1, scanned.output
    assert findings(conn) == [({"at": "2026-01-02T03:04:05+00:00", "for_how_long": "1 day"}, "open")]
