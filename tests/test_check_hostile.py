"""A pull request that attacks its review: `motjuste check` ends soon, says which file it was, and gives nothing away."""

from __future__ import annotations

import itertools
import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from conftest import Cluster
from motjuste import assets, server
from motjuste.cli import check_guard, migrations
from motjuste.cli.main import motjuste
from motjuste.db import shadow, watch
from motjuste.db.connection import connect
from motjuste.errors import ConfigError, DatabaseError, MotjusteError
from motjuste.schema_check import budget, lexer
from motjuste.schema_check.budget import OverBudget, bounded
from motjuste.schema_check.logic import matches
from motjuste.schema_check.replay import Source, replay

BUILTINS = assets.read("sql", "check", "builtins.tsv")
TABLE = "create table client (id int primary key);\n"
DEEP = 20_000


def block(body: str, declared: str = "") -> str:
    """A DO block."""
    return f"{TABLE}do $$ declare {declared} begin {body} end $$;\n"


def nested(begin: str, middle: str, end: str, times: int) -> str:
    """A text inside itself."""
    return begin * times + middle + end * times


STOPPED = {
    "parentheses": f"{TABLE}select {nested('(', '1', ')', DEEP)};",
    "open parentheses": f"{TABLE}select {'(' * DEEP}",
    "parentheses of data": f"{TABLE}insert into client values ({nested('(', '1', ')', DEEP)});",
    "parentheses in a view": f"create view v as select {nested('(', '1', ')', DEEP)} as a;",
    "brackets": f"create view v as select {nested('array[', '1', ']', DEEP)} as a;",
    "brackets in a block": block(f"x := {nested('array[', '1', ']', 5000)};", "x text[];"),
    "case": f"create view v as select {nested('case when true then ', '1', ' end', DEEP)} as a;",
    "case in a block": block(f"x := {nested('case when true then ', '1', ' end', DEEP)};", "x int;"),
    "not": f"create view v as select {'not ' * DEEP} true as a;",
    "minus": block(f"x := {'- ' * DEEP} 1;", "x int;"),
    "blocks": f"do $$ {nested('begin ', 'null;', ' end;', DEEP)} $$;",
    "loops": f"do $$ begin {nested('loop ', 'null;', ' end loop;', DEEP)} end $$;",
    "ifs": f"do $$ begin {nested('if true then ', 'null;', ' end if;', DEEP)} end $$;",
    "subqueries": f"create view v as select * from {nested('(select * from ', 'client', ') as a', 150)};",
    "a text that doubles": block("for i in 1..60 loop s := s || s; end loop; execute s;", "s text := 'x';"),
    "a list that doubles": block("for i in 1..60 loop s := s || s; end loop;", "s text[] := '{x}';"),
    "a text of another kind": block("s := replace(repeat('a', 900000), 'a', repeat('b', 900000));", "s text;"),
    "a padded text": block("s := lpad('a', 1000000000000);", "s text;"),
    "a replaced text": block("s := regexp_replace(repeat('a', 900000), 'a', repeat('b', 900000), 'g');", "s text;"),
    "a loop that changes": block("loop execute 'alter table client rename to other; alter table other rename to client'; end loop;"),
    "a recursive function": "create function f(n int) returns int language sql as 'select f(n - 1) + f(n - 1)';\n"
    + block("x := f(5);", "x int;"),
    "two that call each other": "create function f(n int) returns int language sql as 'select 1';\n"
    "create function g(n int) returns int language sql as 'select f(n) + f(n)';\n"
    "create or replace function f(n int) returns int language sql as 'select g(n) + g(n)';\n" + block("x := g(5);", "x int;"),
    "many calls": "create function f() returns int language sql as 'select 1';\n"
    + "".join(f"create function f{i}() returns int language sql as 'select f{i - 1 if i else ''}() + f{i - 1 if i else ''}()';\n" for i in range(18))
    + block("x := f17();", "x int;"),
    "psql variables": f"{TABLE}\\set a xxxxxxxxxx\n" + "\\set a :a :a\n" * 60 + "select :a;",
    "a used variable": f"{TABLE}\\set a " + "x" * 90_000 + "\nselect " + ":a " * 200 + ";",
    "a large statement": f"{TABLE}create table t (a int default 1{' ' * budget.STATEMENT}1);",
}  # fmt: skip

ENDED = {
    "a regular expression": block("if repeat('a', 40) || 'b' ~ '^(a+)+$' then null; end if;"),
    "a set of numbers": block("for r in select * from generate_series(1, 1000000000000) g loop execute 'alter table client add c' || r.g; end loop;", "r record;")
    + "select 1 from generate_series(1, 1e12);",
    "a set of more": block("for r in select * from generate_series(1, 100000000000000000000000) g loop null; end loop;", "r record;"),
    "rows times rows": block("select count(*) into n from generate_series(1, 15000) a, generate_series(1, 15000) b;", "n int;"),
    "like": block(f"if repeat('a', 5000) like '{'%a' * 400}b' then null; end if;"),
    "numbers that grow": block("for i in 1..4000 loop a := a * a; end loop; execute 'alter table client add a' || a;", "a int := 3;"),
    "a wrong expression": block("execute regexp_replace('a', '(', 'b');"),
    "blanks": block(f"execute 'alter table x alter c set default {' ' * 5000}, x';"),
    "comments": "/* /* */ */" * DEEP + TABLE,
    "begin atomic": f"create function f() returns void language sql begin atomic {'select 1;' * DEEP} end;",
    "semicolons": ";" * 200_000 + TABLE,
    "dollars": "$a" * 100_000,
    "quotes": "'" * 100_001,
    "words": "create " * 100_000,
    "unions": f"create view v as select 1 a{' union select 1' * DEEP};",
    "casts": f"create view v as select 1{'::text' * DEEP} a;",
    "domains": "".join(f"create domain d{i} as {f'd{i - 1}' if i else 'text'};\n" for i in range(2000)) + "create table q (a d1999);",
    "errors": block("begin alter table client add a int; alter table client add b int; exception when others then null; end;" * 1000),
    "includes of itself": "\\i 1.sql\n" * 500 + TABLE,
    "columns that double": "create table q as with w0 as (select 1 a)"
    + "".join(f", w{i} as (select * from w{i - 1} a, w{i - 1} b)" for i in range(1, 60)) + " select * from w59;",
    "columns that never end": "create table q (a int);" + "".join(f"alter table q add c{i} int; alter table q rename c{i} to d{i};" for i in range(6000)),
    "columns of a table": f"create table q ({','.join(f'c{i} text' for i in range(20_000))});",
}  # fmt: skip


def checked(folder: Path, text: str, *options: str) -> tuple[int, str]:
    """Exit code and output of a check of one file; an error of ours counts as 2, as in cli.main.run."""
    folder.joinpath("1.sql").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(motjuste, ["check", "1.sql", "--allow-empty", *options])
    if isinstance(result.exception, MotjusteError):
        return 2, result.output + result.exception.message
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test stands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("motjuste.toml").write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("what", STOPPED)
def test_what_costs_too_much_stops_and_names_the_line(here: Path, what: str) -> None:
    code, said = checked(here, STOPPED[what])
    assert code == 2, said
    assert "1.sql:" in said
    assert "not checked" in said


@pytest.mark.parametrize("what", ENDED)
def test_what_could_cost_too_much_ends(here: Path, what: str) -> None:
    began = time.process_time()
    code, _ = checked(here, ENDED[what])
    assert code in (0, 1)
    assert time.process_time() - began < budget.SECONDS / 2


def test_the_clock_is_the_last_resort(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_guard, "SECONDS", 0.2)
    code, said = checked(here, "create table t (" + ",".join(f"c{i} int" for i in range(1600)) + ");\n"
                         + "".join(f"create table t{i} (like t);\n" for i in range(500)))  # fmt: skip
    assert (code, "1.sql: not checked: more than" in said) == (2, True)


def test_an_expression_that_is_not_followed_takes_both_ways(here: Path) -> None:
    code, said = checked(
        here,
        block("if repeat('a', 40) || 'b' !~ '^(a+)+$' then alter table client add commentaire text; end if;"),
    )
    assert code == 1
    assert "nobody watches public.client.commentaire" in said


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "(a*)*b", "(a|a)*$", "(a|aa)+$", "(.*)*x", "((a+)b?)+c", "a*a*a*a*a*a*b", "(a|b|ab)*c", "([a-z]+)*1", "(a?){40}a{40}",
     "(x+x+)+y", "a{1,1000}a{1,1000}a{1,1000}b", "(a|a)" * 30 + "b", "(.+)+", r"(\w|\d)+$", "(?:a+)+", "(((a+)+)+)+", "a**", "(a+)\\1+", "("],
)  # fmt: skip
def test_expressions_that_may_never_end_are_not_run(pattern: str) -> None:
    assert not bounded(pattern, 60)
    assert not isinstance(matches("~", "a" * 60, pattern), bool)


@pytest.mark.parametrize(
    "pattern",
    ["^nextval", "_p[0-9]{4}_[0-9]{2}$", "^(audit|log|archive)_", r"^\w+_\d+$", "a.*b", "^(?!x)"[:1] + "tmp", "client(_old)?$", "^[^_]+_[^_]+$"],
)  # fmt: skip
def test_expressions_as_migrations_have_them_are_run(pattern: str) -> None:
    assert bounded(pattern, 60)


@pytest.mark.parametrize("sign", ["like", "ilike"])
def test_like_is_that_of_the_server(cluster: Cluster, sign: str) -> None:
    letters = "aB%_\\x"
    texts = ["", *("".join(t) for n in (1, 2, 3) for t in itertools.product("aBx%", repeat=n))]
    patterns = ["".join(t) for n in (0, 1, 2, 3) for t in itertools.product(letters, repeat=n)]
    patterns = [p for p in patterns if not p.replace("\\\\", "").endswith("\\")]
    with connect(cluster.server.dsn()) as conn:
        asked = f"select t, p, t {sign} p from unnest(%s::text[]) as t, unnest(%s::text[]) as p"
        rows = conn.execute(asked.encode(), [texts, patterns]).fetchall()
    assert len(rows) > 10_000
    assert [(t, p) for t, p, answer in rows if matches(sign, t, p) is not answer] == []


# -- files ---------------------------------------------------------------------------------------------


def test_files_that_are_too_large_or_too_many(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "FILE", 1000)
    code, said = checked(here, TABLE + "-" * 1000)
    assert (code, "1.sql: not checked: a file of more than" in said) == (2, True)
    monkeypatch.setattr(budget, "ALL", 1500)
    for n in (1, 2, 3):
        here.joinpath(f"{n}.sql").write_text("-" * 900)
    with pytest.raises(OverBudget, match=r"2.sql: not checked: .* in all files"):
        migrations.gather(["1.sql", "2.sql", "3.sql"])
    monkeypatch.setattr(budget, "FILES", 2)
    with pytest.raises(OverBudget, match="more than 2 files"):
        migrations.gather(["."])
    deep = here.joinpath(*["d"] * 40)
    deep.mkdir(parents=True)
    monkeypatch.setattr(budget, "FILES", 1000)
    with pytest.raises(OverBudget, match="folders inside each other"):
        migrations.gather(["d"])


def test_includes_that_double(here: Path) -> None:
    for n in range(30):
        here.joinpath(f"{n}.psql").write_text(
            f"create table c{n} (id int);\n\\i {n + 1}.psql\n\\i {n + 1}.psql\n"
        )
    here.joinpath("30.psql").write_text("select 1;")
    code, said = checked(here, "\\i 0.psql\n")
    assert (code, "more than 5000 includes" in said) == (2, True)


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside of the repository that nobody may read out."""
    file = tmp_path_factory.mktemp("outside") / "secret.sql"
    file.write_text("create table hunter2_hunter2 (commentaire text);\nhunter2 hunter2;\n")
    return file


@pytest.mark.parametrize("command", ["\\i", "\\ir", "\\include", "\\include_relative"])
@pytest.mark.parametrize("way", ["absolute", "above", "link", "folder"])
def test_an_include_stays_in_the_repository(here: Path, secret: Path, command: str, way: str) -> None:
    here.joinpath("link.sql").symlink_to(secret)
    here.joinpath("folder").symlink_to(secret.parent)
    name = {
        "absolute": str(secret),
        "above": os.path.relpath(secret, here),
        "link": "link.sql",
        "folder": "folder/secret.sql",
    }[way]
    code, said = checked(here, f"{TABLE}{command} {name}\n")
    assert code == 2
    assert "leads out of the repository" in said
    assert "1.sql" in said
    assert "hunter2" not in said


def test_a_link_among_the_migrations_stays_in_the_repository(here: Path, secret: Path) -> None:
    folder = here / "db"
    folder.mkdir()
    folder.joinpath("1.sql").write_text(TABLE)
    folder.joinpath("2.sql").symlink_to(secret)
    for given in (["db"], ["db/1.sql", "db/2.sql"], ["db/*.sql"]):
        with pytest.raises(ConfigError, match="leads out of the repository"):
            migrations.gather(given)
    folder.joinpath("2.sql").unlink()
    folder.joinpath("round").symlink_to(here)  # a ring of folders
    assert [s.name for s in migrations.gather(["db"]).sources] == ["db/1.sql"]
    folder.joinpath("3").symlink_to(secret.parent)
    with pytest.raises(ConfigError, match="leads out of the repository"):
        migrations.gather(["db"])
    folder.joinpath("3").unlink()
    folder.joinpath("4.sql").symlink_to("1.sql")  # inside
    assert len(migrations.gather(["db"]).sources) == 2


def test_the_policy_names_no_files_outside(here: Path, secret: Path) -> None:
    here.joinpath("motjuste.toml").write_text(f'migrations = ["{secret}", "../x/*.sql"]\n')
    result = CliRunner().invoke(motjuste, ["check"])
    assert isinstance(result.exception, ConfigError)
    assert "leads out of the repository" in result.exception.message


def test_nothing_of_psql_is_executed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUNTER2", "hunter2")
    marker = here / "marker"
    text = (
        f"{TABLE}\\! touch {marker}\n\\set x `touch {marker}`\n\\getenv y HUNTER2\nalter table client add :y text;\n"
        f"\\copy client to program 'touch {marker}'\n\\o |touch {marker}\n\\g |touch {marker}\nselect 'hunter2' \\g {marker}\n"
        f"select format('drop table client') \\gexec\n\\setenv PATH /tmp\n\\w {marker}\n\\cd /\n"
    )
    for options in ([], ["--embedded"]):
        code, said = checked(here, text, *options)
        assert code in (0, 1), said
        assert not marker.exists()


def test_a_hostile_name_hides_no_change_from_git(here: Path) -> None:
    """With --git-diff, what git writes in quotes is the same file, and a line of SQL is no line of a diff."""

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, capture_output=True
        )

    names = ['a"b.sql', "a\nb.sql", "a\tb.sql", "a\\b.sql", "é.sql", "plain.sql", "binary.sql"]
    git("init", "-q")
    for n, name in enumerate(names):
        here.joinpath(name).write_text(f"create table t{n} (id int);\n")
    git("add", "-A")
    git("commit", "-qm", "1")
    for n, name in enumerate(names):
        with here.joinpath(name).open("a") as file:
            file.write(
                f"++ b/elsewhere.sql\n\u2028+++ b/elsewhere.sql\nselect 1;\nalter table t{n} add commentaire text;\n"
            )
    here.joinpath(".gitattributes").write_text("binary.sql binary\n")
    result = CliRunner().invoke(motjuste, ["check", *names, "--git-diff", "HEAD"])
    assert result.exit_code == 1
    for n in range(len(names)):
        assert f"nobody watches public.t{n}.commentaire" in result.output


def test_comments_before_a_statement_do_not_recurse() -> None:
    text = "/* /* */ */ -- x\n" * 5000 + "select 1"
    [piece] = lexer.split(text + ";")
    assert (piece.text, piece.line) == ("select 1", 5001)


# -- on a server ---------------------------------------------------------------------------------------

FORBIDDEN = {
    "a program": "copy client to program 'touch {marker}'",
    "from a program": "copy client from program 'touch {marker}; echo 1'",
    "a file": "copy client to '{marker}'",
    "a file read": "copy client from '/etc/passwd'",
    "pg_read_file": "select pg_read_file('/etc/passwd')",
    "pg_read_binary_file": "select pg_read_binary_file('PG_VERSION')",
    "pg_ls_dir": "select pg_ls_dir('.')",
    "lo_import": "select lo_import('/etc/passwd')",
    "lo_export": "select lo_export(lo_from_bytea(0, 'x'), '{marker}')",
    "a language": "create function f() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'getpid'",
    "internal": "create function f(text) returns text language internal as 'pg_read_file_all'",
    "an extension": "create extension dblink",
    "adminpack": "create extension file_fdw",
    "python": "create extension plpython3u",
    "system": "alter system set archive_command = 'touch {marker}'",
    "load": "load '/tmp/evil.so'",
    "superuser": "alter role current_user superuser",
    "another superuser": "create role evil superuser login",
    "a member": "grant pg_execute_server_program to current_user",
    "a writer": "grant pg_write_server_files to current_user",
    "postgres": "set role postgres",
    "a session": "set session authorization postgres",
    "a setting": "set session_preload_libraries = '/tmp/evil'",
    "a setting of a role": "alter role postgres set session_preload_libraries = '/tmp/evil'",
    "an event trigger": "create event trigger e on ddl_command_end execute function f()",
    "a tablespace": "create tablespace t location '/tmp'",
    "another database": "drop database postgres",
    "a subscription": "create subscription s connection 'host=/tmp' publication p with (connect = false)",
    "the catalog": "update pg_catalog.pg_authid set rolsuper = true",
    "secrets": "select * from pg_catalog.pg_authid",
    "sessions": "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pid <> pg_backend_pid()",
    "no limit": "set temp_file_limit = -1",
}


@pytest.fixture
def made(cluster: Cluster) -> Iterator[shadow.Made]:
    """A database as the check makes it, on a server where it is superuser."""
    with shadow.throw_away(cluster.server.dsn(), f"motjuste_check_{os.getpid()}") as dsn:
        yield dsn


def pieces(text: str, name: str = "1.sql") -> dict[str, list[tuple[str, lexer.Piece]]]:
    return {name: [(name, p) for p in lexer.split(text)]}


@pytest.mark.parametrize("own", [True, False], ids=["own", "dev"])
def test_no_statement_has_the_rights_of_a_superuser(made: shadow.Made, cluster: Cluster, own: bool) -> None:
    marker = cluster.server.folder / "marker"
    with connect(made.admin) as admin:
        text = "".join(
            f"{TABLE if n == 0 else ''}{s.format(marker=marker)};\n" for n, s in enumerate(FORBIDDEN.values())
        )
        shadow.apply(made, pieces(text), own_server=own)
        rows = admin.execute(
            "select r.rolname, r.rolsuper, pg_has_role(r.oid, 'pg_execute_server_program', 'member'), pg_has_role(r.oid, 'pg_write_server_files', 'member')"
            " from pg_roles as r where r.rolname in (%s, 'evil')",
            [made.role],
        ).fetchall()
        assert rows
        assert not any(flag for row in rows for flag in row[1:])
        assert admin.execute(
            "select count(*) from pg_db_role_setting where setdatabase = 0 and setrole = 10"
        ).fetchall() == [(0,)]
    assert not marker.exists()
    with connect(made) as conn:
        assert conn.execute(
            "select current_user, usesuper from pg_user where usename = session_user"
        ).fetchall() == [(made.role, False)]
        for what, statement in FORBIDDEN.items():
            with pytest.raises(psycopg.Error) as refused:
                conn.execute(statement.format(marker=marker).encode())
                raise AssertionError(what)
            assert refused.value.sqlstate
    assert not marker.exists()


def test_dblink_reaches_nothing(made: shadow.Made, cluster: Cluster) -> None:
    """Where a superuser of the development server has put dblink in: the server asks for a password, and none is there."""
    with connect(made.admin) as admin:
        if not admin.execute("select from pg_available_extensions where name = 'dblink'").fetchall():
            return
        admin.execute("reset search_path")
        admin.execute("create extension dblink")
    with connect(made) as conn, pytest.raises(psycopg.Error, match="password"):
        conn.execute("reset search_path")
        conn.execute(
            "select dblink_connect('host=%s user=postgres')".replace(
                "%s", str(cluster.server.folder)
            ).encode()
        )


def test_the_role_goes_with_its_database(cluster: Cluster) -> None:
    asked = "select array(select rolname from pg_roles), array(select datname from pg_database)"
    with connect(cluster.server.dsn()) as admin:
        before = admin.execute(asked).fetchall()
        text = (
            TABLE
            + "create role somebody; alter table client owner to somebody; create role other in role somebody; grant somebody to other;"
        )
        files = pieces(text)
        with shadow.throw_away(cluster.server.dsn(), "motjuste_check_gone", files) as made:
            assert shadow.apply(made, files, own_server=True) == []
        assert admin.execute(asked).fetchall() == before


def test_what_needs_a_superuser_is_told_or_stands_in(made: shadow.Made) -> None:
    text = (
        TABLE + "create role app; set role app; create table mine (id int); reset role;\n"
        "create foreign data wrapper w; create server s foreign data wrapper w;\n"
        "create foreign table ft (a int) server s;\ncreate extension postgres_fdw;\nalter table mine owner to somebody_else;\n"
        "alter table mine add b text;\n"
        "create function e() returns event_trigger language plpgsql as 'begin end';\n"
        "create event trigger e on ddl_command_end execute function e();\n"
    )
    told = shadow.apply(made, pieces(text), own_server=True)
    assert [(f.place.line, "without a superuser's rights" in f.why) for f in told] == [(9, True)]
    with connect(made) as conn:
        assert {r["table"] for r in shadow.columns(conn)} == {"client", "mine", "ft"}


@pytest.mark.parametrize(
    "statement",
    ["select pg_sleep(100)", "set statement_timeout = 0; do $$ begin loop begin perform pg_sleep(1); exception when query_canceled then null; end; end loop; end $$"],
)  # fmt: skip
def test_a_statement_that_takes_too_long_is_ended(
    made: shadow.Made, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STATEMENT_SECONDS", 1.0)
    with pytest.raises(DatabaseError, match=r"1.sql:2: not checked: it ran for more than"):
        shadow.apply(made, pieces(f"{TABLE}{statement};"), own_server=True)


def test_a_statement_that_fills_the_disk_is_ended(made: shadow.Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "DISK", 40 * 2**20)
    with pytest.raises(DatabaseError, match=r"1.sql:2: not checked: it wrote more than 40 MiB"):
        shadow.apply(
            made,
            pieces(f"{TABLE}insert into client select generate_series(1, 1000000000000);"),
            own_server=True,
        )


def test_rows_that_a_query_gives_are_not_kept(made: shadow.Made) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = f"{TABLE}select repeat('x', 1000000) from generate_series(1, 600);"
    assert shadow.apply(made, pieces(text), own_server=True) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes
    with pytest.raises(DatabaseError, match=r"1.sql:1: not checked: a query writes more than"):
        shadow.apply(
            made, pieces("select 'select 1' from generate_series(1, 1000000) \\gexec\n"), own_server=True
        )


def test_a_role_that_may_little_is_used_as_it_is(cluster: Cluster) -> None:
    with connect(cluster.server.dsn()) as admin:
        admin.execute("create role modest login createdb")
        try:
            with shadow.throw_away(cluster.server.dsn(user="modest"), "motjuste_check_modest") as made:
                assert made.role == ""
                assert shadow.apply(made, pieces(TABLE), own_server=False) == []
            admin.execute("grant pg_execute_server_program to modest")
            with (
                pytest.raises(DatabaseError),
                shadow.throw_away(cluster.server.dsn(user="modest"), "motjuste_check_modest"),
            ):
                raise AssertionError
        finally:
            admin.execute("drop role modest")


def test_the_throw_away_server_is_nobody_elses() -> None:
    with server.run(settings=(*server.THROW_AWAY, *server.FOR_STRANGERS)) as running:
        assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700
        with connect(running.dsn()) as conn:
            assert conn.execute("show listen_addresses").fetchall() == [("",)]
            assert conn.execute("show unix_socket_directories").fetchall() == [(str(running.folder),)]
            assert conn.execute("show temp_file_limit").fetchall() == [("1GB",)]


def test_a_replay_knows_where_it_is() -> None:
    begun: list[str] = []
    replay([Source("a.sql", TABLE), Source("b.sql", "select 1;")], BUILTINS, begins=begun.append)
    assert begun == ["a.sql", "b.sql"]
