"""The words that an expression cannot do without."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motjuste import assets
from motjuste.engine.matcher import SIDES
from motjuste.rulepack.necessary import necessary
from motjuste.rulepack.pattern import alternatives, expand, spellings

SETS = [frozenset({"chat", "chien"})]
CASES = [
    ("lave {0,2}linge", [{"lave", "lavelinge"}]),
    ("(?:de +)?la +maison", [{"la"}, {"maison"}]),
    ("petit(?:e)?(?: +[^ .;]+){0,3} +<0>", [{"petit", "petite"}, {"chat", "chien"}]),
    ("(?:<0>|cochon +d +inde)(?: +x)? +noir", [{"chat", "chien", "cochon"}, {"noir"}]),
    ("mot(?: {0,2}clef)?", []),  # `motclef` too
    ("un(?: +(?!<0>(?![^ .;]))[^ .;]+) +deux", [{"un"}, {"deux"}]),
    ("[0-9]+ +(?:fois|pour)", [{"fois", "pour"}]),
    ("<0>(?! {2})", [{"chat", "chien"}]),
    ("un <0>(?: (?!<0>(?![^ .;]))[^ .;]+){0,2}(?! {2})", [{"un"}, {"chat", "chien"}]),
    ("(?:[0-9]+|mur +d)", []),
    ("a {0,2}(?:b|c +d)", []),
    ("a(?=b)", []),  # not one of ours
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_words_of_which_one_must_be_there(expression: str, expected: list[set[str]]) -> None:
    """A hyphen, an option, a gap, a choice of phrases, a number; unknown where a word may be anything."""
    assert [set(words) for words in necessary(expression, lambda n: SETS[n])] == expected


@pytest.mark.parametrize("expression", [expression for expression, expected in CASES if expected])
def test_every_match_holds_them(expression: str) -> None:
    """Matches made up from the expression."""

    @settings(max_examples=40)
    @given(st.from_regex(expand(expression, SETS), fullmatch=True))
    def holds(match: str) -> None:
        words = set(match.split())
        assert all(words & needed for needed in necessary(expression, lambda n: SETS[n])), match

    holds()


def test_nearly_every_context_has_some() -> None:
    """Only numbers have none: what has none is compiled at each match."""
    pack = assets.pack()
    contexts = [getattr(c, side) for rule in pack.rules for c in (rule.unless, rule.needs) for side in SIDES]
    seen = {one for source in contexts if source for one in alternatives(source)}
    bare = [one for one in seen if not any(necessary(one, lambda n: frozenset(spellings(pack.sets[n]))))]
    assert len(bare) < len(seen) / 400
