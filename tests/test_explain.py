"""`explain`: the words, the anchors, what confirmed a finding, what excepted one and with which words."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from conftest import HEAD, small_matcher
from motjuste.cli.main import motjuste
from motjuste.engine.explain import Candidate, explain

RULES = """
[[rule]]
id = "sante-cancer"
why = "Un cancer est une donnée de santé."
match = ["cancer(s)", "cancer du foie", "tumeur bénigne"]
unless.before = ["signe"]
unless.after = ["ascendant <0-1> lion"]
unless.near = ["horoscope", "zodiaque"]
unless.phrase = ["tropique du cancer"]
examples = [{ bad = "Un [[cancer]]." }]

[[rule]]
id = "sante-suivi"
why = "W."
match = ["suivi"]
needs.near = ["psy"]
examples = [{ bad = "[[suivi]] psy" }]
"""
MATCHER = small_matcher(RULES)


def candidates(text: str) -> list[tuple[str, str]]:
    """(verdict, words) of each candidate in a text."""
    return [(c.verdict, c.words) for c in explain(MATCHER, text).candidates]


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        ("Un Cancer.", "found", "Cancer"),
        ("Né sous le Signe : cancer", "excepted by before", "Signe"),
        ("cancer, ascendant lion", "excepted by after", "ascendant lion"),
        ("Son Horoscope : cancer", "excepted by near", "Horoscope"),
        ("vers le tropique du Cancer", "excepted by phrase", "tropique du Cancer"),
        ("suivi du colis", "lacks near", ""),
        ("c\u0327ancer zodiaque", "excepted by near", "zodiaque"),
    ],
)
def test_what_decided_and_with_which_words(text: str, verdict: str, words: str) -> None:
    assert (verdict, words) in candidates(text)


def test_the_steps_from_words_to_findings() -> None:
    found = explain(MATCHER, "Cancer du foie, suivi psy")
    assert found.words == ("cancer", "du", "foie", "suivi", "psy")
    assert set(found.known) >= {"cancer", "foie", "suivi", "psy"}
    assert found.findings == 2
    verdicts = {(c.rule, c.start, c.length): c.verdict for c in found.candidates}
    assert verdicts["sante-cancer", 0, 14] == verdicts["sante-suivi", 16, 5] == "found"
    assert verdicts["sante-cancer", 0, 6] == "inside another finding of its category"
    first = next(c for c in found.candidates if c.verdict == "found" and c.length == 14)
    assert first == Candidate(
        "sante-cancer", "sante", "block", "Un cancer est une donnée de santé.", 0, 14, "found", "Cancer du foie"
    )  # fmt: skip


def test_the_level_is_that_of_the_finding() -> None:
    matcher = small_matcher(RULES, head=HEAD + 'quoted = "watch"\n')
    found = explain(matcher, "cancer, dit-il : « un cancer »").candidates
    levels = [c.level for c in found if c.verdict == "found"]
    assert levels == ["block", "watch"]


@pytest.mark.parametrize("text", ["", "   ", "Client content.", "\ud800", "🤬"])
def test_a_text_without_candidates(text: str) -> None:
    found = explain(MATCHER, text)
    assert (found.candidates, found.findings) == ((), 0)


def test_the_command_in_both_formats() -> None:
    run = CliRunner().invoke
    text = run(motjuste, ["explain", "signe astrologique : cancer"])
    assert text.exit_code == 0
    assert "excepted by before « signe astrologique »" in text.output
    answer = run(motjuste, ["explain", "Client alcoolique.", "--format", "json"])
    assert answer.exit_code == 1
    found = json.loads(answer.output)
    assert found["words"] == ["client", "alcoolique"] and found["findings"] == 1
    [confirmed] = [c for c in found["candidates"] if c["verdict"] == "found"]
    assert (confirmed["start"], confirmed["length"], confirmed["words"]) == (7, 10, "alcoolique")
    assert confirmed["why"]
    clean = run(motjuste, ["explain", "Client content."])
    assert clean.exit_code == 0 and "No term of a rule matches: compliant." in clean.output
