"""`motjuste --help` and `motjuste lint` stay instant: they import nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from motjuste.cli.main import COMMANDS, motjuste

HEAVY = {"spacy", "sqlglot", "numpy", "dask", "psycopg"}


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
    assert modules == {"motjuste.cli.main"}
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
