"""The quick reading says what the full one says, or leaves it to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motjuste import quick
from motjuste import text as texts

_CHARS = st.one_of(
    st.sampled_from("aeéèàçœæÉŒïù0134579@$#*.-’' \u0301\u200d\u00ad€°…–\u202f"),
    st.characters(exclude_categories=("Cs",)),
)
NOTE = st.lists(
    st.one_of(st.text(_CHARS, max_size=8), st.sampled_from(["client", "14h30", "30€", "c*n", "s.d.f", "conn", "aaa", "2000"])),
    max_size=8,
).map(" ".join)  # fmt: skip


@given(NOTE)
def test_the_words_of_a_quick_reading_are_those_of_the_only_full_one(note: str) -> None:
    reading = quick.read(note)
    if reading is None:
        return
    folded = texts.fold(note)
    [only] = texts.variants(folded)
    plain = only.body.replace("œ", "oe").replace("æ", "ae")
    assert reading.words == texts.words_of(plain)
    assert list(texts.masked_words(folded)) == []
    assert reading.holds_long_number() == texts.holds_long_number(plain)


@pytest.mark.parametrize(
    "note",
    [
        "Client rappelé à 14h30, doit 30€ ; dossier n°12 envoyé.",
        "L’épouse a réglé 1 000,50 € le 3/4… rien d'autre – merci",
        "Sœur du client, cœur de ville, 😀",
        "RDV Saint-Denis, porte-à-porte, 12-A",
    ],
)
def test_ordinary_notes_are_read_quickly(note: str) -> None:
    assert quick.read(note) is not None


@pytest.mark.parametrize(
    "note",
    [
        "quel c*n",
        "un s.d.f",
        "connnnard",
        "c0nnard",
        "pakis-\ntanais",
        "alcoo\u00adlique",
        "e\u0301te",
        "mail@ici",
    ],
)
def test_what_needs_the_full_reading_is_left_to_it(note: str) -> None:
    assert quick.read(note) is None
