"""SECURITY.md promises nothing without a test: each that it names is there. What stands in several places says the same."""

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


def test_what_an_expression_calls_is_asked_alike_wherever_it_is_asked() -> None:
    """A migration's file and a function in the database hold the closure themselves: one that knows less is a way in."""
    places = ("sql/queries/reached.sql", "sql/68_work.sql", "migrations/templates/trust.sql")
    texts = [(TESTS.parent / place).read_text(encoding="utf-8") for place in places]
    closures = [re.findall(r"select d\.refclassid as classid.*?\) as next\b", text, re.S) for text in texts]
    assert [len(found) for found in closures] == [1, 1, 1]
    assert len({" ".join(found[0].split()) for found in closures}) == 1
