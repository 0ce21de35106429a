"""SECURITY.md promises nothing without a test: each that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.compile(r"`(?:(test_\w+\.py))?(?:::(test_\w+))`")


def test_each_promise_names_a_test_that_is_there() -> None:
    named: set[tuple[str, str]] = set()
    file = ""
    for m in NAMED.finditer((TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")):
        file = m[1] or file
        named.add((file, m[2]))
    assert len(named) > 40
    there = {
        name: set(re.findall(r"^def (test_\w+)", (TESTS / name).read_text("utf-8"), re.M))
        for name, _ in named
    }
    assert sorted((file, test) for file, test in named if test not in there[file]) == []
