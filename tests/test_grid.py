"""Which server a test of a database runs on."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conftest import BINARIES, one_of

TESTS = Path(__file__).parent


def collected(*args: str) -> dict[str, list[str]]:
    """The tests that would run, without their server -> the servers."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *args]
    done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        for name in BINARIES:
            test = line.replace(f"[{name}]", "").replace(f"[{name}-", "[")
            if test != line:
                found.setdefault(test, []).append(name)
    return found


def test_a_test_runs_on_one_server_and_each_server_has_its_share() -> None:
    one, grid = (collected("tests/test_boundary.py", *more) for more in ([], ["--every-server"]))
    several = {test for test, servers in grid.items() if len(servers) == len(BINARIES)}
    assert len(several) > 40 and len(one) == len(grid), "no test is left out"
    alone = {test for test in several if len(one[test]) == 1}  # others are marked each_server
    assert len(alone) > len(several) * 0.9
    shares = Counter(one[test][0] for test in alone)
    assert all(shares[name] > len(several) / len(BINARIES) / 2 for name in BINARIES), shares


def test_what_is_marked_runs_on_each_server() -> None:
    found = collected("tests/test_triggers.py")
    alone = [servers for test, servers in found.items() if "[" not in test]
    assert alone and all(len(servers) == len(BINARIES) for servers in alone)


@pytest.mark.parametrize("servers", [["new", "old"], ["new", "old", "older"]])
def test_the_choice_is_even(servers: list[str]) -> None:
    shares = Counter(one_of(servers, f"tests/test_x.py::test_{n} []") for n in range(600))
    assert all(shares[name] > 600 / len(servers) * 0.8 for name in servers), shares
