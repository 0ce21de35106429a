"""`motjuste serve` as a command: what it refuses, how it opens and stops; `motjuste demo --serve`."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import Cluster
from desk import ONE, PROOF, Office, office
from motjuste.cli.main import motjuste
from motjuste.db.connection import connect
from motjuste.demo import data, run
from motjuste.errors import ConfigError, MotjusteError

pytestmark = pytest.mark.first_server  # says nothing of a server's version


@pytest.fixture(scope="module")
def o(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, shared=False) as made:
        yield made


def refused(o: Office, *args: str) -> MotjusteError:
    ran = CliRunner().invoke(motjuste, ["serve", *args], env={"MOTJUSTE_DSN": o.dsn})
    assert isinstance(ran.exception, MotjusteError), ran.output
    return ran.exception


def test_it_refuses_what_would_open_the_desk_to_others(
    o: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "proof").write_text(PROOF)
    (tmp_path / "short").write_text("short")
    for args, what, way in (
        (("--host", "0.0.0.0"), "open to other machines", "--user-header"),
        (("--user-header", "Remote-User"), "go together", "--help"),
        (("--proxy-secret", "proof"), "go together", "--help"),
        (
            ("--user-header", "X", "--proxy-secret", "proof", "--reviewer", "ann"),
            "exclude each other",
            "proxy",
        ),
        (("--user-header", "X", "--proxy-secret", "short"), "16 characters", "openssl"),
        (("--user-header", "X", "--proxy-secret", "proof"), "superuser", "noinherit"),
    ):
        error = refused(o, *args)
        assert what in error.message and way in error.hint and isinstance(error, ConfigError)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "--port" in refused(o, "--port", str(taken.getsockname()[1])).hint


def test_it_prints_an_address_that_opens_once_and_stops_on_ctrl_c(o: Office, tmp_path: Path) -> None:
    o.write(ONE)
    command = [sys.executable, "-P", "-m", "motjuste", "serve", "--port", "0", "--dsn", o.dsn]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as desk:
        assert desk.stdout is not None
        address = desk.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/entrer\?jeton=\S{32}", address)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(address) as page:
            assert "/revue/" in page.url and "alcoolique</mark>" in page.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address)
        desk.send_signal(signal.SIGINT)
        out, err = desk.communicate(timeout=60)
    assert (desk.returncode, out) == (0, "")
    assert "opens once" in err and "Traceback" not in err and "alcoolique" not in err


def test_the_demo_opens_the_desk_on_notes_that_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On fewer notes than the demo has."""
    for name in ("CLIENTS", "CONTRACTS", "INTERACTIONS", "REMINDERS", "TICKETS", "CALLS", "VISITS"):
        monkeypatch.setattr(data, name, 60)
    said: list[str] = []
    seen: list[tuple[int, bool]] = []

    def serve(dsn: str, folder: Path) -> None:
        with connect(dsn) as conn:
            [(count,)] = conn.execute(
                "select count(*) from motjuste.finding where status = 'open'"
            ).fetchall()
        seen.append((count, (folder / "motjuste.toml").is_file()))

    run.run(said.append, serve=serve)
    [(count, policy)] = seen
    assert count > 10 and policy and "redaction" not in " ".join(said)
