"""Precision and recall against labelled notes: what counts as found, missed, or a false alarm."""

from __future__ import annotations

import json

import pytest

from motjuste.errors import ConfigError
from motjuste.learning import figures
from motjuste.learning.figures import Count, Labelled, Score


def note(cats: str = "", alt: str = "") -> Labelled:
    """A note with these labels, named by their first letters: s(ante), i(njure), j(ugement)."""
    return Labelled("", frozenset(map(CODES.get, cats)), frozenset(map(CODES.get, alt)))  # type: ignore[arg-type]


CODES = {"s": "sante", "i": "injure", "j": "jugement"}


def counts(*answers: tuple[Labelled, str]) -> tuple[Count, dict[str, Count]]:
    """The counts of these answers: of notes, and of each category by its first letter."""
    total = figures.score((n, [CODES[c] for c in found]) for n, found in answers)
    assert total.size == len(answers)
    return total.notes, {code[0]: count for code, count in total.categories.items()}


@pytest.mark.parametrize(
    ("labels", "found", "notes", "categories"),
    [
        (note(), "", Count(), {}),
        (note(), "s", Count(alarms=1), {"s": Count(alarms=1)}),
        (note("s"), "", Count(misses=1), {"s": Count(misses=1)}),
        (note("s"), "s", Count(hits=1), {"s": Count(hits=1)}),
        (
            note("s"),
            "sss",
            Count(hits=1),
            {"s": Count(hits=1)},
        ),  # several findings of one category count once
        (note("s"), "i", Count(hits=1), {"s": Count(misses=1), "i": Count(alarms=1)}),
        (note("s", "i"), "i", Count(hits=1), {"s": Count()}),  # the other label is as right
        (note("s", "i"), "si", Count(hits=1), {"s": Count(hits=1)}),
        (note("s", "i"), "", Count(misses=1), {"s": Count(misses=1)}),
        (note("sj", "i"), "ij", Count(hits=1), {"s": Count(), "j": Count(hits=1)}),
        (note("s", "s"), "s", Count(hits=1), {"s": Count(hits=1)}),
        (note("", "i"), "i", Count(alarms=1), {}),
    ],
)
def test_how_one_note_counts(
    labels: Labelled, found: str, notes: Count, categories: dict[str, Count]
) -> None:
    assert counts((labels, found)) == (notes, categories)


def test_figures() -> None:
    notes, categories = counts(
        (note("s"), "s"), (note("s"), ""), (note(), "s"), (note("s"), "sj"), (note("j"), "s")
    )
    assert (notes.precision, notes.recall, notes.f1) == (3 / 4, 3 / 4, 3 / 4)
    sick = categories["s"]
    assert (sick.hits, sick.alarms, sick.misses) == (2, 2, 1)
    assert (sick.precision, sick.recall) == (1 / 2, 2 / 3)
    assert sick.f1 == pytest.approx(4 / 7)
    nothing = Count()
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)
    assert Count(alarms=1, misses=1).f1 == 0.0
    total = Score(categories={"sante": Count(1, 2, 3), "injure": Count(10, 20, 30)})
    assert total.overall == Count(11, 22, 33)


def test_reading_labelled_notes() -> None:
    records = [
        {"id": 1, "text": "a\u2028b", "cats": ["sante"], "alt": ["injure"], "hard": True},
        {"text": "c", "cats": []},
    ]
    text = "\n\n".join(json.dumps(r, ensure_ascii=False) for r in records) + "\n"
    first, second = figures.read(text, "f.jsonl")
    assert first == Labelled("a\u2028b", frozenset({"sante"}), frozenset({"injure"}), "f.jsonl:1")
    assert second == Labelled("c", frozenset(), frozenset(), "f.jsonl:3")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "secret", "cats"', "not a labelled note"),
        ('"secret"', "not a labelled note"),
        ('{"text": "secret"}', "not a labelled note"),
        ('{"text": "secret", "cats": null}', "not a labelled note"),
        ('{"text": "secret", "cats": ["health"]}', "unknown category 'health'"),
        ('{"text": "secret", "cats": [], "alt": [3]}', "unknown category '3'"),
        ('{"text": ["secret"], "cats": []}', "`text` is no text"),
        ("[" * 100_000, "not a labelled note"),
    ],
)
def test_a_line_that_is_no_labelled_note_is_told_without_its_text(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        list(figures.read('{"text": "", "cats": []}\n' + line, "f.jsonl"))
    assert refused.value.message.startswith(f"f.jsonl:2: {message}")
    assert "secret" not in refused.value.message + refused.value.hint
