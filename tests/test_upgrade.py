"""An old install that is upgraded equals a fresh one; one that is interrupted at any statement leaves what was there.

No version was released after the first one: the next one is made here, of the scripts of this one with one step more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conftest import Cluster, few_rules, finder, package, small_pack
from motjuste import assets
from motjuste.config import Config, Watch
from motjuste.db import connection, install, watching
from motjuste.db.connection import Connection
from motjuste.db.states import states
from motjuste.errors import DatabaseError
from motjuste.model import Pack
from watched import BAD, attach, open_keys

pytestmark = pytest.mark.each_server

# all that the schema is: columns in their order, constraints, indexes, functions, views, comments, rights, triggers
CATALOG = """
    select 'column', c.relname, a.attname, format('%s %s %s %s %s', format_type(a.atttypid, a.atttypmod), a.attnotnull,
        a.attidentity, pg_get_expr(d.adbin, d.adrelid), co.collname)
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
    left join pg_collation as co on co.oid = a.attcollation
    where c.relnamespace = 'motjuste'::regnamespace and c.relkind in ('r', 'v')
    union all
    select 'order', c.relname, '', string_agg(a.attname, ', ' order by a.attnum)
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'motjuste'::regnamespace and c.relkind in ('r', 'v') group by c.relname
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'motjuste'::regnamespace
    union all
    select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = 'motjuste'
    union all
    select 'view', viewname, '', definition from pg_views where schemaname = 'motjuste'
    union all
    select 'function', proname, pg_get_function_arguments(p.oid),
        md5(pg_get_functiondef(p.oid)) || coalesce(p.proacl::text, '') || coalesce(obj_description(p.oid, 'pg_proc'), '')
    from pg_proc as p where pronamespace = 'motjuste'::regnamespace
    union all
    select 'rights', relname, '', relacl::text from pg_class where relnamespace = 'motjuste'::regnamespace
    union all
    select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) || tgenabled::text
    from pg_trigger where not tgisinternal
    union all
    select 'comment', 'motjuste', '', obj_description('motjuste'::regnamespace, 'pg_namespace')
    order by 1, 2, 3, 4
"""
EVERYTHING = "select x::text from (select * from motjuste.{}) as x order by 1"
TABLES = ("watch", "finding", "rule", "keyword", "bypass", "bypass_role", "failure", "secret", "pack")

TABLES_OF_THE_USER = """
    create schema crm;
    create table crm.client (id int primary key, note text, agent text);
    create table crm.visite (id int, le date, note text, primary key (id, le)) partition by range (le);
    create table crm.visite_01 partition of crm.visite for values from ('2026-01-01') to ('2026-02-01');
    create table crm.memo (note text);
    create table crm.ticket (id int primary key, data jsonb);
"""
POLICY = Config(
    watches=(
        Watch("crm.client", "note", mode="block", author="agent"),
        Watch("crm.visite", "note"),
        Watch("crm.memo", "note", mode="warn"),
        Watch("crm.ticket", "data", json_key="note", mode="mask"),
    )
)
RULE = """
[[rule]]
id = "sante-alcool"
why = "W."
match = ["alcoolique(s)"]
examples = [{ bad = "Client [[alcoolique]], rappeler.", fixed = "Rappeler." }]
allowed = ["Client content."]
"""


# What the user of the first version had: columns watched in every mode and kind, findings in every status, logs.
HAD = """
    drop table crm.partie;
    insert into motjuste.bypass_role (role) values (session_user);
    set motjuste.bypass = 'reprise';
    insert into crm.client values (1, 'Client alcoolique.', 'zoe');
    reset motjuste.bypass;
    insert into motjuste.finding
        (relation, column_name, row_key, note_digest, rule_id, category, level, start, length, status, reason)
    select x.relation, 'note', '{"id": 1}', motjuste.digest('Client alcoolique.'), 'sante-alcool', 'sante', 'block', 7, 10, s, 'r'
    from (values
        ('crm.client', 'open'), ('crm.a', 'accepted'), ('crm.b', 'dismissed'), ('crm.c', 'tolerated'), ('crm.d', 'corrected'),
        ('crm.e', 'redacted')
    ) as x (relation, s);
    insert into motjuste.failure (relation, column_name, sqlstate) values ('crm.client', 'note', '42P01');
"""
# That an upgrade keeps, but for the column that the step adds.
KEPT = ("finding", "bypass", "bypass_role", "failure", "secret")

# What the two versions have apart: a table's columns, a function's arguments, a view's columns. To run the scripts again
# changes none of them.
ONE = """
create table if not exists motjuste.made (id int primary key, said text not null);
insert into motjuste.made values (1, '12') on conflict do nothing;
create or replace function motjuste.made(value text) returns text language sql set search_path = pg_catalog, pg_temp as
$$ select value $$;
create or replace view motjuste.made_today as select m.id, m.said, motjuste.made(m.said) as made from motjuste.made as m;
"""
TWO = """
create table if not exists motjuste.made (id int primary key, counted int not null);
insert into motjuste.made values (1, 12) on conflict do nothing;
create or replace function motjuste.made(value int, again boolean) returns text language sql set search_path = pg_catalog, pg_temp as
$$ select value::text || again $$;
create or replace view motjuste.made_today as select m.id, motjuste.made(m.counted, true) as made from motjuste.made as m;
"""
STEP = """
drop view motjuste.made_today;
drop function motjuste.made(text);
alter table motjuste.made add column counted int;
update motjuste.made set counted = said::int;
alter table motjuste.made alter column counted set not null, drop column said;
alter table motjuste.watch add column checked_by name not null default 'nobody';
do $$ begin update motjuste.watch set checked_by = 'percent % and dollar $' || id; end $$;
alter table motjuste.finding add column weight int not null default 7;
"""


def with_column(script: str, table: str, column: str) -> str:
    """The script that makes a table, with one more column at its end."""
    changed, n = re.subn(
        rf"(create table if not exists motjuste\.{table} \(.*?)(\n\))",
        rf"\1,\n    {column}\2",
        script,
        count=1,
        flags=re.S,
    )
    assert n == 1
    return changed


class Releases:
    """Two releases in a folder: this one, and the next with a step from it; `use` makes one of them the running one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self._shipped = assets.asset_dir
        last = install.schema_version()
        self.last, self.next = last, last + 1
        for release, made in ((last, ONE), (last + 1, TWO)):
            for name in ("sql", "migrations"):
                shutil.copytree(str(self._shipped(name)), folder / str(release) / name)
            (folder / str(release) / "sql" / "75_made.sql").write_text(made, encoding="utf-8")
        tables = folder / str(last + 1) / "sql" / "20_tables.sql"
        text = tables.read_text(encoding="utf-8")
        text = with_column(text, "watch", "checked_by name not null default 'nobody'")
        tables.write_text(with_column(text, "finding", "weight int not null default 7"), encoding="utf-8")
        self.step = folder / str(last + 1) / "migrations" / "upgrade" / f"{last:04}--{last + 1:04}.sql"
        self.step.write_text(STEP, encoding="utf-8")

    def use(self, release: int) -> None:
        """What `install` reads is this release's."""

        def folder(name: str) -> Traversable:
            mine = self.folder / str(release) / name
            return mine if mine.is_dir() else self._shipped(name)

        self._patch.setattr(assets, "asset_dir", folder)

    def old(self, dsn: str, pack: Pack) -> None:
        """Install this release, with what its user had; the next one is the running one then."""
        self.use(self.last)
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(TABLES_OF_THE_USER)
            conn.execute("create table crm.partie (id int primary key, note text)")
            watching.install_all(conn, finder(pack), POLICY)
            attach(conn, "flag", "crm.partie")
            conn.execute(HAD)
        self.use(self.next)


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    return Releases(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def tiny() -> Pack:
    """A pack of one rule, which loads at once."""
    return small_pack(RULE)


def snapshot(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All that the schema is and holds."""
    found = {"catalog": conn.execute(CATALOG).fetchall()}
    return found | {t: conn.execute(EVERYTHING.format(t).encode()).fetchall() for t in TABLES}


def kept(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """What an upgrade must not lose."""
    rows = "select to_jsonb(x) - 'weight' from motjuste.{} as x order by 1"
    return {t: conn.execute(rows.format(t).encode()).fetchall() for t in KEPT}


def test_an_old_install_upgraded_equals_a_fresh_one(
    dsn: str, cluster: Cluster, tiny: Pack, releases: Releases
) -> None:
    releases.use(releases.next)
    assert install.schema_version() == releases.next
    fresh_name = cluster.create("C")
    with connection.connect(cluster.server.dsn(fresh_name)) as conn:
        conn.execute(TABLES_OF_THE_USER)
        watching.install_all(conn, finder(tiny), POLICY)
        fresh = conn.execute(CATALOG).fetchall()
    cluster.drop(fresh_name)
    releases.old(dsn, tiny)
    with connection.connect(dsn) as conn:
        had = kept(conn)
        assert len(had["finding"]) == 6 and had["bypass"] and had["failure"]
        assert {s.state for s in states(conn)} == {"outdated"}
        assert install.installed_version(conn) == releases.last
        assert install.install(conn, finder(tiny))
        assert install.installed_version(conn) == releases.next
        assert conn.execute(CATALOG).fetchall() == fresh
        assert kept(conn) == had
        assert conn.execute("select id, counted from motjuste.made").fetchall() == [(1, 12)]
        marks = conn.execute("select checked_by from motjuste.watch").fetchall()
        assert len(marks) == 4 and all(m.startswith("percent % and dollar $") for (m,) in marks)
        assert {s.state for s in states(conn)} == {"installed"}
        before = snapshot(conn)
        assert not install.install(conn, finder(tiny))
        assert snapshot(conn) == before
        conn.execute("update crm.client set note = 'Rien' where id = 1")
        assert open_keys(conn) == []
        conn.execute("insert into crm.visite values (1, '2026-01-02', %s)", [BAD])
        with pytest.raises(psycopg.Error, match=r"^crm\.client\.note"):
            conn.execute("insert into crm.client values (2, %s)", [BAD])
        assert open_keys(conn) == [{"id": 1, "le": "2026-01-02"}]


def test_a_newer_schema_is_left_alone(installed: str, pack: Pack) -> None:
    with connection.connect(installed) as conn:
        conn.execute("comment on schema motjuste is 'motjuste schema 9999 abc'")
    with (
        pytest.raises(DatabaseError, match="newer than this motjuste"),
        connection.connect(installed) as conn,
    ):
        install.install(conn, finder(pack))


class Dying(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose server process is ended before its n-th statement, from another session; `before` is called before each."""

    left = 10**9
    killer: psycopg.Connection[Any]
    before: Callable[[], None] = staticmethod(lambda: None)

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run a statement, while the server process lives."""
        self.before()
        self.left -= 1
        if self.left == 0:
            self.killer.execute("select pg_terminate_backend(%s, 5000)", [self.info.backend_pid])
        return super().execute(*args, **options)


def survivors(dsn: str, pack: Pack, step: int, first: int = 1) -> Iterator[tuple[int, bool]]:
    """Run `install` with its policy, its server process ended at each `step`th statement from the `first`; until it gets through."""
    for n in range(first, 200, step):
        with psycopg.connect(dsn, autocommit=True) as killer, Dying.connect(dsn, autocommit=True) as conn:
            assert isinstance(conn, Dying)
            conn.killer, conn.left = killer, n
            try:
                watching.install_all(conn, finder(pack), POLICY)
            except psycopg.OperationalError:
                yield n, False
                continue
        yield n, True
        return


def test_an_install_interrupted_at_any_statement_leaves_nothing(
    dsn: str, tiny: Pack, cluster: Cluster
) -> None:
    """What it would leave is what others see: nothing, before each statement; at each tenth it is interrupted, on other servers at each twentieth."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES_OF_THE_USER)

        def nothing_is_left() -> None:
            assert conn.execute("select to_regnamespace('motjuste')").fetchone() == (None,)
            assert conn.execute("select count(*) from pg_trigger where not tgisinternal").fetchone() == (0,)
            looks.append(1)

        looks: list[int] = []
        for _, through in survivors(dsn, tiny, 10 if cluster.first else 20, first=10):
            if not through:
                nothing_is_left()
        interrupted = len(looks)
        assert interrupted > 3 if cluster.first else interrupted > 1
        assert {s.state for s in states(conn)} == {"installed"}
        install.uninstall(conn)
        with Dying.connect(dsn, autocommit=True) as observed:
            assert isinstance(observed, Dying)
            observed.before = nothing_is_left
            watching.install_all(observed, finder(tiny), POLICY)
        assert len(looks) - interrupted > 30
        assert {s.state for s in states(conn)} == {"installed"}


def test_an_upgrade_interrupted_anywhere_leaves_the_old_one(
    dsn: str, tiny: Pack, releases: Releases, cluster: Cluster
) -> None:
    """At each fourth of its statements on the first server, at each twelfth on the others."""
    releases.old(dsn, tiny)
    with psycopg.connect(dsn, autocommit=True) as conn:
        before = snapshot(conn)
        survived = 0
        for _, through in survivors(dsn, tiny, step=4 if cluster.first else 12):
            if not through:
                survived += 1
                assert snapshot(conn) == before
        assert survived > 2
        assert {s.state for s in states(conn)} == {"installed"}


@pytest.mark.first_server
def test_a_step_that_fails_leaves_the_old_one(dsn: str, tiny: Pack, releases: Releases) -> None:
    releases.old(dsn, tiny)
    releases.step.write_text(STEP + "select 1 / 0;", encoding="utf-8")
    with psycopg.connect(dsn, autocommit=True) as conn:
        before = snapshot(conn)
        with pytest.raises(psycopg.errors.DivisionByZero):
            install.install(conn, finder(tiny))
        assert snapshot(conn) == before


def test_the_release_before_leaves_the_new_schema_alone(dsn: str, tiny: Pack, releases: Releases) -> None:
    releases.old(dsn, tiny)
    with connection.connect(dsn) as conn:
        install.install(conn, finder(tiny))
        before = snapshot(conn)
    releases.use(releases.last)
    with (
        pytest.raises(DatabaseError, match=f"version {releases.next} .*newer than this motjuste"),
        connection.connect(dsn) as conn,
    ):
        install.install(conn, finder(tiny))
    with connection.connect(dsn) as conn:
        assert snapshot(conn) == before


def test_the_printed_script_upgrades_too(
    dsn: str, tiny: Pack, releases: Releases, cluster: Cluster, tmp_path: Path
) -> None:
    releases.old(dsn, tiny)
    script = tmp_path / "install.sql"
    script.write_text(install.script(finder(tiny)), encoding="utf-8")
    command = [cluster.server.bin_dir / "psql", "-X", "-q", "-d", dsn, "-f", script]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    with connection.connect(dsn) as conn:
        assert install.is_current(conn) and install.holds(conn, finder(tiny))
        assert {s.state for s in states(conn)} == {"installed"}
        assert conn.execute("select id, counted from motjuste.made").fetchall() == [(1, 12)]


@pytest.mark.first_server
def test_the_command_says_from_which_version(
    dsn: str, tiny: Pack, releases: Releases, tmp_path: Path
) -> None:
    """The command of the next release: the package with that release's files in it, and few rules."""
    releases.old(dsn, tiny)
    next_one = package(tmp_path / "next", few_rules()["shipped"]())
    command = [sys.executable, "-m", "motjuste", "install", "--dsn", dsn]
    env = os.environ | {"PYTHONPATH": str(next_one)}
    first, again = (
        subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True) for _ in range(2)
    )
    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert f"schema motjuste: upgraded from version {releases.last} (" in first.stdout
    assert "schema motjuste: already up to date (" in again.stdout


def test_upgrades_lead_from_the_first_version_to_this_one() -> None:
    names = [f.name.removesuffix(".sql").split("--") for f in install.upgrades()]
    assert [(int(a), int(b)) for a, b in names] == [(n, n + 1) for n in range(1, len(names) + 1)]
    assert install.schema_version() == len(names) + 1


def test_every_upgrade_ships() -> None:
    assert assets.read("migrations", "upgrade", "step.sql") and assets.read(
        "migrations", "upgrade", "newer.sql"
    )
