"""Sentences: where a note is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motjuste import assets
from motjuste.rewriting.grammar import Grammar
from motjuste.rewriting.sentence import sentences

FRENCH = Grammar(assets.pack().rewriting)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Un. Deux ! Trois ? Quatre… cinq", ["Un.", "Deux !", "Trois ?", "Quatre…", "cinq"]),
        ("Vu M. Petit et Mme. Grand. Fin.", ["Vu M. Petit et Mme. Grand.", "Fin."]),
        ("Reste 12.50 € au 3.4.2024. Fin", ["Reste 12.50 € au 3.4.2024.", "Fin"]),
        ("Un\nDeux\r\nTrois", ["Un", "Deux", "Trois"]),
        ("Un ; deux;trois", ["Un ;", "deux;trois"]),
        ("can-\ncer\n- deux", ["can-\ncer", "- deux"]),  # a word cut at the end of a line
        (f"{'mot ' * 15}repor\nter\nTrois", [f"{'mot ' * 15}repor\nter", "Trois"]),  # a line that is full
        ("", []),
        (" \n ", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(FRENCH, text)] == expected


@given(st.text(max_size=200))
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    spans = list(sentences(FRENCH, text))
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in itertools.pairwise(spans))
