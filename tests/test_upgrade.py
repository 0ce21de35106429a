"""An old install that is upgraded equals a fresh one; one that is interrupted at any statement leaves what was there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conftest import Cluster, small_pack
from motjuste import assets
from motjuste.config import Config, Watch
from motjuste.db import connection, install, watching
from motjuste.db.connection import Connection
from motjuste.db.states import states
from motjuste.errors import DatabaseError
from motjuste.model import Pack
from watched import BAD, open_keys

OLD = Path(__file__).parent / "upgrade"
VERSIONS = sorted(f.stem for f in OLD.glob("[0-9][0-9][0-9][0-9].sql"))

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
TABLES = ("watch", "finding", "rule", "anchor", "bypass", "bypass_role", "failure", "secret", "pack")

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


@pytest.fixture(scope="module")
def tiny() -> Pack:
    """A pack of one rule, which loads at once."""
    return small_pack(RULE)


def old(dsn: str, version: str) -> None:
    """Install an old version, with what its user had."""
    with psycopg.connect(dsn, autocommit=True) as conn, conn.transaction():
        conn.execute("set local search_path = pg_catalog")
        for name in (f"{version}.sql", f"{version}_data.sql"):
            conn.execute((OLD / name).read_bytes())


def snapshot(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All that the schema is and holds."""
    found = {"catalog": conn.execute(CATALOG).fetchall()}
    return found | {t: conn.execute(EVERYTHING.format(t).encode()).fetchall() for t in TABLES}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_install_upgraded_equals_a_fresh_one(
    installed: str, dsn: str, tiny: Pack, version: str
) -> None:
    with connection.connect(installed) as conn:
        conn.execute(TABLES_OF_THE_USER)
        watching.attach_all(conn, POLICY)
        fresh = conn.execute(CATALOG).fetchall()
    old(dsn, version)
    with connection.connect(dsn) as conn:
        kept = {
            t: conn.execute(EVERYTHING.format(t).encode()).fetchall()
            for t in ("finding", "secret", "failure")
        }
        assert {s.state for s in states(conn)} == {"outdated"}
        assert install.install(conn, tiny)
        assert conn.execute(CATALOG).fetchall() == fresh
        assert {t: conn.execute(EVERYTHING.format(t).encode()).fetchall() for t in kept} == kept
        assert {s.state for s in states(conn)} == {"installed"}
        assert not install.install(conn, tiny)
        conn.execute("update crm.client set note = 'Rien' where id = 1")
        assert open_keys(conn) == []
        conn.execute("insert into crm.visite values (1, '2026-01-02', %s)", [BAD])
        with pytest.raises(psycopg.Error, match=r"^crm\.client\.note"):
            conn.execute("insert into crm.client values (2, %s)", [BAD])
        assert open_keys(conn) == [{"id": 1, "le": "2026-01-02"}]


def test_each_version_has_its_upgrade_and_its_test() -> None:
    names = [f.name.removesuffix(".sql").split("--") for f in install.upgrades()]
    assert [int(a) + 1 for a, _ in names] == [int(b) for _, b in names]
    assert [a for a, _ in names] == VERSIONS
    assert install.schema_version() == len(names) + 1


SHAPE = """
    select format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'motjuste'::regnamespace and c.relkind in ('r', 'v')
    union all
    select format('%s(%s) %s', p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid))
    from pg_proc as p
    where p.pronamespace = 'motjuste'::regnamespace and p.prorettype <> 'trigger'::regtype
"""


def test_no_version_changes_its_shape(installed: str) -> None:
    """What is installed somewhere already can be moved on only by an upgrade: see migrations/README.md before you edit shape.txt."""
    with connection.connect(installed) as conn:
        shape = sorted(row[0] for row in conn.execute(SHAPE).fetchall())
    said = (OLD / "shape.txt").read_text(encoding="utf-8").splitlines()
    assert said[0] == f"version {install.schema_version()}"
    assert shape == said[1:]


def test_a_newer_schema_is_left_alone(installed: str, pack: Pack) -> None:
    with connection.connect(installed) as conn:
        conn.execute("comment on schema motjuste is 'motjuste schema 9999 abc'")
    with (
        pytest.raises(DatabaseError, match="newer than this motjuste"),
        connection.connect(installed) as conn,
    ):
        install.install(conn, pack)


class Dying(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose server process is ended before its n-th statement, from another session."""

    left = 10**9
    killer: psycopg.Connection[Any]

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run a statement, while the server process lives."""
        self.left -= 1
        if self.left == 0:
            self.killer.execute("select pg_terminate_backend(%s, 5000)", [self.info.backend_pid])
        return super().execute(*args, **options)


def survivors(dsn: str, pack: Pack, step: int = 1) -> Iterator[tuple[int, bool]]:
    """Run `install` with its policy, its server process ended at each `step`th statement; until it gets through."""
    for n in range(1, 200, step):
        with psycopg.connect(dsn, autocommit=True) as killer, Dying.connect(dsn, autocommit=True) as conn:
            assert isinstance(conn, Dying)
            conn.killer, conn.left = killer, n
            try:
                watching.install_all(conn, pack, POLICY)
            except psycopg.OperationalError:
                yield n, False
                continue
        yield n, True
        return


def test_an_install_interrupted_at_any_statement_leaves_nothing(
    dsn: str, tiny: Pack, cluster: Cluster
) -> None:
    """At each of its statements on the first server, at each fourth on the others."""
    step = 1 if cluster.first else 4
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES_OF_THE_USER)
        survived = 0
        for _, through in survivors(dsn, tiny, step):
            if not through:
                survived += 1
                assert conn.execute("select to_regnamespace('motjuste')").fetchone() == (None,)
                assert conn.execute("select count(*) from pg_trigger where not tgisinternal").fetchone() == (
                    0,
                )
        assert survived > 30 // step
        assert {s.state for s in states(conn)} == {"installed"}


def test_an_upgrade_interrupted_anywhere_leaves_the_old_one(dsn: str, tiny: Pack) -> None:
    old(dsn, VERSIONS[0])
    with psycopg.connect(dsn, autocommit=True) as conn:
        before = snapshot(conn)
        for _, through in survivors(dsn, tiny, step=4):
            if not through:
                assert snapshot(conn) == before
        assert {s.state for s in states(conn)} == {"installed"}


def test_the_printed_script_upgrades_too(dsn: str, tiny: Pack, cluster: Any, tmp_path: Path) -> None:
    import subprocess

    old(dsn, VERSIONS[0])
    script = tmp_path / "install.sql"
    script.write_text(install.script(tiny), encoding="utf-8")
    command = [cluster.server.bin_dir / "psql", "-X", "-q", "-d", dsn, "-f", script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with connection.connect(dsn) as conn:
        assert install.is_current(conn) and install.holds(conn, tiny)
        assert {s.state for s in states(conn)} == {"installed"}


def test_every_upgrade_ships() -> None:
    assert assets.read("migrations", "upgrade", "step.sql")
