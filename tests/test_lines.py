"""Where each value of a TOML text begins: every table, key and item has its line, whatever stands between."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from motjuste import assets
from motjuste.files.lines import Path, line_of, lines

ODD = '''\
top = 1 # [[rule]]
[a."b.c"]
d . e = { f = [1, { g = "]" }], "h" = 2 }
text = """
[[rule]]
id = "no" \\"""
"""
[[rule]]
id = "one"
unless.near = [ # a comment, with "quotes" and [brackets
  'x', "y \\" ]",
  """z
""", 'last',
]
when = 1979-05-27 07:32:00
[rule.needs]
near = []
[[rule.sub]]
k = 1
[[rule.sub]]
k = 2
[[rule]]
id = "two"
'''


def paths(node: Any, path: Path = ()) -> Iterator[Path]:
    """Every path of a parsed TOML text."""
    if path:
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def test_the_line_of_each_value() -> None:
    found = lines(ODD)
    assert set(found) == set(paths(tomllib.loads(ODD)))
    expected = {
        ("top",): 1, ("a", "b.c"): 2, ("a", "b.c", "d", "e", "f", 1, "g"): 3, ("a", "b.c", "text"): 4,
        ("rule", 0): 8, ("rule", 0, "id"): 9, ("rule", 0, "unless", "near", 1): 11, ("rule", 0, "unless", "near", 3): 13,
        ("rule", 0, "needs", "near"): 17, ("rule", 0, "sub", 1): 20, ("rule", 0, "sub", 1, "k"): 21,
        ("rule", 1): 22, ("rule", 1, "id"): 23,
    }  # fmt: skip
    assert {path: found[path] for path in expected} == expected


@pytest.mark.parametrize("name", assets.shipped())
def test_every_value_of_the_shipped_files_has_its_line(name: str) -> None:
    text = assets.shipped()[name]
    found = lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    rows = text.split("\n")
    for path, line in found.items():
        if path[-1] == "id" and path[0] == "rule":
            assert rows[line - 1].startswith("id = ")


def test_a_path_without_a_line_of_its_own_has_that_of_the_table_around_it() -> None:
    found = lines(ODD)
    assert line_of(found, ("rule", 1, "missing", 3)) == 22
    assert line_of(found, ("nowhere",)) == 1
