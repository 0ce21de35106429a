"""`motjuste check` as a process: what it reads, in which order, and what bad input gets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import Cluster
from motjuste import assets
from motjuste.cli import migrations
from motjuste.cli.main import motjuste
from motjuste.officer.report import Problem
from motjuste.schema_check import frames, layout, lexer, seen
from motjuste.schema_check.budget import OverBudget
from motjuste.schema_check.replay import Source, replay

TABLE = "create table client (id int primary key, commentaire text);\n"
WATCHED = '[[watch]]\nrelation = "client"\ncolumn = "commentaire"\n'


def run(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """One run of the command in a folder; never a traceback."""
    command = [sys.executable, "-m", "motjuste", "check", *arguments]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def write(folder: Path, **files: str) -> None:
    """Files by name; a double underscore in a name stands for a dot."""
    for name, text in files.items():
        folder.joinpath(name.replace("__", ".")).write_text(text, encoding="utf-8")


def test_exit_codes(tmp_path: Path) -> None:
    write(tmp_path, a__sql=TABLE, motjuste__toml="")
    done = run(tmp_path, "a.sql")
    assert done.returncode == 1
    assert "a.sql:1: uncovered-column: nobody watches public.client.commentaire" in done.stdout
    assert "select motjuste.attach('public.client', 'commentaire', 'flag');" in done.stdout
    write(tmp_path, motjuste__toml=WATCHED)
    done = run(tmp_path, "a.sql")
    assert done.returncode == 0
    assert "public.client.commentaire" in done.stdout  # a green run shows what it saw
    assert "1 comment-like" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("binary.sql", b"create table a (id int);\n\x00\x01", "binary.sql:2: a binary file"),
        ("latin.sql", b"create table a (id int);\n-- \xe9t\xe9\n", "latin.sql:2: not UTF-8"),
        ("utf16.sql", "create table a (id int);".encode("utf-16"), "utf16.sql:1: UTF-16"),
        ("dump.sql", b"PGDMP\x01\x0e", "dump.sql:1: a dump in pg_dump's own format"),
        ("empty.sql", b"", "no table was seen"),
        ("data.sql", b"insert into a values (1);", "no table was seen"),
    ],
)
def test_what_is_no_migration(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    tmp_path.joinpath(name).write_bytes(content)
    done = run(tmp_path, name)
    assert done.returncode == 2
    assert said in done.stderr
    assert "help: " in done.stderr


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("absent", "absent: no such file or folder"),
        ("*.nothing", "*.nothing: no migration in SQL there"),
        ("folder", "folder: no migration in SQL there"),
        ("python", "alembic upgrade head --sql"),
    ],
)
def test_where_nothing_is(tmp_path: Path, argument: str, said: str) -> None:
    for folder in ("folder", "python"):
        tmp_path.joinpath(folder).mkdir()
    write(tmp_path / "python", m__py="from alembic import op\n")
    done = run(tmp_path, argument)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("0001.py", "from alembic import op\n", "Alembic"),
        ("0001.py", "from django.db import migrations, models\n", "Django"),
        ("1_a.rb", "class A < ActiveRecord::Migration[7.1]\nend\n", "Rails"),
        ("changelog.xml", '<databaseChangeLog xmlns="x"/>', "Liquibase"),
        (
            "1_a.js",
            "exports.up = (knex) => knex.schema.table('client', (t) => t.text('commentaire'))\n",
            "JavaScript",
        ),
    ],
)
def test_migrations_that_are_no_sql_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    """Beside some in SQL, what they open would pass unseen."""
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, a__sql="create table a (id int);", motjuste__toml="", helper__py="import os\n")
    tmp_path.joinpath(name).write_text(text, encoding="utf-8")
    tmp_path.joinpath(f"2{name}").write_text(text, encoding="utf-8")
    done = run(tmp_path, ".")
    assert done.returncode == 0
    assert (
        f"{name}:1: statement-not-analysed: [warning] not analysed: {said} migration, no SQL, nor 1 more"
        in done.stdout
    )
    assert f"passed over: 2 file(s): {said}, no SQL" in done.stderr
    assert run(tmp_path, ".", "--strict").returncode == 1
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    tmp_path.joinpath(f"3{name}").write_text(text, encoding="utf-8")
    done = run(tmp_path, ".", "--git-diff", "main", "--format", "json")
    assert [p["path"] for p in json.loads(done.stdout)["problems"]] == [f"3{name}"]


def test_nothing_named_is_an_error_and_the_policy_may_name_it(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 2
    assert "no migrations named" in done.stderr
    tmp_path.joinpath("db").mkdir()
    write(tmp_path, motjuste__toml='migrations = ["db"]\n' + WATCHED)
    write(tmp_path / "db", a__sql=TABLE)
    assert run(tmp_path).returncode == 0
    assert run(tmp_path / "db").returncode == 0


def test_no_table_is_allowed_on_demand(tmp_path: Path) -> None:
    write(tmp_path, a__sql="select 1;")
    assert run(tmp_path, "a.sql", "--allow-empty").returncode == 0


def test_one_bad_statement_does_not_hide_the_rest(tmp_path: Path) -> None:
    write(tmp_path, a__sql="create tabel x (y int);\n" + TABLE, motjuste__toml=WATCHED)
    done = run(tmp_path, "a.sql")
    assert done.returncode == 0
    assert "a.sql:1: statement-not-analysed: [warning]" in done.stdout
    assert run(tmp_path, "a.sql", "--strict").returncode == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alter table client rename to autre;\nalter table autre rename to autre;\n", "a.sql:3: "),
        ("create table b (x int);\nalter table client rename to b;\n", "a.sql:3: "),
        ("alter table client rename id to commentaire;\n", "a.sql:2: "),
        ("\\ir a.sql\n", "a.sql:2: "),
        ("create table m (id int unsigned not null auto_increment, note text) engine=InnoDB;\n", "a.sql:2: "),
        ("create table m (id int, note text) engine=InnoDB;\n", "a.sql:2: "),
        ("create table `m` (id int);\n", "a.sql:2: "),
        ("create table [dbo].[m] ([id] int identity(1,1));\nGO\n", "a.sql:2: "),
        ("delimiter //\ncreate table m (id int) //\n", "a.sql:2: "),
        ("create table m (id number(10), note varchar2(4000));\n", "a.sql:2: "),
        ("select 'never ends;\n", "a.sql:2: "),
        ("do $$ begin if true then create table m (x text); end $$;\n", "a.sql:2: "),
    ],
)
def test_what_postgresql_would_refuse_is_named(
    tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a__sql=TABLE + text)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(motjuste, ["check", "a.sql", "--strict"])
    assert done.exit_code == 1, done.output
    assert any(line.startswith(f"{said}statement-not-analysed: ") for line in done.stdout.splitlines()), (
        done.stdout
    )


def test_files_that_include_each_other(tmp_path: Path) -> None:
    write(
        tmp_path, a__sql=TABLE + "\\ir b.sql\n", b__sql="alter table client add remarque text;\n\\ir a.sql\n"
    )
    done = run(tmp_path, ".", "--strict")
    assert done.returncode == 1
    assert "a.sql:1: uncovered-column" in done.stdout
    assert "b.sql:1: uncovered-column" in done.stdout
    assert (
        "b.sql:2: statement-not-analysed: not analysed: \\ir: a.sql is not there, or includes itself"
        in done.stdout
    )


def test_names_may_go_round(tmp_path: Path) -> None:
    swap = "alter table client rename to x;\nalter table y rename to client;\nalter table x rename to y;\n"
    write(tmp_path, a__sql=TABLE + "create table y (id int, remarque text);\n" + swap, motjuste__toml=WATCHED)
    done = run(tmp_path, "a.sql", "--format", "json", "--all-columns")
    columns = {c["column"] for c in json.loads(done.stdout)["columns"]}
    assert columns == {"public.client.id", "public.client.remarque", "public.y.id", "public.y.commentaire"}
    assert done.returncode == 1


def test_a_query_that_only_sqlglot_reads_still_gives_names(tmp_path: Path) -> None:
    query = "create table b as with x as (insert into client values (1) returning id) select id, 1 as two from x;\n"
    write(tmp_path, a__sql=TABLE + query, motjuste__toml=WATCHED)
    done = run(tmp_path, "a.sql", "--format", "json", "--all-columns")
    made = json.loads(done.stdout)
    assert [c["name"] for c in made["columns"] if c["table"] == "b"] == ["id", "two"]
    assert [(p["rule"], p["line"]) for p in made["problems"]] == [("statement-not-analysed", 2)]
    assert "sqlglot" not in done.stderr


def test_a_large_file_is_read(tmp_path: Path) -> None:
    note = "it''s; a \"note\" -- with $$ signs (and more " * 20
    rows = f"insert into client values (1, '{note}');\n" * 60_000
    tmp_path.joinpath("a.sql").write_text(
        TABLE + rows + "alter table client add remarque text;\n", encoding="utf-8"
    )
    assert tmp_path.joinpath("a.sql").stat().st_size > 50_000_000
    done = run(tmp_path, "a.sql")
    assert done.returncode == 1
    assert "a.sql:60002: uncovered-column: nobody watches public.client.remarque" in done.stdout


def test_standard_input(tmp_path: Path) -> None:
    done = run(tmp_path, "-", given=b"BEGIN;\n-- Running upgrade  -> 1\n" + TABLE.encode() + b"COMMIT;\n")
    assert done.returncode == 1
    assert "<stdin>:3: uncovered-column" in done.stdout


def test_files_and_folders_are_read_in_the_order_given(tmp_path: Path) -> None:
    tmp_path.joinpath("migrations").mkdir()
    write(tmp_path, pre__sql="create schema crm;\n", post__sql="drop table crm.gone;\n", motjuste__toml="")
    write(tmp_path / "migrations", a__sql="create table crm.gone (id int); create table crm.t (id int);\n")
    done = run(tmp_path, "pre.sql", "migrations", "post.sql", "--strict", "--format", "json")
    made = json.loads(done.stdout)
    assert (done.returncode, made["problems"]) == (0, [])
    assert made["files"] == ["pre.sql", "migrations/a.sql", "post.sql"]
    # what a pattern of the shell lists is in the order of its tool
    names = ["V1__a.sql", "V2__b.sql", "V10__c.sql"]
    for name, text in zip(
        names, ["create schema s;", "create table s.t (id int);", "drop table s.t;"], strict=True
    ):
        tmp_path.joinpath(name).write_text(text, encoding="utf-8")
    done = run(tmp_path, "pre.sql", *sorted(names), "--format", "json", "--allow-empty")
    assert json.loads(done.stdout)["problems"] == []


@pytest.mark.parametrize(
    ("before", "statement"),
    [
        ("do language plpython3u 'x';", "alter table made_there add note text;"),
        ("do $$ begin execute (select x from made_here); end $$;", "drop table made_there;"),
        ("create extension nobody_knows_it;", "select * into b from made_there;"),
        ('create schema :"name";', "create table anywhere.t (note text);"),
        ("create table made_there as execute prepared;", "alter table made_there add note text;"),
        (
            "create function f(x nowhere.t) returns int language sql as 'select 1';",
            "drop function f(nowhere.u);",
        ),
    ],
)
def test_what_is_not_certain_is_not_refused(tmp_path: Path, before: str, statement: str) -> None:
    write(
        tmp_path,
        a__sql=f"{TABLE}{statement}\n",
        b__sql=f"{TABLE}{before}\n{statement}\n",
        motjuste__toml=WATCHED,
    )
    found = json.loads(run(tmp_path, "b.sql", "--format", "json").stdout)["problems"]
    assert [p["message"] for p in found if p["severity"] == "error"] == []
    assert found[-1]["line"] == 3
    if "function" not in statement:
        found = json.loads(run(tmp_path, "a.sql", "--format", "json").stdout)["problems"]
        assert [p["message"][:29] for p in found] == ["PostgreSQL would refuse this:"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("geometry(polygon)", "geometry(Polygon)"),
        ("geometry(Polygon, 4326)", "geometry(Polygon,4326)"),
        ("Geometry(MULTIPOINTZM, 0)", "geometry(MultiPointZM)"),
        ("geography(point)", "geography(Point,4326)"),
        ("geometry(geometry, 2154)", "geometry(Geometry,2154)"),
        ("geometry(Geometry)", "geometry"),
        ("geometry(linestringm)[]", "geometry(LineStringM)[]"),
    ],
)
def test_postgis_writes_its_modifiers_so(written: str, shown: str) -> None:
    """As PostGIS' own output of modifiers does (its binaries are not at hand): case and spaces are lost, defaults left out."""
    source = Source("a.sql", f"create extension postgis; create table t (g {written});")
    model = replay([source], assets.read("sql", "check", "builtins.tsv")).session.catalogue
    assert [s.type for s in seen.from_catalogue(model)] == [f"public.{shown}"]


@pytest.mark.parametrize(("command", "told"), [("\\c", 0), ("\\c - bob", 0), ("\\connect other", 1)])
def test_another_user_is_no_other_database(command: str, told: int) -> None:
    text = f"create table a (id int);\n{command}\ncreate table b (id int);\n"
    found = replay([Source("a.sql", text)], assets.read("sql", "check", "builtins.tsv"))
    assert len(found.session.notes) == told


def test_the_type_of_a_call_on_an_unknown_type_is_not_guessed() -> None:
    text = (
        "create extension unknown_one; create table t (id int, a its_type);\n"
        "create view v as select max(a) as m, count(a) as n from t;\n"
        "create view w as select max(m) as m, min(n) as n, coalesce(max(m), null) as c from v;\n"
    )
    replayed = replay([Source("a.sql", text)], assets.read("sql", "check", "builtins.tsv"))
    types = {s.label: s.type for s in seen.from_catalogue(replayed.session.catalogue)}
    assert {k: v for k, v in types.items() if ".w." in k or ".v." in k} == {
        "public.v.m": "?", "public.v.n": "bigint", "public.w.m": "?", "public.w.n": "bigint", "public.w.c": "?",
    }  # fmt: skip


@pytest.mark.parametrize("policy", ["motjuste.toml", "pyproject.toml"])
def test_the_help_is_toml_to_paste(tmp_path: Path, policy: str) -> None:
    table = 'create table "Fiche \\ ""x""" (id int primary key, "Notes \\ ""y""" text, remarques jsonb);\n'
    write(tmp_path, a__sql=TABLE + table)
    tmp_path.joinpath(policy).write_text(
        "[tool.motjuste]\n" if policy != "motjuste.toml" else "", encoding="utf-8"
    )
    problems = json.loads(run(tmp_path, "a.sql", "--format", "json").stdout)["problems"]
    assert len(problems) == 3
    before = tmp_path.joinpath(policy).read_text(encoding="utf-8")
    for kind in ("watch]]", "exempt]]"):
        pasted = before
        for p in problems:
            entries = re.findall(r"^\[\[.*\n(?:\w+ = .*\n)+", p["help"] + "\n", re.MULTILINE)
            assert len(entries) == 2
            pasted += next(e for e in entries if e.splitlines()[0].endswith(kind)).replace("...", "said here")
        tomllib.loads(pasted)
        tmp_path.joinpath(policy).write_text(pasted, encoding="utf-8")
        done = run(tmp_path, "a.sql")
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_help_of_a_materialized_view_is_an_exemption_to_paste(tmp_path: Path) -> None:
    """No trigger can watch a materialized view: what is offered is to exempt it."""
    write(
        tmp_path,
        a__sql=TABLE + "create materialized view v as select * from client;\n",
        motjuste__toml=WATCHED,
    )
    [problem] = json.loads(run(tmp_path, "a.sql", "--format", "json").stdout)["problems"]
    assert (problem["rule"], "[[watch]]" in problem["help"]) == ("copy-not-covered", False)
    entry = problem["help"][problem["help"].index("[[exempt]]") :].replace("...", "said here")
    write(tmp_path, motjuste__toml=f"{WATCHED}\n{entry}\n")
    done = run(tmp_path, "a.sql")
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_file_that_is_no_text_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, a__sql=TABLE, c__sql="alter table client add remarque text;\n", motjuste__toml=WATCHED)
    tmp_path.joinpath("b.sql").write_bytes(b"select 1;\n-- \xe9t\xe9\n")
    for arguments in (".",), ("a.sql", "b.sql", "c.sql"), ("*.sql",):
        done = run(tmp_path, *arguments, "--format", "json")
        assert done.returncode == 2
        problems = {(p["path"], p["line"], p["rule"]): p for p in json.loads(done.stdout)["problems"]}
        assert [*problems] == [("c.sql", 1, "uncovered-column"), ("b.sql", 2, "statement-not-analysed")]
        warned = problems["b.sql", 2, "statement-not-analysed"]
        assert (warned["severity"], "iconv" in warned["help"]) == ("warning", True)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "T-SQL",
            "create table [dbo].[m] ([id] int);\nGO\nset ansi_nulls on\nGO\ncreate table [n] (i int);\nGO\n",
        ),
        ("T-SQL", "use [Crm]\nGO\ncreate table m (id int)\nGO\n"),
        (
            "MySQL",
            "create table `m` (id int);\ncreate table n (id int) engine=InnoDB;\ncreate table `o` (id int);\n",
        ),
        (
            "Oracle's SQL",
            "create table m (note varchar2(10));\ncreate table n (note varchar2(10));\n/\nselect 1;\n",
        ),
    ],
)
def test_another_databases_language_is_said_once(tmp_path: Path, said: str, text: str) -> None:
    write(tmp_path, a__sql=TABLE, b__sql=f"select 1;\n{text}", motjuste__toml=WATCHED)
    problems = json.loads(run(tmp_path, ".", "--format", "json").stdout)["problems"]
    assert [(p["path"], p["line"]) for p in problems] == [("b.sql", 2)]
    assert f"this looks like {said}: " in problems[0]["message"]
    # one statement that is not read is told as it is, and a file in PostgreSQL's own as ever
    write(tmp_path, b__sql="create tabel x (y int);\ncreate tabel z (y int);\n")
    assert len(json.loads(run(tmp_path, ".", "--format", "json").stdout)["problems"]) == 2


def test_a_pipe_is_read(tmp_path: Path) -> None:
    write(tmp_path, a__sql=TABLE, motjuste__toml="")
    command = f"'{sys.executable}' -m motjuste check a.sql <(echo 'alter table client add remarque text;')"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert re.search(r"^/dev/fd/\d+:1: uncovered-column: .*client\.remarque", done.stdout, re.MULTILINE)


def test_equal_causes_are_told_as_one(tmp_path: Path) -> None:
    text = "".join(f"create table absent.t{i} (id int);\n" for i in range(21))
    write(tmp_path, a__sql=TABLE + text, b__sql="create table absent.last (id int);\ndrop table other;\n")
    write(tmp_path, motjuste__toml=WATCHED)
    done = run(tmp_path, ".")
    told = [line for line in done.stdout.splitlines() if "statement-not-analysed" in line]
    assert len(told) == 2
    assert told[0].startswith("a.sql:2: ")
    assert told[0].endswith("; and 21 more: a.sql:3, a.sql:4, a.sql:5, ...")
    assert told[1].startswith("b.sql:2: ")
    assert run(tmp_path, ".", "--format", "github").stdout.count("title=statement-not-analysed") == 2
    assert len(json.loads(run(tmp_path, ".", "--format", "json").stdout)["problems"]) == 23


def test_a_baseline_leaves_out_what_was_told(tmp_path: Path) -> None:
    write(tmp_path, a__sql=TABLE + "create tabel x (y int);\ncreate tabel x (y int);\n", motjuste__toml="")
    tmp_path.joinpath("known.json").write_text(
        run(tmp_path, "a.sql", "--format", "json").stdout, encoding="utf-8"
    )
    done = run(tmp_path, "a.sql", "--baseline", "known.json", "--fail-on", "note")
    assert (done.returncode, done.stdout.count(".sql:1: "), done.stdout.count("analysed:")) == (0, 0, 0)
    assert "3 of 3 problem(s) of known.json" in done.stderr
    # in other places, and one more of each
    write(tmp_path, a__sql="-- moved\n" + TABLE + "create tabel x (y int);\n" * 3)
    write(tmp_path, b__sql="alter table client add remarque text;\n")
    done = run(tmp_path, ".", "--baseline", "known.json", "--format", "json")
    assert done.returncode == 1
    found = [(p["path"], p["line"], p["rule"]) for p in json.loads(done.stdout)["problems"]]
    assert found == [("a.sql", 5, "statement-not-analysed"), ("b.sql", 1, "uncovered-column")]
    for wrong in ("absent.json", "a.sql", "list.json"):
        write(tmp_path, list__json="[1]")
        done = run(tmp_path, ".", "--baseline", wrong)
        assert (done.returncode, "help: write it so" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("fail_on", "codes"),
    [("error", (1, 0)), ("warning", (1, 1)), ("note", (1, 1)), ("never", (0, 0))],
)
def test_what_makes_the_exit_code(tmp_path: Path, fail_on: str, codes: tuple[int, int]) -> None:
    write(tmp_path, a__sql=TABLE, motjuste__toml="")
    write(tmp_path, b__sql="create table n (id int);\ncreate tabel x (y int);\n")
    assert tuple(run(tmp_path, name, "--fail-on", fail_on).returncode for name in ("a.sql", "b.sql")) == codes


PLACEHOLDERS = """\
create schema ${schema};
create table {{ .Schema }}.client (id int, note text) {{ .Options }};
alter table :schema.client add column remarque text default '{{place}}';
"""


def test_what_the_files_leave_open_has_a_value(tmp_path: Path) -> None:
    write(tmp_path, motjuste__toml="", a__sql=PLACEHOLDERS)
    done = run(tmp_path, "a.sql", "--allow-empty")
    assert (
        "a.sql:1: statement-not-analysed: [warning] not analysed: CREATE SCHEMA: no value for ${schema}"
        in done.stdout
    )
    assert (
        "help: say what it stands for: --set Schema=... --set Options=..., or under [check.variables] of"
        in done.stdout
    )
    variables = '[check.variables]\nschema = "old"\nSchema = "crm"\nOptions = "with (fillfactor = 50)"\n'
    write(tmp_path, motjuste__toml=variables)
    done = run(tmp_path, "a.sql", "--set", "schema=crm", "--set", "place=:x", "--format", "json")
    told = json.loads(done.stdout)["problems"]
    assert [(p["subject"], p["line"]) for p in told] == [("crm.client.note", 2), ("crm.client.remarque", 3)]
    for given, said in (("schema", "--set schema: no NAME=VALUE"), ("a=b\nc", "its value has a line break")):
        done = run(tmp_path, "a.sql", "--set", given)
        assert done.returncode == 2 and said in done.stderr


def test_variables_that_grow_are_stopped() -> None:
    text = "create table a (id int); -- " + "{{ x }}" * 1000
    with pytest.raises(OverBudget, match=r"^a\.sql: not checked: its variables make a text"):
        replay(
            [Source("a.sql", text)], assets.read("sql", "check", "builtins.tsv"), variables={"x": "y" * 5000}
        )


def test_the_policy_says_how_the_check_reads(tmp_path: Path) -> None:
    tmp_path.joinpath("db", "seeds").mkdir(parents=True)
    tmp_path.joinpath("app").mkdir()
    for name, text in (
        ("V1__client", "create table other (id int);"),
        ("V2__notes", "create table client (note text);"),
    ):
        tmp_path.joinpath("db", f"{name}.sql").write_text(text, encoding="utf-8")
    write(tmp_path / "db" / "seeds", V3__sql="create table client (note text);")
    policy = '[check]\nmin_score = 100\ntool = "flyway"\nexclude = ["db/seeds"]\n'
    write(tmp_path, motjuste__toml=policy)
    done = run(tmp_path / "app", "../db")
    assert done.returncode == 0, done.stdout
    assert "2 file(s) (flyway)" in done.stderr
    assert "passed over: 1 file(s): excluded by 'db/seeds'" in done.stderr
    assert run(tmp_path / "app", "../db", "--min-score", "70").returncode == 1
    write(tmp_path, motjuste__toml=policy.replace("flyway", "flywax"))
    done = run(tmp_path, "db")
    assert done.returncode == 2 and "unknown tool 'flywax'" in done.stderr


def test_a_change_that_makes_the_check_see_less_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, a__sql=TABLE, motjuste__toml=WATCHED)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    policy = 'schemas = ["public"]\n[check]\nmin_score = 90\ntool = "psql"\nexclude = ["b.sql"]\n'
    write(tmp_path, b__sql=TABLE, motjuste__toml=policy + WATCHED)
    done = run(tmp_path, ".", "--git-diff", "main")
    assert done.returncode == 0
    told = re.findall(
        r"^motjuste\.toml:2: weakened-mode: \[warning\] the check may see less: (.*)$", done.stdout, re.M
    )
    assert told == [
        "exclude leaves out 'b.sql'", "min_score is 90, it was 70", "schemas are public only", "tool is 'psql', it was 'auto'",
    ]  # fmt: skip
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "two")
    done = run(tmp_path, ".", "--git-diff", "HEAD", "--schema", "public", "--min-score", "95")
    assert "weakened-mode" not in done.stdout  # a flag is no change, nor what was there before


def test_tables_of_migration_tools_are_not_judged(tmp_path: Path) -> None:
    kept = "(id int primary key, description text not null, comment text, note text)"
    tools = ["flyway_schema_history", '"__EFMigrationsHistory"', "s.databasechangelog"]
    text = "create schema s;\n" + "".join(f"create table {t} {kept};\n" for t in tools)
    text += "alter table __diesel_schema_migrations add column note text;\ndrop table _sqlx_migrations;\n"
    write(tmp_path, a__sql=TABLE + text, motjuste__toml=WATCHED)
    done = run(tmp_path, "a.sql")
    assert done.returncode == 0, done.stdout
    assert "a.sql:6: statement-not-analysed: [warning]" in done.stdout
    assert "migration tool's own" in done.stdout
    assert "a.sql:7" not in done.stdout


def test_fix_writes_the_policy_or_a_migration(tmp_path: Path) -> None:
    write(tmp_path, a__sql=TABLE)
    done = run(tmp_path, "a.sql", "--fix", "--dry-run")
    assert "dry run" in done.stderr
    assert not tmp_path.joinpath("motjuste.toml").exists()
    # what is there already is not shown again
    assert 'relation = "public.client"' in done.stderr and "# mode =" not in done.stderr
    assert run(tmp_path, "a.sql", "--fix-migration", "b.sql").returncode == 1
    assert run(tmp_path, "a.sql", "b.sql").returncode == 0
    done = run(tmp_path, "a.sql", "--fix-migration", "b.sql")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    # nor is a file replaced that a person edited, or a link followed to where nothing is yet
    edited = tmp_path / "b.sql"
    edited.write_text("-- mine\n", encoding="utf-8")
    (tmp_path / "c.sql").symlink_to(tmp_path / "nowhere")
    for name in ("b.sql", "c.sql"):
        for more in (["--dry-run"], []):
            assert run(tmp_path, "a.sql", "--fix-migration", name, *more).returncode == 2
    assert edited.read_text(encoding="utf-8") == "-- mine\n" and not (tmp_path / "nowhere").exists()
    (tmp_path / "motjuste.toml").write_text('mode = "warn"  # by us\n', encoding="utf-8")
    done = run(tmp_path, "a.sql", "--fix", "--dry-run")
    assert "nothing in it would change" in done.stderr and "by us" not in done.stderr
    run(tmp_path, "a.sql", "--fix")
    assert (
        tmp_path.joinpath("motjuste.toml").read_text(encoding="utf-8").startswith('mode = "warn"  # by us\n')
    )
    assert run(tmp_path, "a.sql").returncode == 0
    assert 'relation = "public.client"' in tmp_path.joinpath("motjuste.toml").read_text(encoding="utf-8")


def git(folder: Path, *arguments: str) -> None:
    """Run git in a repository of the test's own."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_diff_judges_what_a_change_adds(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(
        tmp_path,
        a__sql=TABLE + "create table old (id int, remarque text, code varchar(3));\n",
        motjuste__toml=WATCHED,
    )
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    done = run(tmp_path, ".", "--git-diff", "main")
    assert done.returncode == 0, done.stdout
    write(tmp_path, b__sql="alter table old add notes text;\n")
    done = run(tmp_path, ".", "--git-diff", "main", "--format", "json")
    assert [p["subject"] for p in json.loads(done.stdout)["problems"]] == ["public.old.notes"]
    # an old column becomes a note by its new name, or by its comment
    tmp_path.joinpath("b.sql").write_text(
        "alter table old rename code to observations;\nalter table old alter observations type text;\n"
        "comment on column old.remarque is 'texte libre';\n",
        encoding="utf-8",
    )
    done = run(tmp_path, ".", "--git-diff", "main", "--format", "json")
    subjects = {p["subject"] for p in json.loads(done.stdout)["problems"]}
    assert subjects == {"public.old.observations", "public.old.remarque"}
    write(tmp_path, b__sql="alter table old add notes text;\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "two")
    # the policy lets go of a column that an old file made
    write(tmp_path, motjuste__toml="")
    done = run(tmp_path, ".", "--git-diff", "main", "--format", "json")
    assert [p["subject"] for p in json.loads(done.stdout)["problems"]] == ["public.client.commentaire"]
    write(tmp_path, motjuste__toml=WATCHED.replace("watch]]", 'watch]]\nmode = "flag"'))
    git(tmp_path, "commit", "-qam", "three")
    done = run(tmp_path, ".", "--git-diff", "nowhere")
    assert done.returncode == 2
    assert "git fetch" in done.stderr


@pytest.mark.parametrize(
    ("names", "tool", "order"),
    [
        (["2_b.up.sql", "10_c.up.sql", "1_a.up.sql", "1_a.down.sql"], "golang-migrate", ["1_a.up.sql", "2_b.up.sql", "10_c.up.sql"]),
        (["V1__a.sql", "R__z.sql", "V1.1__b.sql", "V10__d.sql", "V2__c.sql", "U2__c.sql"], "flyway", ["V1__a.sql", "V1.1__b.sql", "V2__c.sql", "V10__d.sql", "R__z.sql"]),
        (["V1__a.sql", "B2__base.sql", "V3__b.sql"], "flyway", ["B2__base.sql", "V3__b.sql"]),
        (["20_b/up.sql", "10_a/up.sql", "10_a/down.sql"], "diesel", ["10_a/up.sql", "20_b/up.sql"]),
        (["default/1600000000001_b/up.sql", "default/1600000000000_a/up.sql"], "hasura", ["default/1600000000000_a/up.sql", "default/1600000000001_b/up.sql"]),
        (["2020-01-01-000000_a/up.sql", "1600000000000_b/up.sql"], "diesel", ["2020-01-01-000000_a/up.sql", "1600000000000_b/up.sql"]),
        (["2_b/migration.sql", "1_a/migration.sql", "migration_lock.toml"], "prisma", ["1_a/migration.sql", "2_b/migration.sql"]),
        (["1_x.postgres.up.sql", "1_x.mysql.up.sql", "2_y.up.sql"], "golang-migrate", ["1_x.postgres.up.sql", "2_y.up.sql"]),
        (["supabase/migrations/2_b.sql", "supabase/migrations/1_a.sql"], "supabase", ["supabase/migrations/1_a.sql", "supabase/migrations/2_b.sql"]),
        (["db/schema.sql", "db/migrations/1.sql"], "psql", ["db/migrations/1.sql"]),
        (["b.sql", "a.sql", "a.rollback.sql"], "psql", ["a.sql", "b.sql"]),
        (["up/1.sql", "down/1.sql", "rollback/1.sql"], "psql", ["up/1.sql"]),
        (["/x/rollback/db/2.sql", "/x/rollback/db/1.sql"], "psql", ["/x/rollback/db/1.sql", "/x/rollback/db/2.sql"]),
        (["2.pgsql", "1.sql.postgres", "1.sql.sqlite", "3.PSQL"], "psql", ["1.sql.postgres", "2.pgsql", "3.PSQL"]),
        (["supabase/migrations/1.sql", "supabase/seed.sql", "supabase/schemas/a.sql"], "supabase", ["supabase/migrations/1.sql"]),
    ],
)  # fmt: skip
def test_order(names: list[str], tool: str, order: list[str]) -> None:
    found = layout.ordered(names)
    assert (found.tool, found.files) == (tool, order)
    assert {*found.files, *found.skipped} == {
        n for n in names if "sql" in n.lower() and not n.endswith("sqlite")
    }


@pytest.mark.parametrize(
    ("mark", "tool"),
    [("+goose Up", "goose"), ("migrate:up", "dbmate"), ("up", "psql"), ("see +goose Up", "psql")],
)
def test_tools_are_named_by_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str, tool: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, **{"1__sql": f"-- {mark}\n{TABLE}", "2__sql": f"-- {mark}\ncreate table b (id int);\n"})
    assert migrations.gather(["."]).tools == [tool]
    assert migrations.gather(["1.sql", "2.sql"], "psql").tools == ["psql"]


DUMP = "select pg_catalog.set_config('search_path', '', false);\ncreate table public.schema_migrations (version text);\n"


@pytest.mark.parametrize(
    ("files", "apart"),
    [
        ({"structure.sql": DUMP, "queue_structure.sql": DUMP, "cable_structure.sql": DUMP}, ["queue_structure.sql", "structure.sql"]),
        ({"1.sql": TABLE, "2.sql": "create table b (id int);", "dump.sql": DUMP + TABLE.replace("client", 'public."client"')}, ["dump.sql"]),
        ({"0.sql": DUMP + TABLE, "1.sql": "alter table client add x int;", "2.sql": "drop table client;\n" + TABLE}, []),
        ({"a.sql": DUMP, "b.sql": DUMP.replace("schema_migrations", "other")}, []),
        ({"1.sql": TABLE, "2.sql": "create table if not exists client (id int);"}, []),
        ({"0.sql": DUMP + TABLE, "1.sql": TABLE, "2.sql": "create table schema_migrations (v int);"}, ["0.sql"]),
    ],
)  # fmt: skip
def test_dumps_that_make_what_others_make_are_other_databases(
    files: dict[str, str], apart: list[str]
) -> None:
    found = layout.databases(dict(sorted(files.items())))
    assert sorted(name for name, database in found.items() if database) == apart


@pytest.mark.first_server
def test_each_database_is_judged_on_its_own(cluster: Cluster, tmp_path: Path) -> None:
    """Their tables are seen, nothing is "there already"; a server says the same."""
    write(
        tmp_path,
        motjuste__toml='[[watch]]\nrelation = "public.client"\ncolumn = "commentaire"\n',
        structure__sql=DUMP + TABLE.replace("client", "public.client"),
        queue_structure__sql=DUMP + "create table public.visite_client (id int, commentaire text);\n"
        "create table public.client (id int, commentaire text);\n",
    )
    server = cluster.server.dsn()
    for how in ((), ("--dev-database", server, "--compare")):
        done = run(tmp_path, "structure.sql", "queue_structure.sql", *how, "--format", "json")
        told = json.loads(done.stdout)
        assert [(p["path"], p["line"], p["subject"]) for p in told["problems"]] == [
            ("queue_structure.sql", 3, "public.visite_client.commentaire")
        ]
        assert told["tables"] == 3
        assert (
            "databases of their own, since they make tables that others make too: queue_structure.sql"
            in done.stderr
        )


@pytest.mark.parametrize(
    ("text", "column", "shown", "marked"),
    [
        ("create table notes (id int, notes text not null); -- who", "notes", "create table notes (id int, notes text not null)", "notes text not null"),
        ("create table t (\n\tid int, /* Paul */ remarque varchar(99) default 'Paul boit', b int)", "remarque", "id int,            remarque varchar(99) default '.........', b int)", "remarque varchar(99) default '.........'"),
        ("insert into n values ('Paul'); alter table t add \"a\"\"b\" text;", 'a"b', 'alter table t add "a""b" text', '"a""b" text'),
        ("alter table t rename column a to notes;", "notes", "alter table t rename column a to notes", "notes"),
        ("create table t (" + ", ".join(f"a{i} int" for i in range(40)) + ", notes text, b int);", "notes", "... t, a37 int, a38 int, a39 int, notes text, b int)", "notes text"),
        ("do $$ begin execute 'alter table t add notes text'; end $$;", "notes", "", ""),
        ("create table t (a text default 'Paul\nboit', notes text);", "notes", "", ""),
        ("create table t (a int, notes \u202etext);", "notes", "", ""),
        ("create table t (like notes);", "notes", "", ""),
    ],
)  # fmt: skip
def test_the_range_of_a_column_is_marked(text: str, column: str, shown: str, marked: str) -> None:
    """No text of the file's is shown with it, and no comment."""
    pieces = [("a.sql", p) for p in lexer.split(text)]
    line = 1 + text.count("\n")
    problem = Problem("uncovered-column", "error", "a.sql", line, "m", subject="label")
    [found] = frames.of_columns([problem], {"label": column}, {"a.sql": text}, {"a.sql": pieces})
    mark = " " * shown.rfind(marked) + "^" * len(marked)
    assert found.frame == (f"{shown}\n{mark}" if shown else "")
    of_file = text.split("\n")[-1][found.column - 1 : found.end_column - 1]
    assert re.sub(r"'.*'", "'.........'", of_file) == marked


def test_the_range_is_in_every_format_that_has_one(tmp_path: Path) -> None:
    write(tmp_path, a__sql="-- été\ncreate table client (\n  id int,\n  commentaire text -- libre\n);\n")
    done = run(tmp_path, "a.sql")
    assert "\n    4 | commentaire text\n      | ^^^^^^^^^^^^^^^^\n    help: add to" in done.stdout
    told = json.loads(run(tmp_path, "a.sql", "--format", "json").stdout)["problems"][0]
    assert (told["line"], told["column"], told["end_column"]) == (4, 3, 19)
    sarif = json.loads(run(tmp_path, "a.sql", "--format", "sarif").stdout)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 4, "startColumn": 3, "endColumn": 19}
    assert (
        "::error file=a.sql,line=4,col=3,endColumn=18,title="
        in run(tmp_path, "a.sql", "--format", "github").stdout
    )


def test_an_ignored_column_is_shown_as_such(tmp_path: Path) -> None:
    ignored = "-- motjuste-ignore uncovered-column: about things\n"
    write(
        tmp_path,
        motjuste__toml=WATCHED,
        a__sql=TABLE + ignored + "create table client_b (id int, notes text);",
    )
    done = run(tmp_path, "a.sql", "--strict")
    assert done.returncode == 0
    assert "ignored (about things)" in done.stdout
    assert "2 comment-like (score 70 and more), 1 of them covered, 1 ignored by a comment" in done.stderr


def test_sqitch_follows_its_plan() -> None:
    plan = "%project=x\n\nb 2024-01-01T00:00:00Z A <a> # b\n@v1 2024 A <a>\na [b] 2024 A <a>\nb [b@v1] 2024 A <a>\n"
    names = ["sqitch.plan", "deploy/a.sql", "deploy/b.sql", "deploy/b@v1.sql", "revert/a.sql", "verify/a.sql"]
    found = layout.ordered(names, plans={"sqitch.plan": plan})
    assert found.files == ["deploy/b@v1.sql", "deploy/a.sql", "deploy/b.sql"]


@pytest.mark.parametrize(
    "text",
    [
        "-- migrate:up\nUP;\n-- migrate:down\nDOWN;\n",
        "-- +goose Up\n-- +goose StatementBegin\nUP;\n-- +goose StatementEnd\n-- +goose Down\nDOWN;\n",
        "-- +migrate Up notransaction\nUP;\n-- +migrate Down\nDOWN;\n",
        "-- Up Migration\nUP;\n-- Down Migration\nDOWN;\n",
        "-- set up the table\nUP;\n",
        "-- the down migration is not supported\nUP;\n",
    ],
)
def test_the_part_that_goes_up(text: str) -> None:
    found = [(p.text, p.line) for part, first in layout.up_parts(text) for p in lexer.split(part, first)]
    assert found == [("UP", text[: text.index("UP;")].count("\n") + 1)]


@pytest.mark.parametrize(
    ("said", "sign"),
    [("/", "/"), ("\\nGO", "go "), ("//", "text)//"), ('"@@"', "\t@@\r"), ("\\n/\\s*$", "/"), (";", ";")],
)
def test_the_delimiter_of_a_changeset_ends_a_statement(said: str, sign: str) -> None:
    begun = sign.removesuffix("//") if sign.startswith("text") else ""
    sign = sign.removeprefix("text)")
    end = sign if begun else f"\n{sign}"
    text = (
        f"--liquibase formatted sql\n--changeset a:1 endDelimiter:{said} splitStatements:true\n"
        f"create table a (x int default 4 / 2, note text){end}\ncreate function f() returns text language sql as 'select 1; select 2'\n{sign}\n"
        "--changeset a:2\ncreate table b (y int);\ncreate table c (z int);\n"
    )
    found = [
        p.text.split()[2]
        for part, first in layout.up_parts(layout.delimited(text))
        for p in lexer.split(part, first)
    ]
    assert found == ["a", "f()", "b", "c"]
    assert len(layout.delimited(text)) == len(text)


def test_statements_are_cut_where_the_server_cuts_them() -> None:
    text = (
        "/* a; /* b; */ c; */ one 'a;''b' \"c;\" $$;$$ $x$;$$;$x$ E'\\';' -- d;\n;"
        "two (;) ; copy t from stdin;\n1;2\n'\n\\.\nthree \\gexec\n\\echo ;\n"
        "\\copy t from stdin (format csv)\n5;6\n\\.\n\\copy t from pstdin\n\\copy (select ';') to stdout\n"
        "create function f() returns int begin atomic; select case when true then 1 end; end; four a$b$;"
    )
    kinds = [(p.kind, p.text.split()[0], p.sent_by) for p in lexer.split(text)]
    assert kinds == [
        ("sql", "one", ""), ("sql", "two", ""), ("sql", "copy", ""), ("sql", "three", "\\gexec"), ("meta", "\\echo", ""),
        ("meta", "\\copy", ""), ("meta", "\\copy", ""), ("meta", "\\copy", ""), ("sql", "create", ""), ("sql", "four", ""),
    ]  # fmt: skip


def test_tokens_are_what_the_server_reads() -> None:
    text = "SELECT \"A\"\"b\" 'it''s' E'\\x41\\n' U&'\\00e9' $q$x$q$ a>=-1 É::int 'a'\n'b' " + "x" * 70
    values = [t.value for t in lexer.tokens(text)]
    assert values == [
        "select", 'A"b', "it's", "A\n", "é", "x", "a", ">=", "-", "1", "É", "::", "int", "ab", "x" * 63,
    ]  # fmt: skip
