"""Install, update, remove; attach and detach; what `status` says."""

from __future__ import annotations

import re
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster, few, finder, shipping_few
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.config import Config, Watch
from motjuste.db import connection, install, reading, watching
from motjuste.db.states import states
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import Pack
from motjuste.scanning.scan import Place

pytestmark = [pytest.mark.few_rules, pytest.mark.each_server]

OBJECTS = """
    select 'function', p.proname || pg_get_function_identity_arguments(p.oid), md5(p.prosrc) from pg_proc as p
    where p.pronamespace = 'motjuste'::regnamespace
    union all
    select 'relation', c.relname, c.relkind::text from pg_class as c where c.relnamespace = 'motjuste'::regnamespace
    union all
    select 'keyword', k.set_id::text, p.rule_id || p.code::text from motjuste.keyword as k
    cross join unnest(k.alone || k.phrases) as n (id) join motjuste.phrase as p on p.id = n.id
    order by 1, 2, 3
"""


@pytest.fixture
def pack() -> Pack:
    """The pack that ships: a few rules, or all of them where a test is marked so."""
    return assets.pack()


@pytest.mark.few_rules(False)
def test_installing_twice_changes_nothing(installed: str, pack: Pack) -> None:
    with connection.connect(installed) as conn:
        before = conn.execute(OBJECTS).fetchall()
        key = conn.execute("select key from motjuste.secret").fetchone()
        assert not install.install(conn, finder(pack))
        assert conn.execute(OBJECTS).fetchall() == before
        assert conn.execute("select key from motjuste.secret").fetchone() == key


def test_a_policy_that_names_a_child_and_its_parent_installs_twice(installed: str, pack: Pack) -> None:
    """As `discover --write` finds them."""
    watches = (Watch("public.enfant", "note"), Watch("public.parent", "note"))
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table parent (id int, note text); create table enfant () inherits (parent)")
        for _ in range(2):
            _, done = watching.install_all(conn, finder(pack), Config(watches=watches))
            assert [checked.mode for _, checked in done] == ["flag", "flag"]
            assert [place.relation for place in watching.watched(conn)] == ["public.parent"]


@pytest.mark.few_rules(False)
def test_the_printed_script_does_what_install_does(dsn: str, cluster: Cluster, tmp_path: Path) -> None:
    """With all rules on the first server, with a few on the others."""
    with nullcontext() if cluster.first else shipping_few():
        some = assets.matcher()
    script = tmp_path / "install.sql"
    script.write_text(install.script(some), encoding="utf-8")
    command = [cluster.server.bin_dir / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-f", script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with connection.connect(dsn) as conn:
        assert not install.install(conn, some), "install finds nothing left to do after the script"


def psql(cluster: Cluster, dsn: str, script: Path) -> str:
    """Run a script; what psql says of it on stderr."""
    command = [cluster.server.bin_dir / "psql", "-X", "-q", "-d", dsn, "-f", script]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_code_and_data_apart_do_what_install_does(
    dsn: str, cluster: Cluster, pack: Pack, tmp_path: Path
) -> None:
    some = finder(few(pack, "sante-alcool", "injure-grossiere"))
    with connection.connect(dsn) as conn:
        conn.execute("create table public.client (id int primary key, note text)")
    attach = watching.attach_statement(Watch("public.client", "note"), "block")
    files = install.script_files(some, [attach])
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # what there is to read holds no data, and the data no code
    assert "copy motjuste." not in files["schema.sql"] and "create table" in files["schema.sql"]
    told = "\n".join(re.sub(r"^copy .*?^\\\.$", "", files["rules.sql"], flags=re.S | re.M).split("\n"))
    kinds = {line.split()[0] for line in told.splitlines() if line.strip()}
    assert kinds == {"--", "lock", "delete", "update", "insert", "set", "analyze"}
    # a part that fails leaves nothing
    (tmp_path / "columns.sql").write_text("select 1 / 0;", encoding="utf-8")
    assert "division by zero" in psql(cluster, dsn, tmp_path / "install.sql")
    with connection.connect(dsn) as conn:
        assert not install.is_installed(conn)
    (tmp_path / "columns.sql").write_text(files["columns.sql"], encoding="utf-8")
    for _ in range(2):
        assert psql(cluster, dsn, tmp_path / "install.sql") == ""
    with connection.connect(dsn) as conn:
        assert not install.install(conn, some), "install finds nothing left to do"
        assert [place.label for place in watching.watched(conn)] == ["public.client.note"]
        made = conn.execute(OBJECTS).fetchall()
        install.uninstall(conn)
        install.install(conn, some)
        watching.attach(conn, Place("public.client", "note"), "block")
        assert conn.execute(OBJECTS).fetchall() == made


@pytest.mark.first_server
def test_the_command_writes_them_to_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("motjuste.toml").write_text(
        '[[watch]]\nrelation = "crm.client"\ncolumn = "note"\n', encoding="utf-8"
    )
    done = CliRunner().invoke(motjuste, ["install", "--sql", "out", "--as", "mj"])
    assert done.exit_code == 0, done.exception
    assert sorted(f.name for f in Path("out").iterdir()) == [
        "columns.sql",
        "install.sql",
        "rules.sql",
        "schema.sql",
    ]
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        f"out/{name}.sql" for name in ("install", "schema", "rules", "columns")
    ]
    assert done.stderr.endswith("Next: psql -f out/install.sql\n")
    assert "motjuste.attach('crm.client'" in Path("out/columns.sql").read_text(encoding="utf-8")
    assert "motjuste.owner = 'mj'" in Path("out/install.sql").read_text(encoding="utf-8")
    code = Path("out/schema.sql").read_text(encoding="utf-8")
    assert len(code.splitlines()) < 10_000 and len(code) < 1_000_000, "a person can read it"
    Path("out/columns.sql").write_text("-- mine", encoding="utf-8")
    refused = CliRunner().invoke(motjuste, ["install", "--sql", "out"])
    assert isinstance(refused.exception, ConfigError), "a file of somebody's is not replaced"
    # alone it prints the same as one script
    printed = CliRunner().invoke(motjuste, ["install", "--sql"]).stdout
    assert code.split("\n", 1)[1].strip() in printed


def test_a_failed_install_leaves_nothing(dsn: str, pack: Pack) -> None:
    broken = replace(
        pack, rules=(*pack.rules, pack.rules[0]), digest="broken"
    )  # the same rule twice breaks the primary key
    with pytest.raises(DatabaseError), connection.connect(dsn) as conn:
        install.install(conn, finder(broken))
    with connection.connect(dsn) as conn:
        assert not install.is_installed(conn)


def test_a_new_pack_replaces_the_old_one(installed: str, pack: Pack) -> None:
    smaller = replace(pack, rules=pack.rules[:2], digest="other", version="next")
    with connection.connect(installed) as conn:
        assert install.push(conn, finder(smaller))
        assert conn.execute("select count(*) from motjuste.rule").fetchone() == (2,)
        assert conn.execute("select version from motjuste.pack where current").fetchone() == ("next",)
        assert not install.push(conn, finder(smaller))


def test_uninstall_leaves_nothing(installed: str) -> None:
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        conn.execute("insert into client values (1, 'garde-moi')")
        watching.attach(conn, Place("public.client", "note"), "mask")
        assert install.uninstall(conn) == ["public.client.note"]
        assert conn.execute("select count(*) from pg_trigger where not tgisinternal").fetchone() == (0,)
        assert conn.execute("select to_regnamespace('motjuste')").fetchone() == (None,)
        assert conn.execute("select note from client").fetchone() == ("garde-moi",)
        with pytest.raises(DatabaseError, match="not installed"):
            install.uninstall(conn)


USERS = {
    """create view "Mes Alertes" as select rule_id from motjuste.open_findings""": 'view "Mes Alertes"',
    "create materialized view m as select count(*) from motjuste.finding": "materialized view m",
    "alter table client add constraint clean check (not motjuste.suspect(note))": "constraint clean on table client",
    "create policy calm on client as restrictive using (not motjuste.suspect(note))": "policy calm on table client",
    "alter table client alter note set default motjuste.mask('x')": "default value for column note of table client",
    "create function counted() returns bigint language sql begin atomic; select count(*) from motjuste.finding; end": "function counted()",
    "create table copied (f motjuste.finding)": "column f of table copied",
    "create table told (finding bigint references motjuste.finding)": "constraint told_finding_fkey on table told",
    "create domain calm as text check (not motjuste.suspect(value))": "constraint calm_check",
}


def test_uninstall_takes_nothing_of_the_users_along(installed: str) -> None:
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        watching.attach(conn, Place("public.client", "note"), "mask")
        for statement in USERS:
            conn.execute(statement.encode())
        with pytest.raises(DatabaseError, match="nothing was changed") as caught:
            install.uninstall(conn)
        named = caught.value.message.removeprefix("objects of yours use the schema motjuste: ").partition(
            ";"
        )[0]
        assert sorted(named.split(", ")) == sorted(USERS.values())
        conn.execute("""
            drop view "Mes Alertes"; drop materialized view m; drop table copied, told; drop function counted(); drop domain calm;
            alter table client drop constraint clean, alter note drop default; drop policy calm on client
        """)
        assert install.uninstall(conn) == ["public.client.note"]


def test_where_a_publication_replicates_every_table(dsn: str, pack: Pack) -> None:
    run = CliRunner(env={"MOTJUSTE_DSN": dsn})
    with connection.connect(dsn) as conn:
        conn.execute("reset search_path")
        conn.execute("create publication all_of_it for all tables")
        refused = run.invoke(motjuste, ["install"])
        assert "publication all_of_it replicates every table, ours too" in str(refused.exception)
        assert not install.is_installed(conn)
        install.install(conn, finder(few(pack, "sante-alcool")))
        assert install.push(conn, finder(few(pack, "vp-divorce")))  # what is there can be deleted
        assert not install.install(conn, finder(few(pack, "vp-divorce")))
        install.require_unpublished(conn)  # once installed, it was agreed to


def test_nothing_is_granted_to_public(installed: str) -> None:
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        watching.attach(conn, Place("public.client", "note"), "mask")
        open_to_all = conn.execute(
            "select p.proname from pg_proc as p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a"
            " where p.pronamespace = 'motjuste'::regnamespace and a.grantee = 0"
            " union all select c.relname from pg_class as c cross join lateral aclexplode(c.relacl) as a"
            " where c.relnamespace = 'motjuste'::regnamespace and a.grantee = 0"
        ).fetchall()
        assert open_to_all == []


@pytest.mark.parametrize(
    ("relation", "column", "mode", "message"),
    [
        ("public.nope", "note", "flag", "does not exist"),
        ("public.client", "nope", "flag", "no column nope"),
        ("public.client", "id", "flag", "of type int4"),
        ("public.client", "data", "flag", "of type jsonb"),
        ("public.seen", "note", "flag", "not a table"),
        ("pg_catalog.pg_class", "relname", "flag", "not a table of yours"),
        ("motjuste.finding", "reason", "flag", "not a table of yours"),
        ("public.client", "note", "loud", "unknown mode"),
    ],
)
def test_attach_refuses_what_it_cannot_watch(
    installed: str, relation: str, column: str, mode: str, message: str
) -> None:
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text, data jsonb)")
        conn.execute("create view seen as select * from client")
        with pytest.raises(psycopg.Error, match=message):
            watching.attach(conn, Place(relation, column), mode)
    with connection.connect(installed) as conn:
        assert conn.execute("select count(*) from motjuste.watch").fetchone() == (0,)
        ours = "tgrelid <> 'motjuste.finding'::regclass"
        assert conn.execute(
            f"select count(*) from pg_trigger where not tgisinternal and {ours}"
        ).fetchone() == (0,)


def test_attach_needs_the_right(installed: str) -> None:
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        conn.execute("drop role if exists weak")
        conn.execute("create role weak")
        try:
            conn.execute("set role weak")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("select motjuste.attach('public.client', 'note', 'flag')")
            conn.execute("reset role")
        finally:
            conn.execute("reset role")
            conn.execute("drop role weak")


def test_attach_again_changes_the_mode_and_keeps_the_triggers(installed: str) -> None:
    place = Place("public.client", "note")
    triggers = "select oid, tgname from pg_trigger where tgrelid = 'client'::regclass and not tgisinternal order by 1"
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        watching.attach(conn, place, "flag")
        before = conn.execute(triggers).fetchall()
        watching.attach(conn, place, "block")
        assert conn.execute(triggers).fetchall() == before
        assert [(s.mode, s.state) for s in states(conn)] == [("block", "installed")]
        watching.attach(conn, place, "mask")
        assert len(conn.execute(triggers).fetchall()) == len(before) + 1
        watching.attach(conn, place, "warn")
        assert conn.execute(triggers).fetchall() == before
        watching.detach(conn, place)
        assert conn.execute(triggers).fetchall() == []
        with pytest.raises(psycopg.Error, match="not watched"):
            watching.detach(conn, place)


def test_status_sees_what_was_done_by_hand(installed: str) -> None:
    def state(conn: connection.Connection) -> str:
        return states(conn)[0].state

    with connection.connect(installed) as conn:
        conn.execute("reset search_path")
        conn.execute("create table client (id int primary key, note text)")
        watching.attach(conn, Place("public.client", "note"), "flag")
        assert state(conn) == "installed"
        row = conn.execute("select tgname from pg_trigger where tgname ~ 'motjuste_.*_insert'").fetchone()
        assert row is not None
        conn.execute(f"alter table client disable trigger {row[0]}")
        assert "disabled" in state(conn)
        conn.execute(f"alter table client enable trigger {row[0]}")
        conn.execute(
            f"create or replace function motjuste.{row[0]}() returns trigger language plpgsql as 'begin return null; end'"
        )
        assert "altered" in state(conn)
        conn.execute(f"drop function motjuste.{row[0]}() cascade")
        assert "missing" in state(conn)
        watching.attach(conn, Place("public.client", "note"), "flag")
        assert state(conn) == "installed"


def test_names_as_a_person_types_them(installed: str) -> None:
    with connection.connect(installed) as conn:
        conn.execute(
            'create schema "Le Crm"; create table "Le Crm"."Bloc;Note" (id int, "x""; drop table y; --" text, d jsonb)'
        )
        place = reading.parse_name(conn, '"Le Crm"."Bloc;Note"."x""; drop table y; --"')
        assert place == Place('"Le Crm"."Bloc;Note"', 'x"; drop table y; --')
        watching.attach(conn, place, "block")
        assert watching.watched(conn) == [place]
        assert reading.parse_name(conn, '"Le Crm"."Bloc;Note".d->>note').json_key == "note"
        conn.execute('create table public."a->>b" ("c->>d" jsonb)')
        arrows = reading.parse_name(conn, 'public."a->>b"."c->>d"->>e->>f')
        assert arrows == Place('public."a->>b"', "c->>d", "e->>f")
        for printed in (place.label, 'Le Crm.Bloc;Note.x"; drop table y; --'):
            assert reading.parse_name(conn, printed) == place
        for wrong, message in [
            ("note", "lacks its table"),
            ("public.nope.note", "no column"),
            ('"Le Crm"."Bloc;Note".d', "jsonb"),
            ('a".b', "no column name"),
        ]:
            with pytest.raises(ConfigError, match=message):
                reading.parse_name(conn, wrong)


def test_the_schema_needs_utf8(cluster: Cluster, pack: Pack) -> None:
    from psycopg import sql

    cluster.execute(sql.SQL("create database latin template template0 encoding 'LATIN1' locale 'C'"))
    try:
        with (
            pytest.raises(DatabaseError, match="UTF8"),
            connection.connect(cluster.server.dsn("latin")) as conn,
        ):
            install.install(conn, finder(pack))
    finally:
        cluster.drop("latin")


def test_every_script_is_read(pack: Pack) -> None:
    names = [s.name for s in install.scripts()]
    assert names == sorted(names) and len(names) >= 6
    assert all(assets.read("sql", n) for n in names)
