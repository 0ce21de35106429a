"""Who may read motjuste itself: nobody but the owner and the recorded readers, whatever default privileges say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from conftest import Cluster, finder
from managed import Managed, managed
from motjuste.cli.main import motjuste
from motjuste.db import install, watching
from motjuste.db.connection import connect
from motjuste.db.states import own_readers, states
from motjuste.scanning.scan import Place

DEFAULTS = """
    alter default privileges grant select, insert, update on tables to mj_app, public;
    alter default privileges grant usage, select on sequences to mj_app;
    alter default privileges grant execute on functions to mj_app;
    alter default privileges grant usage on types to mj_app;
    alter default privileges grant all on schemas to mj_app;
"""
IN_SCHEMA = """
    alter default privileges in schema motjuste grant select on tables to mj_app;
    alter default privileges in schema motjuste grant execute on functions to mj_app;
"""
HELD = """
    select x.grantee::regrole::text || ' ' || x.privilege_type || ' ' || x.what
    from (
        select e.*, 'table ' || c.relname as what from pg_class as c cross join lateral aclexplode(c.relacl) as e
        where c.relnamespace = 'motjuste'::regnamespace
        union all
        select e.*, 'column ' || a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid
        cross join lateral aclexplode(a.attacl) as e where c.relnamespace = 'motjuste'::regnamespace
        union all
        select e.*, 'function ' || p.proname from pg_proc as p
        cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as e
        where p.pronamespace = 'motjuste'::regnamespace
        union all
        select e.*, 'type ' || t.typname from pg_type as t cross join lateral aclexplode(t.typacl) as e
        where t.typnamespace = 'motjuste'::regnamespace and e.grantee <> 0
        union all
        select e.*, 'schema' from pg_namespace as n cross join lateral aclexplode(n.nspacl) as e where n.nspname = 'motjuste'
    ) as x
    where x.grantee <> 'mj_dba'::regrole
"""


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[Managed]:
    with managed(cluster, DEFAULTS) as found:
        yield found


def held(house: Managed) -> list[str]:
    with psycopg.connect(house.dba) as conn:
        return [row[0] for row in conn.execute(HELD).fetchall()]


def test_default_privileges_give_nobody_a_right_on_ours(house: Managed) -> None:
    assert held(house) == []
    with psycopg.connect(house.app, autocommit=True) as app:
        for attempt in (
            "select key from motjuste.secret",
            "select motjuste.digest('x')",
            "select * from motjuste.finding",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(attempt.encode())


def test_nor_on_what_an_attachment_makes(house: Managed) -> None:
    with connect(house.dba) as conn:
        conn.execute(IN_SCHEMA.encode())
        watching.attach(conn, Place("crm.client", "note"), "flag")
        assert held(house) == []
        assert install.faults(conn).faults == ()
        # nor where it is read and run by hand
        with conn.transaction():
            conn.execute("grant select on motjuste.secret to mj_other")
            for statement in install.schema_statements():
                conn.execute(statement.encode())
        assert held(house) == []
        watching.detach(conn, Place("crm.client", "note"))


@pytest.mark.parametrize(
    "grant",
    [
        "grant select on motjuste.secret to mj_app",
        "grant select (key) on motjuste.secret to mj_app",
        "grant execute on function motjuste.digest(text) to public",
        "grant usage on schema motjuste to mj_other",
        "grant update on sequence motjuste.finding_id_seq to mj_app",
        "grant usage on type motjuste.watch to mj_app",
        "grant select on motjuste.finding to mj_dpo with grant option",
        "grant delete on motjuste.finding to mj_dpo",
    ],
)
def test_a_grant_made_by_hand_is_told_and_taken_back(house: Managed, grant: str) -> None:
    with connect(house.dba) as conn:
        watching.grant(conn, "mj_dpo")
        assert install.faults(conn).faults == ()
        conn.execute(grant.encode())
        [fault] = install.faults(conn).faults
        assert fault.state.startswith("granted to ") and fault.kind in (
            "table", "function", "schema", "sequence", "type",
        )  # fmt: skip
        assert install.install(conn, finder(house.pack))
        assert install.faults(conn).faults == ()
        with psycopg.connect(house.dpo) as dpo:
            dpo.execute(
                "select * from motjuste.status, motjuste.unseen, motjuste.open_findings, motjuste.coverage"
            )
        watching.revoke(conn, "mj_dpo")
        assert held(house) == []


def test_an_officer_keeps_the_key_and_a_reader_never_had_it(house: Managed) -> None:
    with connect(house.dba) as conn:
        watching.grant(conn, "mj_dpo")
        with psycopg.connect(house.dpo) as dpo, pytest.raises(psycopg.errors.InsufficientPrivilege):
            dpo.execute("select key from motjuste.secret")
        watching.grant(conn, "mj_dpo", officer=True)
        conn.execute("grant select on motjuste.secret to mj_other")
        assert install.install(conn, finder(house.pack))
        with psycopg.connect(house.dpo) as dpo:
            dpo.execute("select key from motjuste.secret; update motjuste.request set due = due")
        watching.revoke(conn, "mj_dpo")
        assert held(house) == []


def test_a_role_that_takes_the_name_of_a_reader_gets_nothing(house: Managed) -> None:
    """What a role was granted is gone with it: not so the line with its name."""
    with connect(house.dba) as conn, psycopg.connect(house.super, autocommit=True) as above:
        above.execute("create role mj_gone")
        watching.grant(conn, "mj_gone", officer=True)
        above.execute("drop owned by mj_gone; drop role mj_gone; create role mj_gone")
        conn.execute("select motjuste.restrict()")
        assert held(house) == []
        # granted anew, it is a reader and no officer
        watching.grant(conn, "mj_gone")
        assert "mj_gone SELECT table finding" in held(house)
        assert "mj_gone SELECT table secret" not in held(house)
        above.execute("drop owned by mj_gone; drop role mj_gone; create role mj_gone")
        conn.execute("grant select on motjuste.secret to mj_other")  # to be put right by an installation
        assert install.install(conn, finder(house.pack))
        assert held(house) == [] and conn.execute("select from motjuste.reader_role").fetchall() == []
        # in a database restored elsewhere the numbers are others, and names are all that is known
        watching.grant(conn, "mj_gone")
        conn.execute("update motjuste.reader_role set seen_as = 1, seen_in = 1")
        assert install.faults(conn).faults == ()
        conn.execute("grant select on motjuste.secret to mj_other")
        assert install.install(conn, finder(house.pack))
        assert conn.execute("select seen_as::regrole::text from motjuste.reader_role").fetchall() == [
            ("mj_gone",)
        ]
        watching.revoke(conn, "mj_gone")
        assert held(house) == []
        above.execute("drop role mj_gone")


def test_status_lists_who_reads_ours(house: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with connect(house.dba) as conn, psycopg.connect(house.super, autocommit=True) as above:
        watching.grant(conn, "mj_dpo", officer=True)
        watching.attach(conn, Place("crm.client", "note"), "flag")
        above.execute("grant pg_read_all_data to mj_other")
        try:
            found = {(r.role, r.via): r.tables for r in own_readers(conn)}
            assert found[("mj_dba", "owner")] == "everything"
            assert found[("mj_other", "member of pg_read_all_data")] == "everything"
            assert found[("mj_dpo", "granted")].startswith("secret, ")
            assert not any(role == "mj_app" for role, _ in found)
            assert any(via == "superuser" for _, via in found)
            run = CliRunner(env={"MOTJUSTE_DSN": house.dba})
            text = run.invoke(motjuste, ["status", "--readers"]).stdout
            assert "reads of motjuste" in text and "member of pg_read_all_data" in text
            rows = json.loads(run.invoke(motjuste, ["status", "--readers", "--format", "json"]).stdout)
            own = next(r for r in rows if r["column"] == "motjuste")
            assert {"role": "mj_dba", "login": True, "via": "owner", "tables": "everything"} in own["readers"]
            # one who reads what was found may look too, and is told what was not compared
            conn.execute(f"revoke temporary on database {conn.info.dbname} from public".encode())
            reading = CliRunner(env={"MOTJUSTE_DSN": house.dpo}).invoke(motjuste, ["status"])
            assert "crm.client.note" in reading.stdout
            assert "not compared: the objects of the schema motjuste" in reading.stderr
            assert "not compared: the content of motjuste." in reading.stderr
        finally:
            above.execute("revoke pg_read_all_data from mj_other")
            watching.detach(conn, Place("crm.client", "note"))
            watching.revoke(conn, "mj_dpo")


def test_an_owner_of_a_watched_table_needs_no_right_on_ours(house: Managed) -> None:
    with connect(house.dba) as conn:
        watching.attach(conn, Place("crm.client", "note"), "block")
        with psycopg.connect(house.app, autocommit=True) as app:
            app.execute("insert into crm.client values (1, 'Rappeler lundi.')")
            with pytest.raises(psycopg.Error) as refused:
                app.execute("insert into crm.client values (2, 'Client alcoolique.')")
            assert refused.value.sqlstate == "MJ001"
        assert [s.state for s in states(conn)] == ["installed"]
        watching.detach(conn, Place("crm.client", "note"))
        conn.execute("truncate crm.client")


@pytest.mark.first_server
def test_what_a_database_sets_for_all_sessions_accuses_no_function(house: Managed) -> None:
    """An owner of the database could have our functions told as altered, and dropped by who believes it."""
    place = Place("crm.client", "note")
    with connect(house.dba) as conn:
        watching.attach(conn, place)
    with connect(make_conninfo(house.dba, options="-c extra_float_digits=-15")) as conn:
        assert install.faults(conn).faults == ()
        watching.detach(conn, place)
