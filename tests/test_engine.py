"""The program's reference executor gives the answers of the matcher whose place it is to take: same rules, places and levels."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings

from conftest import french
from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.matcher import Matcher as Present
from motjuste.model import Pack
from test_corpus import notes, spread
from test_matcher import NOTE

# they ask for one program, which takes half a minute to compile
pytestmark = pytest.mark.corpus
PRESENT = Present(assets.pack())


@cache
def matcher() -> Matcher:
    """The reference executor of the French rules."""
    return Matcher(french(), assets.pack())


def test_the_examples_of_all_rules_have_the_same_answer(pack: Pack) -> None:
    present, program = PRESENT, matcher()
    texts = [t for r in pack.rules for t in (*(e.text for e in r.bad), *r.allowed)]
    assert len(texts) > 5_000
    assert [t for t in spread(texts, 3_000) if program.find(t) != present.find(t)] == []


@pytest.mark.parametrize("part", ["check", "tune"])
def test_labelled_notes_have_the_same_answer(pack: Pack, part: str) -> None:
    present, program = PRESENT, matcher()
    assert [n.place for n in spread(notes(part), 1_500) if program.find(n.text) != present.find(n.text)] == []


@given(NOTE)
@settings(max_examples=150)
def test_any_text_has_the_same_answer(text: str) -> None:
    assert matcher().find(text) == PRESENT.find(text)


def test_a_long_note_is_read_in_one_pass() -> None:
    text = "Client rappelé ce jour, envoi du dossier par la poste. " * 4_000 + "Client alcoolique."
    assert [text[m.start : m.end] for m in matcher().find(text)] == ["alcoolique"]
