"""The kernel inside PostgreSQL: the same findings as Python's and SQL's, in every mode, and what becomes of a server that loses it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from conftest import _within, small_matcher
from extended import Extended, buildable, built, command, extended
from flow import Bench
from managed import RULES
from motjuste import assets
from motjuste.db import connection, extension, install, states, watching
from motjuste.db.connection import Connection
from motjuste.engine.matcher import Matcher
from motjuste.scanning.scan import Place
from test_corpus import answers, spread
from test_parity import NOTE

SERVERS = buildable()
BAD, WATCHED, GOOD = "Client alcoolique, à rappeler.", "Ébloui : il est en cure.", "Rappeler lundi."
_numbers = count(1)


@pytest.fixture(scope="module", params=list(SERVERS) or ["none"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Extended]:
    """A server with the extension. Without what builds it the tests fail in CI, and are left out elsewhere."""
    if not SERVERS:
        if os.environ.get("CI"):
            pytest.fail("nothing to build the extension with: a C compiler, make, the extra `embedded`")
        pytest.skip("nothing to build the extension with on this machine; CI has it")
    base = tmp_path_factory.getbasetemp()
    made = built(
        SERVERS[request.param],
        (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"extension-{request.param}",
    )
    with tempfile.TemporaryDirectory(prefix="motjuste-extension-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with extended(SERVERS[request.param], made, folder, _within()) as found:
            yield found


@pytest.fixture(scope="module")
def small() -> Matcher:
    return small_matcher(RULES, rewritten=False)


def made(house: Extended, template: str = "template0") -> str:
    """The DSN of a new database: empty, or a copy."""
    name = f"extended_{next(_numbers)}"
    with psycopg.connect(house.server.dsn(), autocommit=True) as conn:
        query = sql.SQL("create database {} template {} locale 'C' strategy file_copy")
        conn.execute(query.format(sql.Identifier(name), sql.Identifier(template)))
    return house.server.dsn(name)


_templates: dict[tuple[Path, str, bool], str] = {}  # of a server, by the rules, with the kernel or not


def ready(house: Extended, matcher: Matcher, *, kernel: bool = True) -> str:
    """The DSN of a database with the extension, where wanted, and motjuste; installed once, then copied."""
    key = (house.server.folder, matcher.pack.digest, kernel)
    if key not in _templates:
        dsn = made(house)
        with connection.connect(dsn) as conn:
            if kernel:
                conn.execute("create extension motjuste_kernel")
            install.install(conn, matcher)
        _templates[key] = str(conninfo_to_dict(dsn)["dbname"])
    return made(house, _templates[key])


@pytest.fixture
def dsn(house: Extended, small: Matcher) -> str:
    return ready(house, small)


@pytest.fixture
def conn(dsn: str) -> Iterator[Connection]:
    with connection.connect(dsn) as found:
        yield found


@pytest.fixture(scope="module")
def full(house: Extended) -> Iterator[Connection]:
    """A database with all rules."""
    with connection.connect(ready(house, assets.matcher())) as found:
        yield found


def watch(conn: Connection, table: str, mode: str, *, partitioned: bool = False, key: bool = True) -> None:
    """A watched table of notes."""
    columns = f"id int {'primary key' if key else ''}, note text"
    if partitioned:
        conn.execute(f"create table public.{table} ({columns}) partition by range (id)".encode())
        conn.execute(f"create table public.{table}_1 partition of public.{table} default".encode())
    else:
        conn.execute(f"create table public.{table} ({columns})".encode())
    watching.attach(conn, Place(f"public.{table}", "note"), mode)


def executors(conn: Connection) -> set[str]:
    return {s.executor for s in states.states(conn)}


def findings(conn: Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        "select row_key ->> 'id', rule_id, category, level, start, length, status from motjuste.finding order by 1, 5, 2"
    ).fetchall()


def test_build_says_what_goes_where_before_and_after(tmp_path: Path) -> None:
    config = str(next(iter(SERVERS.values())) / "pg_config")
    place = ("--pg-config", config, "--output", str(tmp_path / "out"))
    told = command("files", *place)
    assert told.returncode == 1 and told.stdout.count(": missing") == 3
    dry = command("build", *place, "--dry-run")
    assert dry.returncode == 0 and dry.stdout.count("would be written: ") == 3
    assert not (tmp_path / "out").exists()
    done = command("build", *place)
    assert done.returncode == 0 and "create extension motjuste_kernel" in done.stderr
    written = {p.name for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert written == {"motjuste_kernel.so", "motjuste_kernel.control", "motjuste_kernel--1.sql"}
    told = command("files", *place)
    assert told.returncode == 0 and told.stdout.count(": there") == 3
    (tmp_path / "out/share/extension/motjuste_kernel--1.sql").write_text("")
    told = command("files", *place)
    assert told.returncode == 1 and "of another version" in told.stdout


def test_no_pg_config_is_said_with_a_way_out(tmp_path: Path) -> None:
    done = command("build", "--pg-config", str(tmp_path / "none"))
    assert done.returncode == 2
    told = " ".join(done.stderr.split())  # the path may be long: a message is as wide as the terminal
    assert "cannot be run" in told and "help: " in told and "Traceback" not in told


@pytest.mark.corpus
def test_the_same_findings_as_python(full: Connection) -> None:
    """On labelled notes: rule, category, level and place of each."""
    notes = spread([(labelled.text, found) for labelled, found in answers("check")], 1500)
    rows = full.execute("select * from motjuste_kernel.found(%s::text[])", [[t for t, _ in notes]]).fetchall()
    expected = [
        (n, m.rule, m.category, m.level, m.start, m.length)
        for n, (_, found) in enumerate(notes, 1)
        for m in found
    ]
    assert sorted(rows) == sorted(expected) and expected
    assert full.execute("select motjuste.executor()").fetchone() == ("kernel",)


@settings(max_examples=60)
@given(note=NOTE)
def test_the_same_findings_as_python_on_any_text(full: Connection, note: str) -> None:
    rows = full.execute(
        "select rule_id, start, length, motjuste_kernel.clean(%(note)s) from motjuste_kernel.found(array[%(note)s])",
        {"note": note},
    ).fetchall()
    assert [(r, s, n) for r, s, n, _ in rows] == [
        (m.rule, m.start, m.length) for m in assets.matcher().find(note)
    ]
    assert not any(clean for *_, clean in rows)


def test_backends_share_one_copy_of_the_program(full: Connection) -> None:
    """What a connection has of its own stays under ten megabytes."""
    with connection.connect(full.info.dsn) as other:
        other.execute("select motjuste.check(%s)", [BAD])
        [(size,)] = other.execute(
            "select sum(total_bytes) from pg_backend_memory_contexts where name like 'motjuste%'"
        ).fetchall()
        assert 0 < size < 10 << 20


@pytest.mark.parametrize("partitioned", [False, True], ids=["statement", "row"])
@pytest.mark.parametrize("mode", ["flag", "warn", "block", "mask"])
def test_each_mode_does_what_it_does_in_sql(
    house: Extended, small: Matcher, mode: str, partitioned: bool
) -> None:
    """Two databases, the same writes: the same findings, notes and messages."""
    seen = []
    for kernel in (True, False):
        with connection.connect(ready(house, small, kernel=kernel)) as conn:
            watch(conn, "t", mode, partitioned=partitioned)
            assert executors(conn) == {"kernel" if kernel else "sql"}
            told: list[object] = []
            conn.add_notice_handler(
                lambda d, told=told: told.append((d.sqlstate, d.message_primary, d.message_detail))
            )
            for query, values in (
                ("insert into public.t values (1, %s), (2, %s), (3, null)", [GOOD, GOOD]),
                ("insert into public.t values (4, %s), (5, %s), (6, %s)", [GOOD, WATCHED, BAD]),
                ("insert into public.t values (7, %s)", [WATCHED]),
                ("update public.t set note = %s where id = 1", [BAD]),
                ("update public.t set note = %s where id = 1", [GOOD]),
                ("update public.t set id = 20, note = %s where id = 2", [WATCHED]),
                ("insert into public.t values (8, %s)", ["x" * (2 << 20)]),
                ("delete from public.t where id = 6", []),
            ):
                try:
                    with conn.transaction():
                        conn.execute(query.encode(), values)
                except psycopg.Error as exc:
                    told.append((exc.sqlstate, exc.diag.message_primary, exc.diag.message_detail))
            notes = conn.execute("select id, md5(note) from public.t order by id").fetchall()
            failed = conn.execute("select row_key, sqlstate from motjuste.failure order by id").fetchall()
            seen.append((told, notes, failed, findings(conn)))
    assert seen[0] == seen[1]
    assert seen[0][3] or seen[0][0]


def test_rows_without_a_key_are_told_by_their_line(full: Connection) -> None:
    with full.transaction(force_rollback=True):
        watch(full, "keyless", "block", key=False)
        with pytest.raises(psycopg.Error) as refused, full.transaction():
            full.execute(
                "insert into public.keyless values (1, %s), (2, null), (3, %s)", [GOOD, "Client alcoolique."]
            )
        assert refused.value.sqlstate == "MJ001" and "3" in (refused.value.diag.message_detail or "")


@pytest.mark.parametrize("mode", ["flag", "block"])
def test_a_server_without_the_extension_goes_on_in_sql(
    dsn: str, conn: Connection, small: Matcher, mode: str
) -> None:
    watch(conn, "t", mode)
    watch(conn, "p", mode, partitioned=True)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("insert into public.t values (1, 'Rappeler.')")  # its plans are made with the kernel
        conn.execute("drop extension motjuste_kernel")
        # what takes its name now is not called, nor planned
        conn.execute(
            "create schema motjuste_kernel; create function motjuste_kernel.clean(text) returns boolean language sql immutable"
            " as 'select pg_catalog.set_config(''motjuste.trap'', ''sprung'', false) is not null'"
        )
        for table in ("t", "p"):
            insert = f"insert into public.{table} values (2, %s), (3, %s)".encode()
            if mode == "block":
                with pytest.raises(psycopg.Error) as refused:
                    other.execute(insert, [GOOD, BAD])
                assert refused.value.sqlstate == "MJ001"
            else:
                other.execute(insert, [GOOD, BAD])
        assert other.execute("select current_setting('motjuste.trap', true)").fetchone() in [(None,), ("",)]
    assert [f[:2] for f in findings(conn)] == ([] if mode == "block" else [("3", "sante-alcool")] * 2)
    assert conn.execute("select count(*) from motjuste.failure").fetchone() == (0,)
    assert executors(conn) == {"sql"} and {s.state for s in states.states(conn)} == {"outdated"}
    conn.execute("drop schema motjuste_kernel cascade")
    assert install.install(conn, small)
    assert {s.state for s in states.states(conn)} == {"installed"}
    assert conn.execute("select count(*) from motjuste.program").fetchone() == (0,)
    conn.execute("create extension motjuste_kernel")
    assert install.install(conn, small) and executors(conn) == {"kernel"}


@pytest.mark.parametrize("partitioned", [False, True])
def test_of_a_note_without_findings_nothing_is_done_but_to_read_it(
    conn: Connection, partitioned: bool
) -> None:
    watch(conn, "t", "block", partitioned=partitioned)
    calls = "select funcname from pg_stat_xact_user_functions where schemaname like 'motjuste%' and funcname not like 'motjuste%'"
    with conn.transaction():
        conn.execute("set local track_functions = 'all'")
        conn.execute("insert into public.t values (1, %s), (2, null)", [GOOD])
        conn.execute("update public.t set note = null where id = 1")
        assert {name for (name,) in conn.execute(calls).fetchall()} == {"clean", "close_findings"}


def test_in_a_restored_database_the_number_of_the_kernel_is_no_proof(dsn: str, conn: Connection) -> None:
    """Who makes objects there can wait for the number that the triggers hold."""
    for table, partitioned in (("t", False), ("p", True)):
        watch(conn, table, "flag", partitioned=partitioned)
    number = conn.execute("select 'motjuste_kernel.clean'::regproc::oid").fetchone()
    conn.execute("drop extension motjuste_kernel")
    conn.execute(
        "create schema motjuste_kernel; create function motjuste_kernel.clean(text) returns boolean language plpgsql as"
        " $$ begin perform set_config('motjuste.trap', 'sprung', false); return true; end $$"
    )
    conn.execute("update pg_proc set oid = %s where oid = 'motjuste_kernel.clean'::regproc", number)
    with psycopg.connect(dsn, autocommit=True) as other:
        for table in ("t", "p"):
            other.execute(f"insert into public.{table} values (1, %s)".encode(), [BAD])
        assert other.execute("select current_setting('motjuste.trap', true)").fetchone() in [(None,), ("",)]
    assert [f[:2] for f in findings(conn)] == [("1", "sante-alcool")] * 2


def test_a_server_without_the_library_goes_on_in_sql(house: Extended, dsn: str, conn: Connection) -> None:
    watch(conn, "t", "flag")
    away = house.library.with_suffix(".away")
    shutil.move(house.library, away)
    try:
        with connection.connect(dsn) as other:  # this one never loaded it
            other.execute("insert into public.t values (1, %s), (2, %s)", [BAD, GOOD])
            assert other.execute("select motjuste.check(%s)", [BAD]).fetchone()
            assert executors(other) == {"sql"}
            assert "cannot be used" in extension.available(other).why
    finally:
        shutil.move(away, house.library)
    assert [f[:2] for f in findings(conn)] == [("1", "sante-alcool")]
    assert conn.execute("select count(*) from motjuste.failure").fetchone() == (0,)


def test_a_program_of_another_format_is_left_to_sql(conn: Connection, small: Matcher) -> None:
    watch(conn, "t", "block")
    conn.execute("update motjuste.kernel set format = format + 1, digest = sha256('other')")
    conn.execute("insert into public.t values (1, %s)", [GOOD])
    with pytest.raises(psycopg.Error) as refused:
        conn.execute("insert into public.t values (2, %s)", [BAD])
    assert refused.value.sqlstate == "MJ001" and executors(conn) == {"sql"}
    assert install.install(conn, small) and executors(conn) == {"kernel"}


@pytest.mark.parametrize(
    "deed",
    [
        "delete from motjuste.program",
        "update motjuste.program set content = substr(content, 1, 1000)",
        "update motjuste.program set content = overlay(content placing '\\xffff'::bytea from length(content) / 2)",
        "update motjuste.program set at = at + 8",
        "update motjuste.kernel set settings_size = settings_size + 8",
        "update motjuste.kernel set program_size = 2000000000",
    ],
)
def test_a_damaged_program_is_an_error_and_is_told(conn: Connection, small: Matcher, deed: str) -> None:
    """`block` refuses, `flag` stores the note and a line in motjuste.failure; `install` puts it right."""
    watch(conn, "flagged", "flag")
    watch(conn, "blocked", "block")
    conn.execute("update motjuste.kernel set digest = sha256('other')")
    conn.execute(deed.encode())
    conn.execute("insert into public.flagged values (1, %s)", [BAD])
    failed = conn.execute("select row_key, sqlstate from motjuste.failure").fetchall()
    assert failed in [[({"id": 1}, "MJ005")], [({"id": 1}, "53200")]]
    with pytest.raises(psycopg.Error) as refused:
        conn.execute("insert into public.blocked values (1, %s)", [GOOD])
    assert refused.value.sqlstate == failed[0][1]
    assert any(f.label == "content of table motjuste.program" for f in states.account(conn, small).faults)
    assert install.install(conn, small)
    assert not states.account(conn, small).faults
    with pytest.raises(psycopg.Error) as refused:
        conn.execute("insert into public.blocked values (1, %s)", [BAD])
    assert refused.value.sqlstate == "MJ001"


def test_a_running_backend_sees_other_rules(dsn: str, conn: Connection) -> None:
    watch(conn, "t", "block")
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("insert into public.t values (1, 'Une limace.')")
        rule = RULES.split("[[rule]]")[1].replace("alcoolique", "limace")
        assert install.push(conn, small_matcher("[[rule]]" + rule, rewritten=False))
        with pytest.raises(psycopg.Error) as refused:
            other.execute("insert into public.t values (2, 'Une limace.')")
        assert refused.value.sqlstate == "MJ001"


def test_what_a_transaction_takes_back_is_forgotten(conn: Connection) -> None:
    """The kernel keeps what the tables said by a snapshot: not beyond the end of what wrote them."""

    def is_clean() -> object:
        [(told,)] = conn.execute("select motjuste_kernel.clean('Une limace.')").fetchall()
        return told

    for table in ("kernel", "program"):
        conn.execute(f"create temp table before_{table} as table motjuste.{table}".encode())
    rule = RULES.split("[[rule]]")[1].replace("alcoolique", "limace")
    assert install.push(conn, small_matcher("[[rule]]" + rule, rewritten=False))
    with conn.transaction():
        assert is_clean() is False
        with conn.transaction(force_rollback=True):
            for table in ("kernel", "program"):
                conn.execute(f"delete from motjuste.{table}".encode())
                conn.execute(f"insert into motjuste.{table} table before_{table}".encode())
            assert is_clean() is True
        assert is_clean() is False
    assert is_clean() is False


def test_a_long_note_can_be_interrupted_and_takes_no_memory_along(full: Connection) -> None:
    text = (
        "select count(*) from motjuste_kernel.found(array[repeat('Client alcoolique. Rappeler lundi. ', %s)])"
    )
    with full.transaction(force_rollback=True):
        full.execute("set local statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled), full.transaction():
            full.execute(text, [4_000_000])
    assert full.execute(text, [100]).fetchone() == (100,)
    assert full.execute("select motjuste_kernel.clean(repeat('Rappeler lundi. ', 700000))").fetchone() == (
        True,
    )
    [(size,)] = full.execute(
        "select sum(total_bytes) from pg_backend_memory_contexts where name like 'motjuste%'"
    ).fetchall()
    assert size < 10 << 20


def test_the_functions_give_nobody_a_right(house: Extended, dsn: str, conn: Connection) -> None:
    """Who may not read the tables of motjuste gets no answer; triggers answer all the same."""
    watch(conn, "t", "block")
    conn.execute(
        "drop role if exists k_app; create role k_app login; grant insert on public.t to k_app; grant usage on schema public to k_app"
    )
    with psycopg.connect(dsn, user="k_app", autocommit=True) as app:
        for call in ("clean('x')", "found(array['x'])"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(f"select motjuste_kernel.{call}".encode())
        app.execute("insert into public.t values (1, %s)", [GOOD])
        with pytest.raises(psycopg.Error) as refused:
            app.execute("insert into public.t values (2, %s)", [BAD])
        assert refused.value.sqlstate == "MJ001"
    conn.execute("drop owned by k_app; drop role k_app")


def test_a_schema_of_somebody_else_is_not_filled(house: Extended) -> None:
    with psycopg.connect(made(house), autocommit=True) as conn:
        conn.execute("create schema motjuste_kernel")
        with pytest.raises(psycopg.errors.DuplicateSchema):
            conn.execute("create extension motjuste_kernel")


def test_an_owner_without_superuser_uses_it(house: Extended, small: Matcher) -> None:
    dsn = made(house)
    with psycopg.connect(dsn, autocommit=True) as above:
        above.execute("create role k_dba login")
        above.execute("create extension motjuste_kernel")
        above.execute(
            "do $$ begin execute format('alter database %I owner to k_dba', current_database()); end $$"
        )
    with connection.connect(f"{dsn} user=k_dba") as conn:
        install.install(conn, small)
        conn.execute("create schema crm; create table crm.t (id int primary key, note text)")
        watching.attach(conn, Place("crm.t", "note"), "flag")
        conn.execute("insert into crm.t values (1, %s)", [BAD])
        assert executors(conn) == {"kernel"} and len(findings(conn)) == 1


def test_install_and_status_say_which_executor(
    house: Extended, small: Matcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = made(house)
    monkeypatch.chdir(tmp_path)
    Path("motjuste.toml").write_text('[[watch]]\nrelation = "public.t"\ncolumn = "note"\n')
    monkeypatch.setattr("motjuste.cli.policy.matcher", lambda settings: small)
    with connection.connect(dsn) as conn:
        conn.execute("create table public.t (id int primary key, note text)")
        bench = Bench(dsn, tmp_path, conn)
        assert (
            "executor: sql (the extension motjuste_kernel is not in this database)"
            in bench.run("install").output
        )
        assert "motjuste_kernel" not in bench.run("status").output
        conn.execute("create extension motjuste_kernel")
        told = bench.run("status")
        assert "the extension motjuste_kernel is there: motjuste install" in told.output
        assert "executor: kernel" in bench.run("install").output
        assert [row["executor"] for row in json.loads(bench.run("status", "--format", "json").output)] == [
            "kernel"
        ]
        assert bench.run("status").code == 0
