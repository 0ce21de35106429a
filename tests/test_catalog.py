"""The catalog and `discover` on a real database: partitions, keys, jsonb, hostile names, few rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from motjuste import config
from motjuste.cli.main import motjuste
from motjuste.db import catalog
from motjuste.db.connection import connect
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import Column

SCHEMA = """
create schema crm;
create schema autre;
create domain crm.texte_court as varchar(40);
create table crm.client (id int primary key, nom text unique, age int, court crm.texte_court, note text);
comment on column crm.client.note is 'texte libre';
insert into crm.client select n, n::text, 1, 'x', 'RAS' from generate_series(1, 500) as n;
create table crm.ligne (a int, b int, c text, note varchar(500), double text generated always as (c || 'x') stored,
    primary key (b, a), foreign key (a) references crm.client);
create table crm.sans_cle (remarque text);
create table crm.contact (id int, jour date, obs text, primary key (id, jour)) partition by range (jour);
create table crm.contact_01 partition of crm.contact for values from ('2026-01-01') to ('2026-02-01');
create table crm.contact_02 partition of crm.contact for values from ('2026-02-01') to ('2026-03-01');
insert into crm.contact select n, '2026-01-15', 'RAS' from generate_series(1, 100) as n;
insert into crm.contact select n, '2026-02-15', 'RAS' from generate_series(1, 50) as n;
create table crm.appel (id int primary key, details jsonb, libre json);
insert into crm.appel values
    (1, '{"note": "RAS", "duree": 3}', '{"avis": "bien"}'), (2, '{"canal": "mail"}', '[1]'), (3, '[1]', null), (4, '3', '{}'), (5, null, '{"x": "\\u0000"}');
create table crm.carte (id int primary key, par_email jsonb);
insert into crm.carte select 1, jsonb_object_agg('m' || n, 'x') from generate_series(1, 200) as n;
create table autre."Bloc;Note" ("x""; drop table y; --" text, "Ünï -- 🙂" jsonb);
insert into autre."Bloc;Note" values ('RAS', '{"k\\"; --": "RAS"}');
create view crm.vue as select note from crm.client;
create materialized view crm.figee as select note from crm.client;
create temporary table provisoire (note text);
analyze;
"""


@pytest.fixture
def conn(dsn: str) -> Iterator[psycopg.Connection]:
    with connect(dsn) as connection:
        connection.execute(SCHEMA.encode())
        yield connection


def found(conn: psycopg.Connection, *schemas: str) -> dict[str, Column]:
    return {c.label: c for c in catalog.columns(conn, schemas)}


def test_every_text_column_once(conn: psycopg.Connection) -> None:
    assert set(found(conn)) == {
        "crm.client.nom", "crm.client.court", "crm.client.note", "crm.ligne.c", "crm.ligne.note", "crm.sans_cle.remarque",
        "crm.contact.obs", "crm.appel.details->>canal", "crm.appel.details->>note", "crm.appel.libre",
        'autre.Bloc;Note.x"; drop table y; --', 'autre.Bloc;Note.Ünï -- 🙂->>k"; --',
    }  # fmt: skip


def test_what_the_catalog_knows_of_a_column(conn: psycopg.Connection) -> None:
    columns = found(conn, "crm")
    note = columns["crm.client.note"]
    assert note == Column("crm", "client", "note", key=("id",), rows=500, comment="texte libre")
    assert columns["crm.client.nom"].constrained
    assert (columns["crm.client.court"].kind, columns["crm.client.court"].size) == ("varchar", 40)
    assert (columns["crm.ligne.note"].key, columns["crm.ligne.note"].size) == (("b", "a"), 500)
    assert columns["crm.sans_cle.remarque"].key == ()
    partitioned = columns["crm.contact.obs"]
    assert (partitioned.relkind, partitioned.rows, partitioned.key) == ("p", 150, ("id", "jour"))
    assert columns["crm.appel.details->>note"].kind == "jsonb"


def test_rows_are_guessed_before_the_first_analyze(conn: psycopg.Connection) -> None:
    conn.execute("create table crm.neuve (note text)")
    conn.execute("insert into crm.neuve select repeat('x', 100) from generate_series(1, 1000)")
    assert 500 < found(conn)["crm.neuve.note"].rows < 2000


def test_schemas_narrow_it_down(conn: psycopg.Connection) -> None:
    assert all(label.startswith("autre.") for label in found(conn, "autre"))
    assert not found(conn, "absent")


def test_role_with_few_rights_sees_names_and_no_json_keys(conn: psycopg.Connection, dsn: str) -> None:
    conn.execute("create role petit login; grant select on all tables in schema crm to petit")
    try:
        with connect(dsn, user="petit") as limited:
            columns = found(limited)
            assert "crm.client.note" in columns
            assert not any("->>" in label for label in columns)
            conn.execute("grant usage on schema crm to petit")
            assert "crm.appel.details->>note" in found(limited)
    finally:
        conn.execute("drop owned by petit; drop role petit")


def test_discover_writes_what_is_clear(
    conn: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    done = run.invoke(motjuste, ["discover", "--dsn", dsn, "--write", "--format", "json"])
    assert done.exit_code == 0
    shown = {c["column"]: c for c in json.loads(done.stdout)}
    assert shown["crm.contact.obs"]["rows"] == 150
    written = config.parse(Path("motjuste.toml").read_text(encoding="utf-8"), "motjuste.toml")
    assert {w.label for w in written.watches} == {
        "crm.client.note", "crm.contact.obs", "crm.ligne.note", "crm.sans_cle.remarque", "crm.appel.details->>note",
    }  # fmt: skip
    before = Path("motjuste.toml").read_text(encoding="utf-8")
    again = run.invoke(motjuste, ["discover", "--dsn", dsn, "--write"])
    assert again.exit_code == 0
    assert Path("motjuste.toml").read_text(encoding="utf-8") == before
    assert "watched" in again.stdout


def test_discover_without_tables_is_an_error(dsn: str) -> None:
    done = CliRunner().invoke(motjuste, ["discover", "--dsn", dsn])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.hint


def test_discover_without_a_server_is_an_error() -> None:
    done = CliRunner().invoke(motjuste, ["discover", "--dsn", "host=/nowhere"])
    assert isinstance(done.exception, DatabaseError)
    assert done.exception.hint
