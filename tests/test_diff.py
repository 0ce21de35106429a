"""Differences between two texts: rebuilding the new one, exact and quick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motjuste.notes import diff

texts = st.text(alphabet="abABßS c.\n", max_size=40)


def rebuilt(old: str, new: str, *, backwards: bool = False) -> str:
    out, at = "", 0
    for start, end, a, b in diff.changes(old, new, backwards=backwards):
        assert start > at or not at  # side by side, two changes would be one
        assert end > start or b > a
        out += old[at:start] + new[a:b]
        at = end
    return out + old[at:]


@pytest.mark.parametrize("small", [diff.SMALL, 0], ids=["tidy", "quick"])
@given(old=texts, new=texts)
def test_the_changes_rebuild_the_new_text(small: int, old: str, new: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "SMALL", small)
        assert rebuilt(old, new) == new
        assert rebuilt(old, new, backwards=True) == new


def test_what_is_the_same_is_in_no_change() -> None:
    old = "Rappeler lundi. Client alcoolique. Dossier complet."
    new = "Rappeler lundi. Dossier complet."
    assert list(diff.changes(old, new)) == [(16, 35, 16, 16)]


def test_of_a_word_that_begins_a_sentence_now_only_the_letter_changes() -> None:
    old = "Client alcoolique, dupont et lui rappellent. Élu."
    new = "Dupont et lui rappellent. élu."
    assert list(diff.changes(old, new)) == [(0, 20, 0, 1), (45, 46, 26, 27)]


def test_a_long_note_of_one_sentence() -> None:
    words = ["mot", "de", "plus"] * 10_000
    new = " ".join(words)
    for place in (5, 15_000, 29_000):
        words.insert(place, "alcoolique")
    old = " ".join(words)
    assert rebuilt(old, new) == new
    assert sum(end - start for start, end, _, _ in diff.changes(old, new)) == 3 * len("alcoolique ")
