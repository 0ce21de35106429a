"""Discovery on labelled columns: what it finds of a dozen schemas, and what it takes for a note and is none."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from motjuste import discovery
from motjuste.discovery import CLEAR, SHOWN, content
from motjuste.model import Column

FOLDER = Path(__file__).parent / "columns"
VALUES: dict[str, list[str]] = tomllib.loads((FOLDER / "values.toml").read_text(encoding="utf-8"))
VALUES["note_fr"] = [
    json.loads(line)["text"]
    for file in ("clinique", "logement", "emploi", "commerce", "education")
    for part in (FOLDER.parent / "corpus").glob(f"*/{file}.jsonl")
    for line in part.read_text(encoding="utf-8").splitlines()
]
LINE = re.compile(r"  (\w+) (\w+)(?:\((\d+)\))? ([+?-])(?: (\w+))?")


class Labelled(NamedTuple):
    """A column, whether it holds notes (`+`), not (`-`) or on some installations (`?`), and the kind of its values ('': not known)."""

    column: Column
    label: str
    kind: str


def labelled() -> Iterator[Labelled]:
    for file in sorted(FOLDER.glob("*.txt")):
        table = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if found := LINE.fullmatch(line):
                name, kind, size, label, values = found.groups()
                yield Labelled(
                    Column(file.stem, table, name, kind=kind, size=int(size or 0)), label, values or ""
                )
            elif line and not line.startswith("#"):
                assert re.fullmatch(r"\w+", line), line
                table = line


COLUMNS = [item for item in labelled() if item.kind]
FRESH = [item for item in labelled() if not item.kind]


def scored(*, with_content: bool) -> list[tuple[Labelled, Column]]:
    found = []
    for item in COLUMNS:
        column = discovery.score(item.column)
        if with_content:
            rng = random.Random(item.column.label)
            column = content.weigh(column, content.measure(rng.choices(VALUES[item.kind], k=40)))
        found.append((item, column))
    return found


def figures(pairs: list[tuple[Labelled, Column]], least: int) -> tuple[float, float]:
    """(precision, recall) of the columns that reach a score; those labelled `?` count nowhere."""
    judged = [(item.label == "+", column.score >= least) for item, column in pairs if item.label != "?"]
    right = sum(note and found for note, found in judged)
    return right / sum(found for _, found in judged), right / sum(note for note, _ in judged)


def test_the_set_is_large_and_varied() -> None:
    assert len(COLUMNS) >= 400
    assert len({i.column.schema for i in COLUMNS}) >= 12
    assert sum(i.label == "+" for i in COLUMNS) >= 150
    assert len(FRESH) >= 2800
    names = ("read", "unread", "last", "five", "six")
    assert {i.column.schema for i in FRESH} == {f"fresh_{name}" for name in names}


@pytest.mark.parametrize(
    ("with_content", "least", "precision", "recall"),
    [
        (False, SHOWN, 0.9, 0.9),
        (False, CLEAR, 0.97, 0.8),
        (True, SHOWN, 0.93, 0.97),
        (True, CLEAR, 0.97, 0.9),
    ],
)
def test_precision_and_recall(with_content: bool, least: int, precision: float, recall: float) -> None:
    pairs = scored(with_content=with_content)
    found = figures(pairs, least)
    wrong = [
        (c.label, c.score, c.reasons)
        for i, c in pairs
        if i.label != "?" and (i.label == "+") != (c.score >= least)
    ]
    assert found[0] >= precision and found[1] >= recall, (found, wrong)


def test_names_that_nobody_tuned_on() -> None:
    pairs = [p for p in scored(with_content=False) if p[0].column.schema == "public_check"]
    precision, recall = figures(pairs, SHOWN)
    assert precision >= 0.9 and recall >= 0.85, (precision, recall)


@pytest.mark.parametrize(
    ("name", "least", "precision", "recall"),
    [
        ("fresh_read", SHOWN, 0.92, 0.94),
        ("fresh_read", CLEAR, 0.95, 0.9),
        ("fresh_unread", SHOWN, 0.82, 0.93),
        ("fresh_unread", CLEAR, 0.93, 0.85),
        ("fresh_last", SHOWN, 0.79, 0.87),
        ("fresh_last", CLEAR, 0.83, 0.72),
        ("fresh_five", SHOWN, 0.8, 0.91),
        ("fresh_five", CLEAR, 0.89, 0.73),
    ],
)
def test_names_of_schemas_that_the_vocabulary_had_not_met(
    name: str, least: int, precision: float, recall: float
) -> None:
    """What is clear is named by `motjuste check` and watched by `discover --write`, on names alone."""
    pairs = [(item, discovery.score(item.column)) for item in FRESH if item.column.schema == name]
    found = figures(pairs, least)
    assert found[0] >= precision and found[1] >= recall, found
