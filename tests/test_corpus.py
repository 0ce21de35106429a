"""How the rules do on the labelled notes; a drop fails. The figures are those of `tests/corpus/README.md`'s two parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from motjuste.matcher import Matcher
from motjuste.model import Pack
from motjuste.rewrite import Rewriter

CORPUS = Path(__file__).parent / "corpus"
CHECK = ("accueil", "voyage")  # nobody tunes on these


def notes(part: str) -> list[dict[str, Any]]:
    """The labelled notes of one part of the corpus."""
    files = [f for f in sorted(CORPUS.glob("*.jsonl")) if (f.stem in CHECK) == (part == "check")]
    return [json.loads(line) for f in files for line in f.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("part", "level", "precision", "recall"),
    [("tune", "any", 0.98, 0.97), ("check", "any", 0.85, 0.80), ("tune", "block", 0.99, 0.45)],
)
def test_notes_are_found_and_left_alone(
    pack: Pack, part: str, level: str, precision: float, recall: float
) -> None:
    matcher = Matcher(pack)
    hits = misses = alarms = 0
    for record in notes(part):
        flagged = any(level in ("any", m.level) for m in matcher.find(record["text"]))
        hits += bool(flagged and record["cats"])
        misses += bool(not flagged and record["cats"])
        alarms += bool(flagged and not record["cats"])
    assert hits / (hits + alarms) >= precision, f"precision: {alarms} false alarms beside {hits} hits"
    assert hits / (hits + misses) >= recall, f"recall: {misses} missed beside {hits} hits"


def test_every_rewrite_is_clean_and_stays_as_it_is(pack: Pack) -> None:
    matcher = Matcher(pack)
    rewriter = Rewriter(matcher)
    rewritten = 0
    for record in notes("tune") + notes("check"):
        matches = matcher.find(record["text"])
        if not matches:
            continue
        rewritten += 1
        proposal = rewriter.rewrite(record["text"], matches)
        assert matcher.find(proposal) == [], record["id"]
        assert rewriter.rewrite(proposal, []) == proposal
    assert rewritten > 1000
