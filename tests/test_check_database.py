"""The check on databases: one as it stands, one made for it, and the throw-away server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster
from motjuste.cli.main import motjuste
from motjuste.errors import ConfigError, DatabaseError

pytestmark = pytest.mark.each_server

SCHEMA = "create table client (id int primary key, commentaire text);\n"
DYNAMIC = (
    "insert into client values (1, 'note');\n"
    "do $$ declare c text; begin select commentaire into c from client; "
    "execute format('alter table client add column %I text', c); end $$;\n"
)


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of one run."""
    done = CliRunner().invoke(motjuste, ["check", *arguments, "--format", "json"])
    assert done.exit_code in (0, 1), done.output
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one migration, which is where we are."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("motjuste.toml").write_text("", encoding="utf-8")
    tmp_path.joinpath("1.sql").write_text(SCHEMA, encoding="utf-8")
    return tmp_path


def test_a_database_as_it_stands(installed: str, folder: Path) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute(SCHEMA.encode())
        code, made = run("--dsn", installed)
        assert (code, [p["subject"] for p in made["problems"]]) == (1, ["public.client.commentaire"])
        conn.execute("select motjuste.attach('client', 'commentaire', 'block')")
        code, made = run("--dsn", installed)
        assert (code, made["comment_like"][0]["policy"]) == (0, "watched (block)")
        conn.execute("alter table client disable trigger all")
        code, made = run("--dsn", installed)
        assert (code, [p["rule"] for p in made["problems"]]) == (1, ["trigger-removed"])


def test_an_empty_database_is_an_error(dsn: str, folder: Path) -> None:
    done = CliRunner().invoke(motjuste, ["check", "--dsn", dsn])
    assert isinstance(done.exception, ConfigError)
    assert "no table" in done.exception.message


def databases(cluster: Cluster) -> int:
    """How many databases there are."""
    with psycopg.connect(cluster.server.dsn()) as conn:
        row = conn.execute("select count(*) from pg_database").fetchone()
    return int(row[0]) if row else 0


def test_a_new_database_on_a_server_sees_what_the_files_do_not_say(cluster: Cluster, folder: Path) -> None:
    folder.joinpath("2.sql").write_text(
        DYNAMIC + "alter table client owner to nobody_of_that_name;\n", encoding="utf-8"
    )
    before = databases(cluster)
    code, made = run("1.sql", "2.sql")
    assert [p["rule"] for p in made["problems"]] == ["uncovered-column", "statement-not-analysed"]
    code, made = run("1.sql", "2.sql", "--dev-database", cluster.server.dsn())
    assert code == 1
    assert {p["subject"]: p["line"] for p in made["problems"]} == {
        "public.client.commentaire": 1,
        "public.client.note": 1,
    }
    code, made = run("1.sql", "2.sql", "--dev-database", cluster.server.dsn(), "--compare")
    assert "public.client.note: in the database, not in the files' model" in [
        p["message"] for p in made["problems"]
    ]
    assert databases(cluster) == before


def test_what_the_server_refuses_is_told_with_its_line(cluster: Cluster, folder: Path) -> None:
    folder.joinpath("2.sql").write_text(
        "\n\nalter table absent add x int;\nalter table client add remarque text;\n", encoding="utf-8"
    )
    code, made = run("1.sql", "2.sql", "--dev-database", cluster.server.dsn())
    refused = [p for p in made["problems"] if "the database refused it" in p["message"]]
    assert (code, [(p["path"], p["line"]) for p in refused]) == (1, [("2.sql", 3)])
    assert "public.client.remarque" in [p["subject"] for p in made["problems"]]


def test_a_place_is_said_for_each_column(installed: str, cluster: Cluster, folder: Path) -> None:
    """Where no file made a table, or none that was analysed."""
    done = CliRunner().invoke(motjuste, ["check", "--dsn", installed, "--allow-empty"])
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute(SCHEMA.encode())
    done = CliRunner().invoke(motjuste, ["check", "--dsn", installed])
    assert done.stdout.startswith("database: uncovered-column: nobody watches public.client.commentaire")
    folder.joinpath("2.sql").write_text(
        "create table names (n text); insert into names values ('client_note');\n\n"
        "do $$ begin execute (select format('create table %I (notes text)', n) from names); end $$;\n",
        encoding="utf-8",
    )
    _, made = run("1.sql", "2.sql", "--dev-database", cluster.server.dsn())
    places = {p["subject"]: (p["path"], p["line"]) for p in made["problems"]}
    assert places["public.client_note.notes"] == ("2.sql", 3)


def test_no_server_no_check(folder: Path) -> None:
    done = CliRunner().invoke(motjuste, ["check", "1.sql", "--dev-database", "host=/nowhere"])
    assert isinstance(done.exception, DatabaseError)
    done = CliRunner().invoke(motjuste, ["check", "1.sql", "--compare"])
    assert isinstance(done.exception, ConfigError)


def test_the_throw_away_server(folder: Path) -> None:
    folder.joinpath("1.sql").write_text(
        'create schema ext;\ncreate extension if not exists "uuid-ossp";\ncreate extension pgcrypto schema ext;\n'
        "create extension if not exists pgcrypto;\ndrop extension if exists pgcrypto;\ncreate extension pgcrypto;\n"
        "drop extension pgcrypto;\nbegin;\ncreate extension pgcrypto;\ncreate extension if not exists pgcrypto;\ncommit;\n"
        "create table client (id uuid primary key default uuid_generate_v4(), commentaire text);\n"
        "alter table client owner to somebody;\nselect motjuste.attach('client', 'commentaire');\n",
        encoding="utf-8",
    )
    code, made = run("1.sql", "--embedded", "--compare")
    assert (code, made["problems"]) == (0, [])
    own = "create function digest(text, text) returns int language sql as 'select 1';\n"
    folder.joinpath("1.sql").write_text(
        f"create table client (id int);\n{own}create extension pgcrypto;\n", encoding="utf-8"
    )
    code, made = run("1.sql", "--embedded")  # which is refused, and no error of ours
    assert [p["line"] for p in made["problems"]] == [3]
