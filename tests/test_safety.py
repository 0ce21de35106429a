"""Rights, hostile sessions, errors inside a check, time limits: a write that should pass passes, another does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from conftest import Cluster, few, finder
from motjuste.db import connection, install
from motjuste.db.connection import Connection
from motjuste.db.states import states
from motjuste.model import Pack
from watched import BAD, CLEAN, attach, failures, findings, open_keys, workshop

REFUSED = "Note refusée"
MODES = ("flag", "warn", "block", "mask")


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute("create table client (id int primary key, note text, agent text)")
        yield conn


@contextmanager
def role(conn: Connection, name: str, rights: str = "") -> Iterator[None]:
    """A role without any right on the schema motjuste, with these on the tests' own tables; gone at the end."""
    conn.execute(f"drop role if exists {name}")
    conn.execute(f"create role {name}; grant usage, create on schema t to {name}; {rights}")
    try:
        yield
    finally:
        conn.execute(
            f"reset role; reset session authorization; drop owned by {name} cascade; drop role {name}"
        )


APP = "grant select, insert, update, delete on all tables in schema t to app"


@pytest.mark.parametrize("mode", MODES)
def test_a_session_that_shadows_names_runs_nothing_with_the_owners_rights(
    conn: Connection, mode: str
) -> None:
    attach(conn, mode)
    with role(conn, "app", APP):
        conn.execute("create table t.seen (who text); grant insert, select on t.seen to app")
        conn.execute("set role app")
        conn.execute("""
            create function pg_temp.spy(value anyelement) returns boolean language plpgsql as $$
            begin insert into t.seen values (current_user); return true; end $$;
        """)
        for name in ("text", "int4", "jsonb", "name", "bytea", "bool", "regclass"):
            conn.execute(f"create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.spy(value))")
        for name in (
            "pg_class",
            "pg_namespace",
            "pg_proc",
            "pg_roles",
            "pg_inherits",
            "new_rows",
            "finding",
            "rule",
        ):
            conn.execute(f"create temp table {name} (x int)")
        # an operator, a function and a cast of the caller's, before those of the system
        conn.execute("""
            create function t.lower(value text) returns text language plpgsql as $$
            begin insert into t.seen values (current_user); return ''; end $$;
            create function t.equal(a text, b text) returns boolean language plpgsql as $$
            begin insert into t.seen values (current_user); return false; end $$;
            create operator t.~ (leftarg = text, rightarg = text, function = t.equal);
            set search_path = pg_temp, t, pg_catalog;
        """)
        write = "insert into t.client values (1, %s, null)"
        if mode == "block":
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute(write, [BAD])
        else:
            conn.execute(write, [BAD])
            conn.execute("update t.client set note = note || ' Alcoolique.'")
            conn.execute("delete from t.client")
        conn.execute("reset role")
        assert conn.execute("select distinct who from t.seen where who <> 'app'").fetchall() == []
        assert failures(conn) == []
        conn.execute("discard temp")
        conn.execute("set search_path = t, public")


def test_who_could_not_take_the_triggers_away_again_makes_none(conn: Connection) -> None:
    rights = (
        "grant usage on schema motjuste to maker; grant execute on all functions in schema motjuste to maker;"
        "grant all on all tables in schema motjuste to maker; grant select, trigger on t.client to maker"
    )
    with role(conn, "maker", rights):
        conn.execute("set role maker")
        with pytest.raises(psycopg.Error, match=r"t\.client belongs to postgres") as caught:
            attach(conn, "block")
        assert "attach it as postgres, or as a member of it" in str(caught.value.diag.message_hint)


@pytest.mark.each_server
def test_every_function_that_pins_its_path_names_the_temporary_schema_last(conn: Connection) -> None:
    rows = conn.execute("""
        select p.proname, p.proconfig from pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
            and exists (select from unnest(p.proconfig) as c where c ~ '^search_path')
            and not 'search_path=pg_catalog, pg_temp' = any (p.proconfig)
    """).fetchall()
    assert rows == []
    attach(conn, "mask")
    definers = conn.execute(
        "select count(*), bool_and(proname ~ 'motjuste_[0-9]' or proname in ('settle', 'note_replica', 'void', 'decide', 'reserve', 'release', 'differ')) from pg_proc where prosecdef"
    ).fetchone()
    assert definers == (11, True)  # the triggers, and what an officer decides by, have their owner's rights


@pytest.mark.each_server
def test_no_plan_of_ours_is_compiled(conn: Connection) -> None:
    """Where the server has a compiler it is on, and would take a hundred times as long as the check of a note."""
    attach(conn, "mask")
    pinned = conn.execute("""
        select bool_and('jit=off' = any (p.proconfig)), count(*) from pg_proc as p
        where p.pronamespace = 'motjuste'::regnamespace
            and (p.prorettype = 'trigger'::regtype and p.prosecdef or p.proname = 'found_in')
    """).fetchone()
    assert pinned == (True, 9)
    conn.execute(sql.SQL("alter database {} set jit = on").format(sql.Identifier(conn.info.dbname)))
    with connection.connect(conn.info.dsn) as ours:
        assert ours.execute("show jit").fetchone() == ("off",)


@pytest.mark.parametrize("mode", MODES)
def test_row_level_security_of_the_table(conn: Connection, mode: str) -> None:
    conn.execute("""
        alter table client enable row level security;
        alter table client force row level security;
        create policy own on client using (agent = current_user) with check (agent = current_user);
    """)
    attach(conn, mode, author_column="agent")
    with role(conn, "app", APP):
        conn.execute("set role app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("insert into client values (1, %s, 'other')", [CLEAN])
        if mode == "block":
            with pytest.raises(psycopg.Error, match=REFUSED):
                conn.execute("insert into client values (1, %s, 'app')", [BAD])
        else:
            conn.execute("insert into client values (1, %s, 'app')", [BAD])
        conn.execute("reset role")
    if mode != "block":
        assert conn.execute("select row_key, author from motjuste.finding").fetchall() == [({"id": 1}, "app")]


@pytest.mark.parametrize(
    "fault",
    [
        "alter table motjuste.keyword rename to gone; -- alter table motjuste.gone rename to keyword",
        "alter table motjuste.finding rename to gone; -- alter table motjuste.gone rename to finding",
        "alter table motjuste.secret rename to gone; -- alter table motjuste.gone rename to secret",
        "alter table motjuste.message rename to gone; -- alter table motjuste.gone rename to message",
        "alter function motjuste.found(text[]) rename to gone; -- alter function motjuste.gone(text[]) rename to found",
        "alter table motjuste.finding add check (false) not valid; -- alter table motjuste.finding drop constraint finding_check",
        "alter table motjuste.finding add check (false) not valid; alter table motjuste.failure rename to gone;"
        " -- alter table motjuste.finding drop constraint finding_check; alter table motjuste.gone rename to failure",
    ],
    ids=["keyword", "finding", "secret", "message", "found", "constraint", "failure"],
)
@pytest.mark.parametrize("mode", MODES)
def test_errors_of_the_check_itself(conn: Connection, mode: str, fault: str) -> None:
    attach(conn, mode)
    conn.execute("insert into client values (1, %s)", [CLEAN])
    broken, mended = fault.split("--")
    conn.execute(broken)
    try:
        if mode == "block":
            with pytest.raises(psycopg.Error):
                conn.execute("insert into client values (2, %s)", [BAD])
            with pytest.raises(psycopg.Error):
                conn.execute("update client set note = %s", [BAD])
            assert conn.execute("select note from client").fetchall() == [(CLEAN,)]
        else:
            conn.execute("insert into client values (2, %s)", [BAD])
            conn.execute("update client set note = %s where id = 1", [BAD + " !"])
            conn.execute("delete from client where id = 3")
            assert conn.execute("select count(*) from client").fetchone() == (2,)
    finally:
        conn.execute(mended)
    recorded = {f[:2] for f in failures(conn)}
    silent = "to failure" in fault or ("message" in fault and mode in ("flag", "mask"))
    assert recorded == (set() if mode == "block" or silent else {("t.client", "note")})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("text", "Dupont, {0}"),
        ("json", '{{"note": "{0} \\u0000"}}'),
        ("text", '{{"note": "{0}'),
        ("bytea", "{0}"),
    ],
)
def test_what_is_no_document_any_more_is_not_quoted(
    conn: Connection, mode: str, kind: str, document: str
) -> None:
    """Whoever writes sees their own text; the server's log would keep it, as DETAIL and CONTEXT of the error."""
    conn.execute("alter table client add data jsonb; insert into client (id, data) values (1, '{}')")
    attach(conn, mode, column="data", json_key="note")
    conn.execute(f"alter table client alter data type {kind} using data::text::{kind}".encode())
    [(counted,)] = conn.execute("select nextval('motjuste.unrecorded')").fetchall()
    for deed in ("insert into client (id, data) values (2, %s)", "update client set data = %s where id = 1"):
        try:
            conn.execute(deed.encode(), [document.format(BAD)])
        except psycopg.Error as exc:
            said = exc.diag
            assert mode == "block" and said.message_primary == "motjuste: a watched document is no JSON"
            assert not said.message_detail and "JSON data" not in str(said.context)
            assert not any(part in f"{exc} {said.context}" for part in ("Dupont", *BAD.split()))
        else:
            assert mode != "block"
    if mode != "block":
        [(now,)] = conn.execute("select nextval('motjuste.unrecorded')").fetchall()
        assert now > counted + 2


@pytest.mark.parametrize("late", [False, True])
def test_a_note_is_not_kept_as_its_author(conn: Connection, late: bool) -> None:
    """Whoever may read findings may not read notes: not where columns changed their names either."""
    with pytest.raises(psycopg.Error, match="the note itself"):
        attach(conn, "flag", author_column="note")
    attach(conn, "flag", author_column="agent")
    conn.execute("alter table client rename agent to qui; alter table client rename note to agent")
    if not late:
        conn.execute("select motjuste.refresh()")
    conn.execute("insert into client (id, agent, qui) values (7, %s, 'lea')", [BAD])
    assert conn.execute("select row_key, author from motjuste.finding").fetchall() == [({"id": 7}, None)]


def test_one_note_that_cannot_be_checked_hides_no_other(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("""
        alter function motjuste.found(text[]) rename to really_found;
        create function motjuste.found(notes text[])
            returns table (i int, rule_id text, category text, level text, start int, length int) language plpgsql as $$
        begin
            if array_to_string(notes, ' ') ~ 'Zébulon' then raise division_by_zero; end if;
            return query select * from motjuste.really_found(notes);
        end $$;
    """)
    try:
        conn.execute(
            "insert into client select n, case n when 5 then 'Zébulon ' else '' end || %s from generate_series(1, 9) as n",
            [BAD],
        )
    finally:
        conn.execute(
            "drop function motjuste.found(text[]); alter function motjuste.really_found(text[]) rename to found"
        )
    assert [k["id"] for k in open_keys(conn)] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert failures(conn) == [("t.client", "note", "22012")]


@pytest.mark.parametrize("mode", ["flag", "block"])
def test_statement_timeout_is_the_applications_own(conn: Connection, mode: str) -> None:
    attach(conn, mode)
    conn.execute("set statement_timeout = '300ms'")
    started = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        conn.execute(
            "insert into client select n, repeat(%s, 100) from generate_series(1, 20000) as n", [BAD]
        )
    assert time.monotonic() - started < 10
    conn.execute("reset statement_timeout")
    assert conn.execute("select count(*) from client").fetchone() == (0,)
    assert findings(conn) == [] and failures(conn) == []


@pytest.mark.first_server
@pytest.mark.parametrize(
    ("word", "times"), [("client ", 20_000), ("x@y ", 50_000)], ids=["words", "addresses"]
)
def test_a_long_note_without_an_end_of_a_sentence_is_checked_in_seconds(
    conn: Connection, word: str, times: int
) -> None:
    # in a time that grew with the square of its length it would take minutes
    attach(conn, "flag")
    conn.execute("set statement_timeout = '30s'")
    conn.execute("insert into client values (1, %s)", [word * times + "trisomique"])
    conn.execute("reset statement_timeout")
    assert [f[1] for f in findings(conn)] == ["open"] and failures(conn) == []


def test_lock_timeout_inside_the_check(conn: Connection, shared: str) -> None:
    with psycopg.connect(shared) as other:
        attach(conn, "flag")
        other.execute("lock table motjuste.finding in access exclusive mode")
        conn.execute("set lock_timeout = '100ms'")
        conn.execute("insert into client values (1, %s)", [BAD])
        assert failures(conn) == [("t.client", "note", "55P03")]
        attach(conn, "block")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            conn.execute("insert into client values (2, %s)", [BAD])
    conn.execute("reset lock_timeout")


def test_a_clean_note_needs_none_of_our_locks(conn: Connection, shared: str) -> None:
    attach(conn, "block")
    with psycopg.connect(shared) as other:
        other.execute(
            "lock table motjuste.finding, motjuste.failure, motjuste.bypass in access exclusive mode"
        )
        conn.execute("set statement_timeout = '5s'")
        conn.execute("insert into client values (1, %s)", [CLEAN])
    conn.execute("reset statement_timeout")


# -- bypass ------------------------------------------------------------------------------------------


def test_bypass_is_for_listed_roles_until_their_day(conn: Connection) -> None:
    attach(conn, "block")
    with role(conn, "loader", "grant select, insert, update, delete on all tables in schema t to loader"):
        write = sql.SQL("insert into client values ({}, {})")

        def load(n: int) -> None:
            conn.execute("set session authorization loader")
            try:
                with conn.transaction():
                    conn.execute("set local motjuste.bypass = 'reprise'")
                    conn.execute(write.format(n, BAD))
            finally:
                conn.execute("reset session authorization")

        with pytest.raises(psycopg.Error, match=REFUSED):
            load(1)
        conn.execute("insert into motjuste.bypass_role values ('loader', now() - interval '1 day')")
        with pytest.raises(psycopg.Error, match=REFUSED):
            load(1)
        conn.execute("update motjuste.bypass_role set until = now() + interval '1 day'")
        load(1)
        assert conn.execute("select role, reason, rows from motjuste.bypass").fetchall() == [
            ("loader", "reprise", 1)
        ]
        conn.execute("set motjuste.bypass = '  '")
        with pytest.raises(psycopg.Error, match=REFUSED):
            conn.execute(write.format(2, BAD))
        conn.execute("delete from motjuste.bypass_role")


def test_bypass_row_by_row_is_one_line_a_transaction(conn: Connection) -> None:
    conn.execute("""
        create table visite (id int, note text) partition by range (id);
        create table visite_1 partition of visite for values from (0) to (1000);
        insert into motjuste.bypass_role values ('postgres');
    """)
    attach(conn, "block", "visite")
    for _ in range(2):
        with conn.transaction():
            conn.execute("set local motjuste.bypass = 'reprise'")
            conn.execute("insert into visite select n, %s from generate_series(1, 50) as n", [BAD])
            conn.execute("update visite set note = note || '!'")
    assert (
        conn.execute("select relation, rows, reason from motjuste.bypass").fetchall()
        == [("t.visite", None, "reprise")] * 2
    )


def test_a_correction_under_bypass_closes_the_findings(conn: Connection) -> None:
    attach(conn, "flag")
    conn.execute("insert into motjuste.bypass_role values ('postgres')")
    conn.execute("insert into client values (1, %s)", [BAD])
    with conn.transaction():
        conn.execute("set local motjuste.bypass = 'correction'")
        conn.execute("update client set note = 'Rien'")
    assert open_keys(conn) == []


# -- readers -----------------------------------------------------------------------------------------


def test_a_reader_reads_the_findings_and_nothing_else(conn: Connection) -> None:
    conn.execute("create table prive (id int primary key, note text)")
    attach(conn, "flag", author_column="agent")
    conn.execute("insert into client values (1, %s, 'zoe')", [BAD])
    conn.execute(
        "insert into motjuste.request (subjects, received, due) values ('[]', '2026-11-03', '2026-12-03')"
    )
    with role(conn, "dpo"):
        conn.execute("select motjuste.grant_reader('dpo')")
        conn.execute("select motjuste.grant_reader('dpo')")
        conn.execute("set role dpo")
        views = conn.execute(
            "select table_name from information_schema.views where table_schema = 'motjuste'"
        ).fetchall()
        assert len(views) >= 8
        for (view,) in views:
            rows = conn.execute(sql.SQL("select * from motjuste.{}").format(sql.Identifier(view))).fetchall()
            # of a table that was empty when it was attached nothing is unseen; nothing waits that is read at once
            assert rows or view in ("unseen", "waiting")
        for statement in (
            "select * from motjuste.secret", "select * from t.client", "select motjuste.digest('x')",
            "update motjuste.finding set status = 'dismissed'", "delete from motjuste.watch",
            "select motjuste.detach('t.client', 'note')", "select motjuste.grant_reader('dpo')",
            "insert into motjuste.bypass_role values ('dpo')", "select * from motjuste.request", "select * from motjuste.sample_note",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement.encode())
        conn.execute("reset role")
        conn.execute("select motjuste.revoke_reader('dpo')")
        conn.execute("set role dpo")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("select * from motjuste.open_findings")
        conn.execute("reset role")
        with pytest.raises(psycopg.Error, match="is no reader"):
            conn.execute("select motjuste.revoke_reader('dpo')")
    with pytest.raises(psycopg.errors.UndefinedObject):
        conn.execute("select motjuste.grant_reader('nobody at all')")


def test_who_can_read_a_column(conn: Connection) -> None:
    conn.execute("create table visite (id int, note text) partition by range (id)")
    conn.execute("create table visite_1 partition of visite for values from (0) to (10)")
    attach(conn, "flag")
    attach(conn, "flag", "visite")
    with (
        role(conn, "whole", "grant select on client to whole"),
        role(conn, "part", "grant select (note) on client to part"),
    ):
        conn.execute("grant select (id) on client to part; grant select on visite_1 to part")
        with (
            role(conn, "heir", "grant whole to heir; alter role heir login"),
            role(conn, "nought", "grant select (id) on client to nought"),
        ):
            rows = conn.execute("select relation, member, role, login, via from motjuste.reader").fetchall()
            conn.execute("grant select on client to public")
            everybody = conn.execute(
                "select role, via from motjuste.reader where relation = 't.client'"
            ).fetchall()
    assert {r for r in rows if r[2] != "postgres"} == {
        ("t.client", "t.client", "whole", False, "granted"),
        ("t.client", "t.client", "part", False, "granted"),
        ("t.client", "t.client", "heir", True, "member of whole"),
        ("t.visite", "t.visite_1", "part", False, "granted"),
    }
    assert ("t.client", "t.client", "postgres", True, "owner") in rows
    assert ("PUBLIC", "granted") in everybody and ("nought", "PUBLIC") in everybody


@pytest.mark.each_server
def test_everything_without_a_superuser(cluster: Cluster, pack: Pack) -> None:
    """As on a managed service: the role owns the database and its tables, and that is all."""
    rules = few(pack, "sante-alcool")
    name = cluster.create("C")
    with psycopg.connect(cluster.server.dsn(name), autocommit=True) as admin:
        admin.execute("drop role if exists boss; drop role if exists app")
        admin.execute("create role boss login; create role app login; create role dpo")
        admin.execute(f"alter database {name} owner to boss; revoke temp on database {name} from public")
        try:
            with psycopg.connect(cluster.server.dsn(name, "boss"), autocommit=True) as conn:
                install.install(conn, finder(rules))
                conn.execute("""
                    create schema t;
                    create table t.client (id int primary key, note text) partition by range (id);
                    create table t.client_1 partition of t.client for values from (0) to (1000);
                    create table t.plain (id int primary key, note text);
                    grant usage on schema t to app;
                    grant select, insert, update, delete on all tables in schema t to app;
                """)
                for mode in MODES:
                    attach(conn, mode, "t.client", always=True)
                    attach(conn, mode, "t.plain")
                    with psycopg.connect(cluster.server.dsn(name, "app"), autocommit=True) as app:
                        for table in ("t.client", "t.plain"):
                            if mode == "block":
                                with pytest.raises(psycopg.Error, match=REFUSED):
                                    app.execute(f"insert into {table} values (1, %s)", [BAD])
                            else:
                                app.execute(f"insert into {table} values (1, %s)", [BAD])
                                app.execute(f"update {table} set note = 'Rien'")
                                app.execute(f"delete from {table}")
                assert {s.state for s in states(conn)} == {"installed"} and failures(conn) == []
                conn.execute("alter table t.client rename column note to remarque")
                assert not install.install(conn, finder(rules))
                conn.execute("select motjuste.grant_reader('dpo')")
                assert {s.state for s in states(conn)} == {"installed"}
                install.uninstall(conn)
                assert conn.execute(
                    "select count(*) from pg_trigger where tgname ~ 'motjuste'"
                ).fetchone() == (0,)
        finally:
            admin.execute("drop owned by boss cascade; drop owned by app; drop owned by dpo")
            admin.execute(f"alter database {name} owner to postgres")
            admin.execute("drop role boss; drop role app; drop role dpo")
    cluster.drop(name)
