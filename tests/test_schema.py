"""The JSON Schema of packs: that of the repository is the one made from the loader's shapes, and both refuse alike."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from motjuste import assets
from motjuste.rulepack import shape
from test_own import OWN, PROFILES, SHIPPED
from test_rules import GOOD

SCHEMA = shape.schema()
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def errors(text: str) -> list[str]:
    """What the schema has against a TOML text."""
    return [e.message for e in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_the_copy_for_editors_is_the_schema_of_this_version() -> None:
    assert json.loads(assets.read("rules", "pack.schema.json")) == SCHEMA
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("name", assets.shipped())
def test_every_shipped_file_is_valid(name: str) -> None:
    assert errors(assets.shipped()[name]) == []


def test_an_own_file_is_valid() -> None:
    assert errors(OWN) == errors(PROFILES) == errors(SHIPPED) == []


def fields(form: Any) -> Iterator[str]:
    """Every field that the loader's shapes name."""
    if isinstance(form, list):
        yield from fields(form[0])
    elif isinstance(form, dict):
        for name, inner in form.items():
            if name != "*":
                yield name
            yield from fields(inner)


def test_every_field_of_the_loader_is_in_the_schema_and_explained() -> None:
    known = {name for form in (shape.FILE, shape.OWN, *shape.SHARED.values()) for name in fields(form)}
    found: dict[str, str] = {}

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                found[name] = inner["description"]
            for inner in node.values():
                collect(inner)
        elif isinstance(node, list):
            for inner in node:
                collect(inner)

    collect(SCHEMA)
    assert set(found) == known
    assert all(len(text) > 15 for text in found.values())


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ('examples = [{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]', ""),
        ('[{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]', "[]"),
        ('[{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]', "[{ bad = 3 }]"),
        ("[[malade]]", "malade"),
        ("fixed =", "fix ="),
        ("why", "reason"),
        ('why = "W."', 'why = ""'),
        ('why = "W."', 'why = "W."\nlevel = "warn"'),
        ('why = "W."', 'why = "W."\nkey = "crc"'),
        ('why = "W."', 'why = "W."\nunless.inside = ["a"]'),
        ('why = "W."', 'why = "W."\nunless.near = "a"'),
        ("sante-malade", "Sante malade"),
        ('match = ["malade(s)"]', "match = [1]"),
        ("[[rule]]", "[[rules]]"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(change: str, to: str) -> None:
    assert errors(GOOD) == []
    assert change in GOOD
    assert errors(GOOD.replace(change, to))


@pytest.mark.parametrize("level", ["off", "watch", "none"])
def test_only_a_profile_switches_off(level: str) -> None:
    assert bool(errors(PROFILES.replace('"off"', f'"{level}"'))) == (level == "none")
    assert bool(errors(SHIPPED.replace('level = "watch"', f'level = "{level}"'))) == (level != "watch")
