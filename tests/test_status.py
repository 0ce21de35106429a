"""`motjuste status`, `attach`, `grant`, `install`, `rules push` as a DBA uses them: what they print, their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from click.testing import CliRunner

from flow import Bench
from motjuste.cli.main import motjuste
from motjuste.db.connection import Connection
from motjuste.errors import MotjusteError
from watched import BAD, attach, workshop

Run = Callable[..., "Ran"]
pytestmark = pytest.mark.few_rules


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute("""
            create table client (id int primary key, note text);
            create table visite (id int, note text) partition by range (id);
            create table visite_1 partition of visite for values from (0) to (10);
        """)
        yield conn


class Ran(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


@pytest.fixture
def run(shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0, dsn: str = shared) -> Ran:
        """Run a command; an error of ours is shown and counts as exit code 2, as in cli.main.run."""
        done = CliRunner().invoke(motjuste, list(arguments), env={"MOTJUSTE_DSN": dsn})
        stderr, exit_code = done.stderr, done.exit_code
        if isinstance(done.exception, MotjusteError):
            stderr, exit_code = f"{stderr}{done.exception.message}\nhelp: {done.exception.hint}", 2
        elif done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert exit_code == code, done.stdout + stderr
        return Ran(done.stdout, stderr)

    return run


def seen(run: Run, code: int) -> dict[str, dict[str, Any]]:
    """What `status --format json` says, by column."""
    rows = json.loads(run("status", "--format", "json", code=code).stdout)
    return {row["column"]: row for row in rows}


def test_all_is_well(conn: Connection, run: Run) -> None:
    attach(conn, "block")
    attach(conn, "flag", "visite", always=True)
    conn.execute("insert into visite values (1, %s)", [BAD])
    found = seen(run, 0)
    assert found["t.client.note"] | {"readers": []} == {
        "column": "t.client.note", "mode": "block", "state": "installed", "parts": [], "executor": "sql",
        "rules_current": True, "deferred": False, "waiting": 0, "oldest_seconds": 0.0,
        "fires_for_replica": False, "open_findings": 0, "accepted_findings": 0, "scanned_at": None, "rows_read": None, "not_checked": 0,
        "readers": [],
    }  # fmt: skip
    assert found["t.visite.note"]["fires_for_replica"] and found["t.visite.note"]["open_findings"] == 1
    assert found["t.client.note"]["readers"] == [
        {"role": "postgres", "login": True, "via": "owner", "member": "t.client"}
    ]
    text = run("status", "--readers")
    assert "may log in" in text.stdout and "owner" in text.stdout
    blind = text.stdout.splitlines()[-1]
    assert blind.startswith("not seen where session_replication_role is replica")
    assert "t.client.note" in blind and "t.visite" not in blind
    assert text.stderr == "1 open finding(s): motjuste review, or motjuste serve\n"


@pytest.mark.parametrize(
    ("deed", "state", "part"),
    [
        ("alter table visite disable trigger motjuste_{1}_insert", "disabled", "insert on t.visite,"),
        ("alter table visite_1 disable trigger motjuste_{1}_update", "disabled", "update on t.visite_1"),
        ("alter table client disable trigger all", "disabled", "truncate on t.client"),
        ("alter table client enable replica trigger motjuste_{0}_insert", "disabled", "insert on t.client"),
        ("drop trigger motjuste_{0}_delete on client", "missing", "delete on t.client"),
        ("drop function motjuste.motjuste_{0}_insert() cascade", "missing", "insert on t.client"),
        ("alter function motjuste.motjuste_{0}_insert() security invoker", "altered", "insert on t.client"),
        ("alter function motjuste.motjuste_{0}_insert() reset search_path", "outdated", "insert on t.client"),
        (
            "create or replace function motjuste.motjuste_{0}_insert() returns trigger language plpgsql as 'begin return null; end'",
            "altered", "insert on t.client",
        ),
        (
            "drop trigger motjuste_{0}_insert on client; create trigger motjuste_{0}_insert after delete on client"
            " for each row execute function motjuste.motjuste_{0}_insert()",
            "altered", "insert on t.client",
        ),
        (
            "drop trigger motjuste_{0}_update on client; create trigger motjuste_{0}_update after update on client"
            " for each row when (false) execute function motjuste.motjuste_{0}_update()",
            "altered", "update on t.client",
        ),
        (
            "drop trigger motjuste_{0}_update on client; create trigger motjuste_{0}_update after update of id on client"
            " for each row execute function motjuste.motjuste_{0}_update()",
            "altered", "update on t.client",
        ),
        (
            "drop trigger motjuste_{1}_insert on visite; create constraint trigger motjuste_{1}_insert after insert on visite"
            " deferrable initially deferred for each row execute function motjuste.motjuste_{1}_insert()",
            "altered", "insert on t.visite",
        ),
        (  # what writes would then be read out of a temporary table of this name, as the owner of the schema
            "drop trigger motjuste_{0}_insert on client; create trigger motjuste_{0}_insert after insert on client"
            " for each statement execute function motjuste.motjuste_{0}_insert()",
            "altered", "insert on t.client",
        ),
        ("create table nord () inherits (client)", "partition not covered", "insert on t.nord"),
        ("alter table client rename column note to remarque", "outdated", "insert on t.client"),
        ("alter table client drop column note", "column gone", "insert on t.client"),
        ("drop table client", "table gone", "insert on t.client"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be(conn: Connection, run: Run, deed: str, state: str, part: str) -> None:
    attach(conn, "flag")
    attach(conn, "flag", "visite")
    ids = [row[0] for row in conn.execute("select id from motjuste.watch order by id").fetchall()]
    conn.execute(deed.format(*ids).encode())
    done = run("status", code=1)
    assert state in done.stdout
    assert f": {state}: " in done.stderr and part.rstrip(",") in done.stderr
    if state not in ("column gone",):
        conn.execute("select motjuste.refresh()")
        rows = conn.execute("select distinct state from motjuste.status").fetchall()
        assert rows == [("installed",)]


def test_a_subscriber_is_told_that_its_changes_are_not_seen(conn: Connection, run: Run) -> None:
    attach(conn, "flag")
    conn.execute(
        "create subscription s connection 'dbname=nowhere' publication p with (connect = false, slot_name = none)"
    )
    try:
        # what an initial copy leaves in the catalog
        conn.execute("set allow_system_table_mods = on")
        conn.execute(
            "insert into pg_subscription_rel (srsubid, srrelid, srsubstate) select oid, 't.client'::regclass, 'r' from pg_subscription"
        )
        assert seen(run, 1)["t.client.note"]["state"] == "not firing for replica"
        run("attach", "t.client.note", "--always")
        assert seen(run, 0)["t.client.note"]["state"] == "installed"
        conn.execute("set session_replication_role = replica")
        conn.execute("insert into client values (1, %s)", [BAD])
        conn.execute("reset session_replication_role")
        assert conn.execute("select count(*) from motjuste.finding").fetchone() == (1,)
    finally:
        conn.execute("delete from pg_subscription_rel")
        conn.execute("drop subscription s")


def test_always_on_partitions_present_and_future(conn: Connection) -> None:
    attach(conn, "flag", "visite", always=True)
    conn.execute("create table visite_2 partition of visite for values from (10) to (20)")
    conn.execute("set session_replication_role = replica")
    conn.execute("insert into visite values (1, %s), (11, %s)", [BAD, BAD + " !"])
    conn.execute("reset session_replication_role")
    assert conn.execute("select count(*) from motjuste.finding").fetchone() == (2,)
    attach(conn, "block", "visite")
    assert conn.execute("select bool_and(fires_always) from motjuste.status").fetchone() == (True,)
    attach(conn, "flag", "visite", always=False)
    assert conn.execute("select bool_or(fires_always) from motjuste.status").fetchone() == (False,)


def test_other_rules_or_another_schema_than_ours(conn: Connection, run: Run) -> None:
    attach(conn, "flag")
    row = conn.execute("select digest from motjuste.pack where current").fetchone()
    comment = conn.execute("select obj_description('motjuste'::regnamespace, 'pg_namespace')").fetchone()
    assert row and comment
    try:
        conn.execute("update motjuste.pack set digest = 'other' where current")
        assert "other rules" in run("status", code=1).stderr
        conn.execute("comment on schema motjuste is 'motjuste schema 1 abc'")
        done = run("status", code=1)
        assert "another version of motjuste" in done.stderr
    finally:
        conn.execute("update motjuste.pack set digest = %s where current", [row[0]])
        conn.execute(f"comment on schema motjuste is '{comment[0]}'".encode())


def test_nothing_watched_is_an_error(conn: Connection, run: Run) -> None:
    assert "no column is watched" in run("status", code=2).stderr


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("t.nope.note", "no column"),
        ("t.client.nope", "no column"),
        ("t.client.id", "is int4"),
        ("t.seen.note", "not a table"),
        ("pg_catalog.pg_class.relname", "not a table of yours"),
        ("client", "lacks its table"),
    ],
)
def test_what_cannot_be_attached(conn: Connection, run: Run, column: str, message: str) -> None:
    conn.execute("create view seen as select * from client")
    attach(conn, "flag", "visite")
    before = conn.execute("select * from motjuste.watch").fetchall()
    done = run("attach", column, code=2)
    assert message in done.stderr and "\nhelp: " in done.stderr
    assert conn.execute("select * from motjuste.watch").fetchall() == before


def test_a_member_is_watched_with_its_parent(conn: Connection, run: Run) -> None:
    attach(conn, "flag", "visite")
    assert run("attach", "t.visite_1.note").stdout == "t.visite_1.note: watched, mode flag\n"
    done = run("attach", "t.visite_1.note", "--mode", "block", code=2)
    assert "watched already, with t.visite, mode flag" in done.stderr and "\nhelp: " in done.stderr
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (1,)


def test_attach_again_keeps_what_is_not_said(conn: Connection, run: Run) -> None:
    run("attach", "t.client.note", "--mode", "block", "--always")
    assert run("attach", "t.client.note").stdout == "t.client.note: watched, mode block\n"
    assert conn.execute("select mode, always from motjuste.watch").fetchall() == [("block", True)]
    conn.execute("select motjuste.attach('client', 'note')")
    assert conn.execute("select mode from motjuste.watch").fetchall() == [("block",)]


def test_attach_without_the_right_to(conn: Connection, run: Run, shared: str) -> None:
    conn.execute("drop role if exists weak")
    conn.execute("create role weak login; grant usage on schema t to weak; grant select on t.client to weak")
    try:
        weak = shared.replace("user=postgres", "user=weak")
        done = run("attach", "t.client.note", code=2, dsn=weak)
        assert "motjuste grant ROLE" in run("status", code=2, dsn=weak).stderr
        still = run(
            "attach", "t.client.note", code=2, dsn=f"{shared} options='-c default_transaction_read_only=on'"
        ).stderr
        assert "that may write" in still
    finally:
        conn.execute("drop owned by weak; drop role weak")
    assert (
        "weak may not act as postgres, who owns the schema motjuste\nhelp: connect as postgres" in done.stderr
    )


def test_attach_to_a_locked_table_gives_way(conn: Connection, run: Run, shared: str) -> None:
    with psycopg.connect(shared) as holder:
        holder.execute("lock table t.client")
        done = run("attach", "t.client.note", "--lock-timeout", "100ms", "--attempts", "2", code=2)
    assert "trying again in 1 s (1 of 2)" in done.stderr and "the transaction changed nothing" in done.stderr
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (0,)


def test_grant_and_revoke(conn: Connection, run: Run) -> None:
    conn.execute("drop role if exists dpo")
    conn.execute("create role dpo")
    try:
        assert "dpo" in run("grant", "dpo").stdout
        conn.execute("set role dpo; select * from motjuste.open_findings; reset role")
        run("revoke", "dpo")
        assert "no reader" in run("revoke", "dpo", code=2).stderr
        assert "does not exist" in run("grant", "nobody at all", code=2).stderr
    finally:
        conn.execute("drop role dpo")


@pytest.mark.first_server
def test_a_dry_run_and_a_push_change_nothing_that_is_there(
    conn: Connection, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "motjuste.toml").write_text(
        '[[watch]]\nrelation = "t.client"\ncolumn = "note"\n[rules]\n'
        'disable = [{ rule = "sante-alcool", reason = "essai" }]\n'
    )
    done = run("install", "--dry-run")
    assert "would be watched" in done.stdout
    assert conn.execute("select count(*) from motjuste.watch").fetchone() == (0,)
    done = run("rules", "push", "--dry-run")
    assert "would become" in done.stdout and "1 gone: sante-alcool" in done.stdout
    assert conn.execute("select count(*) from motjuste.rule where id = 'sante-alcool'").fetchone() == (1,)
    script = run("install", "--sql").stdout
    assert (
        script.index("begin;")
        < script.index("motjuste.attach('t.client'::regclass")
        < script.index("\ncommit;")
    )
    (tmp_path / "motjuste.toml").unlink()
    assert "holds these rules already" in run("rules", "push").stdout
    assert "Next:" not in done.stdout + done.stderr


def test_a_column_of_the_policy_that_is_not_attached(conn: Connection, run: Run, tmp_path: Path) -> None:
    """As after a table was put aside for a new one of its name."""
    (tmp_path / "motjuste.toml").write_text(
        '[[watch]]\nrelation = "t.client"\ncolumn = "note"\n\n[[watch]]\nrelation = "t.visite_1"\ncolumn = "note"\n'
    )
    attach(conn, "flag", "client")
    attach(conn, "flag", "visite")  # and with it visite_1
    assert run("status", code=0).stderr == ""
    conn.execute(
        "alter table client rename to client_old; create table client (id int primary key, note text)"
    )
    conn.execute("select motjuste.refresh()")
    said = run("status", code=1).stderr
    assert "t.client.note: not attached, though motjuste.toml watches it: motjuste install" in said
    assert seen(run, 1)["t.client.note"]["state"] == "not attached"
    (tmp_path / "motjuste.toml").write_text('[[watch]]\nrelation = "no;name"\ncolumn = "note"\n')
    assert "no;name.note: not attached" in run("status", code=1).stderr


def test_what_is_to_be_redacted_still_stands_in_the_text(client: Bench) -> None:
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    assert client.run("scan").code == 1
    assert client.review("--accept-all").code == 0
    assert "0, 3 to redact" in client.run("status").output
    ran = client.run("scan")
    assert ran.code == 0 and "3 of these findings are decided already, 0 open" in ran.output
    assert "Next: motjuste review" not in ran.output
    assert client.run("review", "--rule", "absente").code == 2
    ran = client.run("review")
    assert ran.code == 0 and "aucun constat ouvert : 3 sont décidés déjà" in ran.output
    client.conn.execute("insert into client (id, note) values (9, 'Client alcoolique.')")
    ran = client.run("scan")
    assert ran.code == 1 and "decided already, 1 open" in ran.output and "Next: motjuste review" in ran.output
    client.conn.execute("delete from client where id = 9")
    (told,) = json.loads(client.run("status", "--format", "json").output)
    assert (told["open_findings"], told["accepted_findings"]) == (0, 3)
    assert client.plan().code == 0 and client.apply().code == 0
    (told,) = json.loads(client.run("status", "--format", "json").output)
    assert (told["open_findings"], told["accepted_findings"]) == (0, 0)


def test_a_second_install_says_that_nothing_changed(conn: Connection, run: Run, tmp_path: Path) -> None:
    conn.execute("insert into client values (1, %s)", [BAD])

    def policy(mode: str) -> None:
        (tmp_path / "motjuste.toml").write_text(
            f'[[watch]]\nrelation = "t.client"\ncolumn = "note"\nmode = "{mode}"\n', encoding="utf-8"
        )

    policy("flag")
    done = run("install", "--dry-run")
    assert (
        "nothing was changed. Next: motjuste install" in done.stderr and "nothing changed" not in done.stdout
    )
    done = run("install")
    assert "nothing changed" not in done.stdout and done.stderr == "Next: motjuste scan\n"
    done = run("install")
    assert done.stdout.splitlines()[-1] == "nothing changed" and done.stderr == ""
    policy("warn")
    assert "nothing changed" not in run("install").stdout
    conn.execute("alter table client disable trigger all")
    assert "nothing changed" not in run("install").stdout, "its triggers were put right"
    assert run("install").stdout.splitlines()[-1] == "nothing changed"


def test_what_the_policy_changes_is_told_in_words(conn: Connection, run: Run, tmp_path: Path) -> None:
    """A dry run says it beforehand; where it was installed nothing is left to say."""
    conn.execute("alter table client add column agent text, add column more text")
    file = tmp_path / "motjuste.toml"
    more = '[[watch]]\nrelation = "t.client"\ncolumn = "more"\n'
    file.write_text('[[watch]]\nrelation = "t.client"\ncolumn = "note"\n' + more, encoding="utf-8")
    run("install")
    watch = '[[watch]]\nrelation = "t.client"\ncolumn = "note"\nauthor = "agent"\ncheck = "deferred"\n'
    head = 'max_note = "2MB"\n[retention]\nopen = "1y"\n'
    file.write_text(head + watch, encoding="utf-8")
    told = {
        "t.client.note: author none -> agent",
        "t.client.note: check at once -> deferred",
        "t.client.more: motjuste.toml no longer names it; still watched, mode flag: motjuste detach t.client.more",
        "max_note: 1048576 -> 2097152",
        "retention.open: 2 years -> 1 year",
    }
    for option in (["--dry-run"], []):
        done = run("install", *option)
        assert told <= set(done.stdout.splitlines()), done.stdout
        assert "Next: motjuste scan" not in done.stderr, "no note is to be read again"
    done = run("install")
    assert told & set(done.stdout.splitlines()) == {
        "t.client.more: motjuste.toml no longer names it; still watched, mode flag: motjuste detach t.client.more"
    }
    assert "nothing changed" in done.stdout
    run("detach", "t.client.more")
    file.write_text(
        watch + '[rules]\ndisable = [{ rule = "sante-alcool", reason = "essai" }]\n', encoding="utf-8"
    )
    said = run("status", code=1).stderr
    assert "other rules than this motjuste and its motjuste.toml" in said and "altered" not in said
    done = run("install", "--dry-run")
    assert "rules: would be replaced by those of this motjuste and its motjuste.toml" in done.stdout
    assert "schema motjuste: would be brought up to date" in done.stdout and "altered" not in done.stderr
    file.unlink()
    assert "no longer names it" not in run("install").stdout, "without a policy what is there stays"


def test_a_column_that_is_new_is_not_read_yet(conn: Connection, run: Run) -> None:
    told = "the notes that are there already are not read yet. Next: motjuste scan"
    assert told in run("attach", "t.client.note").stderr
    assert told not in run("attach", "t.client.note", "--mode", "warn").stderr


def test_of_many_columns_status_says_one_line_each(conn: Connection, run: Run) -> None:
    for number in range(8):
        conn.execute(f"create table t{number} (id int primary key, note text)".encode())
        attach(conn, "flag", f"t{number}")
    text = run("status").stdout
    assert sum(line.startswith("t.t") for line in text.splitlines()) == 8
    assert "each column; `motjuste attach --always`" in text and max(map(len, text.splitlines())) < 170
    attach(conn, "flag", "t7", always=True)
    assert "t.t3.note, t.t4.note and 2 more;" in run("status").stdout
