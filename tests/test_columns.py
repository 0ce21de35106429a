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
NAMES = [item for item in labelled() if not item.kind]  # without content
# file: precision and recall of what is shown, of what is clear
FLOORS = {
    "public_check": (0.92, 0.92, 0.97, 0.9),
    "fresh_read": (0.91, 0.96, 0.94, 0.95),
    "fresh_unread": (0.83, 0.95, 0.93, 0.88),
    "fresh_last": (0.85, 0.95, 0.88, 0.92),
    "fresh_five": (0.8, 0.96, 0.87, 0.87),
    "fresh_six": (0.65, 0.96, 0.8, 0.92),
    "written_fr": (0.94, 0.97, 0.97, 0.97),
    "written_en": (0.9, 0.97, 0.97, 0.97),
    "written_second": (0.86, 0.94, 0.93, 0.94),
    "written_third": (0.95, 0.94, 0.95, 0.93),
    "written_fourth": (0.95, 0.94, 0.95, 0.94),
    "written_fifth": (0.97, 0.91, 0.97, 0.91),
    "strangers_read": (0.8, 0.94, 0.91, 0.92),
    "strangers_second": (0.72, 0.92, 0.86, 0.91),
    "written_things": (0.14, 1, 0.33, 1),  # of 334 columns without notes 95 are shown, 32 are clear
}


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
    assert sum(i.column.schema.startswith("fresh") for i in NAMES) >= 2800
    assert {i.column.schema for i in NAMES} <= FLOORS.keys()


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


@pytest.mark.parametrize("name", FLOORS)
def test_names_alone(name: str) -> None:
    """What is clear is named by `motjuste check` and watched by `discover --write`, on names alone."""
    pairs = [(item, discovery.score(item.column)) for item in COLUMNS + NAMES if item.column.schema == name]
    found = (*figures(pairs, SHOWN), *figures(pairs, CLEAR))
    assert all(figure >= least for figure, least in zip(found, FLOORS[name], strict=True)), found
