"""What `status` vouches for: every object of motjuste and its rules as this version installs them; every row seen."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster, finder
from managed import Managed, managed
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.db import install, vouching, watching
from motjuste.db.connection import Connection, connect
from motjuste.db.states import account, gaps, states
from motjuste.scanning.scan import Place

pytestmark = pytest.mark.each_server

BAD = "Client alcoolique, rappeler lundi."
CLIENT, VISITE = Place("crm.client", "note"), Place("crm.visite", "note")


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[Managed]:
    with managed(cluster) as found:
        yield found


@pytest.fixture
def dba(house: Managed) -> Iterator[Connection]:
    """The owner's session; what a test made of the tables and the findings is gone after it."""
    with connect(house.dba) as conn:
        yield conn
        for place in watching.watched(conn):
            watching.detach(conn, place)
        conn.execute("""
            drop table if exists crm.client, crm.visite, crm.older, crm.elsewhere cascade;
            create table crm.client (id int primary key, note text);
            create table crm.visite (id int, note text) partition by range (id);
            create table crm.visite_1 partition of crm.visite for values from (0) to (10);
            grant select, insert, update, delete on all tables in schema crm to mj_app;
            truncate motjuste.finding, motjuste.scan, motjuste.gap, motjuste.failure;
        """)


# -- our own objects -------------------------------------------------------------------------------------

# what somebody with the owner's rights does, and the fault that is told first of what it leaves
DEEDS = {
    "create or replace function motjuste.suspect(note text) returns boolean language sql stable as 'select false'": "function motjuste.suspect(note text): altered",
    "alter function motjuste.digest(text) reset search_path": "function motjuste.digest(note text): altered",
    "alter function motjuste.digest(text) set search_path = public": "function motjuste.digest(note text): altered",
    "alter function motjuste.mask(text, int) security definer": "function motjuste.mask(note text, size integer): altered",
    "alter function motjuste.mask(text, int) volatile": "function motjuste.mask(note text, size integer): altered",
    "alter function motjuste.fold(text) owner to mj_other": "function motjuste.fold(note text): owned by mj_other",
    "drop function motjuste.fold(text)": "function motjuste.fold(note text): missing",
    "drop function motjuste.fold(text); create function motjuste.fold(note text) returns varchar language sql as 'select note'": "function motjuste.fold(note text): altered",
    "create function motjuste.suspect(note varchar) returns boolean language sql as 'select false'": "function motjuste.suspect(note character varying): foreign",
    "create function motjuste.motjuste_77_insert() returns trigger language plpgsql as 'begin return null; end'": "function motjuste.motjuste_77_insert(): foreign",
    "create or replace view motjuste.request_term as select r.id, r.received, r.due, true as extended, r.answered_at, r.complete, 0 as days_left from motjuste.request as r": "view motjuste.request_term: altered",
    "alter view motjuste.open_findings set (security_barrier)": "view motjuste.open_findings: altered",
    "drop view motjuste.count_by_rule": "view motjuste.count_by_rule: missing",
    "drop view motjuste.count_by_rule; create view motjuste.count_by_rule as select 1 as found": "column motjuste.count_by_rule.category: missing",
    "alter view motjuste.coverage owner to mj_other": "view motjuste.coverage: owned by mj_other",
    "alter table motjuste.finding enable row level security": "table motjuste.finding: altered",
    "alter table motjuste.finding drop constraint finding_certainty": "constraint finding_certainty on motjuste.finding: missing",
    "alter table motjuste.finding alter status set default 'dismissed'": "column motjuste.finding.status: altered",
    "alter table motjuste.failure alter role drop not null": "column motjuste.failure.role: altered",
    "alter table motjuste.category drop column unsure": "column motjuste.category.unsure: missing",
    "alter table motjuste.scan set unlogged": "table motjuste.scan: altered",
    "alter table motjuste.rule drop constraint rule_pkey cascade": "constraint context_rule_id_fkey on motjuste.context: missing",
    "drop index motjuste.finding_digest": "index motjuste.finding_digest: missing",
    "create unique index one on motjuste.finding (relation)": "index motjuste.one: foreign",
    "drop trigger finding_void on motjuste.finding": "trigger finding_void on motjuste.finding: missing",
    "drop table motjuste.watch cascade": "table motjuste.watch: missing",
    "alter table motjuste.queue set (autovacuum_enabled = false)": "table motjuste.queue: altered",
    "create rule nope as on insert to motjuste.queue do instead nothing": "rule nope on motjuste.queue: foreign",
    "drop table motjuste.bypass": "table motjuste.bypass: missing",
    "create rule nope as on insert to motjuste.finding do instead nothing": "rule nope on motjuste.finding: foreign",
    "create or replace function public.eat() returns trigger language plpgsql as 'begin return null; end';"
    " create trigger eat before insert on motjuste.finding for each row execute function public.eat()": "trigger eat on motjuste.finding: foreign",
    "create policy hide on motjuste.finding using (false)": "policy hide on motjuste.finding: foreign",
    "update motjuste.rule set level = 'watch'": "content of table motjuste.rule: altered",
    "delete from motjuste.keyword": "content of table motjuste.keyword: altered",
    "update motjuste.phrase set width = width + 1 where id = 0": "content of table motjuste.phrase: altered",
    "insert into motjuste.message values ('extra', 'x')": "content of table motjuste.message: altered",
    "delete from motjuste.secret": "content of table motjuste.secret: missing",
}  # fmt: skip


APART = 6  # deeds that are done together stand so far from each other


def told(conn: Connection, house: Managed) -> list[str]:
    return [f"{f.label}: {f.state}" for f in account(conn, finder(house.pack)).faults]


@pytest.mark.parametrize("first", range(APART))
def test_what_was_altered_is_told_and_put_right(house: Managed, dba: Connection, first: int) -> None:
    """Of the deeds that stand beside each other above, which are about the same object, one at a time."""
    deeds = list(DEEDS)[first::APART]
    owned = [deed for deed in deeds if "owned by" in DEEDS[deed]]
    with psycopg.connect(house.super, autocommit=True) as conn:
        for deed in deeds:
            conn.execute("reset role" if deed in owned else "set role mj_dba")
            conn.execute(deed.encode())
    assert {DEEDS[deed] for deed in deeds} <= set(told(dba, house))
    if owned:  # an owner that is no superuser cannot take it back from another one
        with connect(house.super) as above:
            assert install.install(above, finder(house.pack))
    else:
        assert install.install(dba, finder(house.pack))
    assert told(dba, house) == []  # with which the next one begins
    assert not install.install(dba, finder(house.pack))


@pytest.mark.parametrize(
    ("deed", "fault", "back"),
    [
        ("create table motjuste.mine (a int)", "table motjuste.mine: foreign", "drop table motjuste.mine"),
        ("create view motjuste.mine as select 1", "view motjuste.mine: foreign", "drop view motjuste.mine"),
        ("create type motjuste.mine as enum ('a')", "type motjuste.mine: foreign", "drop type motjuste.mine"),
        ("create domain motjuste.mine as text", "type motjuste.mine: foreign", "drop domain motjuste.mine"),
        ("create sequence motjuste.mine", "sequence motjuste.mine: foreign", "drop sequence motjuste.mine"),
        (
            "create operator motjuste.=== (function = texteq, leftarg = text, rightarg = text)",
            "operator motjuste.===(pg_catalog.text,pg_catalog.text): foreign", "drop operator motjuste.=== (text, text)",
        ),
        (
            "alter table motjuste.rule add column extra text",
            "column motjuste.rule.extra: foreign", "alter table motjuste.rule drop column extra",
        ),
    ],
)  # fmt: skip
def test_what_holds_data_of_others_is_told_and_left(
    house: Managed, dba: Connection, deed: str, fault: str, back: str
) -> None:
    dba.execute(deed.encode())
    try:
        assert told(dba, house) == [fault]
        install.install(dba, finder(house.pack))
        assert told(dba, house) == [fault]
    finally:
        dba.execute(back.encode())
    assert told(dba, house) == []


def test_a_trigger_function_in_the_place_of_ours(house: Managed, dba: Connection) -> None:
    watching.attach(dba, CLIENT, "flag")
    [(name,)] = dba.execute(
        "select proname from pg_proc where proname ~ '^motjuste_[0-9]+_insert'"
    ).fetchall()
    dba.execute(f"alter function motjuste.{name}() stable".encode())
    assert told(dba, house) == [f"function motjuste.{name}(): altered"]
    assert install.install(dba, finder(house.pack))
    assert told(dba, house) == []


def test_nothing_is_left_behind_and_nobody_waits(house: Managed, dba: Connection) -> None:
    """Objects are compared beside the real ones: a writer holds its locks meanwhile."""
    before = dba.execute("select count(*) from pg_class").fetchone()
    with psycopg.connect(house.dba) as writer:
        writer.execute("lock table motjuste.finding, motjuste.watch in share row exclusive mode")
        dba.execute("set lock_timeout = '1s'")
        assert install.faults(dba).faults == ()
    dba.execute("reset lock_timeout")
    assert dba.execute("select count(*) from pg_class").fetchone() == before


def test_where_nothing_can_be_made_that_is_said(house: Managed, dba: Connection) -> None:
    dba.execute("set default_transaction_read_only = on")
    texts = [s.read_text(encoding="utf-8") for s in install.scripts()]
    found = vouching.faults(dba, texts)
    dba.execute("reset default_transaction_read_only")
    assert not found.faults and "read-only transaction" in found.blind[0]


@pytest.mark.few_rules
@pytest.mark.first_server
def test_the_command_says_it_and_install_repairs(
    installed: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    run = CliRunner(env={"MOTJUSTE_DSN": installed})
    with connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        watching.attach(conn, Place("public.client", "note"), "flag")
        assert run.invoke(motjuste, ["status"]).exit_code == 0
        conn.execute("update motjuste.rule set level = 'watch'; delete from motjuste.keyword")
        conn.execute(
            "create or replace function motjuste.suspect(note text) returns boolean language sql as 'select false'"
        )
        done = run.invoke(motjuste, ["status"])
        assert done.exit_code == 1
        for line in (
            "content of table motjuste.rule: altered: `motjuste install` puts it right",
            "content of table motjuste.keyword: altered",
            "function motjuste.suspect(note text): altered",
        ):
            assert line in done.stderr
        as_json = run.invoke(motjuste, ["status", "--format", "json"])
        assert '"object": "function motjuste.suspect(note text)"' in as_json.stdout
        assert "already up to date" not in run.invoke(motjuste, ["install"]).stdout
        assert run.invoke(motjuste, ["status"]).exit_code == 0
        assert "already up to date" in run.invoke(motjuste, ["install"]).stdout


# -- rows that no trigger saw -----------------------------------------------------------------------------


def missed(conn: Connection) -> dict[str, set[str]]:
    """Table -> why rows of it may be unseen."""
    found: dict[str, set[str]] = {}
    for parts in gaps(conn).values():
        for part in parts:
            found.setdefault(part.member, set()).add(part.state)
    return found


def swept(house: Managed, conn: Connection, *places: Place) -> None:
    """As after a scan that began now: its proof."""
    [(snapshot,)] = conn.execute("select pg_current_snapshot()::text").fetchall()
    for place in places:
        names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
        counts = dict.fromkeys(
            (
                "rows_read",
                "rows_that_exist",
                "notes_with_findings",
                "rows_again",
                "notes_recoded",
                "unrecorded",
            ),
            0,
        )
        conn.execute(
            assets.query("record_scan.sql"),
            names | counts | {
                "digest": "d", "version": "v", "started_at": "2026-01-01", "run": None, "scope": "", "skipped": "[]",
                "horizon": snapshot,
            },
        )  # fmt: skip


OFF = "alter table crm.client disable trigger all; insert into crm.client values (9, 'x'); alter table crm.client enable trigger all"


def super_(house: Managed, statement: str) -> None:
    with psycopg.connect(house.super, autocommit=True) as conn:
        conn.execute(statement.encode())


def test_rows_from_before(house: Managed, dba: Connection) -> None:
    dba.execute("insert into crm.client values (1, %s)", [BAD])
    watching.attach(dba, CLIENT, "flag")
    assert missed(dba) == {"crm.client": {"never scanned"}}
    assert [s.state for s in states(dba)] == ["never scanned"]
    swept(house, dba, CLIENT)
    assert missed(dba) == {}
    install.install(dba, finder(house.pack))
    watching.attach(dba, CLIENT, "block", always=True)
    watching.attach(dba, CLIENT, "mask", always=False)
    assert missed(dba) == {}, "triggers that we replace ourselves are no gap"


def test_an_empty_table_is_seen_from_its_first_row(house: Managed, dba: Connection) -> None:
    for place in (CLIENT, VISITE):
        watching.attach(dba, place, "flag")
    with psycopg.connect(house.app, autocommit=True) as app:
        app.execute("insert into crm.client values (1, 'x'); insert into crm.visite values (1, 'y')")
    dba.execute("create table crm.visite_2 partition of crm.visite for values from (10) to (20)")
    dba.execute("begin; create table crm.visite_3 partition of crm.visite for values from (20) to (30);"
                " insert into crm.visite values (11, 'y'), (21, 'z'); commit")  # fmt: skip
    assert missed(dba) == {}
    watching.attach(dba, CLIENT, "mask", always=True)
    watching.attach(dba, VISITE, "block")
    for quiet in (
        "vacuum", "analyze", "reindex table crm.client", "alter table crm.client alter note set statistics 10",
        "alter table crm.client add column more text default 'x'", "alter table crm.client alter note type varchar",
        "alter table crm.client rename note to remarque", "alter table crm.client rename remarque to note",
        "grant select (note) on crm.client to mj_other", "select motjuste.refresh()",
    ):  # fmt: skip
        dba.execute(quiet.encode())
        assert missed(dba) == {}, quiet
    swept(house, dba, CLIENT, VISITE)
    for quiet in (
        "vacuum full crm.client", "cluster crm.client using client_pkey", "vacuum freeze", "vacuum full pg_attribute",
        "alter table crm.client add column day timestamptz default clock_timestamp()",
    ):  # fmt: skip
        super_(house, quiet)
        assert missed(dba) == {}, quiet
    dba.execute("select motjuste.refresh()")
    assert missed(dba) == {}


@pytest.mark.parametrize("scanned", [False, True])
@pytest.mark.parametrize(
    ("who", "deed", "state"),
    [
        ("super", OFF, "written unseen"),
        ("dba", OFF.replace("trigger all", "trigger user"), "written unseen"),
        ("dba", "begin; " + OFF.replace("trigger all", "trigger user") + "; commit", "written unseen"),
        ("dba", "set session_replication_role = replica; insert into crm.client values (9, 'x')", "written as replica"),
        ("app", "set session_replication_role = replica; update crm.client set note = 'y'", "written as replica"),
        ("dba", "alter table crm.client alter note type text using 'Client ' || note", "rewritten"),
        ("dba", "alter table crm.client add remarque text default 'Client alcoolique';"
                " alter table crm.client rename note to before; alter table crm.client rename remarque to note", "another column"),
        ("dba", "alter table crm.client drop note, add note text default 'Client alcoolique'", "another column"),
        ("dba", "create table crm.elsewhere (like crm.client); create rule away as on insert to crm.client"
                " do instead insert into crm.elsewhere values (new.*)", "diverted"),
        ("dba", "create rule away as on update to crm.client do instead nothing", "diverted"),
    ],
)  # fmt: skip
def test_rows_written_past_the_triggers(
    house: Managed, dba: Connection, who: str, deed: str, state: str, scanned: bool
) -> None:
    if "replica" in deed:
        super_(house, "grant set on parameter session_replication_role to mj_dba")
    watching.attach(dba, CLIENT, "flag")
    dba.execute("insert into crm.client values (1, 'x')")
    if scanned:
        swept(house, dba, CLIENT)
    assert missed(dba) == {}
    with psycopg.connect(getattr(house, who), autocommit=True) as conn:
        conn.execute(deed.encode())
    wanted = "never scanned" if state == "written unseen" and not scanned else state
    # all triggers enabled again: ours that notes replica writes does not fire always any more
    off = {"replica writes not noted"} if state == "written unseen" else set()
    assert missed(dba) == {"crm.client": {wanted, *off}}
    # neither another installation nor another attachment makes it good
    install.install(dba, finder(house.pack))
    watching.attach(dba, CLIENT, "block", always=True)
    after = missed(dba)["crm.client"]
    assert wanted in after or "never scanned" in after
    if state == "diverted":
        dba.execute("drop rule away on crm.client")
    swept(house, dba, CLIENT)
    assert missed(dba) == {}


def test_a_trigger_that_was_dropped_and_made_again(house: Managed, dba: Connection) -> None:
    watching.attach(dba, CLIENT, "flag")
    dba.execute("insert into crm.client values (1, 'x')")
    swept(house, dba, CLIENT)
    [(name,)] = dba.execute(
        "select proname from pg_proc where proname ~ '^motjuste_[0-9]+_insert'"
    ).fetchall()
    dba.execute(f"drop trigger {name} on crm.client; insert into crm.client values (2, 'x')".encode())
    assert "missing" in states(dba)[0].state
    install.install(dba, finder(house.pack))
    assert missed(dba) == {"crm.client": {"written unseen"}}


def test_the_guard_itself(house: Managed, dba: Connection) -> None:
    super_(house, "grant set on parameter session_replication_role to mj_dba")
    watching.attach(dba, CLIENT, "flag")
    dba.execute("insert into crm.client values (1, 'x')")
    [(name,)] = dba.execute("select tgname from pg_trigger where tgname ~ '_replica$'").fetchall()
    dba.execute(
        f"alter table crm.client disable trigger {name};"
        " set session_replication_role = replica; insert into crm.client values (2, 'x'); reset session_replication_role;"
        f" alter table crm.client enable replica trigger {name}".encode()
    )
    assert missed(dba) == {"crm.client": {"never scanned"}}


def test_a_guard_costs_the_writes_of_an_application_nothing(house: Managed, dba: Connection) -> None:
    # a WHEN would be read and planned for each statement that writes
    watching.attach(dba, CLIENT, "flag")
    found = dba.execute("select tgname, tgenabled, tgqual is null from pg_trigger where tgname ~ '_replica$'")
    [(name, enabled, unconditional)] = found.fetchall()
    assert (enabled, unconditional) == ("R", True)
    dba.execute(f"alter table crm.client enable trigger {name}".encode())  # it fires for all now
    dba.execute("insert into crm.client values (1, 'x')")
    assert dba.execute("select count(*) from motjuste.gap").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "deed",
    [
        "alter table crm.client disable trigger {0}",
        "alter table crm.client enable trigger {0}",
        "drop trigger {0} on crm.client",
        "drop trigger {0} on crm.client; create trigger {0} after insert or update on crm.client for each row when (false)"
        " execute function motjuste.note_replica(); alter table crm.client enable replica trigger {0}",
        "drop trigger {0} on crm.client; create function crm.nothing() returns trigger language plpgsql as 'begin return null; end';"
        " create trigger {0} after insert or update on crm.client for each row"
        " execute function crm.nothing();"
        " alter table crm.client enable replica trigger {0}",
    ],
)
def test_a_guard_that_notes_nothing(house: Managed, dba: Connection, deed: str) -> None:
    watching.attach(dba, CLIENT, "flag")
    dba.execute("insert into crm.client values (1, 'x')")
    [(name,)] = dba.execute("select tgname from pg_trigger where tgname ~ '_replica$'").fetchall()
    dba.execute(deed.format(name).encode())
    swept(house, dba, CLIENT)
    assert missed(dba) == {"crm.client": {"replica writes not noted"}}
    install.install(dba, finder(house.pack))
    assert missed(dba) == {"crm.client": {"written unseen"}}  # meanwhile, as a replica
    swept(house, dba, CLIENT)
    assert missed(dba) == {}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_partition_that_had_rows(house: Managed, dba: Connection, at_once: bool) -> None:
    watching.attach(dba, VISITE, "flag")
    dba.execute("insert into crm.visite values (1, 'x')")
    swept(house, dba, VISITE)
    deeds = [
        "create table crm.older (id int, note text)",
        "insert into crm.older values (50, 'Client alcoolique')",
        "alter table crm.visite attach partition crm.older for values from (50) to (60)",
    ]
    if at_once:
        dba.execute("; ".join(deeds).encode())
    else:
        for deed in deeds:
            dba.execute(deed.encode())
    assert missed(dba) == {"crm.older": {"attached with rows"}}
    dba.execute("select motjuste.refresh()")
    assert missed(dba) == {"crm.older": {"attached with rows"}}
    swept(house, dba, VISITE)
    assert missed(dba) == {}


def test_changes_that_were_not_over_when_the_scan_began(house: Managed, dba: Connection) -> None:
    watching.attach(dba, CLIENT, "flag")
    dba.execute("insert into crm.client values (1, 'x')")
    with psycopg.connect(house.dba) as other:
        other.execute(OFF.replace("trigger all", "trigger user").encode())
        swept(house, dba, CLIENT)
        other.commit()
    assert missed(dba) == {"crm.client": {"written unseen", "replica writes not noted"}}


def test_a_scan_closes_it(
    house: Managed, dba: Connection, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    dba.execute("insert into crm.client values (1, 'x')")
    watching.attach(dba, CLIENT, "flag")
    run = CliRunner(env={"MOTJUSTE_DSN": house.dba})
    said = run.invoke(motjuste, ["status"])
    assert said.exit_code == 1
    assert "crm.client.note: never scanned: rows of crm.client\n" in said.stderr
    assert "\nnever scanned: rows from before it was watched: `motjuste scan`\n" in said.stderr
    done = run.invoke(motjuste, ["scan"])
    assert done.exit_code == 0, done.output
    assert missed(dba) == {}


def test_writers_as_a_replica_do_not_pile_up(house: Managed, dba: Connection) -> None:
    watching.attach(dba, CLIENT, "flag")
    with psycopg.connect(house.app, autocommit=True) as app, psycopg.connect(house.app) as second:
        for conn in (app, second):
            conn.execute("set session_replication_role = replica")
        second.execute("insert into crm.client values (99, 'x')")
        for n in range(5):
            app.execute("insert into crm.client values (%s, 'x')", [n])
        second.commit()
    [(rows,)] = dba.execute("select count(*) from motjuste.gap").fetchall()
    assert rows <= 2 and missed(dba) == {"crm.client": {"written as replica"}}


def test_nothing_of_it_is_left_on_a_table_that_is_not_watched(house: Managed, dba: Connection) -> None:
    watching.attach(dba, CLIENT, "flag")
    watching.attach(dba, VISITE, "flag")
    watching.detach(dba, CLIENT)
    left = "select count(*) from pg_trigger where tgname ~ '_replica$' and tgrelid = 'crm.client'::regclass"
    assert dba.execute(left).fetchone() == (0,)
    watching.detach(dba, VISITE)
    left = (
        "select count(*) from pg_trigger where not tgisinternal and tgrelid <> 'motjuste.finding'::regclass"
    )
    assert dba.execute(left).fetchone() == (0,)
