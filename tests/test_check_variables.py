"""psql's variables and conditions: the model of a file equals what psql itself makes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import Cluster
from motjuste import assets
from motjuste.cli import migrations
from motjuste.db import shadow
from motjuste.db.connection import connect
from motjuste.schema_check import seen
from motjuste.schema_check.replay import Source, replay

MAIN = r"""
\set ON_ERROR_STOP on
\set schema app
\set tbl 'my "own" notes'
\set quoted '''it''''s'''
\set both one two
create schema :schema; -- not :tbl
create table :schema.a (id int, note text default :'tbl', other text default ':schema', more text default $$:schema$$);
create table :"schema".:"tbl" (id int, remark text check (remark <> :quoted and remark::text <> :'both'));
\if :{?missing}
create table never (x text);
\elif :{?schema}
create table elif_runs (x text);
  \if false
  create table never_inside (x text);
  \elif no
  create table nor_this (x text);
  \else
  create table else_runs (x text);
  \endif
\else
create table nor_that (x text);
\endif
\set cols 'id int, note text'
create table :both (:cols);
\unset cols
\set part parts.sql
\ir :part
alter table t_x add column z text;
"""
PARTS = r"""
create table t_x (a int[], b int default (array[1,2,3])[2]);
\set schema later
create schema :schema create table inside (n text);
"""


def test_the_model_is_what_psql_makes(cluster: Cluster, dsn: str, tmp_path: Path) -> None:
    main = MAIN
    tmp_path.joinpath("main.sql").write_text(main, encoding="utf-8")
    tmp_path.joinpath("parts.sql").write_text(PARTS, encoding="utf-8")
    done = subprocess.run(
        [cluster.server.bin_dir / "psql", "-X", "-q", "-d", dsn, "-f", str(tmp_path / "main.sql")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    source = Source(str(tmp_path / "main.sql"), main)
    replayed = replay([source], assets.read("sql", "check", "builtins.tsv"), include=migrations.include)
    assert [n.why for n in replayed.session.notes] == []
    with connect(dsn) as conn:
        exact = seen.from_rows(shadow.columns(conn))
    assert seen.differences(seen.from_catalogue(replayed.session.catalogue), exact) == []
    assert "elif_runs" in {s.column.table for s in exact}


GIVEN = """
create schema s authorization :"owner" create table inside (notes text);
create table s.t (notes text);
create schema if not exists s2 authorization :owner;
create table s2.t (notes text);
alter table s.t owner to :"owner";
"""


def test_a_variable_of_the_command_line_may_name_a_role(cluster: Cluster, dsn: str) -> None:
    command = [
        cluster.server.bin_dir / "psql",
        "-X",
        "-q",
        "-d",
        dsn,
        "-v",
        "ON_ERROR_STOP=1",
        "-v",
        "owner=pg_monitor",
    ]
    with connect(dsn) as conn:
        conn.execute(f"grant create on database {conn.info.dbname} to pg_monitor".encode())
    done = subprocess.run(command, input=GIVEN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    replayed = replay([Source("a.sql", GIVEN)], assets.read("sql", "check", "builtins.tsv"))
    assert [n.why for n in replayed.session.notes] == []
    with connect(dsn) as conn:
        exact = seen.from_rows(shadow.columns(conn))
    assert seen.differences(seen.from_catalogue(replayed.session.catalogue), exact) == []
    assert len(exact) == 3


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    text = "select 1 as n \\gset\n\\if :n\ncreate table a (x text);\n\\else\ncreate table b (x text);\n\\endif\ncreate table c (x text);\n"
    replayed = replay([Source("x.sql", text)], assets.read("sql", "check", "builtins.tsv"))
    assert [n.what for n in replayed.session.notes] == ["\\if"]
    assert {"a", "b", "c"} <= {r.name for r in replayed.session.catalogue.relations.values()}
