"""From findings to redacted notes on real PostgreSQL, through the commands that a user types."""

from __future__ import annotations

import stat
import subprocess
import threading
import time
import unicodedata
from collections.abc import Callable

import psycopg
import pytest

from conftest import Cluster
from flow import BAD, GOOD, Bench, Ran
from motjuste.cli import policy
from motjuste.db.connection import Connection
from motjuste.migration import decisions
from motjuste.notes import editing
from motjuste.review.writer import Writer

pytestmark = pytest.mark.few_rules

# -- exactness ---------------------------------------------------------------------------------------

LONG = "".join(
    f"Appel {i} 😀 : le client rappelle le {i % 28 + 1}, e\u0301cheance tenue.\r\n" for i in range(1000)
)


@pytest.mark.parametrize(
    "text",
    [
        "😀👩‍👩‍👧 Client alcoolique. Rappeler 🙂 lundi.",
        unicodedata.normalize("NFD", "Été réglé à l'échéance. Client alcoolique. Dossier complété."),
        "Ligne un.\r\nClient alcoolique.\r\n\r\nLigne quatre.\t\r\n",
        "العميل 😀. Client alcoolique. \u200fשלום.",
        pytest.param(LONG + "Client alcoolique. " + LONG, marks=pytest.mark.first_server),
        "L'agent dit : \"c''est $1 \\ ${x} @note@ % {0} <b>\". Client alcoolique. \\n E'\\x41'",
    ],
    ids=["emoji", "decomposed", "crlf", "right-to-left", "60kB", "punctuation"],
)
def test_edits_are_exact_to_the_code_point(bench: Bench, text: str) -> None:
    bench.conn.execute("create table client (id int primary key, note text)")
    bench.conn.execute("insert into client values (1, %s)", [text])
    writer = Writer(policy.matcher())
    bench.planned("public.client.note")
    assert bench.apply().code == 0
    (made,) = decisions.read(bench.decisions.read_bytes().decode(), "f")
    now = bench.one("select note from client")
    assert now == writer.text(text, made.verdicts) == editing.apply(text, made.edits)
    # all that no edit names is there, to the byte
    kept, at = [], 0
    for e in made.edits:
        kept.append(text[at : e.start])
        at = e.start + e.length
    kept.append(text[at:])
    assert isinstance(now, str)
    assert all(part in now for part in kept)
    assert bench.verify().code == 0


# -- every kind of key -------------------------------------------------------------------------------

TABLES = {
    "composite": ("create table t (a int, b text, note text, primary key (b, a))",
                  "insert into t values (1, 'é''\"', %(n)s), (1, E'x\\nbegin;\\ncommit;', %(n)s), (2, '', %(g)s)", "public.t.note"),
    "uuid": ("create table t (id uuid primary key default gen_random_uuid(), note text)",
             "insert into t (note) values (%(n)s), (%(n)s), (%(g)s)", "public.t.note"),
    "numeric": ("create table t (id numeric primary key, note text)",
                "insert into t values (12345678901234567890.1230, %(n)s), (12345678901234567890.1231, %(n)s), (1.5, %(g)s)", "public.t.note"),
    "moment": ("create table t (at timestamptz, day date, note text, primary key (at, day))",
               "insert into t values ('2026-03-29 02:30:00.000001+01', '2026-03-29', %(n)s), ('infinity', '-infinity', %(n)s)", "public.t.note"),
    "bytea": ("create table t (id bytea primary key, note text)",
              "insert into t values ('\\x00ff', %(n)s), ('\\x', %(n)s)", "public.t.note"),
    "no key": ("create table t (note text)", "insert into t values (%(n)s), (%(g)s), ('Client alcoolique, rappeler.')", "public.t.note"),
    "note in its key": ("create table t (id int, note text, primary key (id, note))",
                        "insert into t values (1, %(n)s), (2, %(n)s), (3, %(g)s)", "public.t.note"),
    "jsonb": ("create table t (id int primary key, doc jsonb)",
              "insert into t values (1, jsonb_build_object('it''s', %(n)s::text, 'z', 1)), (2, jsonb_build_object('it''s', %(n)s::text)), (3, '{}')",
              "public.t.doc->>it's"),
    "partitioned": ("create table t (day date, id int, note text, primary key (day, id)) partition by range (day);"
                    "create table t_1 partition of t for values from ('2026-01-01') to ('2026-02-01');"
                    "create table t_rest partition of t default",
                    "insert into t values ('2026-01-05', 1, %(n)s), ('2026-03-05', 1, %(n)s), ('2026-03-05', 2, %(g)s)", "public.t.note"),
    "hostile": ('create schema "a.b"; create table "a.b"."x""; drop table y; --@note@%% $$" '
                '("Bloc;Note" text, "k\'""@part@" text primary key, "e" int)',
                'insert into "a.b"."x""; drop table y; --@note@%% $$" values (%(n)s, \'@edit@\', 1), (%(n)s, \'b\', 2)',
                '"a.b"."x""; drop table y; --@note@% $$"."Bloc;Note"'),
    "line break": ('create table "x\nbegin;\n" (id int primary key, "n\n--" text)',
                   'insert into "x\nbegin;\n" values (1, %(n)s), (2, %(n)s)', 'public."x\nbegin;\n"."n\n--"'),
    "varchar": ("create domain short as varchar(40); create table t (id char(5) primary key, note short)",
                "insert into t values ('a', %(n)s), ('b', %(n)s)", "public.t.note"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_rows_are_addressed_by_any_key(bench: Bench, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create, insert, column = TABLES[kind]
    bench.conn.execute(create.replace("%%", "%").encode())
    bench.conn.execute(insert.encode(), {"n": BAD, "g": GOOD})
    bench.planned(column)
    assert bench.verify().code == 1
    # a session elsewhere writes the same moment in another way
    monkeypatch.setenv("PGTZ", "Asia/Kolkata")
    ran = bench.apply()
    assert ran.code == 0, ran.output
    assert bench.column("select distinct status from motjuste.finding") == ["redacted"]
    assert bench.verify().code == 0
    again = bench.apply()
    assert again.code == 0
    assert "already clean" in again.output
    assert "redacted" not in again.output
    monkeypatch.delenv("PGTZ")
    assert bench.run("scan", column).code == 0


@pytest.mark.parametrize("watched", [True, False])
def test_a_note_that_stands_in_several_rows_without_a_key(bench: Bench, watched: bool) -> None:
    bench.conn.execute("create table t (note text)")
    if watched:
        bench.conn.execute("select motjuste.attach('t', 'note', 'flag')")
    bench.conn.execute("insert into t values (%(n)s), (%(n)s), (%(g)s)", {"n": BAD, "g": "autre"})
    bench.planned("public.t.note")
    assert bench.apply().code == 0
    assert sorted(map(str, bench.column("select note from t"))) == [GOOD, GOOD, "autre"]


# -- what happens meanwhile --------------------------------------------------------------------------


def test_changed_and_deleted_rows_are_left_alone_and_named(client: Bench) -> None:
    client.planned("public.client.note")
    client.conn.execute("update client set note = 'Corrigé par ZORGLUB.' where id = 1")
    client.conn.execute("delete from client where id = 2")
    client.conn.execute("update client set other = 'y' where id = 3")
    ran = client.apply()
    assert ran.code == 1
    assert 'public.client.note {"id": 1}: changed since review' in ran.output
    assert 'public.client.note {"id": 2}: deleted' in ran.output
    assert "ZORGLUB" not in ran.output
    assert client.conn.execute("select * from client order by id").fetchall() == [
        (1, "Corrigé par ZORGLUB.", "x"), (3, GOOD, "y"), (4, GOOD, "x"),
    ]  # fmt: skip
    assert client.verify().code == 0


def in_thread(call: Callable[[], Ran]) -> tuple[threading.Thread, list[Ran]]:
    results: list[Ran] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    return thread, results


def wait_for(conn: Connection, condition: str) -> int:
    """The process id of our session once `condition` on pg_stat_activity holds."""
    for _ in range(200):
        row = conn.execute(
            b"select pid from pg_stat_activity where application_name like 'motjuste%' and pid <> pg_backend_pid() and "
            + condition.encode()
        ).fetchone()
        if row:
            return int(row[0])
        time.sleep(0.05)
    raise AssertionError(f"never saw {condition}")


def test_a_row_that_changes_while_we_wait_for_it_is_left_alone(client: Bench) -> None:
    client.planned("public.client.note")
    with psycopg.connect(client.dsn) as other:
        other.execute("update client set note = 'Un agent écrit en ce moment.' where id = 2")
        thread, results = in_thread(lambda: client.apply("--lock-timeout", "20s"))
        wait_for(client.conn, "wait_event_type = 'Lock'")
        other.commit()
        thread.join()
    assert results[0].code == 1
    assert 'public.client.note {"id": 2}: changed since review' in results[0].output
    assert client.column("select note from client order by id") == [
        GOOD,
        "Un agent écrit en ce moment.",
        GOOD,
        GOOD,
    ]


def test_a_lock_held_too_long_changes_nothing(client: Bench) -> None:
    client.planned("public.client.note")
    with psycopg.connect(client.dsn) as other:
        other.execute("update client set note = 'x' where id = 3")
        ran = client.apply("--lock-timeout", "100ms", "--retries", "1")
        other.rollback()
    assert ran.code == 2
    assert client.column("select note from client order by id") == [BAD, BAD, BAD, GOOD]


def test_killed_in_the_middle_all_is_as_it_was_and_a_new_run_completes(client: Bench) -> None:
    client.planned("public.client.note")
    client.conn.execute(
        b"create function slow() returns trigger language plpgsql as "
        b"$$ begin if new.id = 2 then perform pg_sleep(60); end if; return new; end $$;"
        b"create trigger slow before update on client for each row execute function slow()"
    )
    thread, results = in_thread(client.apply)
    pid = wait_for(client.conn, "wait_event = 'PgSleep'")
    client.conn.execute("select pg_terminate_backend(%s)", [pid])
    thread.join()
    assert results[0].code == 2
    assert client.column("select note from client order by id") == [BAD, BAD, BAD, GOOD]
    assert client.column("select distinct status from motjuste.finding") == ["accepted"]
    client.conn.execute("drop trigger slow on client")
    assert client.apply().code == 0
    assert client.column("select distinct note from client") == [GOOD]


def test_a_trigger_that_undoes_the_redaction_is_an_error(client: Bench) -> None:
    client.planned("public.client.note")
    client.conn.execute(
        b"create function keep() returns trigger language plpgsql as $$ begin return null; end $$;"
        b"create trigger keep before update on client for each row execute function keep()"
    )
    ran = client.apply()
    assert ran.code == 2
    assert "kept their note" in ran.output


@pytest.mark.parametrize("kind", ["plain", "partitioned", "heir"])
def test_a_trigger_that_writes_other_words_is_told_and_the_note_is_redacted(bench: Bench, kind: str) -> None:
    column = "id int primary key, note text"
    made = {
        "plain": f"create table client ({column})",
        "partitioned": f"create table client ({column}) partition by range (id);"
        "create table client_1 partition of client default",
        "heir": f"create table client ({column}); create table client_1 (primary key (id)) inherits (client)",
    }[kind]
    table = "client" if kind == "plain" else "client_1"
    bench.conn.execute(made.encode())
    bench.conn.execute(f"insert into {table} select i, '{BAD}' from generate_series(1, 3) as i".encode())
    bench.planned("public.client.note")
    bench.conn.execute(
        f"""
        create function sign() returns trigger language plpgsql as $$ begin new.note := new.note || ' Vu.'; return new; end $$;
        create trigger sign before update on {table} for each row execute function sign()
    """.encode()
    )
    ran = bench.apply()
    assert ran.code == 1 and "redacted, but a trigger changed the words" in ran.output
    assert bench.column("select distinct note from client") == [f"{GOOD} Vu."]
    assert bench.verify().code == 0
    assert bench.column("select distinct status from motjuste.finding") == ["redacted"]


def test_rows_hidden_by_row_level_security_are_an_error(client: Bench) -> None:
    client.planned("public.client.note")
    client.conn.execute(
        b"create role clerk_of_redaction login; grant all on client to clerk_of_redaction;"
        b"grant usage on schema motjuste to clerk_of_redaction; grant all on all tables in schema motjuste to clerk_of_redaction;"
        b"alter table client enable row level security; create policy first_row on client using (id = 1)"
    )
    ran = client.run(
        "migrate", "apply", str(client.plan_folder), "--yes", "--dsn", f"{client.dsn} user=clerk_of_redaction"
    )
    client.conn.execute("drop owned by clerk_of_redaction; drop role clerk_of_redaction")
    assert ran.code == 2
    assert "row-level security" in ran.output
    assert client.column("select note from client order by id") == [BAD, BAD, BAD, GOOD]


def test_a_column_that_is_gone_names_the_line(client: Bench) -> None:
    client.run("scan", "public.client.note")
    client.review("--accept-all")
    client.conn.execute("alter table client rename column note to remarque")
    assert "decisions of the database:1: no column public.client.note in this" in client.plan().output
    assert not client.plan_folder.exists()


# -- files and safety --------------------------------------------------------------------------------


def test_no_text_of_a_note_in_any_file_or_output(client: Bench) -> None:
    marker = "ZORGLUB"
    text = f"{marker} rappelle. Client alcoolique {marker}, voir {marker}. Signé {marker}."
    client.conn.execute("update client set note = %s where id < 3", [text])
    client.run("scan", "public.client.note")
    outputs = [client.review("--accept-all"), client.plan(), client.verify(), client.apply("--dry-run")]
    client.conn.execute("update client set note = 'Autre ZORGLUB.' where id = 2")
    outputs += [client.apply(), client.apply(), client.verify()]
    assert marker in str(client.one("select note from client where id = 1"))
    files = [p for p in client.folder.rglob("*") if p.is_file()]
    assert {p.name for p in files} == {"decisions.jsonl", "deploy.sql", "verify.sql", "revert.sql"}
    for path in files:
        assert marker not in path.read_text()
        assert "alcoolique" not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for ran in outputs:
        assert marker not in ran.output
        assert "alcoolique" not in ran.output


def test_an_error_in_the_middle_quotes_no_note(client: Bench, cluster: Cluster) -> None:
    client.planned("public.client.note")
    client.conn.execute("alter table client add constraint short check (length(note) > 20) not valid")
    log = cluster.server.folder / "log"
    start = log.stat().st_size
    ran = client.apply()
    assert ran.code == 2
    for said in (ran.output, log.read_bytes()[start:].decode()):
        assert "violates check constraint" in said
        assert "alcoolique" not in said
        assert "Rappeler" not in said


def test_what_is_lost_is_said_before_it_is(client: Bench) -> None:
    lost = "no escrow: what these notes said cannot be restored (motjuste migrate plan --escrow ...)"
    client.conn.execute("update client set note = 'Client alcoolique.' where id = 2")
    assert client.run("scan", "public.client.note").code == 1
    assert "3 note(s) changeront, dont 1 ne garderont rien" in client.review("--accept-all").output
    said = client.plan().output
    assert lost in said and "3 note(s), 1 of them emptied; next: motjuste migrate apply" in said
    apply = ["migrate", "apply", str(client.plan_folder)]
    for options, keys in ((["--dry-run"], ""), ([], "another\n")):
        said = client.run(*apply, *options, keys=keys).output
        assert lost in said and "3 note(s) planned, 1 of them emptied" in said
    assert lost not in client.apply().output  # who says --yes read it
    assert client.column("select note from client order by id") == [GOOD, "", GOOD, GOOD]


def test_same_decisions_same_bytes_and_no_plan_is_overwritten(client: Bench) -> None:
    client.planned("public.client.note")
    first = {p.name: p.read_bytes() for p in client.plan_folder.iterdir()}
    assert client.plan().code == 0
    assert {p.name: p.read_bytes() for p in client.plan_folder.iterdir()} == first
    header = first["deploy.sql"].decode()
    assert "-- nettoyage: redaction of 3 note(s)" in header
    assert "public.client.note: 3 note(s): sante 3" in header
    assert "Reviewed by: postgres" in header
    # as two files put together by hand: out of order
    lines = client.decisions.read_text().splitlines(keepends=True)
    client.decisions.write_text("".join(reversed(lines)))
    assert client.plan(client.decisions).code == 0
    assert {p.name: p.read_bytes() for p in client.plan_folder.iterdir()} == first
    client.decisions.write_text("".join([*lines[1:], lines[0], lines[1]]))
    assert (
        "decisions.jsonl:4: a second decision for the note of line 1" in client.plan(client.decisions).output
    )
    client.decisions.write_text("".join(lines[1:]))
    assert "another plan" in client.plan(client.decisions).output


def test_dry_run_max_rows_and_the_name_of_the_database(client: Bench) -> None:
    client.planned("public.client.note")
    ran = client.apply("--dry-run")
    assert ran.code == 0
    assert "redacted" in ran.output
    assert client.apply("--max-rows", "2").code == 2
    assert client.run("migrate", "apply", str(client.plan_folder), keys="autre\n").code == 2
    assert client.column("select note from client order by id") == [BAD, BAD, BAD, GOOD]
    name = str(client.one("select current_database()"))
    assert client.run("migrate", "apply", str(client.plan_folder), keys=f"{name}\n").code == 0


def test_bad_input_of_plan_and_apply(client: Bench) -> None:
    assert "decisions of the database: no decision changes a note" in client.plan().output
    assert "no such file" in client.plan(client.decisions).output
    client.decisions.write_text("")
    assert client.plan(client.decisions).code == 2
    client.decisions.write_bytes(b"\n\xff")
    assert "decisions.jsonl:2: not UTF-8" in client.plan(client.decisions).output
    client.decisions.unlink()
    client.planned("public.client.note")
    (client.plan_folder / "deploy.sql").write_text("drop table client;")
    assert "not a file written by" in client.apply().output
    other = client.folder / "other"
    client.conn.execute("alter table client rename column id to number")
    again = client.run("migrate", "plan", str(client.decisions), "--output", str(other))
    assert "the key changed" in again.output or "primary key of public.client is (number)" in again.output
    client.conn.execute("drop table client")
    assert client.run("migrate", "plan", str(client.decisions), "--output", str(other)).code == 2
    assert not other.exists()


def test_psql_runs_the_file_where_motjuste_is_not_installed(client: Bench, cluster: Cluster) -> None:
    client.planned("public.client.note")
    key = client.one("select encode(key, 'hex') from motjuste.secret")
    client.conn.execute("drop schema motjuste cascade")
    psql = cluster.server.bin_dir / "psql"

    def run(file: str, options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [psql, "-X", "-d", client.dsn, "-f", client.plan_folder / file],
            env={"PGOPTIONS": options, "LC_ALL": "C"}, capture_output=True, text=True,
        )  # fmt: skip

    without = run("deploy.sql", "")
    assert without.returncode == 3
    assert "the key of the digests is not known here" in without.stderr
    options = f"-c motjuste.key={key}"
    assert run("verify.sql", options).returncode == 3
    client.conn.execute("delete from client where id = 2")
    done = run("deploy.sql", options)
    assert done.returncode == 0, done.stderr
    assert 'public.client.note {"id": 2}: deleted' in done.stderr
    assert "public.client.note: 2 redacted" in done.stderr
    assert run("verify.sql", options).returncode == 0
    assert run("revert.sql", options).returncode == 0
    assert client.column("select distinct note from client") == [GOOD]


def test_no_setting_of_a_session_changes_the_outcome(client: Bench) -> None:
    """Of roles and databases made for an older application; and keys that are lists and rows, of a type in no search path."""
    client.conn.execute("""
        create schema autre; create type autre.paire as (a int, b text);
        create table cles (k text[], p autre.paire, note text, primary key (k, p));
        insert into cles select array[id::text, 'b,"c', null], row(id, 'x, "y"')::autre.paire, note from client
    """)
    settings = {"datestyle": "German", "standard_conforming_strings": "off", "quote_all_identifiers": "on",
                "bytea_output": "escape", "search_path": "autre", "timezone": "Asia/Tokyo"}  # fmt: skip
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    old = Bench(f"{client.dsn} options='{options}'", client.folder, client.conn)
    old.planned("public.client.note", "public.cles.note")
    assert old.apply().code == 0 and old.verify().code == 0
    assert (
        client.column("select distinct note from cles")
        == [GOOD]
        == client.column("select distinct note from client")
    )
    assert client.column("select distinct relation || ' ' || status from motjuste.finding order by 1") == [
        "public.cles redacted", "public.client redacted",
    ]  # fmt: skip
