"""A role of its own owns motjuste, as on a managed server; and a superuser's installation keeps away from others' tables."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster, few, finder
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.config import Config, Watch
from motjuste.db import connection, install, watching
from motjuste.db.connection import Connection
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.model import Pack
from motjuste.scanning.scan import Place
from watched import BAD, CLEAN, attach, failures, open_keys, states, workshop

pytestmark = [pytest.mark.few_rules, pytest.mark.each_server]

REFUSED = "Note refusée"
ROLES = ("boss", "mj", "crm", "app", "dpo")
TABLES = """
    create schema t;
    create table t.client (id int primary key, note text, agent text);
    create table t.visite (id int primary key, note text) partition by range (id);
    create table t.visite_1 partition of t.visite for values from (0) to (1000);
    create table t.parent (id int primary key, note text);
    create table t.child () inherits (t.parent);
    grant usage on schema t to app, mj;
    grant select, insert, update, delete on all tables in schema t to app;
"""


class Managed:
    """A database that `boss`, no superuser, owns; the tables belong to `crm`, `app` writes, `mj` is to own motjuste."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name

    def dsn(self, role: str) -> str:
        return self.cluster.server.dsn(self.name, role)

    def connect(self, role: str) -> Connection:
        return psycopg.connect(self.dsn(role), autocommit=True)

    def named(self) -> None:
        """A superuser says that `mj` owns motjuste."""
        with self.connect("postgres") as admin:
            admin.execute("grant mj to postgres")

    def run(self, role: str, *args: str) -> str:
        """What a command prints, or its error."""
        result = CliRunner().invoke(motjuste, list(args), env={"MOTJUSTE_DSN": self.dsn(role)})
        if isinstance(result.exception, MotjusteError):
            return f"{result.exception.message}\n{result.exception.hint}"
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output


@pytest.fixture
def managed(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Managed]:
    monkeypatch.chdir(tmp_path)
    name = cluster.create("C")
    with psycopg.connect(cluster.server.dsn(name), autocommit=True) as admin:
        admin.execute("".join(f"drop role if exists {r};" for r in ROLES).encode())
        admin.execute(
            "create role boss login; create role mj nologin; create role crm login; create role app login; create role dpo login"
        )
        admin.execute(
            f"alter database {name} owner to boss; grant create on database {name} to mj, crm".encode()
        )
        admin.execute("grant mj to boss")
        here = Managed(cluster, name)
        with here.connect("crm") as crm:
            crm.execute(TABLES)
            crm.execute("grant trigger on all tables in schema t to mj")
            crm.execute("alter default privileges in schema t grant trigger on tables to mj")
        try:
            yield here
        finally:
            admin.execute(f"alter database {name} owner to postgres".encode())
            admin.execute("".join(f"drop owned by {r} cascade; drop role {r};" for r in ROLES).encode())
    cluster.drop(name)


def refusal(dsn: str, work: Callable[[Connection], object]) -> DatabaseError:
    """The error that this work ends with."""
    with pytest.raises(DatabaseError) as caught, connection.connect(dsn) as conn:
        work(conn)
    return caught.value


@pytest.fixture
def rules() -> Pack:
    return few(assets.pack(), "sante-alcool")


def owners(conn: Connection) -> set[str]:
    """Who owns the schema motjuste and what is in it."""
    rows = conn.execute("""
        select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'motjuste'
        union select pg_get_userbyid(relowner) from pg_class where relnamespace = 'motjuste'::regnamespace
        union select pg_get_userbyid(proowner) from pg_proc where pronamespace = 'motjuste'::regnamespace
        union select pg_get_userbyid(typowner) from pg_type where typnamespace = 'motjuste'::regnamespace
    """).fetchall()
    return {row[0] for row in rows}


def triggers(conn: Connection) -> int:
    [(n,)] = conn.execute("select count(*) from pg_trigger where tgname ~ '^(zz_)?motjuste_'").fetchall()
    return int(n)


def test_a_role_of_its_own_on_a_managed_server(managed: Managed, rules: Pack) -> None:
    places = [("t.client", "client"), ("t.visite", "visite"), ("t.parent", "child")]
    with (
        connection.connect(managed.dsn("boss")) as boss,
        managed.connect("app") as app,
        managed.connect("crm") as crm,
    ):
        assert install.install(boss, finder(rules), owner="mj")
        assert not install.install(boss, finder(rules), owner="mj") and not install.install(
            boss, finder(rules)
        )
        assert owners(boss) == {"mj"}
        for mode in ("flag", "warn", "block", "mask", "flag"):
            for relation, written in places:
                watching.attach(boss, Place(relation, "note"), mode)
                write = f"insert into t.{written} (id, note) values (1, %s)"
                if mode == "block":
                    with pytest.raises(psycopg.Error, match=REFUSED):
                        app.execute(write.encode(), [BAD])
                    continue
                app.execute(write.encode(), [BAD])
                app.execute(f"update t.{written} set note = 'Rien'".encode())
                app.execute(f"delete from t.{written}".encode())
        assert states(boss) == {"installed"} and failures(boss) == [] and owners(boss) == {"mj"}
        assert boss.execute(
            "select bool_and(pg_get_userbyid(proowner) = 'mj') from pg_proc where prosecdef"
        ).fetchone() == (True,)

        # the owner of the table makes partitions, which are covered; and gains no other right
        crm.execute("create table t.visite_2 partition of t.visite for values from (1000) to (2000)")
        crm.execute(
            "create table t.loose (id int not null, note text); alter table t.visite attach partition t.loose for values from (2000) to (3000)"
        )
        crm.execute("insert into t.visite values (1001, %s), (2001, %s)", [BAD, BAD])
        assert open_keys(boss) == [{"id": 1001}, {"id": 2001}] and states(boss) == {"installed"}
        for right in (
            "select * from motjuste.secret",
            "select motjuste.digest('x')",
            "select motjuste.detach('t.client', 'note')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                crm.execute(right.encode())

        # what its owner switches off is switched on again
        crm.execute(
            "alter table t.client disable trigger user; alter table t.visite disable trigger user; alter table t.parent disable trigger user"
        )
        assert "disabled" in states(boss)
        install.install(boss, finder(rules))
        assert states(boss) == {"installed"}
        crm.execute("drop trigger motjuste_1_update on t.client")
        assert "missing" in states(boss)
        install.install(boss, finder(rules))
        assert states(boss) == {"installed"}
        # a table that left its tree is left alone
        crm.execute("alter table t.child no inherit t.parent")
        install.install(boss, finder(rules))
        assert states(boss) == {"installed"}
        crm.execute("insert into t.child values (5, %s)", [BAD])
        assert len(open_keys(boss)) == 2

        error = refusal(
            managed.dsn("boss"), lambda c: watching.attach(c, Place("t.client", "note"), always=True)
        )
        assert "t.client belongs to crm" in error.message
        crm.execute(
            "revoke trigger on t.client from mj; create table t.other (id int, note text); revoke trigger on t.other from mj"
        )
        error = refusal(managed.dsn("boss"), lambda c: watching.attach(c, Place("t.other", "note")))
        assert "mj may make no triggers on t.other" in error.message
        assert error.hint == "grant trigger on t.other to mj"
        assert not install.install(boss, finder(rules))  # what is there wants no further right
        watching.attach(boss, Place("t.client", "note"), "flag")

        watching.grant(boss, "dpo")
        with managed.connect("dpo") as dpo:
            assert states(dpo) == {"installed"} and dpo.execute(
                "select count(*) from motjuste.open_findings"
            ).fetchone() == (2,)
        watching.detach(boss, Place("t.visite", "note"))
        assert "t.visite" not in {r for (r,) in boss.execute("select relation from motjuste.status")}
        install.uninstall(boss)
        assert triggers(boss) == 0 and not install.is_installed(boss)


def test_a_superuser_keeps_the_owner_and_acts_as_it(managed: Managed, rules: Pack) -> None:
    with connection.connect(managed.dsn("boss")) as boss:
        install.install(boss, finder(rules), owner="mj")
        boss.execute(
            f"comment on schema motjuste is 'motjuste schema {install.schema_version()} of before'".encode()
        )
    managed.named()
    with connection.connect(managed.dsn("postgres")) as admin:
        policy = Config(watches=(Watch("t.client", "note"), Watch("t.visite", "note", mode="block")))
        changed, attached = watching.install_all(admin, finder(rules), policy)
        assert changed and len(attached) == 2 and owners(admin) == {"mj"}
        # by hand too: a new function would be the superuser's
        attach(admin, "mask", "t.parent")
        assert owners(admin) == {"mj"} and states(admin) == {"installed"}
        watching.detach(admin, Place("t.parent", "note"))
        assert "outdated" not in states(admin)


def test_an_installation_changes_hands(managed: Managed, rules: Pack) -> None:
    with connection.connect(managed.dsn("postgres")) as admin, managed.connect("app") as app:
        install.install(admin, finder(rules))
        attach(admin, "flag", "t.client", trust_owner=True)
        app.execute("insert into t.client values (1, %s)", [BAD])
        assert owners(admin) == {"postgres"} and states(admin) == {"installed"}
        assert install.install(admin, finder(rules), owner="mj")
        assert owners(admin) == {"mj"} and states(admin) == {"installed"}
        app.execute("insert into t.client values (2, %s)", [BAD])
        app.execute("update t.client set note = 'Rien' where id = 1")
        assert open_keys(admin) == [{"id": 2}] and failures(admin) == []
        assert not install.install(admin, finder(rules))
        admin.execute("alter role mj login")
        with managed.connect("mj") as mj:
            mj.execute("select motjuste.refresh(), motjuste.check('x'); delete from motjuste.finding")
        admin.execute("alter role mj nologin")


# a schema that anybody could make who may create one, with traps in what an installation keeps
PLANTED = """
    create schema motjuste;
    grant usage on schema motjuste to public;
    create function motjuste.trap() returns trigger language plpgsql as $$
    begin
        execute 'reset role';
        raise log 'planted in % as %', pg_catalog.current_database(), current_user;
        return new;
    end $$;
    create table motjuste.setting (name text primary key, value bigint not null);
    create trigger t before insert on motjuste.setting for each row execute function motjuste.trap();
    create table motjuste.secret (
        singleton boolean primary key default true, key bytea, inner_pad bytea, outer_pad bytea, made_at timestamptz default now(), next_key bytea
    );
    create trigger t before insert on motjuste.secret for each row execute function motjuste.trap();
    create function motjuste.told() returns text language plpgsql as $$
    begin
        raise log 'planted in % as %', pg_catalog.current_database(), current_user;
        return 't.client';
    end $$;
    create view motjuste.watch as
        select 1 as id, motjuste.told()::regclass as relation, 'note'::name as column_name, ''::text as json_key, 'flag'::text as mode;
    create view motjuste.status as select * from motjuste.watch;
    grant select on all tables in schema motjuste to public;
"""


def test_a_schema_that_somebody_else_made_first(managed: Managed, rules: Pack, tmp_path: Path) -> None:
    """Whoever may create a schema can make ours before it is installed: a superuser runs nothing that is in it."""
    with managed.connect("crm") as crm:
        crm.execute(PLANTED)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            crm.execute("grant crm to postgres")
    script = tmp_path / "install.sql"
    script.write_text(managed.run("boss", "install", "--sql"), encoding="utf-8")
    for command in (
        ("install",), ("install", "--as", "mj"), ("install", "--dry-run"), ("discover",), ("status",), ("report",), ("attach", "t.client.note"),
        ("scan",), ("scan", "t.client.note"), ("uninstall", "--yes"), ("work", "--once"),
    ):  # fmt: skip
        said = managed.run("postgres", *command)
        assert "the schema motjuste belongs to crm" in said and 'grant "crm" to "postgres"' in said, (
            command,
            said,
        )
    for before in ("", "set role mj;", "set session authorization mj;"):
        psql = [
            managed.cluster.server.bin_dir / "psql",
            managed.dsn("postgres"),
            "-X",
            "-q",
            *(("-c", before) if before else ()),
            "-f",
            script,
        ]
        done = subprocess.run(psql, capture_output=True, text=True)
        assert done.returncode != 0 and "the schema motjuste belongs to crm" in done.stderr, done.stderr
    log = (managed.cluster.server.folder / "log").read_text(errors="replace")
    assert f"planted in {managed.name} as" not in log
    # nor where it is made just after we looked
    with (
        managed.connect("postgres") as admin,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="is not postgres's"),
    ):
        admin.execute(assets.read("sql", "10_schema.sql").encode())
    # the ways out: it is dropped, or a superuser named its owner, as `--as` does
    with managed.connect("crm") as crm:
        crm.execute("drop schema motjuste cascade")
    assert "installed" in managed.run("postgres", "install", "--as", "mj")
    assert "already up to date" in managed.run("postgres", "install")


@pytest.mark.parametrize(
    ("before", "role", "message", "hint"),
    [
        ("select 1", "nobody at all", 'there is no role "nobody at all"', 'create role "nobody at all" nologin; grant create on database'),
        ("revoke mj from boss", "mj", "boss may not act as mj", "grant mj to boss"),
        ("revoke create on database {} from mj", "mj", "mj may make no schema in this database", "grant create on database"),
    ],
    ids=["no role", "no member", "no right"],
)  # fmt: skip
def test_a_role_that_cannot_own_it(
    managed: Managed, rules: Pack, before: str, role: str, message: str, hint: str
) -> None:
    with managed.connect("postgres") as admin:
        admin.execute(before.format(managed.name).encode())
    error = refusal(managed.dsn("boss"), lambda c: install.install(c, finder(rules), owner=role))
    assert message in error.message and hint in error.hint
    with connection.connect(managed.dsn("boss")) as boss:
        assert not install.is_installed(boss)


def test_who_may_not_act_as_the_owner_changes_nothing(managed: Managed, rules: Pack) -> None:
    with connection.connect(managed.dsn("boss")) as boss:
        install.install(boss, finder(rules), owner="mj")
    error = refusal(managed.dsn("crm"), lambda c: install.install(c, finder(rules)))
    assert "crm may not act as mj, who owns the schema motjuste" in error.message


def test_the_commands_and_the_printed_script(managed: Managed, cluster: Cluster, tmp_path: Path) -> None:
    Path("motjuste.toml").write_text(
        '[rules]\ndisable = []\n[[watch]]\nrelation = "t.client"\ncolumn = "note"\nmode = "block"\n',
        encoding="utf-8",
    )
    script = tmp_path / "install.sql"
    script.write_text(managed.run("boss", "install", "--sql", "--as", "mj"), encoding="utf-8")
    psql = [cluster.server.bin_dir / "psql", managed.dsn("boss"), "-X", "-q", "-f", script]
    done = subprocess.run(psql, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with managed.connect("postgres") as admin:
        assert owners(admin) == {"mj"} and states(admin) == {"installed"}
    assert "already up to date" in managed.run("boss", "install", "--as", "mj")
    assert 'grant "mj" to "postgres"' in managed.run("postgres", "install")
    managed.named()
    assert "already up to date" in managed.run("postgres", "install")
    assert "t.visite.note: watched, mode flag" in managed.run("postgres", "attach", "t.visite.note")
    assert "no longer watched" in managed.run("postgres", "detach", "t.visite.note")
    assert "removed" in managed.run("boss", "uninstall", "--yes")


# -- a superuser's installation --------------------------------------------------------------------------------------------------


@pytest.fixture
def conn(shared: str) -> Iterator[Connection]:
    with workshop(shared) as conn:
        conn.execute("drop role if exists crm; create role crm; grant usage, create on schema t to crm")
        conn.execute("create table client (id int primary key, note text, agent text)")
        try:
            yield conn
        finally:
            conn.execute("reset role; drop owned by crm cascade; drop role crm")


def test_a_superuser_does_not_attach_the_table_of_who_is_none(conn: Connection, shared: str) -> None:
    conn.execute("alter table client owner to crm")
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        attach(conn, "flag")
    assert "t.client belongs to crm, who is no superuser, and the triggers would run as postgres" in str(
        caught.value
    )
    hint = str(caught.value.diag.message_hint)
    assert "install --as motjuste_owner (OPERATIONS: a role of its own)" in hint
    assert (
        "trust_owner = true under its [[watch]] in motjuste.toml (for motjuste attach: --trust-owner" in hint
    )
    policy = Config(watches=(Watch("t.client", "note"),))
    assert "who is no superuser" in refusal(shared, lambda c: watching.attach_all(c, policy)).message
    with connection.connect(shared) as ours:
        watching.attach(ours, Place("t.client", "note"), trust_owner=True)
        watching.attach(ours, Place("t.client", "note"), "block")  # as it was said
        watching.detach(ours, Place("t.client", "note"))
        trusting = Config(watches=(Watch("t.client", "note", trust_owner=True),))
        watching.attach_all(ours, trusting)
        assert "trust_owner => true" in watching.attach_statement(trusting.watches[0], "flag")
    assert states(conn) == {"installed"}
    # a member of the superuser's role gains nothing by it
    conn.execute("select motjuste.detach('t.client', 'note'); grant postgres to crm")
    attach(conn, "flag")
    assert states(conn) == {"installed"}
    conn.execute("revoke postgres from crm")
    assert states(conn) == {"owner not trusted"}


def test_a_partition_and_a_child_of_who_is_no_superuser(conn: Connection) -> None:
    conn.execute("""
        create table visite (id int, note text) partition by range (id);
        create table visite_1 partition of visite for values from (0) to (10);
        create table fille () inherits (client);
        alter table visite_1 owner to crm; alter table fille owner to crm;
    """)
    for relation, member in (("visite", "visite_1"), ("client", "fille")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"t.{member} belongs to crm"):
            attach(conn, "flag", relation)


def test_an_owner_who_came_later_is_told(conn: Connection) -> None:
    attach(conn, "flag")
    assert states(conn) == {"installed"}
    conn.execute("alter table client owner to crm")
    assert states(conn) == {"owner not trusted"}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attach(conn, "flag")
    attach(conn, "flag", trust_owner=True)
    assert states(conn) == {"installed"}


def test_the_owner_of_a_partitioned_table_makes_partitions(conn: Connection) -> None:
    conn.execute("set role crm")
    conn.execute("create table visite (id int, note text) partition by range (id)")
    conn.execute("reset role")
    attach(conn, "block", "visite", trust_owner=True)
    conn.execute("set role crm")
    conn.execute("create table visite_1 partition of visite for values from (0) to (10)")
    with pytest.raises(psycopg.Error, match=REFUSED):
        conn.execute("insert into visite values (1, %s)", [BAD])
    conn.execute("reset role")
    assert states(conn) == {"installed"}


def test_mask_is_for_the_systems_own_types(conn: Connection) -> None:
    conn.execute(
        "create domain remarque as text; create domain fiche as jsonb; create table d (id int, note remarque, f fiche, j jsonb, v varchar(40))"
    )
    for column, json_key in (("note", ""), ("f", "texte")):
        with pytest.raises(psycopg.Error, match="nothing can be masked in it") as caught:
            attach(conn, "mask", "d", column, json_key=json_key)
        assert "would run with our rights" in str(caught.value.diag.message_hint)
        attach(conn, "block", "d", column, json_key=json_key)
    attach(conn, "mask", "d", "j", json_key="texte")
    attach(conn, "mask", "d", "v")
    assert states(conn) == {"installed"}
    conn.execute("alter table d alter v type remarque")
    assert "not masking" in states(conn)
    conn.execute("insert into d (id, v) values (1, %s)", [CLEAN])
    assert failures(conn) == []
