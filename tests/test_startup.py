"""`motjuste --help` and `motjuste lint` stay instant: they import nothing heavy."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from motjuste.cli.main import COMMANDS, motjuste

HEAVY = {"spacy", "sqlglot", "numpy", "numba", "dask", "psycopg"}


def imported(*arguments: str, note: str = "") -> set[str]:
    """The top-level modules that one run of the command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "motjuste", *arguments],
        input=note,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return {
        name.strip().split(".")[0]
        for name in re.findall(r"^import time:[^|]*\|[^|]*\|(.*)$", done.stderr, re.M)
    }


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("lint",), ("explain", "alcoolique")])
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    found = imported(*arguments, note="Client alcoolique.\n")
    assert "click" in found
    assert found & HEAVY == set()


def test_help_imports_no_command() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "motjuste", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(re.findall(r"motjuste\.cli\.\w+", done.stderr))
    assert modules == {"motjuste.cli.main", "motjuste.cli.streams"}
    assert "tomllib" not in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_that_begins_as_its_line_in_the_list(name: str) -> None:
    done = CliRunner().invoke(motjuste, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert f"Usage: motjuste {name} " in done.output
    assert len(done.output.splitlines()) > 5


def test_an_unknown_command_is_a_usage_error() -> None:
    done = CliRunner().invoke(motjuste, ["scna"])
    assert done.exit_code == 2
    assert "scna" in done.output


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "motjuste", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def test_usage_errors_read_as_all_others() -> None:
    done = run("lint", "--bogus")
    assert done.returncode == 2
    assert done.stderr == "motjuste: error: No such option '--bogus'.\nhelp: motjuste lint --help\n"
    assert run("rules").returncode == 2 and "motjuste rules [OPTIONS] COMMAND" in run("rules").stderr
    assert run("--version").returncode == 0


def test_what_is_stopped_or_not_answered_is_no_finding(tmp_path: Path) -> None:
    """Exit code 1 says that there is something to see, also to a cron job."""
    (tmp_path / "motjuste.toml").write_text("")
    with subprocess.Popen(
        [sys.executable, "-m", "motjuste", "lint", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as waiting:  # fmt: skip
        assert waiting.stdin and waiting.stdout and waiting.stderr
        waiting.stdin.write("Client alcoolique.\n")
        waiting.stdin.flush()
        waiting.stdout.readline()  # it is at work
        waiting.send_signal(signal.SIGINT)
        told = waiting.stderr.read()
    assert waiting.returncode == 2 and told.startswith("\nmotjuste: error: stopped"), told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_an_empty_one(closed: str, tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text("")
    (tmp_path / "notes").write_text("Client alcoolique.\n")

    def closing(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-c", f'exec "$@" {closed}', "bash", sys.executable, "-m", "motjuste", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL)

    done = closing("lint")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert ("no note was read" in done.stderr) == ("2>" not in closed)
    done = closing("lint", "notes")
    assert done.returncode == 1 and done.stderr == ""
    assert ("alcoolique" in done.stdout) == (closed in ("<&-", "2>&-"))
    assert (tmp_path / "notes").read_text() == "Client alcoolique.\n"


def test_where_nobody_reads_on_a_command_ends_as_it_would_have(tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text("")
    (tmp_path / "bad").write_text("Client alcoolique.\n" * 3000)
    (tmp_path / "late").write_text("Rappeler.\n" * 3000 + "Client alcoolique.\n")

    def piped(command: str) -> tuple[int, str]:
        script = f"{command} | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
        script = script.replace("motjuste", f"{sys.executable} -m motjuste")
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=300
        )
        return done.returncode, done.stderr

    assert piped("motjuste rules list --format json") == (0, "")
    assert piped("motjuste lint bad") == (1, "")
    assert piped("motjuste lint --format jsonl late") == (1, "")
    # of notes without an end the rest is not read, and never said to be clean
    endless = "motjuste lint --format jsonl < <(yes {})"
    assert piped(endless.format("Client alcoolique.")) == (1, "")
    assert piped(endless.format("Rappeler.")) == (141, "")
    assert piped("motjuste --bogus 2>&1")[0] == 2


def test_output_that_nobody_takes_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text("")
    listed = [sys.executable, "-m", "motjuste", "rules", "list", "--format", "json"]  # more than a pipe holds
    with subprocess.Popen(listed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as cut:
        assert cut.stdout and cut.stderr
        cut.stdout.close()
        assert cut.stderr.read() == b""
    assert cut.returncode == 0
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(listed, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()) == (2, [
        "motjuste: error: standard output: No space left on device", "help: make room, or give a place that can be read or written",
    ])  # fmt: skip


def test_a_terminal_that_lacks_a_character_shows_its_number(tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "motjuste", "explain", "Œuf"],
        capture_output=True, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\\u0153uf" in done.stdout.decode("latin-1")


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:SECRET%zz@h/x", "postgresql://u:p@SECRET@h/x", "postgresql://u:SECRET/x@h/x",
        "host=h password=x SECRET", "host=h password='SECRET", "host=h port=SECRET",
    ],
)  # fmt: skip
def test_a_connection_string_that_cannot_be_read_is_not_shown(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "motjuste", "status", "--dsn", dsn],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 2 and "the connection string cannot be read" in done.stderr
    assert "SECRET" not in done.stdout + done.stderr
